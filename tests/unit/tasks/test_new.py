"""dext new where somebody answers."""

from __future__ import annotations

import io
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Self

import psutil
import pytest

from dext_tasks import errors
from dext_tasks.scaffold.answers import ANSWERS_FILE, CHOICES, derive, recorded
from dext_tasks.scaffold.questions import questions
from tests.unit.real_git import git, isolate, put

if TYPE_CHECKING:
    from dext_tasks.scaffold.answers import Answers

    from .conftest import Call

INTERRUPTED = errors.InterruptedError.exit_code
# Seconds; only a terminal on which nothing happens any more waits so long.
PATIENCE = 120
# Nobody is asked what has one answer only.
QUESTIONS = {each.name: each.text for each in questions(derive("demo")) if len(each.choices) != 1}
EVERY = list(QUESTIONS.values())


def lines(**answers: str) -> list[str]:
    """What somebody types who takes all other proposals."""
    return [answers.get(name, "") for name in QUESTIONS]


class Terminal(io.StringIO):
    """Where somebody types, and presses Ctrl-C or ends the input after that."""

    def __init__(self, typed: str, *, interrupts: bool) -> None:
        super().__init__(typed)
        self.interrupts = interrupts

    def readline(self, size: int = -1, /) -> str:  # type: ignore[override]  # as io.StringIO's own is
        line = super().readline(size)
        if not line and self.interrupts:
            os.kill(os.getpid(), signal.SIGINT)
        return line


Types = Callable[..., None]


@pytest.fixture
def types(monkeypatch: pytest.MonkeyPatch) -> Types:
    """Somebody types lines."""

    def typed(*lines: str, interrupts: bool = False) -> None:
        text = "".join(f"{line}\n" for line in lines)
        monkeypatch.setattr(sys, "stdin", Terminal(text, interrupts=interrupts))

    monkeypatch.setattr("dext_tasks.console.prompt.somebody_answers", lambda: True)
    return typed


@pytest.fixture
def rendered(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Answers, Path]]:
    """What was rendered, which takes no time and writes nothing."""
    from dext_tasks.scaffold.render import Scaffolded
    from dext_tasks.scaffold.repository import GitOutcome

    seen: list[tuple[Answers, Path]] = []

    def render(answers: Answers, folder: Path, *, force: bool) -> Scaffolded:
        del force
        seen.append((answers, folder))
        return Scaffolded(path=folder, files=(), git=GitOutcome.GIT_MISSING)

    monkeypatch.setattr("dext_tasks.scaffold.render.render", render)
    monkeypatch.setattr("dext_tasks.scaffold.repository.require_git", lambda _folder: None)
    return seen


def asked(text: str) -> list[str]:
    """The questions that were asked, in order."""
    found = [(text.find(f"\n{question}\n"), question) for question in EVERY]
    return [question for at, question in sorted(found) if at >= 0]


def test_everything_is_asked_where_nothing_is_given(
    call: Call, types: Types, rendered: list[tuple[Answers, Path]], tmp_path: Path
) -> None:
    types(*lines(name="demo", image="acme/demo", category="5"))
    ended = call("new", "--path", str(tmp_path))
    assert (ended.code, ended.out) == (0, f"{tmp_path / 'demo'}\n")
    assert asked(ended.err) == EVERY
    ((answers, folder),) = rendered
    assert (answers.name, answers.image, answers.vendor, answers.category) == ("demo", "acme/demo", "acme", "database")
    assert folder == tmp_path / "demo"


def test_what_is_given_is_not_asked(call: Call, types: Types, rendered: list[tuple[Answers, Path]]) -> None:
    types(*lines())
    ended = call("new", "demo", "--image", "acme/demo", "--vendor", "Acme")
    assert ended.code == 0
    assert asked(ended.err) == [text for name, text in QUESTIONS.items() if name not in ("name", "image", "vendor")]
    assert rendered[0][0].vendor == "Acme"


def test_each_answer_is_judged_at_its_prompt(
    call: Call, types: Types, rendered: list[tuple[Answers, Path]], tmp_path: Path
) -> None:
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken/file").touch()
    wrong = {"name": ["My Tool", "taken"], "image": ["My-Org/ok"], "title": ["Docker thing"], "category": ["99"]}
    right = {"name": "demo", "image": "my-org/ok", "category": "1"}
    types(*(line for name in QUESTIONS for line in [*wrong.get(name, []), right.get(name, "")]))
    ended = call("new", "--path", str(tmp_path))
    assert ended.code == 0
    faults = (
        "use lower case letters and digits, with single '.', '_' or '-' between them",
        f"{tmp_path / 'taken'} holds files already: file",
        "write it in lower case: my-org/ok",
        'leave out "Docker" and "extension": the marketplace says both already',
        "choose a number from 1 to 12, or a name",
    )
    places = [ended.err.index(f"  {fault}\n") for fault in faults]
    assert places == sorted(places)
    assert (rendered[0][0].image, rendered[0][0].title) == ("my-org/ok", "Demo")


@pytest.mark.parametrize(
    ("flags", "wrong", "right", "why"),
    [
        (("--ci", "gitlab"), ("updates", "dependabot"), "renovate", "Dependabot runs on GitHub only: choose renovate"),
        (
            ("--updates", "dependabot"),
            ("ci", "gitlab"),
            "github",
            "Dependabot runs on GitHub only: choose another pipeline, or renovate as what proposes updates",
        ),
        (("--compose=yes",), ("backend", "none"), "go", "the second service is there for a backend: choose one"),
        ((), ("backend", "rust"), "go", "choose a number from 1 to 4, or a name"),
    ],
)
def test_why_a_choice_cannot_be_taken_is_shown_at_its_question(  # noqa: PLR0913, PLR0917 - a case has four parts
    flags: tuple[str, ...],
    wrong: tuple[str, str],
    right: str,
    why: str,
    call: Call,
    types: Types,
    rendered: list[tuple[Answers, Path]],
) -> None:
    name, answer = wrong
    given = {flag.removeprefix("--").partition("=")[0] for flag in flags}
    typed = {each: [answer, right] if each == name else [""] for each in QUESTIONS if each not in {"name", *given}}
    types(*(line for each in typed.values() for line in each))
    ended = call("new", "demo", *flags)
    assert ended.code == 0
    assert ended.err.partition(f"\n{QUESTIONS[name]}\n")[2].partition("\n\n")[0].count(f"  {why}\n") == 1
    assert rendered[0][0].written()[name] == right


@pytest.mark.parametrize(
    ("flags", "error", "message"),
    [
        (("a" * 250,), errors.ScaffoldError, "it is too long: write at most 100 characters"),
        (("Demo",), errors.ScaffoldError, "the name 'Demo' cannot be used: write it in lower case: demo"),
        (("demo", "--image", "My-Org/ok"), errors.ScaffoldError, "write it in lower case: my-org/ok"),
        (("demo", "--category", "tools"), errors.ScaffoldError, "the category 'tools' cannot be used: choose one of"),
        (("--publisher-url", "acme.example"), errors.ScaffoldError, "the publisher url 'acme.example' cannot be used"),
        (("taken",), errors.DirectoryNotEmptyError, "holds files already: file"),
        (("nowhere/demo",), errors.ScaffoldError, "No such file or directory"),
    ],
)
def test_what_is_given_is_judged_before_anything_is_asked(  # noqa: PLR0913, PLR0917 - a case has three parts
    flags: tuple[str, ...], error: type[errors.DextError], message: str, call: Call, types: Types, tmp_path: Path
) -> None:
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken/file").touch()
    types()
    ended = call("new", *flags, "--path", str(tmp_path))
    assert ended.code == error.exit_code
    assert message in ended.err
    assert ended.err.count("error:") == 1
    assert asked(ended.err) == []


Rendered = list[tuple["Answers", "Path"]]


def test_every_answer_has_a_flag(call: Call, rendered: Rendered) -> None:
    wanted = derive("demo", image="acme/demo", title="T", api_version=">= 0.3.3", license="none", year="1999").written()
    flags = [f"--{name.replace('_', '-')}={answer}" for name, answer in wanted.items()]
    flags = [flag for flag in flags if not flag.startswith(("--name=", "--folder="))]
    assert call("new", "demo", *flags, "--defaults").code == 0
    assert rendered[0][0].written() == wanted


@pytest.mark.allow_processes
@pytest.mark.parametrize("flags", [(), ("--dry-run",)])
def test_what_follows_from_an_answer_is_judged_like_one(flags: tuple[str, ...], call: Call, tmp_path: Path) -> None:
    ended = call("new", "demo", "--image", "docker/demo", "--defaults", *flags, "--path", str(tmp_path))
    assert ended.code == errors.ScaffoldError.exit_code
    assert "the vendor 'docker' cannot be used: write your own name" in ended.err
    assert not (tmp_path / "demo").exists()
    ended = call(
        "new", "demo", "--image", "docker/demo", "--vendor", "Acme", "--defaults", *flags, "--path", str(tmp_path)
    )
    assert ended.code == 0, ended.err


def test_answers_of_a_file_are_taken_unless_others_are_given(call: Call, rendered: Rendered, tmp_path: Path) -> None:
    (tmp_path / "a.yml").write_text("name: demo\nimage: acme/of-file\nvendor: of file\ntitle: of file\ncompose: off\n")
    flags = ("--data", "vendor=of data", "--data=title=of data", "--title", "of flag")
    ended = call("new", "--answers", str(tmp_path / "a.yml"), *flags, "--path", str(tmp_path))
    assert ended.code == 0, ended.err
    ((answers, folder),) = rendered
    assert (answers.image, answers.vendor, answers.title) == ("acme/of-file", "of data", "of flag")
    assert folder == tmp_path / "demo"


def test_a_name_that_is_given_wins_over_that_of_the_file(call: Call, rendered: Rendered, tmp_path: Path) -> None:
    (tmp_path / "a.yml").write_text("name: of-file\n")
    assert call("new", "given", "--answers", str(tmp_path / "a.yml")).code == 0
    assert rendered[0][0].name == "given"


def test_what_is_in_a_file_is_not_asked(call: Call, types: Types, rendered: Rendered, tmp_path: Path) -> None:
    types(*lines())
    (tmp_path / "a.yml").write_text("name: demo\nimage: acme/demo\nvendor: Acme\n")
    ended = call("new", "--answers", str(tmp_path / "a.yml"))
    assert asked(ended.err) == [text for name, text in QUESTIONS.items() if name not in ("name", "image", "vendor")]
    assert rendered[0][0].vendor == "Acme"


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (("--data", "forntend=html"), "--data: there is no question 'forntend'; did you mean frontend?"),
        (("--data", "frontend=flash"), "the frontend 'flash' cannot be used: choose one of html"),
        (("--data", "frontend"), "--data 'frontend' is not KEY=VALUE"),
        (("--answers", "nowhere.yml"), "nowhere.yml cannot be read"),
        (("--answers", "bad.yml"), "bad.yml:1: mapping values are not allowed here"),
        (("--answers", "odd.yml"), "odd.yml: there is no question 'colour'"),
        (("--compose=perhaps",), "the compose 'perhaps' cannot be used"),
        (("--api-version", "0.3.4"), "the api version '0.3.4' cannot be used: write it as >= X.Y.Z"),
    ],
)
def test_what_cannot_be_used_is_one_message_and_writes_nothing(
    flags: tuple[str, ...], message: str, call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "bad.yml").write_text("a: b: c\n")
    (tmp_path / "odd.yml").write_text("colour: red\n")
    monkeypatch.chdir(tmp_path)
    ended = call("new", "demo", *flags)
    assert ended.code == errors.ScaffoldError.exit_code
    assert message in ended.err
    assert ended.err.count("error:") == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bad.yml", "odd.yml"]


@pytest.mark.allow_processes
def test_without_git_nothing_is_asked_or_written(
    call: Call, types: Types, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", os.devnull)
    types("demo")
    ended = call("new", "--path", str(tmp_path))
    assert ended.code == errors.GitError.exit_code
    # Nothing comes before it.
    assert ended.err.startswith("error: git cannot be run, and an extension is made in a repository of its own\n")
    assert asked(ended.err) == []
    assert list(tmp_path.iterdir()) == []
    assert call("new", "demo", "--path", str(tmp_path), "--dry-run", "--defaults").code == 0


def test_questions_are_listed_with_their_choices(call: Call) -> None:
    ended = call("new", "--list")
    assert (ended.code, ended.err) == (0, "")
    for name, choices in CHOICES.items():
        assert name in ended.out
        assert [choice for choice in choices if choice not in ended.out] == []
    document = call("new", "--list", "--json").document
    assert {each["name"] for each in document["questions"]} == set(derive("x").written()) - {"year", "folder"}


def test_a_folder_with_files_is_taken_by_force_only(call: Call, tmp_path: Path) -> None:
    (tmp_path / "demo").mkdir()
    (tmp_path / "demo/README.md").write_text("theirs")
    flags = ("new", "demo", "--path", str(tmp_path), "--defaults", "--dry-run")
    assert call(*flags).code == errors.DirectoryNotEmptyError.exit_code
    ended = call(*flags, "--force")
    assert ended.code == 0
    assert "  README.md, which is there and would be replaced\n" in ended.out
    assert (tmp_path / "demo/README.md").read_text() == "theirs"


@pytest.mark.parametrize("flags", [("--yes",), ("--defaults",), ("--json",), ("--yes", "--dry-run")])
def test_without_a_name_and_somebody_to_ask_it_says_what_is_missing(
    flags: tuple[str, ...], call: Call, types: Types, rendered: list[tuple[Answers, Path]]
) -> None:
    types("demo")
    ended = call("new", *flags)
    assert (ended.code, rendered) == (errors.UsageError.exit_code, [])
    assert "the extension needs a name" in ended.err


@pytest.mark.parametrize("interrupts", [True, False], ids=["Ctrl-C", "Ctrl-D"])
@pytest.mark.parametrize("typed", [(), ("demo", "acme/demo")], ids=["at once", "later"])
def test_who_ends_it_is_told_that_nothing_was_made(
    typed: tuple[str, ...],
    interrupts: bool,  # noqa: FBT001 - a case
    call: Call,
    types: Types,
    rendered: list[tuple[Answers, Path]],
) -> None:
    types(*typed, interrupts=interrupts)
    before = signal.getsignal(signal.SIGINT)
    ended = call("new")
    assert (ended.code, rendered) == (INTERRUPTED, [])
    assert "error: interrupted, nothing was made\n" in ended.err
    assert "cleaning up" not in ended.err
    assert signal.getsignal(signal.SIGINT) is before


@pytest.mark.parametrize("made", [True, False])
def test_an_interruption_of_the_rendering_tells_what_is_there(
    made: bool,  # noqa: FBT001 - a case
    call: Call,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def render(_answers: Answers, folder: Path, *, force: bool) -> None:
        assert not force
        if made:
            folder.mkdir()
            (folder / ANSWERS_FILE).touch()
        raise KeyboardInterrupt

    monkeypatch.setattr("dext_tasks.scaffold.render.render", render)
    monkeypatch.setattr("dext_tasks.scaffold.repository.require_git", lambda _folder: None)
    ended = call("new", "demo", "--path", str(tmp_path))
    assert ended.code == INTERRUPTED
    assert ("nothing was made" in ended.err) is not made
    assert (f"interrupted when {tmp_path / 'demo'} was made already" in ended.err) is made


def test_the_current_folder_can_be_taken(
    call: Call, rendered: list[tuple[Answers, Path]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "My Tool").mkdir()
    monkeypatch.chdir(tmp_path / "My Tool")
    assert call("new", ".").code == 0
    ((answers, folder),) = rendered
    assert (answers.name, answers.title, folder) == ("my-tool", "My Tool", tmp_path / "My Tool")


@pytest.mark.allow_processes
class TestInARepository:
    """A folder of a repository that holds more."""

    @pytest.fixture(autouse=True)
    def top(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        """A clone with something in it."""
        isolate(monkeypatch)
        top = tmp_path / "mono"
        put(top, {"extensions/README.md": "ours\n"})
        git(top, "init", "--quiet")
        git(top, "remote", "add", "origin", "git@github.com:acme/mono.git")
        monkeypatch.chdir(top)
        return top

    @pytest.mark.parametrize("system", ["github", "gitlab"])
    def test_nothing_is_written_where_nobody_reads_it(self, call: Call, top: Path, system: str) -> None:
        flags = ("new", "extensions/tool", "--ci", system, "--updates", "renovate", "--yes")
        planned, made = call(*flags, "--dry-run"), call(*flags)
        assert (planned.code, made.code) == (0, 0), made.err
        folder = top / "extensions/tool"
        read_at_the_top = {".github", ".gitlab-ci.yml", "renovate.json", ".pre-commit-config.yaml"}
        assert (folder / ".gitignore").exists()
        assert [name for name in read_at_the_top if (folder / name).exists()] == []
        assert [line for line in planned.out.splitlines() if line.lstrip().startswith((*read_at_the_top,))] == []
        for shown in (planned.out, made.err):
            assert "Left out is what is read at the top of the repository alone: pipeline, commit hook" in shown
            assert f"`dext ci {system} --extension FOLDER --extension FOLDER` does." in shown
        assert made.err.endswith(f"  inv smoke\n  inv ci.{system}\n")

    def test_the_pipeline_is_written_by_the_command_that_is_named(
        self, call: Call, top: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        made = call("new", "extensions/tool", "--yes", "--json")
        # By the clone's host.
        assert made.document["pipeline_to_write"] == "github"
        monkeypatch.chdir(top / "extensions/tool")
        assert call("ci.github").code == 0
        release = (top / ".github/workflows/extension-release.yml").read_text(encoding="utf-8")
        assert '"extensions/tool/v[0-9]*"' in release
        readme = (top / "extensions/tool/README.md").read_text(encoding="utf-8")
        tag = "git tag -a extensions/tool/v0.1.0 -m 0.1.0 && git push origin extensions/tool/v0.1.0"
        assert f"`{tag}`" in readme
        assert "`inv ci.github` writes the pipeline" in readme
        assert [name for name in ("workflows/`", "pre-commit", "renovate.json", "dependabot") if name in readme] == []
        assert call("config", "--json").document["release.tag-prefix"]["value"] == "extensions/tool/v"

    def test_nothing_is_promised_that_is_refused(self, call: Call, top: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        (top / "my apps").mkdir()
        made = call("new", "my apps/tool", "--ci", "github", "--yes")
        readme = (top / "my apps/tool/README.md").read_text(encoding="utf-8")
        assert [text for text in (made.err, readme) if "ci.github" in text or "git tag" in text] == []
        assert "HEAD/my%20apps/tool/icon.svg" in (top / "my apps/tool/Dockerfile").read_text(encoding="utf-8")
        monkeypatch.chdir(top / "my apps/tool")
        assert call("ci.github").code == errors.UsageError.exit_code

    def test_labels_link_into_the_folder(self, call: Call, top: Path) -> None:
        assert call("new", "extensions/my.tool_1", "--yes").code == 0
        dockerfile = (top / "extensions/my.tool_1/Dockerfile").read_text(encoding="utf-8")
        assert "https://raw.githubusercontent.com/acme/mono/HEAD/extensions/my.tool_1/icon.svg" in dockerfile
        assert dockerfile.count("/mono/HEAD/") == dockerfile.count("/mono/HEAD/extensions/my.tool_1/") == 3

    def test_an_upgrade_makes_it_for_the_same_folder(self, call: Call, top: Path) -> None:
        assert call("new", "extensions/tool", "--yes").code == 0
        git(top, "add", "--all")
        git(top, "commit", "--quiet", "--message", "A tool")
        ended = call("upgrade", "--path", "extensions/tool", "--data", "title=Other", "--json")
        changed = {each["path"] for each in ended.document["files"]}
        assert changed == {ANSWERS_FILE, "Dockerfile", "README.md", "metadata.json", "ui/index.html"}
        assert "acme/mono/HEAD/extensions/tool/" in (top / "extensions/tool/Dockerfile").read_text(encoding="utf-8")

    def test_where_another_one_is_does_not_matter(self, call: Call, rendered: Rendered) -> None:
        Path("a.yml").write_text("image: acme/demo\nfolder: elsewhere\n", encoding="utf-8")
        assert call("new", "tool", "--answers", "a.yml", "--yes").code == 0
        assert rendered[0][0].folder == "tool"
        ended = call("new", "tool", "--data", "folder=elsewhere", "--yes")
        assert ended.code == errors.UsageError.exit_code
        assert "follows from where the extension is made" in ended.err

    def test_the_folder_of_a_name_that_is_typed_counts(
        self, call: Call, types: Types, rendered: Rendered, top: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(top / "extensions")
        types(*lines(name="typed"))
        assert call("new").code == 0
        assert (rendered[0][0].folder, rendered[0][0].repository) == (
            "extensions/typed",
            "https://github.com/acme/mono",
        )

    def test_a_clone_of_its_own_is_the_top(self, call: Call, rendered: Rendered, top: Path) -> None:
        (top / "clone").mkdir()
        git(top / "clone", "init", "--quiet")
        assert call("new", "clone", "--yes").code == 0
        assert rendered[0][0].folder == ""


@pytest.mark.allow_processes
def test_on_a_real_terminal(tmp_path: Path) -> None:
    """The program itself, with what it takes from a terminal: a prompt a question, a wrong answer, and return."""
    with _Screen([sys.executable, "-m", "dext_tasks", "new", "--path", str(tmp_path)]) as terminal:
        for prompt, line in (
            ("> ", "demo"),
            ("[my-org/demo]: ", "My-Org/ok"),
            ("write it in lower case: my-org/ok", ""),
            ("[my-org/demo]: ", "my-org/ok"),
            *(("]: ", "") for _ in lines()[2:]),
        ):
            terminal.wait_for(prompt)
            if line or prompt.endswith(": "):
                terminal.write(f"{line}\r")
        assert terminal.end() == 0
    answers = recorded((tmp_path / "demo" / ANSWERS_FILE).read_text(encoding="utf-8"))
    assert (answers.image, answers.title, answers.category) == ("my-org/ok", "Demo", "utility-tools")


@pytest.mark.allow_processes
def test_ctrl_c_on_a_real_terminal(tmp_path: Path) -> None:
    with _Screen([sys.executable, "-m", "dext_tasks", "new", "demo", "--path", str(tmp_path)]) as terminal:
        terminal.wait_for("[my-org/demo]: ")
        terminal.wait_for_sleep()
        terminal.write("\x03")
        terminal.wait_for("error: interrupted, nothing was made")
        assert terminal.end() == INTERRUPTED
    assert list(tmp_path.iterdir()) == []


# The leader of a session gets the terminal that it opens for its own, and with it what Ctrl-C sends:
# https://man7.org/linux/man-pages/man4/tty_ioctl.4.html
# Whoever starts the tests in the background of a script has its processes ignore that signal.
_TAKE_TERMINAL = """
import os, signal, sys
signal.signal(signal.SIGINT, signal.SIG_DFL)
os.close(os.open(os.ttyname(0), os.O_RDWR))
os.execv(sys.argv[1], sys.argv[1:])
"""


class _Screen:
    """A terminal with a program on it, which ends with the block that it is used in."""

    def __init__(self, command: list[str]) -> None:
        # Not pty.fork(), of which Python 3.12 and later warn where there are threads.
        self.descriptor, theirs = os.openpty()
        self.process = subprocess.Popen(  # noqa: S603 - this interpreter
            [sys.executable, "-c", _TAKE_TERMINAL, *command],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
            env={**os.environ, "TERM": "dumb"},
        )
        os.close(theirs)
        self.unseen = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self.descriptor)

    def wait_for_sleep(self) -> None:
        """Wait until the program waits for a key itself.

        Python loses a signal that comes between its prompt and the call that waits, until a key is pressed:
        https://github.com/python/cpython/blob/v3.13.0/Parser/myreadline.c#L44-L60
        """
        end = time.monotonic() + PATIENCE
        while psutil.Process(self.process.pid).status() != psutil.STATUS_SLEEPING:
            assert time.monotonic() < end, "the program never waits"
            time.sleep(0.01)

    def wait_for(self, text: str) -> None:
        """Read on until a text comes."""
        while text.encode() not in self.unseen:
            read = self._read()
            assert read, f"{text!r} never came: {self.unseen!r}"
            self.unseen += read
        self.unseen = self.unseen.partition(text.encode())[2]

    def write(self, text: str) -> None:
        os.write(self.descriptor, text.encode())

    def end(self) -> int:
        """Exit code of the program."""
        while self._read():
            pass
        return self.process.wait(PATIENCE)

    def _read(self) -> bytes:
        with selectors.DefaultSelector() as terminal:
            terminal.register(self.descriptor, selectors.EVENT_READ)
            ready = terminal.select(PATIENCE)
        try:
            return os.read(self.descriptor, 65536) if ready else b""
        except OSError:
            # What Linux says when the program has gone: https://man7.org/linux/man-pages/man4/pts.4.html
            return b""
