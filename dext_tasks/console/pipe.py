"""A stream whose reader may go away, as `head` does."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import TextIO


class Pipe:
    """Writes to a stream; what nobody reads any more is dropped, so that a run ends as it would have.

    It is not one of ``io``'s classes: their finaliser flushes, and by then whoever owns the stream may have closed it,
    which Python 3.13 reports, https://github.com/python/cpython/issues/62948.

    Args:
        stream: Where to write.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    @property
    def encoding(self) -> str:
        """Of the stream."""
        return self._stream.encoding or "utf-8"

    def write(self, text: str) -> int:
        """Write it, if there is a reader."""
        try:
            return self._stream.write(text)
        except BrokenPipeError:
            self._drop()
            return len(text)

    def flush(self) -> None:
        """Flush it, if there is a reader."""
        try:
            self._stream.flush()
        except BrokenPipeError:
            self._drop()

    def isatty(self) -> bool:
        """Whether the stream is a terminal."""
        return self._stream.isatty()

    def fileno(self) -> int:
        """Of the stream."""
        return self._stream.fileno()

    def _drop(self) -> None:
        # What is buffered would fail once more when the interpreter ends:
        # https://docs.python.org/3/library/signal.html#note-on-sigpipe
        with suppress(OSError):
            nobody = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nobody, self._stream.fileno())
            os.close(nobody)
