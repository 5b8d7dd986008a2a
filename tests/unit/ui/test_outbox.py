from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from dext_tasks.ui.commands import Outbox

if TYPE_CHECKING:
    from collections.abc import Mapping


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
        events = outbox.take(5)
        assert 0 < len(events) <= 256
        seen += events
    writer.join()

    assert [event["n"] for event in seen] == [*range(1000)]


def test_a_page_that_has_gone_holds_nothing_up() -> None:
    outbox = Outbox()
    writer = threading.Thread(target=_fill, args=(outbox,))
    writer.start()
    outbox.close()
    writer.join(5)

    assert not writer.is_alive()
    assert outbox.closed
    assert outbox.take(5) == []
