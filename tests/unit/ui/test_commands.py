from __future__ import annotations

import os
import signal
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from dext_tasks.ui.commands import Outbox, Running, Started

from .conftest import FakeProcess

if TYPE_CHECKING:
    from collections.abc import Mapping


class LateProcess(FakeProcess):
    """Writes its last words and ends while somebody looks whether it has ended."""

    def __init__(self) -> None:
        super().__init__(code=None)
        self._looks = 0

    def poll(self) -> int | None:
        self._looks += 1
        if self._looks == 2:
            os.write(self._out, b"last words")
            self._code = 0
            self._close()
        return self._code


class LeavingProcess(FakeProcess):
    """Has ended, and something it started holds its pipes."""

    def __init__(self) -> None:
        super().__init__(b"said", code=None)
        self._code = 0


def _ran(process: FakeProcess) -> tuple[list[dict[str, Any]], str]:
    outbox, outcomes = Outbox(), list[str]()
    running = Running(Started(1, "x", process), outbox, outcomes.append)
    running.start()
    assert running.join(60)
    return [dict(event) for event in outbox.take(0)], outcomes[0]


def test_last_words_are_not_lost() -> None:
    events, outcome = _ran(LateProcess())

    assert events[0] == {"process": 1, "stdout": "last words"}
    assert outcome == "ok"


def test_what_is_left_in_the_background_is_not_waited_for() -> None:
    process = LeavingProcess()
    started = time.monotonic()

    events, _ = _ran(process)
    process._close()  # noqa: SLF001 - of this test's own class

    assert [next(iter(set(event) - {"process"})) for event in events] == ["stdout", "close"]
    assert time.monotonic() - started < 60


@pytest.mark.parametrize(
    ("code", "outcome", "end"),
    [
        (0, "ok", {"code": 0, "signal": None}),
        (3, "exit code 3", {"code": 3, "signal": None}),
        (-signal.SIGSEGV, "ended by SIGSEGV", {"code": None, "signal": "SIGSEGV"}),
        (-99, "ended by signal 99", {"code": None, "signal": "signal 99"}),
    ],
)
def test_ends(code: int, outcome: str, end: dict[str, object]) -> None:
    events, told = _ran(FakeProcess(code=code))

    assert told == outcome
    assert events[-1]["close"] == {"cmd": "x", "killed": False, **end}


def test_a_process_that_has_ended_is_not_stopped() -> None:
    process = FakeProcess()
    running = Running(Started(1, "x", process), Outbox(), lambda _: None)
    running.start()
    running.join(60)

    running.stop()

    assert process.signals == []


def _fill(outbox: Outbox) -> None:
    for number in range(1000):
        outbox.put({"n": number})


def test_events_come_in_order_and_once() -> None:
    outbox = Outbox()
    outbox.put({"a": 1})
    outbox.put({"b": 2})

    assert outbox.take(0) == [{"a": 1}, {"b": 2}]
    assert outbox.take(0) == []


def test_a_page_that_does_not_keep_up_holds_its_processes_up() -> None:
    outbox = Outbox()
    writer = threading.Thread(target=_fill, args=(outbox,))
    writer.start()

    seen: list[Mapping[str, object]] = []
    while len(seen) < 1000:
        events = outbox.take(60)
        assert 0 < len(events) <= 256
        seen += events
    writer.join()

    assert [event["n"] for event in seen] == [*range(1000)]


def test_a_page_that_has_gone_holds_nothing_up() -> None:
    outbox = Outbox()
    writer = threading.Thread(target=_fill, args=(outbox,))
    writer.start()
    outbox.close()
    writer.join(60)

    assert not writer.is_alive()
    assert outbox.closed
    assert outbox.take(60) == []
