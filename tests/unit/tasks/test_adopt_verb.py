"""dext adopt, of extensions that nobody made with dext new."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import pytest

from dext_tasks import errors
from dext_tasks.config.resolve import Layers, resolve
from dext_tasks.console import prompt
from dext_tasks.extension.version import Bump
from dext_tasks.git import Git, RemoteRefs
from dext_tasks.project import Project
from dext_tasks.release.version import choose_version
from tests.unit.real_git import git, held, isolate, made, put

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from dext_tasks.release.observe import World
    from tests.unit.tasks.conftest import Call

pytestmark = pytest.mark.allow_processes
DOCKERFILE = 'FROM alpine\nLABEL com.docker.desktop.extension.api.version=">= 0.3.4"\nCOPY metadata.json ui /\n'
METADATA = '{"ui": {"dashboard-tab": {"title": "Demo", "src": "index.html", "root": "ui"}}}\n'
MAKEFILE = "IMAGE ?= acme/demo\nbuild:\n\tdocker build --tag=$(IMAGE):latest .\n"
EXTENSION = {"Dockerfile": DOCKERFILE, "metadata.json": METADATA, "ui/index.html": "hi\n", "Makefile": MAKEFILE}
TASKS = "from invoke import task\n\n\n@task\ndef hello(c):\n    pass\n"


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    isolate(monkeypatch)
    folder = tmp_path / "demo"
    made(folder, EXTENSION)
    monkeypatch.chdir(folder)
    return folder


def listed(folder: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "invoke", "--list"],
        cwd=folder,
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    )
    return done.stdout


class TestAdopting:
    def test_adds_what_is_named_and_changes_nothing_else(self, call: Call, root: Path) -> None:
        before = held(root)
        shown = call("adopt", "--dry-run", "--json", "--ci", "github")
        assert (shown.code, held(root)) == (0, before)
        ended = call("adopt", "--json", "--ci", "github")
        assert ended.code == 0
        new = {
            "tasks.py",
            "noxfile.py",
            "invoke.yaml",
            ".github/workflows/extension-check.yml",
            ".github/workflows/extension-release.yml",
        }
        assert {each["path"] for each in ended.document["files"]} == new
        assert shown.document["files"] == ended.document["files"]
        after = held(root)
        assert {name: text for name, text in after.items() if name in before} == before
        assert {name for name in after if name not in before and not name.startswith(".dext/")} == new
        assert "image: acme/demo\n" in after["invoke.yaml"]
        assert {line[3:] for line in git(root, "status", "--porcelain", "-uall").splitlines()} == new
        (extension,) = ended.document["extensions"]
        (origin,) = extension["values"]["image"]["from"]
        assert (extension["values"]["image"]["value"], origin["file"], origin["line"]) == ("acme/demo", "Makefile", 3)
        assert extension["findings"]["counts"]["error"] > 0
        assert extension["findings"]["gravest_first"][0]["severity"] == "error"
        assert ended.document["next"] == ["inv check", "inv smoke", "inv release --dry-run"]

    def test_again_changes_nothing(self, call: Call, root: Path) -> None:
        call("adopt")
        before = held(root)
        ended = call("adopt", "--json")
        assert (ended.code, ended.document["files"], held(root)) == (0, [], before)
        assert "has all that can be added" in call("adopt").out

    def test_shows_what_it_found_and_what_comes_next(self, call: Call, root: Path) -> None:
        ended = call("adopt", "--yes", str(root))
        assert "docker build of target build" in ended.out
        assert f"a check of {root} finds " in ended.out
        assert ended.out.endswith("Next:\n  inv check\n  inv smoke\n  inv release --dry-run\n")

    def test_the_command_that_fixes_a_finding_is_shown_only_where_it_can(self, call: Call, root: Path) -> None:
        put(
            root,
            {
                "Dockerfile": DOCKERFILE.replace(">= ", "").replace(
                    "COPY", 'LABEL com.docker.extension.changelog=""\nCOPY'
                )
            },
        )
        found = call("adopt", "--json").document["extensions"][0]["findings"]["gravest_first"]
        commands = {each["what"]: each["command"] for each in found}
        assert commands["'0.3.4' means exactly that, and no newer version"] == "dext fix --rule api-version-exact"
        # Rules that can fix some of what they find, but know no text for these.
        assert commands["label com.docker.extension.changelog is empty"] is None
        assert commands["label com.docker.extension.categories is missing"] is None
        assert "nothing to fix" in call("fix", "--rule", "label-empty", "--dry-run").out
        assert call("fix", "--rule", "api-version-exact", "--yes").code == 0
        shown = call("adopt").out
        assert "dext fix --rule api-version-exact" not in shown
        assert "give the label a value" in shown

    def test_takes_what_flags_say(self, call: Call, root: Path) -> None:
        argv = ("--image", "acme/other", "--platform", "linux/amd64", "--build-arg", "A=b", "--ignore-tag", "*-x")
        ended = call("adopt", *argv, "--metadata", "ui/index.html", "--release-tag-prefix", "x-")
        assert ended.code == 0
        text = (root / "invoke.yaml").read_text()
        assert "image: acme/other\n" in text
        assert "platforms: [linux/amd64]\n" in text
        assert "  build:\n    args:\n      A: b\n" in text
        assert "  release:\n    tag-prefix: x-\n" in text

    def test_shows_what_the_settings_say_already(self, call: Call, root: Path) -> None:
        made(root, {"invoke.yaml": "dext:\n  platforms: [linux/arm64]\n  build: {args: {A: b}}\n"})
        values = call("adopt", "--dry-run", "--json").document["extensions"][0]["values"]
        assert (values["platforms"]["value"], values["build.args"]["value"]) == (["linux/arm64"], {"A": "b"})
        assert values["platforms"]["from"][0]["how"] == "set in invoke.yaml:2"

    def test_says_which_tasks_stay(self, call: Call, root: Path) -> None:
        made(root, {"tasks.py": TASKS.replace("hello", "check")})
        ended = call("adopt")
        assert "`inv check` stays yours, and the verb is `inv dext.check`" in ended.out
        assert "  inv dext.check\n" in ended.out
        found = listed(root)
        assert all(
            f"  {name} " in f"{found.replace(chr(10), ' ' + chr(10))}" for name in ("check", "build", "dext.check")
        )

    def test_shows_the_line_where_it_is_not_certain(self, call: Call, root: Path) -> None:
        made(root, {"tasks.py": "from celery import shared_task\n"})
        ended = call("adopt")
        assert "tasks.py is left as it is: nothing in it shows that it holds tasks of invoke; add to it:" in ended.out
        assert "  dext check\n" in ended.out
        assert (root / "tasks.py").read_text() == "from celery import shared_task\n"

    def test_says_how_a_pipeline_is_written_where_none_is_used(self, call: Call, root: Path) -> None:
        said = "which CI system the repository uses is not known: --ci github or --ci gitlab writes its pipeline"
        assert said in call("adopt", "--json", "--dry-run").document["notes"]
        assert call("adopt", "--json", "--dry-run", "--ci", "none").document["notes"] == []
        assert not (root / ".github").exists()

    def test_elsewhere_says_where_to_go_on(self, call: Call, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(root.parent)
        assert f"\nNext, in {root}:\n  inv check\n" in call("adopt", "demo").out

    def test_of_a_folder_without_git(self, call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        isolate(monkeypatch)
        put(tmp_path / "plain", EXTENSION)
        ended = call("adopt", str(tmp_path / "plain"), "--ci", "github", "--json")
        assert ended.code == 0
        assert any(note.startswith("no pipeline is written: ") for note in ended.document["notes"])
        assert call("adopt", str(tmp_path / "plain"), "--undo").code == 0
        assert held(tmp_path / "plain") == EXTENSION


UV = '[project]\nname = "x"\nversion = "1"\n\n[tool.uv]\ndev-dependencies = []\n'
PACKAGE = "from invoke import Collection\nfrom . import docs\nns = Collection(docs)\n"
PROGRAM = TASKS + "\nfrom invoke import Collection, Program\nprogram = Program(namespace=Collection(hello))\n"
LAYOUTS = {
    "uv": ({"pyproject.toml": UV, "uv.lock": ""}, {"tasks.py", "noxfile.py", "pyproject.toml"}),
    "poetry": ({"pyproject.toml": '[tool.poetry]\nname = "x"'}, {"tasks.py", "noxfile.py", "pyproject.toml"}),
    "settings": ({"invoke.yaml": "run:\r\n  echo: true\r\n"}, {"tasks.py", "noxfile.py", "invoke.yaml"}),
    "tasks": ({"tasks.py": TASKS}, {"tasks.py", "noxfile.py", "invoke.yaml"}),
    "program": ({"tasks.py": PROGRAM}, {"tasks.py", "noxfile.py", "invoke.yaml"}),
    "package": (
        {"tasks/__init__.py": PACKAGE, "tasks/docs.py": TASKS},
        {"tasks/__init__.py", "noxfile.py", "invoke.yaml"},
    ),
    "sessions": ({"noxfile.py": "import nox\n\nnox.options.reuse_existing_virtualenvs = True"}, {"noxfile.py"}),
    "elsewhere": (
        {"docker/metadata.json": METADATA, "Dockerfile": DOCKERFILE.replace("metadata.json", "docker/metadata.json")},
        {"tasks.py", "noxfile.py", "invoke.yaml"},
    ),
}


class TestLayouts:
    @pytest.mark.parametrize("name", LAYOUTS)
    def test_are_extended_as_they_are_and_come_back(self, call: Call, root: Path, name: str) -> None:
        files, written = LAYOUTS[name]
        made(root, files)
        before = held(root)
        first, again = call("adopt", "--json"), call("adopt", "--json")
        assert (first.code, again.code, again.document["files"]) == (0, 0, [])
        assert {each["path"] for each in first.document["files"]} >= written
        assert resolve(Layers(root)).settings.image == "acme/demo"
        assert first.document["shown"] == []
        assert call("adopt", "--undo").code == 0
        assert held(root) == before

    def test_of_a_package_have_its_tasks_and_ours(self, call: Call, root: Path) -> None:
        made(root, LAYOUTS["package"][0])
        assert call("adopt").code == 0
        assert {"docs.hello", "check"} <= {line.split()[0] for line in listed(root).splitlines() if line.strip()}


class TestSeveral:
    @pytest.fixture
    def several(self, root: Path) -> Path:
        for name in EXTENSION:
            (root / name).unlink()
        for name, image in (("a", "acme/a"), ("deep/b", "acme/b")):
            files = {**EXTENSION, "Makefile": MAKEFILE.replace("acme/demo", image)}
            made(root, {f"{name}/{file}": text for file, text in files.items()})
        return root

    def test_are_adopted_at_once(self, call: Call, several: Path) -> None:
        before = held(several)
        ended = call("adopt", "--all", "--json", "--ci", "github")
        assert ended.code == 0, ended.err
        names = {each["path"] for each in ended.document["files"]}
        assert {"tasks.py", "noxfile.py", "a/invoke.yaml", "deep/b/invoke.yaml"} < names
        assert ended.document["next"][0] == "inv a.check"
        found = listed(several)
        assert "a.check" in found
        assert "b.release.status" in found
        assert call("adopt", "--all", "--json", "--ci", "github").document["files"] == []
        assert call("adopt", "--undo").code == 0
        assert held(several) == before

    def test_have_to_be_named(self, call: Call, several: Path) -> None:
        before = held(several)
        ended = call("adopt")
        assert ended.code == errors.UsageError.exit_code
        assert "--all" in ended.err
        assert held(several) == before

    def test_one_of_them_is_adopted_in_its_folder(self, call: Call, several: Path) -> None:
        assert call("adopt", "deep/b").code == 0
        assert {"tasks.py", "noxfile.py", "invoke.yaml"} < {each.name for each in (several / "deep/b").iterdir()}
        assert not (several / "tasks.py").exists()

    def test_a_flag_of_one_is_refused(self, call: Call, several: Path) -> None:
        ended = call("adopt", "--all", "--image", "acme/x")
        assert ended.code == errors.UsageError.exit_code
        assert "--image is for one extension, and there are 2" in ended.err
        assert several.is_dir()


@pytest.mark.parametrize(
    ("tags", "last", "following"),
    [
        ((), None, "0.1.0"),
        (("v1.2.0", "v1.10.0", "nightly"), "1.10.0", "1.11.0"),
        (("1.2.0", "latest"), "1.2.0", "1.3.0"),
        (("demo/v0.4.0",), "0.4.0", "0.5.0"),
    ],
)
def test_the_first_release_follows_the_versions_that_are_there(
    call: Call, root: Path, tags: tuple[str, ...], last: str | None, following: str
) -> None:
    for tag in tags:
        git(root, "tag", tag)
    made(root, {"later": "x"})
    ended = call("adopt", "--json")
    assert ended.document["extensions"][0]["last_version"] == last
    # Without it, a release that follows another one ends with a question.
    assert ended.document["next"][-1] == f"inv release --dry-run{' --bump patch' if last else ''}"
    settings = resolve(Layers(root)).settings
    registry = SimpleNamespace(listed_tags=list)
    journals = SimpleNamespace(of_commit=lambda *_: [])
    project = Project(root, settings)
    world = SimpleNamespace(
        project=project,
        repository=registry,
        git=Git(root),
        released_tags=Git(root).tags(),
        remote_refs=RemoteRefs(),
        journals=journals,
    )
    chosen = choose_version(cast("World", world), Git(root).head(), explicit="", bump=Bump.MINOR)
    assert str(chosen) == following


class TestUndoing:
    @pytest.mark.parametrize("tasks", [TASKS, TASKS.replace("\n", "\r\n"), TASKS.rstrip()])
    def test_restores_every_byte(self, call: Call, root: Path, tasks: str) -> None:
        made(root, {"tasks.py": tasks, "invoke.yaml": "run:\n  echo: true", "noxfile.py": "import nox\n"})
        (root / "tasks.py").chmod(0o755)
        made(root, {})
        before = held(root)
        assert call("adopt", "--ci", "gitlab").code == 0
        assert held(root) != before
        shown = call("adopt", "--undo", "--dry-run")
        assert "would be restored  tasks.py\n" in shown.out
        assert call("adopt", "--undo").code == 0
        assert held(root) == before
        assert not (root / ".dext").exists()
        assert (root / "tasks.py").stat().st_mode & 0o777 == 0o755

    def test_leaves_what_was_changed_since(self, call: Call, root: Path) -> None:
        call("adopt")
        put(root, {"noxfile.py": "# mine\n"})
        ended = call("adopt", "--undo", "--json")
        assert (ended.document["left"], ended.document["removed"]) == (["noxfile.py"], ["tasks.py", "invoke.yaml"])
        assert (root / "noxfile.py").read_text() == "# mine\n"

    def test_of_nothing_is_an_error(self, call: Call, root: Path) -> None:
        ended = call("adopt", "--undo")
        assert ended.code == errors.NotAdoptedError.exit_code
        assert f"no adoption is recorded in {root}" in ended.err


class TestWhatCannotBe:
    @pytest.fixture(autouse=True)
    def _nothing_is_written(self, root: Path) -> Iterator[None]:
        yield
        assert not (root / "noxfile.py").exists()
        assert not (root / ".dext").exists()

    def fails(self, call: Call, error: type[errors.DextError], *argv: str) -> str:
        ended = call("adopt", *argv)
        assert ended.code == error.exit_code, ended.err
        assert len([line for line in ended.err.splitlines() if line.startswith("error: ")]) == 1
        return ended.err

    def test_no_extension_is_told_with_what_was_looked_for(self, call: Call, tmp_path: Path) -> None:
        (tmp_path / "empty").mkdir()
        assert "no extension in " in self.fails(call, errors.ProjectNotFoundError, str(tmp_path / "empty"))

    def test_several_dockerfiles(self, call: Call, root: Path) -> None:
        put(root, {"one.Dockerfile": DOCKERFILE, "two.Dockerfile": DOCKERFILE})
        for name in ("Dockerfile", "Makefile"):
            (root / name).unlink()
        said = self.fails(call, errors.DockerfileUnclearError, "--image", "acme/demo")
        assert "--dockerfile" in said

    def test_an_image_with_a_login_in_settings_of_its_own(self, call: Call, root: Path) -> None:
        put(root, {"invoke.yaml": "dext:\n  image: https://bob:s3cr3t@ghcr.io/x\n"})
        assert "s3cr3t" not in self.fails(call, errors.ReferenceInvalidError)

    def test_a_computed_image(self, call: Call, root: Path) -> None:
        put(root, {"Makefile": MAKEFILE.replace("acme/demo", "$(shell ./name)")})
        assert "--image" in self.fails(call, errors.ImageUnclearError)

    def test_uncommitted_changes_in_a_file_that_is_touched(self, call: Call, root: Path) -> None:
        put(root, {"tasks.py": TASKS, "other": "x"})
        said = self.fails(call, errors.DirtyTreeError)
        assert "?? tasks.py" in said
        assert "other" not in said.replace("changes in other files", "")

    @pytest.mark.parametrize("name", ["tasks.py", "noxfile.py", "invoke.yaml"])
    def test_a_link_that_leads_out(self, call: Call, root: Path, tmp_path: Path, name: str) -> None:
        (tmp_path / "outside").write_text("")
        (root / name).symlink_to(tmp_path / "outside")
        assert name in self.fails(call, errors.OutsideProjectError)
        (root / name).unlink()

    def test_tasks_that_are_not_python(self, call: Call, root: Path) -> None:
        made(root, {"tasks.py": "def (:\n"})
        assert "tasks.py:1 is not valid Python" in self.fails(call, errors.PythonInvalidError)

    @pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="rights bind neither Windows nor root")
    def test_a_folder_that_cannot_be_written(self, call: Call, root: Path) -> None:
        root.chmod(0o555)
        try:
            self.fails(call, errors.FileAccessError)
        finally:
            root.chmod(0o755)

    def test_a_file_system_that_cannot_be_written(
        self, call: Call, root: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(os, "access", lambda *_, **__: False)
        assert str(root) in self.fails(call, errors.FileAccessError)

    def test_an_image_that_is_none(self, call: Call) -> None:
        assert "Not An Image" in self.fails(call, errors.ReferenceInvalidError, "--image", "Not An Image")

    @pytest.mark.parametrize(
        ("argv", "message"),
        [
            (("--ci", "jenkins"), "--ci cannot be 'jenkins'"),
            (("--platform", ""), "--platform"),
            ((".", "--path", "."), "name two folders"),
        ],
    )
    def test_a_flag_that_cannot_be_used(self, call: Call, argv: tuple[str, ...], message: str) -> None:
        assert message in self.fails(call, errors.UsageError, *argv)


class TestAsking:
    @pytest.fixture
    def typed(self, monkeypatch: pytest.MonkeyPatch) -> list[str]:
        """What somebody types, a line each."""
        lines: list[str] = []

        def read(_: str) -> str:
            if not lines:
                raise EOFError
            return lines.pop(0)

        class Typing:
            def readline(self) -> str:
                return f"{read('')}\n"

        monkeypatch.setattr(prompt, "somebody_answers", lambda: True)
        monkeypatch.setattr(prompt.Prompt, "read", staticmethod(read), raising=False)
        monkeypatch.setattr(prompt, "read_line", read)
        monkeypatch.setattr("dext_tasks.tasks.question.sys.stdin", Typing())
        return lines

    def test_what_could_not_be_told(self, call: Call, root: Path, typed: list[str]) -> None:
        (root / "Makefile").unlink()
        typed += ["", "Not An Image", "acme/typed", "jenkins", "3", "y"]
        ended = call("adopt")
        assert ended.code == 0, ended.err
        assert "an answer is needed" in ended.err
        assert "image: acme/typed\n" in (root / "invoke.yaml").read_text()
        assert (root / ".gitlab-ci.yml").is_file()

    def test_after_an_answer_that_cannot_be_used_a_number_is_still_a_choice(
        self, call: Call, root: Path, typed: list[str]
    ) -> None:
        (root / "Makefile").write_text("push:\n\tdocker push acme/one:1.0.0\n\tdocker push acme/two:1.0.0\n")
        typed += ["Not An Image", "2", "3", "y"]
        ended = call("adopt")
        assert ended.code == 0, ended.err
        assert "Not An Image" in ended.err
        assert "choose a number" not in ended.err
        assert "image: acme/two\n" in (root / "invoke.yaml").read_text()

    def test_no_is_an_answer(self, call: Call, root: Path, typed: list[str]) -> None:
        typed += ["", "n"]
        ended = call("adopt")
        assert ended.code == errors.ConfirmationNeededError.exit_code
        assert not (root / "tasks.py").exists()

    def test_the_end_of_the_input_at_the_second_question_changes_nothing(
        self, call: Call, root: Path, typed: list[str]
    ) -> None:
        assert typed == []
        assert "interrupted, nothing was changed" in call("adopt").err
        assert not (root / "tasks.py").exists()

    def test_the_end_of_the_input_changes_nothing(self, call: Call, root: Path, typed: list[str]) -> None:
        (root / "Makefile").unlink()
        assert typed == []
        ended = call("adopt")
        assert ended.code == errors.InterruptedError.exit_code
        assert "interrupted, nothing was changed" in ended.err
        assert not (root / "tasks.py").exists()


@pytest.mark.parametrize(
    ("where", "message", "is_adopted"),
    [
        ("dext_tasks.scaffold.adoption.plan.replace_files", "interrupted, nothing was changed", False),
        ("dext_tasks.scaffold.file_replacing._Replacement.do", "interrupted, nothing was changed", False),
        ("dext_tasks.scaffold.file_replacing._remove_empty", "demo was adopted already", True),
    ],
)
def test_an_interruption_leaves_all_or_nothing(  # noqa: PLR0913, PLR0917 - a case has three parts
    where: str,
    message: str,
    is_adopted: bool,  # noqa: FBT001 - a part of the case
    call: Call,
    root: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = held(root)

    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(where, interrupted)
        ended = call("adopt")
    assert ended.code == errors.InterruptedError.exit_code
    assert message in ended.err
    assert (held(root) != before) is is_adopted
    assert not list(root.glob(".dext-replaced-*"))
    if is_adopted:
        assert call("adopt", "--undo").code == 0
        assert held(root) == before


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_while_files_are_written_leaves_the_tree_as_it_was(root: Path, number: signal.Signals) -> None:
    """The third file sends the signal, so that no time has to be hit."""
    before = held(root)
    code = f"""
import os, signal, sys
from dext_tasks.scaffold import file_replacing
signal.signal(signal.SIGINT, signal.default_int_handler)
real, left = file_replacing._Replacement.do, [None] * 2
def do(self):
    real(self)
    left.pop() if left else os.kill(os.getpid(), {int(number)})
file_replacing._Replacement.do = do
sys.argv = ["dext", "adopt"]
from dext_tasks.cli import main
main()
"""
    done = subprocess.run(  # noqa: S603 - this interpreter, with a program of this test
        [sys.executable, "-c", code], cwd=root, check=False, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == errors.InterruptedError.exit_code, done.stderr
    assert "interrupted, nothing was changed" in done.stderr
    assert held(root) == before
    assert sorted(each.name for each in root.iterdir()) == [".git", "Dockerfile", "Makefile", "metadata.json", "ui"]
