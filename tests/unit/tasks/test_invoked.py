"""What invoke's own configuration says of `dext`: a named file counts, everything else is refused alike."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, TypeAlias

import pytest
from invoke.collection import Collection
from invoke.config import Config
from invoke.context import Context
from invoke.exceptions import Exit
from invoke.executor import Executor

from dext_tasks.errors import ConfigError
from dext_tasks.tasks.invoked import named_file, strays
from dext_tasks.tasks.verb import verb

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from dext_tasks.config.settings import Settings
    from dext_tasks.project import Project
    from dext_tasks.tasks.run import Run
    from tests.unit.conftest import MakeProject
    from tests.unit.tasks.conftest import Call

Settled: TypeAlias = "Callable[..., Settings]"
CALLS = pytest.mark.parametrize(
    "argv", [("invoke", "config"), ("dext_tasks", "config"), ("nox", "-l")], ids=lambda argv: argv[0]
)
TIMEOUT = "dext: {smoke: {timeout: 7}}\n"


@pytest.fixture
def project(make_project: MakeProject, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A project in the current folder."""
    made = make_project({"metadata.json": "{}"})
    monkeypatch.chdir(made.root)
    return made


@pytest.fixture
def settled(project: Project) -> Settled:
    """The settings of a verb that an invoke with this configuration calls."""

    def made(config: Config, configured: Mapping[str, object] | None = None) -> Settings:
        seen: list[Settings] = []

        @verb()
        def show(run: Run) -> None:
            """Keep the settings."""
            seen.append(run.resolved.settings)

        root = Collection(show)
        root.configure(dict(configured or {}))
        config.set_project_location(str(project.root))
        config.load_project()
        Executor(root, config).execute("show")
        return seen[0]

    return made


def test_a_named_file_counts(settled: Settled, tmp_path: Path, project: Project) -> None:
    (project.root / "invoke.yaml").write_text("dext: {smoke: {timeout: 3, settle: 1}}\n", encoding="utf-8")
    named = tmp_path / "of-ci.yaml"
    named.write_text(TIMEOUT, encoding="utf-8")
    config = Config(runtime_path=named)
    config.load_runtime()
    settings = settled(config)
    assert (settings.smoke_timeout, settings.smoke_settle) == (7.0, 1.0)


@pytest.mark.parametrize("path", [(), ("--path", ".")])
def test_it_is_named_on_the_command_line(call: Call, tmp_path: Path, project: Project, path: tuple[str, ...]) -> None:
    named = tmp_path / "of-ci.yaml"
    named.write_text(TIMEOUT, encoding="utf-8")
    ended = call("-f", str(named), "config", "--json", *path)
    assert ended.document["smoke.timeout"]["from"] == str(named)
    assert project.settings.smoke_timeout != 7.0


def test_the_projects_own_file_is_read_once(settled: Settled, project: Project) -> None:
    (project.root / "invoke.yaml").write_text(TIMEOUT, encoding="utf-8")
    assert settled(Config()).smoke_timeout == 7.0


class TestRefused:
    @pytest.mark.parametrize("file", [".invoke.yaml", ".invoke.json"])
    def test_a_persons_own_file(self, home: Path, call: Call, project: Project, file: str) -> None:
        (home / file).write_text('{"dext": {"smoke": {"timeout": 7}}}', encoding="utf-8")
        ended = call("config", "--path", str(project.root))
        assert ended.code == ConfigError.exit_code
        assert f"~/{file} sets `dext`, which reaches `inv` alone" in ended.err

    def test_what_a_collection_configures(self) -> None:
        config = Config()
        config.load_collection({"dext": {"image": "acme/demo"}})
        (found,) = strays(Context(config))
        assert found.where == "ns.configure in tasks.py"

    def test_what_a_program_or_a_calling_task_sets(self) -> None:
        assert len(strays(Context(Config(overrides={"dext": {"image": "acme/demo"}})))) == 1
        config = Config()
        config.update({"dext": {"image": "acme/demo"}})
        assert len(strays(Context(config))) == 1

    def test_nothing_else(self) -> None:
        config = Config(overrides={"run": {"echo": True}})
        config.update({"docker": {"dext": 1}})
        context = Context(config)
        assert (strays(context), named_file(context)) == ((), None)

    @pytest.mark.parametrize("value", [{"image": "acme/demo"}, {}, "text"])
    def test_an_executor_tells(self, settled: Settled, capsys: pytest.CaptureFixture[str], value: object) -> None:
        with pytest.raises(Exit) as ended:
            settled(Config(), {"dext": value})
        assert ended.value.code == ConfigError.exit_code
        assert "ns.configure in tasks.py sets `dext`" in capsys.readouterr().err


CONFIGURING = """
from dext_tasks import namespace as ns
ns.configure({"dext": {"smoke": {"timeout": 7}}})
"""
# Nothing that can be read off the text.
HIDDEN = CONFIGURING.replace('"dext"', '"de" + "xt"')
NOXFILE = "from dext_tasks.sessions import register\nregister()\n"


def ran(folder: Path, *argv: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - this interpreter, with a list of fixed words
        [sys.executable, "-m", *argv], cwd=folder, check=False, capture_output=True, text=True, timeout=60
    )


@pytest.mark.allow_processes
class TestOneAnswer:
    @CALLS
    def test_for_inv_dext_and_nox(self, argv: tuple[str, ...], project: Project) -> None:
        (project.root / "tasks.py").write_text(CONFIGURING, encoding="utf-8")
        (project.root / "noxfile.py").write_text(NOXFILE, encoding="utf-8")
        done = ran(project.root, *argv)
        assert done.returncode != 0
        assert 'tasks.py:3 configures "dext", which reaches `inv` alone' in done.stderr
        assert "under `dext:` in the extension's own invoke.yaml" in done.stderr

    def test_inv_finds_what_nobody_can_read(self, project: Project) -> None:
        (project.root / "tasks.py").write_text(HIDDEN, encoding="utf-8")
        done = ran(project.root, "invoke", "config")
        assert done.returncode == ConfigError.exit_code
        assert "ns.configure in tasks.py sets `dext`" in done.stderr

    @CALLS
    def test_a_setting_in_its_place_reaches_all(self, argv: tuple[str, ...], project: Project) -> None:
        (project.root / "tasks.py").write_text("from dext_tasks import namespace as ns\n", encoding="utf-8")
        (project.root / "noxfile.py").write_text(NOXFILE, encoding="utf-8")
        (project.root / "invoke.yaml").write_text("dext: {platforms: [linux/s390x]}\n", encoding="utf-8")
        done = ran(project.root, *argv)
        assert (done.returncode, "linux/s390x" in done.stdout + done.stderr) == (0, True)
