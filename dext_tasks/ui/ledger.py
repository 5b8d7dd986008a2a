"""Every use that pages made of ddClient, in the order in which they made it."""

from __future__ import annotations

import json
import threading
import time
from dataclasses import dataclass, field
from typing import Final

from dext_tasks.ui.visit import Call

PENDING: Final = "pending"
_LONGEST: Final = 200


@dataclass
class Entry:
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
        self._entries: list[Entry] = []
        self._pages: dict[str, int] = {}

    def begin(self, page: str, number: int, member: str, args: object, *, awaited: bool = True) -> Entry:
        """Note that a call began."""
        entry = Entry(page, number, member, shortened(args), awaited)
        with self._lock:
            self._pages.setdefault(page, len(self._pages))
            self._entries.append(entry)
        return entry

    def end(self, entry: Entry, outcome: str = "ok") -> None:
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
    def calls(self) -> tuple[Call, ...]:
        """All of them; requests overtake each other on their way here, pages count them."""
        with self._lock:
            entries = sorted(self._entries, key=lambda entry: (self._pages[entry.page], entry.number))
            return tuple(Call(entry.member, entry.args, entry.outcome, entry.seconds) for entry in entries)


def shortened(args: object) -> str:
    """Arguments as JSON text of at most 200 characters."""
    text = json.dumps(args, ensure_ascii=False, separators=(",", ":"))
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
