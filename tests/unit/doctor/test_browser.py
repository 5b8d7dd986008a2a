from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dext_tasks.config import Settings
from dext_tasks.config.kind import When
from dext_tasks.doctor.browser import page_lines
from dext_tasks.ui import browser as executable

if TYPE_CHECKING:
    from pathlib import Path

    from dext_tasks.doctor.line import Line

pytestmark = pytest.mark.allow_processes


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder on PATH, without a browser; nor has Playwright one."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(tmp_path / "none"))
    monkeypatch.setattr(executable, "find_spec", lambda _: object())
    return folder


def put(folder: Path, script: str) -> None:
    program = folder / "chromium"
    program.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    program.chmod(0o755)


def lines(run: When = When.AUTO) -> dict[str, Line]:
    return {line.name: line for line in page_lines(Settings(smoke_ui_run=run))}


def test_a_browser_that_runs_is_named_with_its_version(path: Path) -> None:
    put(path, "echo Chromium 140.0")
    found = lines()
    assert {name: line.status.value for name, line in found.items()} == {"playwright": "OK", "browser": "OK"}
    assert found["browser"].found == f"Chromium 140.0, {path / 'chromium'}"


@pytest.mark.parametrize(("run", "status"), [(When.AUTO, "WARN"), (When.ALWAYS, "FAIL")])
def test_none_is_as_bad_as_the_settings_say(path: Path, run: When, status: str) -> None:
    line = lines(run)["browser"]
    assert (line.status.value, "there is no Chromium" in line.found) == (status, True)
    assert "install chromium" in line.remedy
    assert path.is_dir()


@pytest.mark.parametrize(("run", "status"), [(When.AUTO, "WARN"), (When.ALWAYS, "FAIL")])
@pytest.mark.usefixtures("path")
def test_without_playwright_no_browser_is_looked_for(monkeypatch: pytest.MonkeyPatch, run: When, status: str) -> None:
    monkeypatch.setattr(executable, "find_spec", lambda _: None)
    found = lines(run)
    assert {name: line.status.value for name, line in found.items()} == {"playwright": status}
    assert found["playwright"].remedy == "pip install 'dext-tasks[ui]'"


@pytest.mark.parametrize(
    ("script", "why"), [("echo install the snap >&2; exit 1", "install the snap"), ("exit 3", "exit code 3")]
)
def test_a_stub_is_no_browser(path: Path, script: str, why: str) -> None:
    put(path, script)
    line = lines()["browser"]
    assert (line.status.value, f"does not run: {why}" in line.found) == ("WARN", True)


@pytest.mark.usefixtures("path")
def test_nothing_is_looked_for_where_no_page_is_opened() -> None:
    (line,) = lines(When.NEVER).values()
    assert (line.status.value, line.found) == ("OK", "not looked for: smoke.ui.run is never")
