"""Several files are replaced, or none is."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from dext_tasks.errors import FileAccessError, HalfWrittenError
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


# Is killed when the second of the files is about to be replaced.
KILLED = """
import os, signal, sys
from pathlib import Path
from dext_tasks.scaffold.file_changes import FileState
from dext_tasks.scaffold.file_replacing import replace_files
done = []
real = Path.replace
def replace(path, target):
    if done:
        os.kill(os.getpid(), signal.SIGKILL)
    done.append(real(path, target))
Path.replace = replace
states = {"changed": FileState(b"new"), "deep/changed": FileState(b"new"), "made": FileState(b"new")}
with replace_files(Path(sys.argv[1]), states):
    pass
"""


@pytest.mark.allow_processes
@pytest.mark.needs("signal.SIGKILL")
def test_what_a_kill_leaves_has_all_that_was_there_and_stops_the_next_run(folder: Path) -> None:
    put(folder, {"deep/changed": "old"})
    done = subprocess.run([sys.executable, "-c", KILLED, str(folder)], check=False)  # noqa: S603 - this Python
    assert done.returncode == -signal.SIGKILL
    (left,) = folder.glob(".dext-replaced-*")
    assert held(left / "old") == {"changed": "old", "deep/changed": "old"}
    assert (folder / "changed").read_text() == "new"
    with pytest.raises(HalfWrittenError, match="was killed while it wrote files") as caught, replace_files(folder, {}):
        pytest.fail("it went on")
    assert f"{left.name}/old" in caught.value.remedy
    # As it says.
    shutil.copytree(left / "old", folder, dirs_exist_ok=True)
    shutil.rmtree(left)
    assert held(folder) == {**BEFORE, "deep/changed": "old"}
    with replace_files(folder, CHANGES):
        assert (folder / "changed").read_text() == "new"


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
