from __future__ import annotations

import errno
import logging
import os
import signal
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from invoke.context import Context

from dext_tasks import calls, errors
from dext_tasks.config.kind import When
from dext_tasks.config.settings import OPTIONS, Settings
from dext_tasks.console.output import Output
from dext_tasks.engine.engine import Engine
from dext_tasks.errors import DextError, GitError, leaves
from dext_tasks.extension.exchange import Exchange
from dext_tasks.formats.oci.platform import REQUIRED, Platform
from dext_tasks.runtime.cancellation import Cancellation
from dext_tasks.runtime.lease import is_free
from dext_tasks.runtime.signals import Signals
from dext_tasks.tasks import namespace
from dext_tasks.tasks.run import Run
from dext_tasks.tasks.verb import verb

if TYPE_CHECKING:
    from collections.abc import Callable

    from invoke.tasks import Task

    from dext_tasks.config.settings import Option
    from tests.unit.conftest import MakeProject
    from tests.unit.tasks.conftest import Call

AMD64, ARM64 = REQUIRED
EVERY = [option.name for option in OPTIONS]
HERE = Path(__file__).name


def made(kind: type[DextError], detail: str) -> DextError:
    """An error of any class, whatever else its own constructor wants."""
    error = kind.__new__(kind)
    DextError.__init__(error, "it broke", remedy="fix it", detail=detail)
    return error


def failing(error: BaseException) -> Task[Any]:
    @verb()
    def fail(_: Run) -> None:
        """Fail."""
        raise error

    return fail


class TestErrors:
    @pytest.mark.parametrize("kind", leaves(), ids=lambda kind: kind.__name__)
    def test_each_has_its_exit_code_and_says_what_to_do(self, call: Call, kind: type[DextError]) -> None:
        ended = call("fail", task=failing(made(kind, "line one\nline two")))
        assert ended.code == kind.exit_code
        assert ended.out == ""
        assert ended.err.splitlines() == ["line one", "line two", "error: it broke", "  next: fix it"]

    @pytest.mark.parametrize("kind", leaves(), ids=lambda kind: kind.__name__)
    def test_each_is_one_document(self, call: Call, kind: type[DextError]) -> None:
        ended = call("fail", "--json", task=failing(made(kind, "more")))
        assert ended.code == kind.exit_code
        assert ended.document == {
            "error": {
                "kind": kind.__name__,
                "exit_code": kind.exit_code,
                "message": "it broke",
                "remedy": "fix it",
                "detail": "more",
            }
        }
        assert "error: it broke" in ended.err

    def test_after_results_there_is_still_one_document(self, call: Call) -> None:
        @verb()
        def fail(run: Run) -> None:
            """Fail, with results."""
            run.output.data({"results": 7})
            raise errors.ChecksFailedError("found", remedy="fix it")

        ended = call("fail", "--json", task=fail)
        assert (ended.code, ended.document) == (1, {"results": 7})

    def test_markup_in_it_is_shown(self, call: Call) -> None:
        ended = call("fail", task=failing(GitError("[red]x[/red] [/] :on:", remedy="[b]")))
        assert "error: [red]x[/red] [/] :on:" in ended.err


class TestDefects:
    @pytest.mark.parametrize("defect", [ZeroDivisionError("x"), KeyError("y"), OSError(5, "z"), RecursionError()])
    def test_end_with_70_and_one_line(self, call: Call, defect: Exception) -> None:
        ended = call("fail", task=failing(defect))
        assert ended.code == 70
        (line, remedy) = ended.err.splitlines()
        assert line.startswith(f"error: a defect of dext-tasks: {type(defect).__name__} at {HERE}:")
        assert "DEXT_DEBUG=1" in remedy
        assert "Traceback" not in ended.err

    def test_show_no_value_that_could_be_secret(self, call: Call) -> None:
        ended = call("fail", "--json", task=failing(ValueError("sesame-7f3a")))
        assert "sesame" not in ended.out + ended.err

    def test_are_a_document_too(self, call: Call) -> None:
        ended = call("fail", "--json", task=failing(ZeroDivisionError()))
        assert (ended.document["error"]["kind"], ended.document["error"]["exit_code"]) == ("InternalError", 70)

    def test_show_their_traceback_if_asked(self, call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("DEXT_DEBUG", "1")
        with pytest.raises(ZeroDivisionError):
            call("fail", task=failing(ZeroDivisionError()))


class TestMachine:
    """What the system refuses is not a defect."""

    @pytest.mark.parametrize("code", [errno.EACCES, errno.EROFS, errno.ENOSPC, errno.ENAMETOOLONG])
    def test_a_file_that_cannot_be_used_is_named(self, call: Call, code: int) -> None:
        ended = call("fail", "--json", task=failing(OSError(code, "x", "/a/file")))
        assert ended.code == errors.FileAccessError.exit_code
        assert ended.document["error"]["message"] == f"/a/file cannot be used: {os.strerror(code)}"
        assert "defect" not in ended.err

    def test_a_file_that_is_missing_is_a_defect(self, call: Call) -> None:
        assert call("fail", task=failing(FileNotFoundError(errno.ENOENT, "x", "/a/file"))).code == 70

    def test_a_current_folder_that_was_deleted_is_told(
        self, call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "gone").mkdir()
        monkeypatch.chdir(tmp_path / "gone")
        (tmp_path / "gone").rmdir()

        @verb()
        def resolve(run: Run) -> None:
            """Look for the project."""
            run.output.say(str(run.root))

        ended = call("resolve", task=resolve)
        assert ended.code == errors.FileAccessError.exit_code
        assert ended.err.startswith("error: the current folder no longer exists\n")

    def test_a_user_without_a_home_has_none_of_docker_s_configuration(
        self, call: Call, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def none() -> Path:
            raise RuntimeError("Could not determine home directory.")

        monkeypatch.setattr(Path, "home", none)
        monkeypatch.delenv("HOME", raising=False)
        found: list[Path] = []

        @verb()
        def look(run: Run) -> None:
            """Look where docker keeps its configuration."""
            found.append(run.docker_config)

        assert call("look", task=look).code == 0
        assert found == [Path("/.docker")]


class TestInterrupt:
    @pytest.mark.parametrize(
        "error", [KeyboardInterrupt(), errors.InterruptedError("interrupted", remedy="run it again")]
    )
    def test_ends_with_130(self, call: Call, error: BaseException) -> None:
        ended = call("fail", "--json", task=failing(error))
        assert ended.code == 130
        assert ended.document["error"]["kind"] == "InterruptedError"
        assert "error: interrupted" in ended.err

    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
    def test_signals_end_with_130_after_cleaning_up(self, call: Call, number: signal.Signals) -> None:
        cleaned: list[bool] = []

        @verb()
        def wait(run: Run) -> None:
            """Wait for a signal."""
            try:
                os.kill(os.getpid(), number)
                time.sleep(10)
            finally:
                # A second Ctrl-C does not cut the clean-up short.
                os.kill(os.getpid(), signal.SIGINT)
                cleaned.append(run.cancellation.asked)

        before = signal.getsignal(number)
        ended = call("wait", task=wait)
        assert ended.code == 130
        assert cleaned == [True]
        assert ended.err.count("cleaning up") == 1
        assert signal.getsignal(number) is before

    def test_work_that_takes_no_notice_is_asked_to_stop(self, call: Call) -> None:
        @verb()
        def loop(run: Run) -> None:
            """Sleep as product code does."""
            threading.Timer(0.05, run.cancellation.cancel).start()
            run.cancellation.sleep(600)

        began = time.monotonic()
        assert call("loop", task=loop).code == 130
        assert time.monotonic() - began < 60

    def test_in_another_thread_signals_are_left_alone(self) -> None:
        failures: list[BaseException] = []

        def work() -> None:
            try:
                with Signals(Cancellation()):
                    pass
            except BaseException as error:  # noqa: BLE001 - whatever went wrong there fails the test here
                failures.append(error)

        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
        assert failures == []


@pytest.fixture
def settled(call: Call, make_project: MakeProject) -> Callable[..., Settings]:
    """The settings of a verb that takes every option, called with these flags in a project with these files."""

    def made(*flags: str, files: dict[str, str] | None = None) -> Settings:
        seen: list[Settings] = []

        @verb(options=EVERY)
        def show(run: Run) -> None:
            """Keep the settings."""
            seen.append(run.resolved.settings)

        project = make_project({"metadata.json": "{}", **(files or {})})
        ended = call("show", "--path", str(project.root), *flags, task=show)
        assert ended.code == 0, ended.err
        return seen[0]

    return made


FLAGS: list[tuple[list[str], dict[str, object]]] = [
    (["--image", "acme/demo"], {"image": "acme/demo"}),
    (["--image=ghcr.io/acme/demo"], {"image": "ghcr.io/acme/demo"}),
    (["--platform", "linux/arm64"], {"platforms": (ARM64,)}),
    (["--platform", "arm64", "--platform", "linux/amd64"], {"platforms": (ARM64, AMD64)}),
    (["--platform", "linux/s390x", "--platform", "s390x"], {"platforms": (Platform("linux", "s390x"),)}),
    (["--dockerfile", "deep/Dockerfile"], {"dockerfile": "deep/Dockerfile"}),
    (["--metadata", "deep/metadata.json"], {"metadata": "deep/metadata.json"}),
    (["--build-arg", "A=1", "--build-arg", "B=x=y,z"], {"build_args": (("A", "1"), ("B", "x=y,z"))}),
    (["--build-args", "LABELS=env=prod,team=x"], {"build_args": (("LABELS", "env=prod,team=x"),)}),
    (["--build-arg=MSG=one, two", "--build-args", "B="], {"build_args": (("B", ""), ("MSG", "one, two"))}),
    (["--platforms", "arm64,amd64"], {"platforms": (ARM64, AMD64)}),
    (["--ignore", "label-missing=a=b; c, d"], {"check_ignore": (("label-missing", "a=b; c, d"),)}),
    (["--smoke-binary-argument", "tool=--a=b,c"], {"smoke_binary_arguments": (("tool", "--a=b,c"),)}),
    (["--smoke-ui-dialog", "/a, b", "--smoke-ui-dialog", "/c"], {"smoke_ui_dialog": ("/a, b", "/c")}),
    (["--build-target", "final"], {"build_target": "final"}),
    (["--build-builder", "mine"], {"build_builder": "mine"}),
    (["--build-provenance", "true"], {"build_provenance": True}),
    (["--build-provenance", "no"], {"build_provenance": False}),
    (["--build-timeout", "1.5"], {"build_timeout": 1.5}),
    (["--smoke-timeout", "60"], {"smoke_timeout": 60.0}),
    (["--smoke-settle", "0"], {"smoke_settle": 0.0}),
    (["--allow-engine-socket"], {"smoke_engine_socket": True}),
    (["--allow-engine-socket=no"], {"smoke_engine_socket": False}),
    (["--ui", "never"], {"smoke_ui_run": When.NEVER}),
    (["--smoke-proxy", "always"], {"smoke_proxy": When.ALWAYS}),
    (["--smoke-requests", '[{"path": "/a"}]'], {"smoke_requests": (Exchange(path="/a"),)}),
    (["--release-tag-prefix", ""], {"release_tag_prefix": ""}),
    (["--release-remote", "upstream"], {"release_remote": "upstream"}),
    (["--release-latest", "false"], {"release_latest": False}),
]


class TestFlags:
    def test_none_leaves_the_defaults(self, settled: Callable[..., Settings]) -> None:
        assert settled() == Settings()

    @pytest.mark.parametrize(("flags", "changed"), FLAGS, ids=lambda value: " ".join(map(str, value)))
    def test_become_settings(
        self, settled: Callable[..., Settings], flags: list[str], changed: dict[str, object]
    ) -> None:
        settings = settled(*flags)
        for name, default in vars(Settings()).items():
            assert getattr(settings, name) == changed.get(name, default)

    def test_go_before_variables_and_files(
        self, settled: Callable[..., Settings], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        files = {"invoke.yaml": "dext:\n  image: acme/file\n  build:\n    target: file\n  dockerfile: file\n"}
        monkeypatch.setenv("DEXT_IMAGE", "acme/variable")
        monkeypatch.setenv("DEXT_BUILD_TARGET", "variable")
        settings = settled("--image", "acme/flag", files=files)
        assert (settings.image, settings.build_target, settings.dockerfile) == ("acme/flag", "variable", "file")

    @pytest.mark.parametrize(
        ("flags", "code"),
        [
            (["--platform", "windows/amd64"], 13),
            (["--smoke-timeout", "soon"], 2),
            (["--release-latest", "maybe"], 2),
            (["--platform", ""], 2),
            (["--image="], 2),
            (["--build-arg", "TOKEN"], 2),
            (["--path", ""], 2),
        ],
    )
    def test_that_cannot_be_used_are_named(
        self, call: Call, make_project: MakeProject, flags: list[str], code: int
    ) -> None:
        @verb(options=EVERY)
        def show(run: Run) -> None:
            """Ask for the settings."""
            assert run.resolved.settings != Settings()

        project = make_project({"metadata.json": "{}"})
        where = () if "--path" in flags else ("--path", str(project.root))
        ended = call("show", *where, *flags, task=show)
        assert ended.code == code
        assert flags[0].rstrip("=") in ended.err

    @pytest.mark.parametrize("option", [option for option in OPTIONS if option.repeated], ids=lambda each: each.key)
    def test_that_are_given_once_a_value_are_refused_without_one(self, call: Call, option: Option) -> None:
        ended = call("show", option.flag, task=verb(options=EVERY, name="show")(lambda _: pytest.fail("it ran")))
        assert ended.code == errors.UsageError.exit_code
        assert f"{option.flag} needs a value" in ended.err

    def test_that_do_not_exist_are_refused(self, call: Call) -> None:
        ended = call("show", "--no-such-flag", task=failing(ZeroDivisionError()))
        assert ended.code not in (0, 70)

    def test_have_no_single_letters(self, call: Call) -> None:
        @verb(options=EVERY)
        def show(run: Run) -> None:
            """Ask for nothing."""

        listing = call("--help", "show", task=show).out
        assert "--smoke-timeout" in listing
        assert not [line for line in listing.splitlines() if line.strip().startswith("-") and "--" not in line]


class TestRun:
    def test_a_verb_s_own_flags_reach_it(self, call: Call) -> None:
        seen: list[tuple[str, bool, str]] = []

        @verb(positional=("name",), help={"name": "whom"})
        def greet(_: Run, name: str, loud: bool = False, word: str = "hello") -> None:  # noqa: FBT001, FBT002 - a flag
            """Greet."""
            seen.append((name, loud, word))

        assert call("greet", "ann", "--loud", "--word", "hi", task=greet).code == 0
        assert seen == [("ann", True, "hi")]

    @pytest.mark.parametrize("flags", [("--word", ""), ("--word=",), ("--name", "")])
    def test_a_flag_of_its_own_that_is_empty_is_refused(self, call: Call, flags: tuple[str, ...]) -> None:
        @verb(help={"word": "what", "name": "whom"})
        def greet(_: Run, word: str = "", name: str = "") -> None:
            """Greet."""
            pytest.fail(f"it ran with {word} and {name}")

        ended = call("greet", *flags, task=greet)
        assert ended.code == errors.UsageError.exit_code
        assert f"error: {flags[0].rstrip('=')} is empty" in ended.err

    def test_no_project_is_an_error_of_its_own(self, call: Call, tmp_path: Path) -> None:
        ended = call("config", "--path", str(tmp_path / "none"))
        assert ended.code == errors.ProjectNotFoundError.exit_code

    def test_the_project_is_the_one_at_or_above(
        self, call: Call, make_project: MakeProject, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        project = make_project({"metadata.json": "{}", "deep/er/file": "", "invoke.yaml": "dext: {image: acme/x}\n"})
        monkeypatch.chdir(project.root / "deep" / "er")
        assert call("config", "--json").document["image"]["value"] == "acme/x"

    def test_a_named_folder_is_the_project_whatever_is_above_it(self, call: Call, make_project: MakeProject) -> None:
        project = make_project({"metadata.json": "{}", "deep/Dockerfile": "", "invoke.yaml": "dext: {image: acme/x}\n"})
        named = str(project.root / "deep")
        assert call("config", "--json", "--path", named).document["image"]["value"] == ""

    @pytest.mark.parametrize("verb", ["config", "check", "build", "ci.matrix"])
    def test_a_named_folder_without_an_extension_is_refused(
        self, verb: str, call: Call, make_project: MakeProject
    ) -> None:
        project = make_project({"metadata.json": "{}", "deep/er/file": ""})
        ended = call(verb, "--path", str(project.root / "deep" / "er"))
        assert ended.code == errors.ProjectNotFoundError.exit_code
        assert f"the nearest one above is in {project.root}" in " ".join(ended.err.split())

    def test_flags_say_where_in_a_named_folder_its_files_are(self, call: Call, make_project: MakeProject) -> None:
        project = make_project({"docker/X": "FROM scratch\n", "etc/metadata.json": "{}"})
        flags = ("--dockerfile", "docker/X", "--metadata", "etc/metadata.json")
        ended = call("labels", "--path", str(project.root), *flags[:2])
        assert (ended.code, ended.err) == (0, "")

    def test_of_the_current_folder_without_a_path(
        self, call: Call, make_project: MakeProject, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        project = make_project({"pyproject.toml": '[tool.dext]\nimage = "acme/toml"\n'})
        monkeypatch.chdir(project.root)
        ended = call("config", "--json")
        assert ended.document["image"] == {"value": "acme/toml", "from": "pyproject.toml:2"}

    def test_the_values_of_build_arguments_are_secrets_of_the_client(self, make_project: MakeProject) -> None:
        project = make_project({"metadata.json": "{}"})
        run = Run(folder=project.root, flags={"build_args": "TOKEN=sesame-7f3a"}, output=Output())
        assert run.engine.client.redacted("a sesame-7f3a b") == "a *** b"
        assert run.engine.client.cancellation is run.cancellation

    def test_platforms_of_one_context_share_an_engine(self, make_project: MakeProject) -> None:
        project = make_project({"metadata.json": "{}"})
        flags = {"contexts": ["arm64=far", "s390x=far", "riscv64=farther"], "platforms": ["amd64,arm64,s390x,riscv64"]}
        run = Run(folder=project.root, flags={**flags, "build_args": "TOKEN=sesame-7f3a"}, output=Output())
        engines = {
            engine.context: platforms for engine, platforms in run.engines.each_of(run.settings.platforms).items()
        }
        assert {name: [each.architecture for each in platforms] for name, platforms in engines.items()} == {
            "": ["amd64"],
            "far": ["arm64", "s390x"],
            "farther": ["riscv64"],
        }
        assert run.engines.current is run.engine
        for engine in run.engines.each_of(run.settings.platforms):
            assert engine.client.cancellation is run.cancellation
            assert engine.client.redacted("a sesame-7f3a b") == "a *** b"

    def test_no_run_of_any_engine_is_alive_once_it_is_closed(self, make_project: MakeProject) -> None:
        project = make_project({"metadata.json": "{}"})
        run = Run(folder=project.root, flags={"contexts": ["arm64=far"]}, output=Output())
        names = [engine.client.run_id for engine in run.engines.each_of(run.settings.platforms)]
        assert [is_free(name) for name in names] == [False, False]
        run.close()
        assert [is_free(name) for name in names] == [True, True]

    @pytest.mark.parametrize(
        ("variable", "expected"), [("/x/docker", "/x/docker"), ("", "~/.docker"), (None, "~/.docker")]
    )
    def test_docker_s_configuration_is_where_docker_looks(
        self, home: Path, monkeypatch: pytest.MonkeyPatch, variable: str | None, expected: str
    ) -> None:
        if variable is not None:
            monkeypatch.setenv("DOCKER_CONFIG", variable)
        run = Run(folder=Path(), environment=os.environ, output=Output())
        assert str(run.docker_config) == expected.replace("~", str(home))

    def test_registries_are_reached_as_the_environment_says(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
        monkeypatch.setenv("DOCKER_AUTH_CONFIG", '{"auths": {"ghcr.io": {"username": "ann", "password": "x"}}}')
        monkeypatch.setenv("https_proxy", "proxy.example:3128")
        run = Run(folder=Path(), environment=os.environ, output=Output())
        assert run.access is run.access
        login = run.access.logins.of("ghcr.io").login
        assert login is not None
        assert login.username == "ann"
        assert run.access.proxies.of_url("https://ghcr.io/") is not None
        assert tmp_path / "certs.d" in run.access.certificates

    def test_the_engine_is_asked_for_insecure_registries(self) -> None:
        class Told(Engine):
            def registry_configuration(self) -> dict[str, object]:
                return {"IndexConfigs": {"reg.lan:5000": {"Secure": False}}}

        run = Run(folder=Path(), environment=os.environ, output=Output())
        vars(run)["engine"] = Told()
        assert run.access.insecure().covers("reg.lan:5000", lambda _: [])


def logging_verb() -> Task[Any]:
    @verb()
    def talk(run: Run) -> None:
        """Log one line of each kind."""
        logging.getLogger("dext_tasks.x").info("a call")
        logging.getLogger("dext_tasks.x").debug("a decision")
        logging.getLogger("elsewhere").warning("none of ours")
        run.output.detail("a detail")
        run.output.data({"done": True})

    return talk


class TestVerbose:
    @pytest.mark.parametrize(
        ("flags", "shown"),
        [
            ((), []),
            (("-v",), ["a call", "a detail"]),
            (("--verbose",), ["a call", "a detail"]),
            (("-vv",), ["a call", "a decision", "a detail"]),
            (("-v", "-v"), ["a call", "a decision", "a detail"]),
            (("--verbose", "-v", "--verbose"), ["a call", "a decision", "a detail"]),
        ],
    )
    def test_shows_calls_and_twice_decisions(self, call: Call, flags: tuple[str, ...], shown: list[str]) -> None:
        ended = call("talk", "--json", *flags, task=logging_verb())
        assert ended.document == {"done": True}
        assert ended.err.splitlines() == shown

    def test_ends_with_the_verb(self, call: Call) -> None:
        assert "a decision" in call("talk", "-vv", task=logging_verb()).err
        assert call("talk", task=logging_verb()).err == ""
        assert logging.getLogger("dext_tasks").level == logging.NOTSET

    def test_whoever_listens_already_hears_no_less(self, call: Call, caplog: pytest.LogCaptureFixture) -> None:
        caplog.set_level(logging.DEBUG, "dext_tasks")
        assert call("talk", "-v", task=logging_verb()).err.splitlines() == ["a call", "a detail"]
        assert [each.message for each in caplog.records] == ["a call", "a decision", "none of ours"]

    @pytest.mark.parametrize("flags", [(), ("-v",), ("-vv",)])
    def test_what_everybody_is_to_know_is_shown_without_it(self, call: Call, flags: tuple[str, ...]) -> None:
        @verb()
        def stumble(run: Run) -> None:
            """Warn."""
            calls.repeated(logging.getLogger("dext_tasks.x"), "docker create x", "a\nb")
            run.output.data({})

        assert call("stumble", "--json", *flags, task=stumble).err == "docker create x: a\\nb; trying once more\n"

    @pytest.mark.parametrize("verbose", [0, 1, 2, False, True])
    def test_as_a_function(self, verbose: int, capsys: pytest.CaptureFixture[str]) -> None:
        logging_verb()(Context(), verbose=verbose)
        shown: list[list[str]] = [[], ["a call", "a detail"], ["a call", "a decision", "a detail"]]
        assert capsys.readouterr().err.splitlines() == shown[int(verbose)]

    @pytest.mark.parametrize("name", sorted(namespace.task_names))
    def test_is_a_flag_of_every_verb(self, name: str) -> None:
        flag = namespace[name].get_arguments()
        (found,) = [each for each in flag if "verbose" in each.names]
        assert found.names == ("verbose", "v")
        assert found.incrementable
