"""Temporary folders go, whatever is in them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from dext_tasks.engine.client import Client
from dext_tasks.runtime import lease as lease_module
from dext_tasks.runtime import temporary
from dext_tasks.runtime.lease import Lease, this_machine
from dext_tasks.runtime.temporary import (
    dead_folders,
    folder_of_run,
    prefix,
    remove_folder,
    sweep_folders,
    temporary_folder,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

DEPTH = 2 * sys.getrecursionlimit()


def nest(folder: Path, depth: int) -> None:
    """Folders in one another, each with a file, with names too long for the path of the innermost."""
    here = os.open(folder, os.O_RDONLY)
    for _ in range(depth):
        os.mkdir("inner", dir_fd=here)
        inner = os.open("inner", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = inner
        os.close(os.open("file", os.O_CREAT | os.O_WRONLY, dir_fd=here))
    os.close(here)


@pytest.mark.parametrize("ignore_errors", [True, False])
def test_a_folder_goes_however_deep_it_is(tmp_path: Path, *, ignore_errors: bool) -> None:
    folder = tmp_path / "deep"
    folder.mkdir()
    nest(folder, DEPTH)
    remove_folder(folder, ignore_errors=ignore_errors)
    assert list(tmp_path.iterdir()) == []


def test_what_a_link_leads_to_stays(tmp_path: Path) -> None:
    theirs, folder = tmp_path / "theirs", tmp_path / "mine"
    (theirs / "kept").mkdir(parents=True)
    folder.mkdir()
    (folder / "link").symlink_to(theirs)
    remove_folder(folder)
    assert [path.name for path in tmp_path.rglob("*")] == ["theirs", "kept"]


def test_what_cannot_be_removed_is_an_error_like_any_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # How deep Python can go depends on who calls it.
    def too_deep(*_: object, **__: object) -> None:
        raise RecursionError

    monkeypatch.setattr("dext_tasks.runtime.temporary.shutil.rmtree", too_deep)
    remove_folder(tmp_path, ignore_errors=True)
    with pytest.raises(OSError, match="nested too deeply"):
        remove_folder(tmp_path)


def test_a_folder_is_there_for_a_block(tmp_path: Path) -> None:
    with temporary_folder("dext-test-", str(tmp_path)) as name:
        folder = Path(name)
        assert folder.parent == tmp_path
        assert folder.name.startswith("dext-test-")
        nest(folder, DEPTH)
    assert not folder.exists()
    with pytest.raises(FileNotFoundError):
        remove_folder(folder)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder for temporary files; leases are those of the whole machine, and these are of this process."""
    monkeypatch.setattr(lease_module, "_address", lambda key: f"\0dext-tasks-test-{os.getpid()}-{key}")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(temporary, "_SHORT", str(tmp_path))
    return tmp_path


def test_those_of_dead_runs_go_and_others_stay(here: Path) -> None:
    client = Client()
    own = Path(tempfile.mkdtemp(prefix=client.folder_prefix))
    lease = Lease("0badcafe")
    assert lease.take()
    dead, living = prefix("0000dead"), prefix("0badcafe")
    # Of a container that shares this folder and not its leases, or of one that was started from the same image.
    elsewhere = dead.replace(this_machine()[-4:], "0000" if this_machine()[-4:] != "0000" else "1111")
    others = {f"{living}abcdefg", f"{elsewhere}abcdefg", "dext-files-abcdefg", f"other-{dead}x"}
    for name in (f"{dead}abc_1", *others):
        (here / name / "guest").mkdir(parents=True)
    sweep_folders()
    lease.give_back()
    assert {each.name for each in here.iterdir()} == {own.name, *others}


def test_a_run_without_an_engine_has_one_that_lives_as_long_as_its_block(here: Path) -> None:
    with folder_of_run() as folder:
        assert folder.parent == here
        sweep_folders()
        assert folder.is_dir()
    assert list(here.iterdir()) == []


@pytest.mark.allow_processes
def test_what_a_killed_run_without_an_engine_leaves_goes_with_the_next(tmp_path: Path) -> None:
    script = "import os; from dext_tasks.runtime.temporary import folder_of_run as f\nwith f() as made: {}"
    environment = {**os.environ, "TMPDIR": str(tmp_path)}

    def run(then: str) -> int:
        command = [sys.executable, "-c", script.format(then)]
        return subprocess.run(command, env=environment, check=False, timeout=60).returncode  # noqa: S603 - this Python

    assert run("os.kill(os.getpid(), 9)") == -signal.SIGKILL
    assert len(list(tmp_path.iterdir())) == 1
    assert run("pass") == 0
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def of_another() -> Iterator[Path]:
    """A folder of a run that lives, with leases and in a place that all tests share."""
    client = Client()
    with tempfile.TemporaryDirectory(prefix=client.folder_prefix) as folder:
        yield Path(folder)
    client.close()


@pytest.mark.usefixtures("of_another", "own_leases")
def test_a_test_with_leases_of_its_own_sweeps_nobody_else_s(of_another: Path) -> None:
    sweep_folders()
    assert of_another.is_dir()


@pytest.mark.usefixtures("of_another")
def test_no_test_finds_what_is_not_its_own_even_if_every_run_looks_dead(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(temporary, "is_free", lambda _: True)
    assert dead_folders() == []


def test_a_name_that_is_too_long_for_sockets_is_not_used(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(temporary, "_LONGEST", len(str(here)))
    assert temporary.base() == str(here)
    monkeypatch.setattr(tempfile, "tempdir", str(here / "below"))
    assert temporary.base() == str(here)
    monkeypatch.setattr(temporary, "_SHORT", str(here / "absent"))
    assert temporary.base() == str(here / "below")
