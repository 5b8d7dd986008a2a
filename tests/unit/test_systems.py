from __future__ import annotations

import os
import shutil
import sys
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from dext_tasks.engine.emulator import is_crash
from dext_tasks.errors import EngineUnreachableError, NeedsWSLError
from dext_tasks.project_files import is_report
from dext_tasks.smoke.backend_client import GuestConnection
from dext_tasks.systems import has_room, is_read_only, is_root, require_posix

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("system", ["linux", "darwin", "freebsd14"])
def test_everything_runs_where_there_is_posix(system: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", system)
    require_posix("`release`")


class TestWindows:
    @pytest.fixture(autouse=True)
    def _windows(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sys, "platform", "win32")

    def test_what_needs_wsl_says_so(self) -> None:
        with pytest.raises(NeedsWSLError, match=r"^`release` does not run on Windows itself") as caught:
            require_posix("`release`")
        assert "WSL" in caught.value.remedy
        # As where no engine answers: what can be done without one is done.
        assert isinstance(caught.value, EngineUnreachableError)

    def test_nobody_is_root(self) -> None:
        assert not is_root()

    def test_room_is_what_the_volume_has(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=10))
        assert has_room(tmp_path, 10)
        assert not has_room(tmp_path, 11)

    def test_what_is_read_only_is_not_known(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delattr(os, "statvfs")
        assert not is_read_only(tmp_path)

    def test_a_backend_behind_a_socket_is_not_reached(self, tmp_path: Path) -> None:
        with pytest.raises(OSError, match="no unix sockets on Windows"):
            GuestConnection(tmp_path, "backend.sock", 5.0).connect()


def test_a_link_to_a_report_is_none_where_links_are_followed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    report, link = tmp_path / "report.html", tmp_path / "link.html"
    report.write_text('<meta name="generator" content="dext-tasks">', encoding="utf-8")
    link.symlink_to(report)
    monkeypatch.setattr("dext_tasks.project_files.NO_FOLLOW", 0)
    assert is_report(report)
    assert not is_report(link)


def test_signals_of_containers_are_linux_s() -> None:
    assert [code for code in range(128, 160) if is_crash("Bus error", code)] == [132, 135, 139]
