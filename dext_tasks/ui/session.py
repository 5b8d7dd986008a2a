"""One viewing of a UI: its pages, their calls and processes, under an address of its own."""

from __future__ import annotations

import json
import secrets
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from dext_tasks.limits import PROCESSES_END
from dext_tasks.ui.commands import Outbox
from dext_tasks.ui.visit_result import BridgeCall
from dext_tasks.wording import shortened

if TYPE_CHECKING:
    from dext_tasks.ui.commands import Running


PENDING: Final = "pending"
_LONGEST: Final = 200


@dataclass
class LedgerEntry:
    """A call under way.

    Attributes:
        page: Which page made it.
        number: Of the call, counted by its page.
        member: Such as ``docker.listImages``.
        args: As JSON text, shortened.
        awaited: Whether the page is not finished before it ends; a stream is not waited for.
        started: On the clock of ``time.monotonic``.
        outcome: How it ended.
        seconds: How long it took.
    """

    page: str
    number: int
    member: str
    args: str
    awaited: bool = True
    started: float = field(default_factory=time.monotonic)
    outcome: str = PENDING
    seconds: float = 0.0


class Ledger:
    """The calls of one session; written by many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: list[LedgerEntry] = []
        self._pages: dict[str, int] = {}

    def begin(self, page: str, number: int, member: str, args: object, *, awaited: bool = True) -> LedgerEntry:
        """Note that a call began."""
        entry = LedgerEntry(page, number, member, as_json(args), awaited)
        with self._lock:
            self._pages.setdefault(page, len(self._pages))
            self._entries.append(entry)
        return entry

    def end(self, entry: LedgerEntry, outcome: str = "ok") -> None:
        """Note how it ended; only the first time counts."""
        with self._lock:
            if entry.outcome == PENDING:
                entry.outcome = outcome
                entry.seconds = time.monotonic() - entry.started

    @property
    def pending(self) -> int:
        """How many calls are waited for."""
        with self._lock:
            return sum(entry.awaited and entry.outcome == PENDING for entry in self._entries)

    @property
    def size(self) -> int:
        """How many calls began."""
        return len(self._entries)

    @property
    def calls(self) -> tuple[BridgeCall, ...]:
        """All of them; requests overtake each other on their way here, pages count them."""
        with self._lock:
            entries = sorted(self._entries, key=lambda entry: (self._pages[entry.page], entry.number))
            return tuple(BridgeCall(entry.member, entry.args, entry.outcome, entry.seconds) for entry in entries)


def as_json(args: object) -> str:
    """Arguments as JSON of at most 200 characters."""
    return shortened(json.dumps(args, ensure_ascii=False, separators=(",", ":")), _LONGEST)


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
        deadline = time.monotonic() + PROCESSES_END
        for running in [*self._running.values()]:
            running.join(deadline - time.monotonic())
