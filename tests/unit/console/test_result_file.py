from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import Self

import pytest

from dext_tasks.console.result_file import ResultFile
from dext_tasks.errors import FileAccessError, UsageError

FULL = Path("/dev/full")
# Windows has no name for it.
READ_ONLY = getattr(os, "ST_RDONLY", 1)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


class TestRequire:
    def test_nothing_is_written_by_asking(self, tmp_path: Path) -> None:
        ResultFile(tmp_path / "x.html").require()
        ResultFile(tmp_path / ".dext/x.html").require()
        assert names(tmp_path) == []

    def test_what_is_there_stays_as_it_is(self, tmp_path: Path) -> None:
        (tmp_path / "x.html").write_text("before")
        ResultFile(tmp_path / "x.html").require()
        assert (tmp_path / "x.html").read_text() == "before"

    @pytest.mark.parametrize(
        ("name", "why"),
        [
            (".", "it is a folder"),
            ("folder", "it is a folder"),
            ("missing/x.html", "there is no folder .*missing"),
            ("file/x.html", "(there is no folder .*file|Not a directory)"),
            ("missing/.dext/x.html", "there is no folder .*missing"),
            ("dangling", "there is no folder .*nowhere"),
        ],
    )
    def test_a_name_that_cannot_be_one_is_wrong_usage(self, name: str, why: str, tmp_path: Path) -> None:
        (tmp_path / "folder").mkdir()
        (tmp_path / "file").touch()
        (tmp_path / "dangling").symlink_to("nowhere/x.html")
        with pytest.raises((UsageError, FileAccessError), match=f"cannot be written: {why}") as caught:
            ResultFile(tmp_path / name).require()
        assert isinstance(caught.value, UsageError) is (name != "file/x.html")
        assert caught.value.remedy

    @pytest.mark.needs("/proc/self")
    def test_a_folder_that_takes_no_files_though_root_may_write_to_it(self) -> None:
        with pytest.raises(FileAccessError, match=r"^/proc/x\.html cannot be written: ") as caught:
            ResultFile(Path("/proc/x.html")).require()
        assert caught.value.remedy

    def test_a_folder_that_refuses_what_its_mode_allows(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def refused(path: object, *_: object) -> int:
            raise PermissionError(errno.EACCES, "Permission denied", str(path))

        monkeypatch.setattr(os, "open", refused)
        with pytest.raises(FileAccessError, match=r"x\.html cannot be written: Permission denied$"):
            ResultFile(tmp_path / "x.html").require()

    @pytest.mark.parametrize("name", ["x" * 300, "loop"])
    def test_a_name_that_no_file_system_takes(self, name: str, tmp_path: Path) -> None:
        (tmp_path / "loop").symlink_to("loop")
        with pytest.raises(FileAccessError, match=r"cannot be written: (File name too long|Too many levels)"):
            ResultFile(tmp_path / name).require()

    @pytest.mark.needs("os.statvfs")
    @pytest.mark.parametrize("name", ["new.html", "there.html", ".dext/new.html"])
    @pytest.mark.parametrize(("flags", "why"), [(0, "Permission denied"), (READ_ONLY, "Read-only file system")])
    def test_a_place_without_the_right_to_write(
        self, name: str, flags: int, why: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "there.html").touch()
        found = os.statvfs(tmp_path)
        # The tests may run as root, whom no mode stops.
        monkeypatch.setattr(os, "access", lambda *_: False)
        monkeypatch.setattr(os, "statvfs", lambda _: statvfs(found, f_flag=flags))
        with pytest.raises(FileAccessError, match=f"cannot be written: {why}"):
            ResultFile(tmp_path / name).require()

    @pytest.mark.needs("os.statvfs")
    @pytest.mark.parametrize(
        ("changed", "is_full"),
        [
            ({"f_bfree": 10, "f_bavail": 10}, True),
            ({"f_favail": 0}, True),
            ({"f_blocks": 0, "f_bfree": 0, "f_bavail": 0}, False),
            ({"f_files": 0, "f_favail": 0}, False),
            ({}, False),
        ],
    )
    def test_a_full_disk(
        self,
        changed: dict[str, int],
        is_full: bool,  # noqa: FBT001 - a case
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        roomy = statvfs(os.statvfs(tmp_path), f_blocks=10**6, f_bfree=10**6, f_bavail=10**6, f_files=9, f_favail=9)
        monkeypatch.setattr(os, "statvfs", lambda _: statvfs(roomy, f_frsize=4096, **changed))
        if not is_full:
            ResultFile(tmp_path / "x.html").require()
            return
        with pytest.raises(FileAccessError, match="No space left on device") as caught:
            ResultFile(tmp_path / "x.html").require()
        assert "free some space" in caught.value.remedy

    @pytest.mark.needs("/dev/full")
    def test_a_device_that_is_full(self) -> None:
        with pytest.raises(FileAccessError, match=r"^/dev/full cannot be written: No space left on device$"):
            ResultFile(FULL).require()

    def test_a_device_that_takes_anything(self) -> None:
        ResultFile(Path(os.devnull)).require()
        ResultFile(Path(os.devnull)).write("text")


class TestWrite:
    def test_a_new_file_may_be_read_by_whom_any_new_file_may(self, tmp_path: Path) -> None:
        (tmp_path / "other").touch()
        ResultFile(tmp_path / "x.html").write("größe")
        assert (tmp_path / "x.html").read_bytes() == "größe".encode()
        assert (tmp_path / "x.html").stat().st_mode == (tmp_path / "other").stat().st_mode
        assert names(tmp_path) == ["other", "x.html"]

    def test_one_that_is_there_is_replaced_and_keeps_its_mode(self, tmp_path: Path) -> None:
        (tmp_path / "x.html").write_text("before")
        (tmp_path / "x.html").chmod(0o640)
        ResultFile(tmp_path / "x.html").write("now")
        assert (tmp_path / "x.html").read_text() == "now"
        assert stat.S_IMODE((tmp_path / "x.html").stat().st_mode) == 0o640

    def test_a_link_stays_one(self, tmp_path: Path) -> None:
        (tmp_path / "real").mkdir()
        (tmp_path / "x.html").symlink_to("real/y.html")
        ResultFile(tmp_path / "x.html").write("now")
        assert (tmp_path / "x.html").is_symlink()
        assert (tmp_path / "real/y.html").read_text() == "now"

    @pytest.mark.parametrize("folder", [".dext", ".dext/reports/today"])
    def test_the_state_folder_is_made_and_ignored_by_git(self, folder: str, tmp_path: Path) -> None:
        file = ResultFile(tmp_path / folder / "x.html")
        file.require()
        file.write("page")
        assert (tmp_path / folder / "x.html").read_text() == "page"
        assert (tmp_path / ".dext/.gitignore").read_text() == "*\n"

    def test_a_file_in_a_folder_that_takes_no_new_ones_is_written_where_it_is(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "x.html").write_text("a longer text than what follows")

        def denied(path: object, *_: object) -> int:
            raise PermissionError(errno.EACCES, "Permission denied", str(path))

        monkeypatch.setattr(os, "open", denied)
        ResultFile(tmp_path / "x.html").write("now")
        monkeypatch.undo()
        assert (tmp_path / "x.html").read_text() == "now"

    def test_a_disk_that_is_full_by_now_leaves_what_was_there(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "x.html").write_text("before")

        class Full:
            def __init__(self, descriptor: int, _mode: str) -> None:
                os.close(descriptor)

            def __enter__(self) -> Self:
                return self

            def __exit__(self, *_: object) -> None:
                return None

            def write(self, _: bytes) -> None:
                raise OSError(errno.ENOSPC, "No space left on device")

        monkeypatch.setattr(os, "fdopen", Full)
        with pytest.raises(FileAccessError, match=r"x\.html cannot be written: No space left on device"):
            ResultFile(tmp_path / "x.html").write("now")
        assert (tmp_path / "x.html").read_text() == "before"
        assert names(tmp_path) == ["x.html"]

    @pytest.mark.needs("/dev/full")
    def test_a_device_that_is_full(self) -> None:
        with pytest.raises(FileAccessError, match="No space left on device"):
            ResultFile(FULL).write("text")

    def test_what_is_no_text_is_written_all_the_same(self, tmp_path: Path) -> None:
        ResultFile(tmp_path / "x").write("a\udcffb")
        assert (tmp_path / "x").read_bytes() == b"a\\udcffb"


def statvfs(found: os.statvfs_result, **changed: int) -> os.statvfs_result:
    """A file system with some of its numbers changed."""
    fields = ("f_bsize", "f_frsize", "f_blocks", "f_bfree", "f_bavail", "f_files", "f_ffree", "f_favail", "f_flag")
    values = [changed.get(name, getattr(found, name)) for name in (*fields, "f_namemax")]
    return os.statvfs_result((*values, found.f_fsid))
