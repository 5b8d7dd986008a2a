from __future__ import annotations

import os
import re
import socket
import stat
import subprocess
import sys
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import TYPE_CHECKING, Any

import pytest

from dext_tasks.runtime import lease as lease_module
from dext_tasks.runtime.lease import Lease, Usage, is_free, this_machine

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def name() -> str:
    return uuid.uuid4().hex


@pytest.fixture(params=["linux", "darwin"], autouse=True)
def way(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Every test is one of each way to hold a lease; files are locked on Linux as on macOS."""
    system: str = request.param
    monkeypatch.setattr(lease_module, "_WAY", lease_module.way_of(system))
    monkeypatch.setattr(lease_module, "_LOCKS", str(tmp_path / "leases"))
    return system


def left(folder: Path) -> list[str]:
    locks = folder / "leases"
    return sorted(path.name for path in locks.iterdir()) if locks.is_dir() else []


def test_one_at_a_time(name: str) -> None:
    first, second = Lease(name), Lease(name)
    assert first.take()
    assert first.take()
    assert not second.take()
    assert not is_free(name)
    first.give_back()
    first.give_back()
    assert is_free(name)
    assert second.take()
    second.give_back()


def test_to_ask_is_not_to_take(name: str) -> None:
    assert is_free(name)
    assert is_free(name)


def test_who_asks_at_the_same_moment_gets_the_same_answer(name: str) -> None:
    askers = 8
    together = Barrier(askers)

    def ask(_number: int) -> bool:
        together.wait()
        return all(is_free(name) for _ in range(200))

    with ThreadPoolExecutor(askers) as pool:
        assert all(pool.map(ask, range(askers)))


@pytest.mark.allow_processes
def test_it_goes_with_the_process_however_that_ends(name: str, way: str, tmp_path: Path) -> None:
    program = f"""
import sys
from dext_tasks.runtime import lease
lease._WAY, lease._LOCKS = lease.way_of({way!r}), {str(tmp_path / "leases")!r}
lease.Lease({name!r}).take()
print("taken", flush=True)
sys.stdin.read()
"""
    with subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:  # noqa: S603 - our own
        assert process.stdout
        assert process.stdout.readline() == b"taken\n"
        assert not is_free(name)
        process.kill()
        process.wait()
    assert is_free(name)


def test_no_file_stays_of_what_is_free(name: str, tmp_path: Path) -> None:
    lease = Lease(name)
    lease.take()
    lease.give_back()
    assert is_free(name)
    assert left(tmp_path) == []


def test_elsewhere_every_other_run_counts_as_alive(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lease_module, "_WAY", lease_module.way_of("win32"))
    assert Lease(name).take()
    assert not is_free(name)


class TestByLock:
    @pytest.fixture(autouse=True)
    def _way(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(lease_module, "_WAY", lease_module.BY_LOCK)

    def test_anybody_may_take_one_and_nobody_may_remove_another_s(self, name: str, tmp_path: Path) -> None:
        assert Lease(name).take()
        assert stat.S_IMODE((tmp_path / "leases").stat().st_mode) == 0o1777

    def test_another_user_can_tell_whether_it_is_held_whatever_the_mask_is(self, name: str, tmp_path: Path) -> None:
        before = os.umask(0o077)
        try:
            assert Lease(name).take()
        finally:
            os.umask(before)
        (file,) = (tmp_path / "leases").iterdir()
        assert stat.S_IMODE(file.stat().st_mode) == 0o644

    def test_where_no_file_can_be_made_nothing_is_known(self, name: str, tmp_path: Path) -> None:
        (tmp_path / "leases").write_bytes(b"")
        assert Lease(name).take()
        assert not is_free(name)

    def test_a_link_is_not_followed(self, name: str, tmp_path: Path) -> None:
        first = Lease(name)
        first.take()
        (file,) = (tmp_path / "leases").iterdir()
        first.give_back()
        file.symlink_to(tmp_path / "elsewhere")
        assert Lease(name).take()
        assert not is_free(name)
        assert not (tmp_path / "elsewhere").exists()

    def test_a_file_that_its_holder_removed_is_not_taken_for_the_lease(
        self, name: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        first, second, third = Lease(name), Lease(name), Lease(name)
        first.take()
        real, opened = os.open, []

        def opens(*args: Any) -> int:  # noqa: ANN401 - os.open's
            opened.append(real(*args))
            # Between its being opened and locked.
            first.give_back()
            return opened[-1]

        monkeypatch.setattr(os, "open", opens)
        assert second.take()
        monkeypatch.setattr(os, "open", real)
        assert len(opened) == 2
        assert not third.take()


BOOT = "dext_tasks.runtime.lease._BOOT"


class TestThisMachine:
    @pytest.fixture(autouse=True)
    def _named_anew(self) -> Iterator[None]:
        this_machine.cache_clear()
        yield
        this_machine.cache_clear()

    def name(self, monkeypatch: pytest.MonkeyPatch, what: str = "", value: object = None) -> str:
        """What it is called, where something may be otherwise."""
        this_machine.cache_clear()
        with monkeypatch.context() as patch:
            if what:
                patch.setattr(what, value)
            return this_machine()

    def test_begins_with_its_host_name(self) -> None:
        host, _, digest = this_machine().rpartition(".")
        assert host == socket.gethostname()
        assert re.fullmatch("[0-9a-f]{12}", digest)

    def test_stays(self, monkeypatch: pytest.MonkeyPatch) -> None:
        assert self.name(monkeypatch) == self.name(monkeypatch)

    def test_of_one_host_name_is_another_on_another_kernel_or_card(
        self, way: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "boot").write_text(f"{uuid.uuid4()}\n", encoding="utf-8")
        own = self.name(monkeypatch)
        other: tuple[str, object] = (BOOT, tmp_path / "boot") if way == "linux" else ("uuid.getnode", lambda: 7)
        assert self.name(monkeypatch, *other) != own

    def test_where_nothing_is_known_is_no_other_s(self, way: str, monkeypatch: pytest.MonkeyPatch) -> None:
        if way != "linux":
            return
        nowhere = BOOT, Path("/nonexistent")
        assert self.name(monkeypatch, *nowhere) != self.name(monkeypatch, *nowhere)

    @pytest.mark.allow_processes
    def test_is_shared_by_processes(self, way: str) -> None:
        program = f"""
from dext_tasks.runtime import lease
lease._WAY = lease.way_of({way!r})
print(lease.this_machine())
"""
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)  # noqa: S603 - our own
        assert done.stdout.strip() == this_machine()


class TestUsage:
    def test_of_this_process_is_no_other_s(self) -> None:
        usage = Usage(f"own {uuid.uuid4()}")
        assert not usage.is_by_others
        usage.begin()
        usage.begin()
        assert not usage.is_by_others

    def test_several_processes_may_use_it_at_once(self) -> None:
        name = f"shared {uuid.uuid4()}"
        first, second = Lease(f"{name}#0"), Lease(f"{name}#7")
        for other in (first, second):
            assert other.take()
            assert Usage(name).is_by_others
        first.give_back()
        assert Usage(name).is_by_others
        second.give_back()
        assert not Usage(name).is_by_others

    def test_it_begins_beside_others(self) -> None:
        name = f"beside {uuid.uuid4()}"
        other = Lease(f"{name}#0")
        assert other.take()
        Usage(name).begin()
        other.give_back()
        assert not Usage(name).is_by_others
        # Another process would see this one.
        assert not is_free(f"{name}#1")

    def test_where_it_cannot_be_told_nobody_is_in_the_way(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(lease_module, "_WAY", None)
        usage = Usage("anything")
        usage.begin()
        assert not usage.is_by_others
