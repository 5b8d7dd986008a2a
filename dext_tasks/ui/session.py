"""One viewing of a UI: its pages, their calls and processes, under an address of its own."""

from __future__ import annotations

import secrets
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from dext_tasks.ui.ledger import Ledger
from dext_tasks.ui.outbox import Outbox

if TYPE_CHECKING:
    from dext_tasks.ui.running import Running

# Seconds within which processes end: SIGTERM, SIGKILL after three, and some for the engine.
_PATIENCE: Final = 6.0


@dataclass(frozen=True)
class Note:
    """What a page says about itself.

    Attributes:
        kind: ``unknown`` for a member that ddClient does not have, ``rejection`` for one that nobody handled.
        text: Which.
    """

    kind: str
    text: str


class Session:
    """What happened at one address, and what still runs there."""

    def __init__(self) -> None:
        self.token: Final = secrets.token_urlsafe(16)
        self.ledger: Final = Ledger()
        self._lock = threading.Lock()
        self._notes: dict[Note, None] = {}
        self._outboxes: dict[str, Outbox] = {}
        self._running: dict[tuple[str, int], Running] = {}
        self._closed = False

    @property
    def notes(self) -> tuple[Note, ...]:
        """What pages said, each once."""
        with self._lock:
            return tuple(self._notes)

    def note(self, note: Note) -> None:
        """Keep what a page says."""
        with self._lock:
            self._notes.setdefault(note)

    def outbox(self, page: str) -> Outbox:
        """Events for a page; a closed one for a page that has gone."""
        with self._lock:
            found = self._outboxes.setdefault(page, Outbox())
        if self._closed:
            found.close()
        return found

    def add(self, page: str, number: int, running: Running) -> bool:
        """Keep a process of a page; False, and it should be stopped, if the page has gone."""
        with self._lock:
            self._running[page, number] = running
        return not self.outbox(page).closed

    def stop(self, page: str, number: int) -> None:
        """End a process of a page."""
        with self._lock:
            running = self._running.get((page, number))
        if running:
            running.stop()

    def leave(self, page: str) -> None:
        """A page was left: Docker Desktop ends its processes."""
        self.outbox(page).close()
        with self._lock:
            left = [running for (owner, _), running in self._running.items() if owner == page]
        for running in left:
            running.stop()

    def close(self) -> None:
        """Leave every page, and wait until their processes have ended."""
        self._closed = True
        with self._lock:
            pages = [*self._outboxes]
        for page in pages:
            self.leave(page)
        deadline = time.monotonic() + _PATIENCE
        for running in [*self._running.values()]:
            running.join(deadline - time.monotonic())
