"""A command line that a page started: its output on the way to the page, and its end."""

from __future__ import annotations

import codecs
import os
import selectors
import signal
import threading
import time
from collections import deque
from contextlib import suppress
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Final

from dext_tasks.limits import PROCESS_END

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from dext_tasks.ui.machine import PageProcess


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


_TICK: Final = 0.1
_CHUNK: Final = 64 * 1024


@dataclass(frozen=True)
class Started:
    """A process and what its page knows it by.

    Attributes:
        number: The page's own.
        line: The command line.
        process: The process.
    """

    number: int
    line: str
    process: PageProcess


class Running:
    """One process, watched by one thread.

    Docker Desktop sends SIGTERM when a page closes a stream or is left:
    https://docs.docker.com/extensions/extensions-sdk/dev/api/backend/

    Args:
        started: The process.
        outbox: Where its output goes.
        ended: Told how it ended.
    """

    def __init__(self, started: Started, outbox: Outbox, ended: Callable[[str], None]) -> None:
        self._started = started
        self._process = started.process
        self._outbox = outbox
        self._ended = ended
        self._stopped_at: float | None = None
        self._killed = False
        self._thread = threading.Thread(target=self._watch, name=f"ddClient process {started.number}", daemon=True)

    def start(self) -> None:
        """Begin to watch it."""
        self._thread.start()

    def stop(self) -> None:
        """Ask the process to end, and see to it that it does."""
        if self._stopped_at is None and self._process.poll() is None:
            self._stopped_at = time.monotonic()
            self._signal(self._process.terminate)

    def join(self, seconds: float) -> bool:
        """Wait for its end; whether it came."""
        self._thread.join(max(seconds, 0.0))
        return not self._thread.is_alive()

    def _watch(self) -> None:
        try:
            self._pass_on()
            code = self._wait()
        finally:
            for stream in self._streams():
                stream.close()
        self._tell({"close": {"cmd": self._started.line, **_end(code, killed=self._stopped_at is not None)}})
        self._ended(self._outcome(code))

    def _outcome(self, code: int) -> str:
        if self._stopped_at is not None:
            return "stopped"
        return "ok" if code == 0 else f"exit code {code}" if code > 0 else f"ended by {_signal_name(code)}"

    def _streams(self) -> dict[IO[bytes], str]:
        named = {"stdout": self._process.stdout, "stderr": self._process.stderr}
        return {stream: name for name, stream in named.items() if stream is not None}

    def _pass_on(self) -> None:
        decoders = {name: codecs.getincrementaldecoder("utf-8")("replace") for name in self._streams().values()}
        with selectors.DefaultSelector() as selector:
            for stream, name in self._streams().items():
                selector.register(stream.fileno(), selectors.EVENT_READ, name)
            while selector.get_map():
                # Asked before the look at the pipes: what it wrote last may come in between.
                ended = self._process.poll() is not None
                ready = selector.select(_TICK)
                for key, _ in ready:
                    content = os.read(key.fd, _CHUNK)
                    self._say(key.data, decoders[key.data].decode(content, final=not content))
                    if not content:
                        selector.unregister(key.fd)
                self._press()
                # What it left running in the background may hold its pipes for ever.
                if not ready and ended:
                    return

    def _wait(self) -> int:
        while (code := self._process.poll()) is None:
            self._press()
            time.sleep(_TICK / 10)
        return code

    def _press(self) -> None:
        late = self._stopped_at is not None and time.monotonic() - self._stopped_at > PROCESS_END
        if late and not self._killed:
            self._killed = True
            self._signal(self._process.kill)

    def _signal(self, send: Callable[[], None]) -> None:
        # Between the look and the signal a process may end.
        with suppress(ProcessLookupError):
            send()

    def _say(self, name: str, text: str) -> None:
        if text:
            self._tell({name: text})

    def _tell(self, event: Mapping[str, object]) -> None:
        self._outbox.put({"process": self._started.number, **event})


def _end(code: int, *, killed: bool) -> Mapping[str, object]:
    """As Node reports an end: a code or a signal, https://nodejs.org/api/child_process.html#event-close."""
    if code < 0:
        return {"code": None, "signal": _signal_name(code), "killed": killed}
    return {"code": code, "signal": None, "killed": killed}


def _signal_name(code: int) -> str:
    try:
        return signal.Signals(-code).name
    except ValueError:
        return f"signal {-code}"
