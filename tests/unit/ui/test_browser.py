from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from dext_tasks.ui import browser as executable
from dext_tasks.ui.browser import Browser, BrowserUnavailableError, find_executable, launch_options
from dext_tasks.ui.cross_origin import NOT_ENFORCED

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.delenv("PLAYWRIGHT_BROWSERS_PATH", raising=False)
    return folder


def _program(file: Path) -> str:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("")
    file.chmod(0o755)
    return str(file)


def test_the_first_name_on_path_wins(path: Path) -> None:
    _program(path / "google-chrome")
    assert find_executable() == str(path / "google-chrome")
    _program(path / "chromium")
    assert find_executable() == str(path / "chromium")


def test_one_that_is_asked_for_is_used_or_missed(path: Path, tmp_path: Path) -> None:
    _program(path / "chromium")
    mine = _program(tmp_path / "mine")

    assert find_executable(mine) == mine
    with pytest.raises(BrowserUnavailableError) as raised:
        find_executable(str(tmp_path / "other"))
    assert raised.value.what == f"{tmp_path / 'other'} is not a program that can be run"


@pytest.mark.usefixtures("path")
def test_playwrights_own_build_is_used_where_it_is(home: Path) -> None:
    old = _program(home / ".cache/ms-playwright/chromium-1000/chrome-linux/chrome")
    new = _program(home / ".cache/ms-playwright/chromium-1001/chrome-linux/chrome")
    os.utime(old, (1, 1))

    assert find_executable() == new


@pytest.mark.usefixtures("path")
def test_playwrights_folder_may_be_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(tmp_path))
    shell = _program(tmp_path / "chromium_headless_shell-1200/chrome-headless-shell-linux64/chrome-headless-shell")

    assert find_executable() == shell


@pytest.mark.usefixtures("path")
def test_without_a_browser_it_is_said_how_to_get_one() -> None:
    with pytest.raises(BrowserUnavailableError) as raised:
        Browser()

    assert raised.value.remedy == "apt-get install chromium, or playwright install chromium"
    assert "chromium-browser" in str(raised.value)


def test_without_playwright_it_is_said_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(executable, "find_spec", lambda _: None)

    with pytest.raises(BrowserUnavailableError, match=r"pip install 'dext-tasks\[ui\]'"):
        find_executable("/bin/true")


@pytest.mark.parametrize(("user", "sandboxed"), [(0, False), (1000, True)])
def test_only_root_goes_without_a_sandbox(monkeypatch: pytest.MonkeyPatch, user: int, sandboxed: bool) -> None:  # noqa: FBT001 - a parameter of the test
    monkeypatch.setattr(os, "geteuid", lambda: user)

    options = launch_options("/x")

    assert ("--no-sandbox" not in str(options["args"])) is sandboxed
    assert options["executable_path"] == "/x"


def test_sites_are_kept_apart_unless_it_is_told_otherwise() -> None:
    assert NOT_ENFORCED not in str(launch_options("/x")["args"])
    assert NOT_ENFORCED in str(launch_options("/x", NOT_ENFORCED)["args"])
