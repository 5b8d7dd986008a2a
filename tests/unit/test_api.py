"""dext_tasks.api, and its page: every public name is on it, and its example is typed and runs."""

from __future__ import annotations

import inspect
import os
import re
import shutil
import signal
import threading
from dataclasses import is_dataclass
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from documents.api import api_page

from dext_tasks import api, namespace
from dext_tasks.config.settings import OPTIONS
from dext_tasks.errors import ConfigError, DirtyTreeError, ProjectNotFoundError
from dext_tasks.runtime.lease import is_free
from dext_tasks.sources.registry_image import RemoteSource

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.unit.conftest import MakeProject

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
(EXAMPLE,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
FILES = {
    "metadata.json": "{}",
    "Dockerfile": "FROM scratch\nCOPY metadata.json /\n",
    "invoke.yaml": "dext: {image: acme/demo}\n",
}


@pytest.fixture
def example() -> dict[str, Any]:
    names: dict[str, Any] = {}
    exec(compile(EXAMPLE, "docs/api.md", "exec"), names)  # noqa: S102 - the example of the page
    return names


@pytest.fixture
def extension(tmp_path: Path) -> Path:
    """A scaffolded extension, of which nothing was built."""
    return Path(shutil.copytree(ROOT / "examples" / "hello", tmp_path / "hello"))


class TestPage:
    @pytest.mark.parametrize("name", api.__all__)
    def test_every_public_name_is_on_it(self, name: str) -> None:
        assert f"\n### `{name}`\n" in PAGE

    def test_is_current(self) -> None:
        assert api_page(PAGE) == PAGE

    def test_its_example_is_typed(self, tmp_path: Path) -> None:
        mypy = pytest.importorskip("mypy.api", reason="mypy is a tool of developers")
        file = tmp_path / "example.py"
        file.write_text(EXAMPLE, encoding="utf-8")
        settings = tmp_path / "mypy.ini"
        settings.write_text(f"[mypy]\nstrict = True\nmypy_path = {ROOT}\n", encoding="utf-8")
        said, complaints, code = mypy.run(
            [
                "--config-file",
                str(settings),
                "--cache-dir",
                str(tmp_path / "cache"),
                "--follow-imports=silent",
                str(file),
            ]
        )
        assert (code, complaints) == (0, ""), said

    def test_its_example_runs_without_an_engine(
        self,
        example: dict[str, Any],
        extension: Path,
        monkeypatch: pytest.MonkeyPatch,
        capfd: pytest.CaptureFixture[str],
    ) -> None:
        monkeypatch.setattr("dext_tasks.checks.project.built_images", lambda *_: {})
        assert list(example["findings"](str(extension))) == []
        (extension / "metadata.json").write_text('{"icon": "nowhere.svg"}', encoding="utf-8")
        found = list(example["findings"](str(extension)))
        assert any("nowhere.svg" in each for each in found), found
        assert capfd.readouterr() == ("", "")


class TestPublicNames:
    def test_are_all_that_there_is(self) -> None:
        assert sorted(api.__all__, key=str.lower) == sorted(
            (name for name, what in vars(api).items() if not name.startswith("_") and name != "annotations"),
            key=str.lower,
        )

    @pytest.mark.parametrize("name", [name for name in api.__all__ if isinstance(getattr(api, name), type)])
    def test_results_cannot_be_changed(self, name: str) -> None:
        what = getattr(api, name)
        if is_dataclass(what):
            assert vars(what)["__dataclass_params__"].frozen
        else:
            assert (
                issubclass(what, Enum | api.DextError | tuple)
                or name.endswith(("Listener", "Observer"))
                or "Silent" in name
            )


# Flags that are a function of their own.
_OF_FLAGS: dict[str, Callable[..., object]] = {
    "from_changelog": api.Workspace.plan_from_changelog,
    "from_commits": api.Workspace.plan_from_commits,
    "prepare": api.Workspace.prepare_release,
    "finish": api.Workspace.finish_release,
    "notes": api.Workspace.release_notes,
}
# The functions that do what a verb does; a flag that is a setting is one of ``load(settings=…)``.
DOES: dict[str, tuple[Callable[..., object], ...]] = {
    "build": (api.Workspace.build,),
    "check": (api.Workspace.check,),
    "smoke": (api.Workspace.build, api.Workspace.smoke),
    "release.release": (api.Workspace.plan_release, *_OF_FLAGS.values(), api.Workspace.release),
    "release.status": (api.Workspace.plan_release,),
    "release.resume": (api.Workspace.begun_release, api.Workspace.release),
    "release.abort": (api.Workspace.left_behind, api.Workspace.abort_release),
    "release.verify": (api.Workspace.verify_release,),
    "release.list": (api.Workspace.list_releases,),
}
_COMMAND_LINE = "of a command line"
_NOT_YET = "not offered yet"
# Flags of theirs that are no parameter of any function, and verbs without a function, with the reason.
LEFT_OUT = {
    **dict.fromkeys(
        ("path", "json", "verbose", "dry_run", "yes", "format", "output", "report", "junit", "explain"), _COMMAND_LINE
    ),
    "smoke build": "two functions",
    "smoke image": _NOT_YET,
    **{flag: f"{function.__name__} does it" for flag, function in _OF_FLAGS.items()},
    "release.release write_changelog": "it prepares a commit",
}
NO_FUNCTION = {
    **dict.fromkeys(("labels", "doctor", "config", "clean"), _NOT_YET),
    **dict.fromkeys(("adopt", "ci.github", "ci.gitlab", "ci.matrix", "fix", "manual", "new", "upgrade"), _COMMAND_LINE),
}


class TestVerbs:
    """A verb or a flag that is added has a function or a parameter, or a reason why it has none."""

    def test_each_has_a_function_or_a_reason(self) -> None:
        assert {*DOES, *NO_FUNCTION} == set(namespace.task_names)
        assert not DOES.keys() & NO_FUNCTION.keys()

    @pytest.mark.parametrize("verb", DOES)
    def test_each_flag_has_a_parameter_or_a_reason(self, verb: str) -> None:
        flags = {argument.name for argument in namespace[verb].get_arguments()} - {each.parameter for each in OPTIONS}
        parameters = {name for function in DOES[verb] for name in inspect.signature(function).parameters}
        reasons = {flag for flag in flags if flag in LEFT_OUT or f"{verb} {flag}" in LEFT_OUT}
        assert flags - parameters == reasons

    def test_each_function_is_on_the_page(self) -> None:
        names = {function.__name__ for functions in DOES.values() for function in functions}
        assert [name for name in names if f"\n#### `{name}`\n" not in PAGE] == []

    def test_no_reason_is_left_over(self) -> None:
        flags = {(verb, argument.name) for verb in DOES for argument in namespace[verb].get_arguments()}
        assert LEFT_OUT.keys() <= {name for verb, flag in flags for name in (flag, f"{verb} {flag}")}


class TestLoad:
    def test_reads_no_variable_that_was_not_given(
        self, make_project: MakeProject, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("DEXT_IMAGE", "acme/of-environment")
        monkeypatch.setenv("DOCKER_CONFIG", "/of/environment")
        root = make_project(FILES).root
        with api.load(root) as extension:
            assert extension.settings.image == "acme/demo"
            assert "environment" not in str(extension.docker_config)
        with api.load(root, environment=os.environ) as extension:
            assert extension.settings.image == "acme/of-environment"
            assert str(extension.docker_config) == "/of/environment"

    @pytest.mark.parametrize("settings", [{"smoke.timeout": 7}, {"smoke": {"timeout": 7}}])
    def test_settings_go_before_files_and_variables(self, make_project: MakeProject, settings: dict[str, Any]) -> None:
        root = make_project({**FILES, "invoke.yaml": "dext: {smoke: {timeout: 1}}\n"}).root
        environment = {"DEXT_SMOKE_TIMEOUT": "2"}
        with api.load(root, environment=environment, settings=settings) as extension:
            assert extension.settings.smoke_timeout == 7

    @pytest.mark.parametrize(
        ("settings", "said"), [({"smoke.timeout": "x"}, "settings: 'smoke.timeout'"), ({"smok": 1}, "'smok'")]
    )
    def test_wrong_settings_are_an_error_before_the_block(
        self, make_project: MakeProject, settings: dict[str, object], said: str
    ) -> None:
        root = make_project(FILES).root
        with pytest.raises(ConfigError, match=said), api.load(root, settings=settings):
            pytest.fail("the block was entered")

    def test_a_folder_without_an_extension(self, tmp_path: Path) -> None:
        with pytest.raises(ProjectNotFoundError), api.load(tmp_path / "nowhere"):
            pytest.fail("the block was entered")

    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
    def test_a_signal_ends_the_run_and_handlers_are_put_back(
        self, make_project: MakeProject, number: signal.Signals
    ) -> None:
        root, before = make_project(FILES).root, signal.getsignal(number)
        with api.load(root) as extension:
            with pytest.raises(KeyboardInterrupt):
                signal.raise_signal(number)
            assert extension.cancellation.asked
        assert signal.getsignal(number) is before

    def test_from_another_thread_a_run_is_ended_by_cancel(self, make_project: MakeProject) -> None:
        root = make_project(FILES).root
        with api.load(root) as extension:
            thread = threading.Thread(target=extension.cancel)
            thread.start()
            thread.join()
            with pytest.raises(Exception, match="interrupted"):
                extension.cancellation.sleep(600)

    def test_the_lease_of_a_run_ends_with_the_block(self, make_project: MakeProject) -> None:
        with api.load(make_project(FILES).root) as extension:
            identity = extension.engine.client.run_id
            assert not is_free(identity)
        assert is_free(identity)


def test_a_registry_answers_while_the_rules_are_loaded(
    make_project: MakeProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[object] = []
    monkeypatch.setattr(RemoteSource, "begin", lambda source: done.extend([source]))
    monkeypatch.setattr("dext_tasks.checks.run.run", lambda _, place: done.append(place.remote))
    with api.load(make_project(FILES).root) as extension:
        extension.check(remote="acme/demo:1.0.0", deep=True)
        extension.check()
    begun, *checked = done
    assert checked == [begun, None]
    assert isinstance(begun, RemoteSource)
    assert (str(begun.reference), begun.deep) == ("acme/demo:1.0.0", True)


@pytest.mark.allow_processes
def test_what_is_not_committed_is_refused_where_settings_say_so(make_project: MakeProject) -> None:
    import subprocess

    root = make_project(FILES).root
    subprocess.run(["git", "init", "--quiet", root], check=True)  # noqa: S603, S607 - the git of whoever runs the tests
    with api.load(root, settings={"allow-dirty": False}) as extension, pytest.raises(DirtyTreeError):
        extension.build()
