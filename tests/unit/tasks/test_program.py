"""`dext` and `inv` with our verbs: help, core flags, and command lines that cannot be parsed."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from invoke.collection import Collection
from invoke.exceptions import Exit
from invoke.program import Program

from dext_tasks import errors
from dext_tasks.cli import DextProgram
from dext_tasks.tasks import namespace
from dext_tasks.tasks.program import FOR_SHELL_COMMANDS, VerbProgram, host
from dext_tasks.tasks.task import Verb
from dext_tasks.tasks.verb import verb
from tests.unit.needs import make_pipe

if TYPE_CHECKING:
    from pathlib import Path
    from types import ModuleType

    from invoke.parser.argument import Argument

    from dext_tasks.tasks.run import Run
    from tests.unit.tasks.conftest import Call

USAGE = errors.UsageError.exit_code
VERBS = sorted("release" if name == "release.release" else name for name in namespace.task_names)
# Each ends before anything of a project is looked at.
WRONG = [
    ("chekc",),
    ("--nope", "check"),
    ("check", "--nope"),
    ("check", "more"),
    ("check", "--image"),
    ("check", "--image", "--strict"),
    ("check", "--", "--strict"),
    ("build", "--platform"),
    ("build", "--platform", "amd64", "--platform"),
    ("smoke", "--image", "a/b:1.0.0", "--image", "a/c:1.0.0"),
    ("release", "--version"),
    ("new", "-x"),
    ("new", "a", "b"),
    ("check", "smoke", "--report"),
    ("check", "--command-timeout", "soon"),
    ("--config", "none.yaml", "config"),
    ("config", "-f", "none.yaml"),
    ("--help", "nope"),
]


@pytest.mark.parametrize(
    ("argv", "asked"),
    [
        (("--list",), set()),
        (("config", "--json", "check", "--explain", "tag-missing"), {"check", "config"}),
        (("--help", "release"), {"release"}),
        (("--complete", "--", "dext check --"), {name.rpartition(".")[2] for name in VERBS}),
    ],
)
def test_only_verbs_that_a_command_line_may_mean_are_asked_for_their_flags(
    call: Call, monkeypatch: pytest.MonkeyPatch, argv: tuple[str, ...], asked: set[str]
) -> None:
    found = set()
    arguments = Verb.get_arguments

    def get_arguments(self: Verb, **options: bool) -> list[Argument]:
        found.add(self.name)
        return arguments(self, **options)

    monkeypatch.setattr(Verb, "get_arguments", get_arguments)
    call(*argv)
    assert found == asked


@pytest.mark.allow_processes
@pytest.mark.parametrize("argv", [["--list"], ["config"]], ids=" ".join)
def test_nothing_is_collected_while_a_command_loads_what_stays(tmp_path: Path, argv: list[str]) -> None:
    (tmp_path / "metadata.json").write_text("{}", encoding="utf-8")
    code = f"import sys; sys.argv = ['dext', *{argv!r}]\nfrom dext_tasks.cli import main\ntry:\n    main()\nfinally:\n"
    code += "    import gc, sys; sys.stderr.write(f'{gc.get_threshold()[0]} {gc.get_freeze_count() > 0}')"
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)  # noqa: S603 - this interpreter, with fixed words
    assert (done.returncode, done.stderr) == (0, "50000 True")


@pytest.mark.parametrize("argv", WRONG, ids=" ".join)
def test_wrong_usage_has_its_code_and_says_what_to_do(call: Call, argv: tuple[str, ...]) -> None:
    ended = call(*argv)
    assert (ended.code, ended.out) == (USAGE, "")
    message, remedy = ended.err.splitlines()
    assert message.startswith("error: ")
    assert remedy.startswith("  next: ")


@pytest.mark.parametrize("argv", WRONG, ids=" ".join)
@pytest.mark.parametrize("flags", [("--json",), ("--format", "json"), ("--format=json",)])
def test_wrong_usage_is_a_document_where_one_is_asked_for(
    call: Call, argv: tuple[str, ...], flags: tuple[str, ...]
) -> None:
    if argv[-1].startswith("--") and argv[0] not in ("check", "chekc"):
        argv = (*argv[:-1], *flags, argv[-1])
    elif "--" in argv:
        argv = (argv[0], *flags, *argv[1:])
    else:
        argv = (*argv, *flags)
    ended = call(*argv)
    assert ended.code == USAGE
    assert ended.document["error"]["kind"] == "UsageError"
    assert ended.document["error"]["exit_code"] == USAGE
    assert ended.document["error"]["message"] in ended.err


@pytest.mark.parametrize(("argv", "code"), [(("--list", "nope"), USAGE), (("--list-depth", "x"), USAGE)])
def test_the_program_s_own_flags_are_judged_too(call: Call, argv: tuple[str, ...], code: int) -> None:
    ended = call(*argv)
    assert (ended.code, ended.out) == (code, "")
    assert "next: " in ended.err


class TestNew:
    """Its positional argument is never a flag."""

    @pytest.mark.parametrize("flag", ["--help", "-h"])
    def test_help(self, call: Call, flag: str) -> None:
        ended = call("new", flag)
        assert (ended.code, ended.err) == (0, "")
        assert ended.out.startswith("Usage: dext new [NAME] [--options]")

    def test_the_program_s_list_keeps_its_letter(self, call: Call) -> None:
        assert "Subcommands" in call("new", "-l").out
        assert "Questions of dext new" in call("new", "--list").out

    @pytest.mark.parametrize("argv", [("new", "--version"), ("new", "-V"), ("check", "--version"), ("--version",)])
    def test_version(self, call: Call, argv: tuple[str, ...]) -> None:
        ended = call(*argv)
        assert (ended.code, ended.out, ended.err) == (0, "dext 0\n", "")

    @pytest.mark.parametrize("argv", [("new",), ("new", "--yes"), ("new", "--dry"), ("new", "-R")])
    def test_a_name_is_needed(self, call: Call, argv: tuple[str, ...]) -> None:
        ended = call(*argv)
        assert ended.code == USAGE
        assert "needs a name" in ended.err

    @pytest.mark.allow_processes  # copier asks `uname -p` once in a process
    @pytest.mark.parametrize(
        "argv", [("new", "--", "demo"), ("new", "--dry-run", "demo"), ("new", "--name", "demo"), ("new", "demo")]
    )
    def test_a_name_is_found(self, call: Call, argv: tuple[str, ...]) -> None:
        ended = call("--dry", *argv)
        assert ended.code == 0
        assert "/demo with" in ended.out

    @pytest.mark.parametrize("argv", [("new", "--", "--help"), ("new", "--name=-x"), ("new", "--", "my demo")])
    def test_a_name_that_is_none_is_refused(self, call: Call, argv: tuple[str, ...]) -> None:
        ended = call("--dry", *argv)
        assert ended.code in (USAGE, errors.ScaffoldError.exit_code)

    @pytest.mark.parametrize("argv", [("new", ""), ("new", "--name="), ("new", "--", "")])
    def test_an_empty_name_is_refused(self, call: Call, argv: tuple[str, ...]) -> None:
        ended = call(*argv)
        assert ended.code == USAGE
        assert "--name is empty" in ended.err


class TestCoreFlags:
    @pytest.mark.parametrize("flags", [("-w",), ("-e",), ("-p",), ("-T", "5"), ("--hide", "out"), ("--echo",)])
    @pytest.mark.parametrize("before", [True, False])
    def test_what_does_nothing_for_us_is_refused(self, call: Call, flags: tuple[str, ...], *, before: bool) -> None:
        ended = call(*flags, "config") if before else call("config", *flags)
        assert (ended.code, ended.out) == (USAGE, "")
        assert "means nothing to config" in ended.err

    def test_and_not_shown(self, call: Call) -> None:
        shown = call("--help").out
        assert not [name for name in FOR_SHELL_COMMANDS if f"--{name}" in shown]
        assert "-R, --dry" in shown
        assert "change nothing" in " ".join(shown.split())

    def test_each_of_invoke_s_is_known(self) -> None:
        """A flag that a later invoke brings must be thought about."""
        assert {argument.names[0] for argument in Program().core_args()} == {
            *FOR_SHELL_COMMANDS,
            *("complete", "config", "debug", "dry", "help", "list", "list-depth", "list-format"),
            *("print-completion-script", "version", "write-pyc"),
        }

    def test_a_configuration_that_is_not_there_is_not_left_out(
        self, call: Call, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        monkeypatch.setenv("INVOKE_RUNTIME_CONFIG", str(tmp_path / "none.yaml"))
        ended = call("config")
        assert ended.code == USAGE
        assert "there is no file of settings" in ended.err

    def test_a_configuration_that_cannot_be_read_is_an_error_of_its_own(self, call: Call, tmp_path: Path) -> None:
        for name, text in (("a.yaml", "run: ["), ("b.json", "{"), ("c.txt", ""), ("d.py", "(")):
            (tmp_path / name).write_text(text, encoding="utf-8")
            ended = call("--config", str(tmp_path / name), "config", "--json")
            assert ended.code == errors.ConfigError.exit_code
            assert ended.document["error"]["kind"] == "ConfigError"


@pytest.mark.parametrize(
    ("name", "text", "why"),
    [
        (".invoke.yaml", "run:\n  a: b: c\n", "{}:2: mapping values are not allowed here"),
        (".invoke.yaml", "- run\n", "a file is not a mapping of keys to values"),
        (".invoke.json", '{"a": }', "expecting value: line 1 column 7 (char 6)"),
        (".invoke.py", "run = {}\na = = 1\n", "{}:2: invalid syntax"),
    ],
)
def test_a_users_own_configuration_that_cannot_be_read_is_one_line_with_its_place(  # noqa: PLR0913, PLR0917 - a case
    call: Call, name: str, text: str, why: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / name).write_text(text, encoding="utf-8")
    ended = call("manual")
    assert (ended.code, ended.out) == (errors.ConfigError.exit_code, "")
    assert ended.err.splitlines() == [
        f"error: invoke's own configuration cannot be read: {why.format(tmp_path / name)}",
        "  next: correct the file: the one of --config, /etc/invoke.yaml or ~/.invoke.yaml",
    ]


class TestHelp:
    @pytest.mark.parametrize("name", VERBS)
    def test_every_verb_has_an_example_that_can_be_called(self, name: str) -> None:
        program = DextProgram(name="dext", binary="dext", namespace=namespace)
        program.create_config()
        example = shlex.split(namespace[name].example)
        program.parse_core(["dext", name, *example])
        program.parse_collection()
        program.parse_tasks()
        assert [each.name for each in program.tasks] == [name]
        assert example

    @pytest.mark.parametrize("name", VERBS)
    def test_every_flag_with_a_value_shows_it(self, call: Call, name: str) -> None:
        ended = call("--help", name)
        assert f"Example:\n  dext {name} {namespace[name].example}\n" in ended.out
        for argument in namespace[name].get_arguments():
            spelled = rf"^  (?:-\w, )?--(?:\[no-\])?{argument.names[0]}(?=[ =\[\n])(\S*)"
            (shown,) = re.findall(spelled, ended.out, re.MULTILINE)
            assert shown.startswith(("=", "[=")) is argument.takes_value

    def test_a_flag_that_is_repeated_says_so(self, call: Call) -> None:
        shown = " ".join(call("--help", "build").out.split())
        assert "--platform=PLATFORM platforms to build, check, smoke-test and publish (repeatable)" in shown
        assert "--build-arg=NAME=TEXT values for ARG instructions (repeatable)" in shown
        assert "--allow-dirty[=yes|no]" in shown
        assert "--build-args" not in shown

    def test_a_release_is_listed_once(self, call: Call) -> None:
        for argv in (("--list",), ("--help",), ()):
            shown = call(*argv).out
            assert re.findall(r"^  (release\S*.*?)  ", shown, re.MULTILINE) == [
                "release.abort",
                "release.list",
                "release",
                "release.resume",
                "release.status",
                "release.verify",
            ]
        assert call("--help", "release").out.startswith("Usage: dext release [--options]")
        assert "release" in call("--list", "release").out

    def test_a_release_is_listed_once_wherever_it_is(self, capsys: pytest.CaptureFixture[str]) -> None:
        outer = Collection("tasks", Collection("ext", namespace.collections["release"]))
        program = VerbProgram(name="inv", binary="inv", namespace=outer, version="0")
        with pytest.raises(SystemExit):
            program.run(["inv", "--list"])
        shown = re.findall(r"^  (\S+.*?)  ", capsys.readouterr().out, re.MULTILINE)
        assert shown == [
            "ext.release.abort",
            "ext.release.list",
            "ext.release",
            "ext.release.resume",
            "ext.release.status",
            "ext.release.verify",
        ]
        with pytest.raises(SystemExit):
            program.run(["inv", "--help", "ext.release"])
        assert "inv ext.release --bump minor --dry-run" in capsys.readouterr().out

    @pytest.mark.parametrize(
        ("argv", "said"),
        [
            (("a.release", "--help"), "Usage: inv a.release [--options]"),
            (("--help", "a.release.release"), "Usage: inv a.release [--options]"),
            (("a.relase",), "did you mean a.release?"),
            (("a.release", "--nope"), "a.release has no flag --nope"),
            (("a.release.release", "--nope"), "a.release has no flag --nope"),
            (("a.release", "-e"), "means nothing to a.release\n"),
            (("a.release.status", "--nope"), "a.release.status has no flag --nope"),
            (("check.check", "--help"), "Usage: inv check.check [--options]"),
        ],
    )
    def test_a_release_has_one_name_in_all_that_is_said(
        self, capsys: pytest.CaptureFixture[str], argv: tuple[str, ...], said: str
    ) -> None:
        check = Collection("check", namespace["check"])
        tasks = Collection("tasks", Collection("a", namespace.collections["release"]), check)
        program = VerbProgram(name="inv", binary="inv", namespace=tasks, version="0")
        with pytest.raises(SystemExit):
            program.run(["inv", *argv])
        captured = capsys.readouterr()
        assert said in captured.out + captured.err
        assert "release.release" not in captured.out + captured.err

    def test_a_verb_is_called_by_either_name(self, capsys: pytest.CaptureFixture[str]) -> None:
        for name in ("release.status", "release", "release.release"):
            program = VerbProgram(name="inv", binary="inv", namespace=Collection("a", namespace.collections["release"]))
            with pytest.raises(SystemExit) as ended:
                program.run(["inv", name, "--version", "1.0.0", "--bump", "minor"])
            assert ended.value.code == USAGE
            assert "cannot be combined" in capsys.readouterr().err


def load_settings(program: Program, folder: Path) -> None:
    """As invoke does with those beside a tasks.py."""
    program.config.set_project_location(folder)
    program.config.load_project()


class TestHost:
    """`inv` is invoke's own program; ours is what becomes of it while it has our verbs."""

    @staticmethod
    def module(program: object) -> ModuleType:
        made = type(sys)("invoke.main")
        vars(made)["program"] = program
        return made

    def test_becomes_ours(self) -> None:
        program = Program(name="Invoke", binary="inv[oke]")
        program.create_config()
        host(self.module(program))
        assert type(program) is VerbProgram

    @pytest.mark.timeout(120)
    @pytest.mark.parametrize("name", ["invoke.yaml", "invoke.json"])
    def test_settings_that_are_a_pipe_are_refused(
        self, name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        make_pipe(tmp_path / name)
        program = Program(name="Invoke", binary="inv[oke]")
        program.argv = ["inv", "check"]
        program.create_config()
        host(self.module(program))
        with pytest.raises(Exit) as ended:
            load_settings(program, tmp_path)
        assert ended.value.code == errors.ConfigError.exit_code
        assert f"error: {name} is a named pipe, not a file" in capsys.readouterr().err

    @pytest.mark.parametrize(
        ("name", "text", "message"),
        [
            ("invoke.yaml", "dext:\n  image: [a/b\n", "invoke.yaml:3: expected ',' or ']'"),
            ("invoke.yaml", "dext:\n\timage: a/b\n", "invoke.yaml:2: found character '\\t'"),
            ("invoke.yaml", "just text\n", "invoke.yaml:1: the file is not a mapping"),
            ("invoke.json", "{", "invoke.json:1: the text ends before the { of line 1 is closed"),
        ],
    )
    def test_settings_that_cannot_be_read_are_an_error_of_settings(
        self, name: str, text: str, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        (tmp_path / name).write_text(text, encoding="utf-8")
        program = Program(name="Invoke", binary="inv[oke]")
        program.argv = ["inv", "check", "--json"]
        program.create_config()
        host(self.module(program))
        with pytest.raises(Exit) as ended:
            load_settings(program, tmp_path)
        assert ended.value.code == errors.ConfigError.exit_code
        printed = capsys.readouterr()
        assert f"error: {message}" in printed.err
        assert json.loads(printed.out)["error"]["message"].startswith(message)

    def test_no_other_program_does(self) -> None:
        class Theirs(Program):
            """Somebody's own."""

        program = Theirs()
        host(self.module(program))
        assert type(program) is Theirs
        host(None)
        host(type(sys)("invoke.main"))


TASKS = """
from invoke import task
from dext_tasks import namespace as ns


@task
def mine(c, word="none"):
    "Belong to somebody else."
    print("mine", word, c.config.run.echo)


@task(pre=[ns["config"]])
def after(c):
    "Come after a verb."
    print("after", c.config.run.dry)


@task
def failing(c):
    "Call a verb that fails."
    ns["build"](c)
    print("not reached")


ns.add_task(mine)
ns.add_task(after)
ns.add_task(failing)
ns.add_task(ns["config"], default=True)
"""


@pytest.mark.allow_processes
class TestInv:
    @pytest.fixture(autouse=True)
    def folder(self, tmp_path: Path) -> Path:
        """A project whose tasks.py has tasks of its own; it cannot be built."""
        (tmp_path / "tasks.py").write_text(TASKS, encoding="utf-8")
        (tmp_path / "metadata.json").write_text("{}", encoding="utf-8")
        return tmp_path

    @pytest.fixture
    def inv(self, folder: Path) -> Call:
        """Calls `inv`."""
        from tests.unit.tasks.conftest import Ended

        def made(*argv: str, **env: str) -> Ended:
            done = subprocess.run(  # noqa: S603 - this interpreter, with a list of words
                [sys.executable, "-m", "invoke", *argv],
                cwd=folder,
                check=False,
                capture_output=True,
                text=True,
                timeout=60,
                env={"PATH": "/usr/bin:/bin", "HOME": str(folder), "DEXT_ALLOW_DIRTY": "yes", **env},
            )
            return Ended(done.returncode, done.stdout, done.stderr)

        return made

    @pytest.mark.parametrize(
        "argv", [("check", "--nope"), ("build", "--platform"), ("nope",), ("mine", "check", "-x"), ("config", "-e")]
    )
    def test_wrong_usage_of_a_verb_is_no_finding(self, inv: Call, argv: tuple[str, ...]) -> None:
        ended = inv(*argv)
        assert (ended.code, ended.out) == (USAGE, "")
        assert "Traceback" not in ended.err

    def test_wrong_usage_is_a_document(self, inv: Call) -> None:
        assert inv("check", "--json", "--nope").document["error"]["exit_code"] == USAGE

    def test_wrong_usage_of_another_s_task_ends_as_it_always_did(self, inv: Call) -> None:
        ended = inv("mine", "--nope")
        assert (ended.code, ended.err) == (1, "No idea what '--nope' is!\n")

    def test_flags_for_shell_commands_are_for_those_who_run_some(self, inv: Call) -> None:
        assert inv("-e", "mine", "--word", "config").out == "mine config True\n"
        assert inv("-e", "config", "mine").code == 0

    def test_a_configuration_that_is_not_there_is_as_it_was_for_others(self, inv: Call) -> None:
        assert inv("-f", "none.yaml", "mine").code == 0
        assert inv("-f", "none.yaml", "mine", "config").code == USAGE

    def test_bare_it_calls_the_default(self, inv: Call) -> None:
        ended = inv()
        assert ended.code == 0
        assert "smoke.timeout" in ended.out

    def test_verbs_before_a_task(self, inv: Call) -> None:
        ended = inv("after")
        assert ended.code == 0
        assert ended.out.endswith("after False\n")

    def test_a_verb_within_a_task_ends_it_with_its_code(self, inv: Call) -> None:
        ended = inv("failing")
        assert ended.code == errors.DockerfileMissingError.exit_code
        assert "not reached" not in ended.out

    @pytest.mark.parametrize("argv", [("--dry", "failing"), ("failing", "-R"), ("-R", "build"), ("build", "--dry")])
    def test_dry_runs(self, inv: Call, folder: Path, argv: tuple[str, ...]) -> None:
        (folder / "Dockerfile").write_text("FROM scratch\nCOPY metadata.json /\n", encoding="utf-8")
        ended = inv(*argv)
        assert ended.code == 0
        assert "dry run: nothing was changed" in ended.err

    def test_dry_runs_by_configuration(self, inv: Call, folder: Path) -> None:
        (folder / "Dockerfile").write_text("FROM scratch\nCOPY metadata.json /\n", encoding="utf-8")
        assert "nothing was changed" in inv("build", INVOKE_RUN_DRY="1").err
        (folder / "invoke.yaml").write_text("run: {dry: true}\n", encoding="utf-8")
        assert "nothing was changed" in inv("build").err

    def test_help_is_ours_for_a_verb_and_invoke_s_for_a_task(self, inv: Call) -> None:
        assert inv("--help", "check").out.startswith("Usage: inv check [--options]")
        assert inv("new", "--help").out.startswith("Usage: inv new [NAME]")
        assert inv("--help", "mine").out.startswith("Usage: inv[oke] [--core-opts] mine")
        listed = inv("--list").out
        assert "  release  " in listed
        assert "release.release" not in listed

    def test_version_is_invoke_s(self, inv: Call) -> None:
        assert inv("new", "--version").out.startswith("Invoke ")


@pytest.mark.allow_processes
class TestStandardOutput:
    """What help and lists are printed to may have no reader, or no room."""

    CALLS = pytest.mark.parametrize(
        "argv",
        [
            ("dext_tasks", "--list"),
            ("dext_tasks", "--version"),
            ("dext_tasks", "new", "--version"),
            ("dext_tasks", "--help", "check"),
            ("dext_tasks",),
            ("invoke", "--list"),
            ("invoke", "check", "--help"),
        ],
        ids=" ".join,
    )
    BUFFERS = pytest.mark.parametrize("unbuffered", ["", "1"])

    @staticmethod
    def ran(folder: Path, stdout: int, argv: tuple[str, ...], unbuffered: str) -> tuple[int, str]:
        (folder / "tasks.py").write_text("from dext_tasks import namespace as ns\n", encoding="utf-8")
        done = subprocess.run(  # noqa: S603 - this interpreter, with a list of fixed words
            [sys.executable, "-m", *argv],
            cwd=folder,
            check=False,
            stdout=stdout,
            stderr=subprocess.PIPE,
            text=True,
            timeout=60,
            env={**os.environ, "PYTHONUNBUFFERED": unbuffered},
        )
        return done.returncode, done.stderr

    @CALLS
    @BUFFERS
    def test_nobody_reads_it(self, tmp_path: Path, argv: tuple[str, ...], unbuffered: str) -> None:
        reader, writer = os.pipe()
        os.close(reader)
        try:
            assert self.ran(tmp_path, writer, argv, unbuffered) == (0, "")
        finally:
            os.close(writer)

    @CALLS
    @BUFFERS
    @pytest.mark.needs("/dev/full")
    def test_the_disk_is_full(self, tmp_path: Path, argv: tuple[str, ...], unbuffered: str) -> None:
        full = os.open("/dev/full", os.O_WRONLY)
        try:
            code, said = self.ran(tmp_path, full, argv, unbuffered)
        finally:
            os.close(full)
        assert code == errors.FileAccessError.exit_code
        assert said.splitlines() == [
            "error: standard output cannot be written: No space left on device",
            "  next: give it a place with room",
        ]


def test_a_plain_program_of_invoke_takes_the_verbs_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    """Whoever makes a program of our namespace has less of it, and no wrong answer."""

    @verb(options=["platforms"], positional=("name",))
    def show(run: Run, name: str = "") -> None:
        """Show what it was called with."""
        run.output.document(json.dumps([name, [str(each) for each in run.settings_anywhere.platforms]]))

    program = Program(namespace=Collection("x", show), version="0")
    program.run(["x", "show", "a", "--platform", "arm64", "--platform", "amd64"])
    assert json.loads(capsys.readouterr().out) == ["a", ["linux/arm64", "linux/amd64"]]
    for argv in (["x", "show", "a", "--platform"], ["x", "show"]):
        with pytest.raises(SystemExit) as ended:
            program.run(argv)
        assert (ended.value.code, capsys.readouterr().out) == (1, "")
