"""Events on their way to a page, which takes them at its own pace."""

from __future__ import annotations

import threading
from collections import deque
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

# A process whose page does not keep up waits in its pipe, as it does in a terminal.
_MOST: Final = 256


class Outbox:
    """What one page has yet to be told; events of one process keep their order."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._events: deque[Mapping[str, object]] = deque()
        self._closed = False

    @property
    def closed(self) -> bool:
        """Whether the page has gone."""
        return self._closed

    def put(self, event: Mapping[str, object]) -> None:
        """Add an event, as soon as there is room; nothing to a page that has gone."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or len(self._events) < _MOST)
            self._events.append(event)
            self._changed.notify_all()

    def take(self, seconds: float) -> list[Mapping[str, object]]:
        """All events there are; none after waiting that long, or when the page has gone."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._events, timeout=seconds)
            events = list(self._events)
            self._events.clear()
            self._changed.notify_all()
            return [] if self._closed else events

    def close(self) -> None:
        """The page has gone."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
