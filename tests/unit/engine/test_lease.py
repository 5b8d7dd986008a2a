from __future__ import annotations

import subprocess
import sys
import uuid

import pytest

from dext_tasks.engine.lease import Lease, is_free


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
from dext_tasks.engine.lease import Lease
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
    monkeypatch.setattr("dext_tasks.engine.lease._HAS_ABSTRACT_NAMES", False)
    assert Lease(name).take()
    assert not is_free(name)
