from __future__ import annotations

import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from dext_tasks.errors import InterruptedError as Interrupted
from dext_tasks.runtime.cancellation import Cancellation, interrupted


@pytest.fixture
def cancelled() -> Cancellation:
    cancellation = Cancellation()
    cancellation.cancel()
    return cancellation


def test_nothing_is_asked_at_first() -> None:
    cancellation = Cancellation()
    cancellation.check()
    assert not cancellation.asked


def test_a_check_stops_a_cancelled_run(cancelled: Cancellation) -> None:
    with pytest.raises(Interrupted):
        cancelled.check()


def test_cancelling_twice_is_cancelling(cancelled: Cancellation) -> None:
    cancelled.cancel()
    assert cancelled.asked


def test_a_sleep_ends_with_its_time() -> None:
    began = time.monotonic()
    Cancellation().sleep(0.01)
    assert time.monotonic() - began >= 0.01


def test_a_sleep_ends_at_once_when_cancelled(cancelled: Cancellation) -> None:
    with pytest.raises(Interrupted):
        cancelled.sleep(3600)


def test_a_sleep_is_ended_by_another_thread() -> None:
    cancellation = Cancellation()
    with ThreadPoolExecutor() as pool:
        sleeper = pool.submit(cancellation.sleep, 3600)
        cancellation.cancel()
        with pytest.raises(Interrupted):
            sleeper.result(timeout=60)


def test_clean_up_is_shielded(cancelled: Cancellation) -> None:
    with cancelled.shielded():
        cancelled.check()
        cancelled.sleep(0.001)
        assert not cancelled.asked


def test_a_shield_ends_with_its_block(cancelled: Cancellation) -> None:
    with cancelled.shielded(), cancelled.shielded():
        pass
    assert cancelled.asked


def test_an_inner_shield_leaves_the_outer_one(cancelled: Cancellation) -> None:
    with cancelled.shielded():
        with cancelled.shielded():
            pass
        assert not cancelled.asked


def test_a_shield_ends_when_clean_up_fails(cancelled: Cancellation) -> None:
    with pytest.raises(ValueError, match="broken"), cancelled.shielded():
        raise ValueError("broken")
    assert cancelled.asked


def test_a_shield_covers_its_own_thread_only(cancelled: Cancellation) -> None:
    with cancelled.shielded(), ThreadPoolExecutor() as pool:
        assert pool.submit(lambda: cancelled.asked).result()


def test_an_interruption_ends_as_ctrl_c_does() -> None:
    assert interrupted().exit_code == 130


# Where the tests run in the background of a shell, SIGINT is ignored by what they start, unless that says otherwise.
_GOES_ON = """
import signal, time
signal.signal(signal.SIGINT, signal.SIG_DFL)
print(flush=True)
time.sleep(0.2)
print("whole")
"""


def _said_after_ctrl_c(cancellation: Cancellation) -> str:
    with (
        cancellation.starting(),
        subprocess.Popen([sys.executable, "-c", _GOES_ON], stdout=subprocess.PIPE, text=True) as process,  # noqa: S603 - our own
    ):
        assert process.stdout
        process.stdout.readline()
        process.send_signal(signal.SIGINT)
        return process.stdout.read()


@pytest.mark.allow_processes
def test_ctrl_c_does_not_end_a_command_of_clean_up_from_its_first_instruction_on() -> None:
    cancellation = Cancellation()
    with cancellation.shielded():
        assert _said_after_ctrl_c(cancellation) == "whole\n"


@pytest.mark.allow_processes
def test_ctrl_c_ends_any_other_command() -> None:
    assert _said_after_ctrl_c(Cancellation()) == ""


def test_the_thread_that_starts_clean_up_gets_ctrl_c_again_afterwards() -> None:
    cancellation = Cancellation()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ())
    with cancellation.shielded(), cancellation.starting():
        assert signal.SIGINT in signal.pthread_sigmask(signal.SIG_BLOCK, ())
    assert signal.pthread_sigmask(signal.SIG_BLOCK, ()) == before
