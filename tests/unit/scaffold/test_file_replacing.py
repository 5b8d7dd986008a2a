"""Several files are replaced, or none is."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from dext_tasks.errors import FileAccessError
from dext_tasks.scaffold.file_changes import FileState
from dext_tasks.scaffold.file_replacing import replace_files
from tests.unit.real_git import held, put

if TYPE_CHECKING:
    from collections.abc import Mapping

BEFORE = {"changed": "old", "gone/deep/file": "old", "kept": "old"}
CHANGES: Mapping[str, FileState | None] = {
    "changed": FileState(b"new", is_executable=True),
    "made/deep/file": FileState(b"new"),
    "gone/deep/file": None,
}
AFTER = {"changed": "new", "made/deep/file": "new", "kept": "old"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    put(tmp_path / "project", BEFORE)
    return tmp_path / "project"


def names(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*")}


def test_all_are_replaced(folder: Path) -> None:
    (folder / "changed").chmod(0o640)
    with replace_files(folder, CHANGES):
        assert held(folder / "made") == {"deep/file": "new"}
    assert held(folder) == AFTER
    assert names(folder) == {*AFTER, "made", "made/deep"}
    assert (folder / "changed").stat().st_mode & 0o777 == 0o750
    assert (folder / "made/deep/file").stat().st_mode & 0o111 == 0
    with replace_files(folder, {"changed": FileState(b"newer")}):
        pass
    assert (folder / "changed").stat().st_mode & 0o777 == 0o640


def test_what_fails_afterwards_brings_all_back(folder: Path) -> None:
    (folder / "changed").chmod(0o640)
    before = names(folder)

    def fail() -> None:
        with replace_files(folder, CHANGES):
            assert (folder / "changed").read_text() == "new"
            assert not (folder / "gone/deep/file").exists()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert held(folder) == BEFORE
    assert names(folder) == before
    assert (folder / "changed").stat().st_mode & 0o777 == 0o640


def test_links_and_folders_without_files_come_back(folder: Path) -> None:
    (folder / "empty").mkdir()
    (folder / "link").symlink_to("nowhere")
    before = names(folder)

    def fail() -> None:
        with replace_files(folder, {name: FileState(b"new") for name in ("link", "empty/file", "made/file")}):
            assert (folder / "link").read_text() == "new"
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert names(folder) == before
    assert os.readlink(folder / "link") == "nowhere"  # noqa: PTH115 - as it was written
    assert (folder / "empty").is_dir()


@pytest.mark.parametrize("last", [1, 2, 3])
def test_wherever_it_is_interrupted_all_comes_back(folder: Path, last: int, monkeypatch: pytest.MonkeyPatch) -> None:
    before = names(folder)
    done: list[Path] = []
    real_replace, real_unlink = Path.replace, Path.unlink

    def note(path: Path) -> None:
        done.append(path)
        if len(done) == last:
            raise KeyboardInterrupt

    def replace(path: Path, target: Path) -> None:
        real_replace(path, target)
        note(path)

    def unlink(path: Path, *, missing_ok: bool = False) -> None:
        real_unlink(path, missing_ok=missing_ok)
        note(path)

    monkeypatch.setattr(Path, "replace", replace)
    monkeypatch.setattr(Path, "unlink", unlink)
    with pytest.raises(KeyboardInterrupt), replace_files(folder, CHANGES):
        pytest.fail("it was not interrupted")
    assert held(folder) == BEFORE
    assert names(folder) == before


def test_what_may_not_be_written_is_told_before_anything_is(stranger: Path) -> None:
    put(stranger, {"a": "old", "locked/b": "old"})
    (stranger / "locked").chmod(0o555)
    changes = {name: FileState(b"new") for name in ("a", "locked/b")}
    with (
        pytest.raises(FileAccessError, match="locked cannot be used: Permission denied"),
        replace_files(stranger, changes),
    ):
        pytest.fail("it was written")
    assert held(stranger) == {"a": "old", "locked/b": "old"}
    (stranger / "locked").chmod(0o755)
    stranger.joinpath("locked/b").chmod(0o444)
    with replace_files(stranger, changes):
        pass
    assert held(stranger) == {"a": "new", "locked/b": "new"}


def test_a_folder_that_is_read_only_is_told(stranger: Path) -> None:
    (stranger / "project").mkdir(mode=0o555)
    place = stranger / "project"
    with pytest.raises(FileAccessError, match=f"^{place} cannot be used"), replace_files(place, {"a": FileState(b"x")}):
        pytest.fail("it was written")
    assert os.listdir(stranger / "project") == []  # noqa: PTH208 - names are what is asked for
