from __future__ import annotations

import subprocess
import sys
import uuid

import pytest

from dext_tasks.runtime import lease as lease_module
from dext_tasks.runtime.lease import Lease, Usage, is_free


@pytest.fixture
def name() -> str:
    return uuid.uuid4().hex


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


@pytest.mark.allow_processes
def test_it_goes_with_the_process_however_that_ends(name: str) -> None:
    program = f"""
import sys, time
from dext_tasks.runtime.lease import Lease
Lease({name!r}).take()
print("taken", flush=True)
time.sleep(60)
"""
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE) as process:  # noqa: S603 - our own
        assert process.stdout
        assert process.stdout.readline() == b"taken\n"
        assert not is_free(name)
        process.kill()
        process.wait()
    assert is_free(name)


def test_elsewhere_every_other_run_counts_as_alive(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dext_tasks.runtime.lease._HAS_ABSTRACT_NAMES", False)
    assert Lease(name).take()
    assert not is_free(name)


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
        monkeypatch.setattr(lease_module, "_HAS_ABSTRACT_NAMES", False)
        usage = Usage("anything")
        usage.begin()
        assert not usage.is_by_others
