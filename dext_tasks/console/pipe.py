"""A stream that may not be there, or may stop taking what is written: `| head -1`, `>&-`, a full disk."""

from __future__ import annotations

import os
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import TextIO


_CLOSED = "it is closed"


class Pipe:
    """Writes to a stream; what nobody reads or nothing takes is dropped, so that a run ends as it would have.

    It is not one of ``io``'s classes: their finaliser flushes, and by then whoever owns the stream may have closed it,
    which Python 3.13 reports, https://github.com/python/cpython/issues/62948.

    Args:
        stream: Where to write; None where the process was started without it.

    Attributes:
        fault: Why not all of it was written, where that is not just that its reader had enough.
    """

    def __init__(self, stream: TextIO | None) -> None:
        self._stream = stream
        self.fault = ""

    @property
    def encoding(self) -> str:
        """Of the stream."""
        return (self._stream and self._stream.encoding) or "utf-8"

    def write(self, text: str) -> int:
        """Write it, if there is a reader."""
        if self._stream is None:
            self.fault = _CLOSED
            return len(text)
        with self._dropping():
            try:
                self._stream.write(text)
            except UnicodeEncodeError:
                # What registries, git and files say may have characters that are no text, as a lone surrogate in JSON.
                self._stream.write(text.encode(self.encoding, "backslashreplace").decode(self.encoding))
        return len(text)

    def flush(self) -> None:
        """Flush it, if there is a reader."""
        if self._stream:
            with self._dropping():
                self._stream.flush()

    def isatty(self) -> bool:
        """Whether the stream is a terminal."""
        return bool(self._stream and self._stream.isatty())

    def fileno(self) -> int:
        """Of the stream.

        Raises:
            OSError: There is none.
        """
        if self._stream is None:
            raise OSError(_CLOSED)
        return self._stream.fileno()

    @contextmanager
    def _dropping(self) -> Iterator[None]:
        try:
            yield
        except BrokenPipeError:
            self._drop()
        except OSError as error:
            self.fault = error.strerror or str(error)
            self._drop()

    def _drop(self) -> None:
        # What is buffered would fail once more when the interpreter ends:
        # https://docs.python.org/3/library/signal.html#note-on-sigpipe
        with suppress(OSError):
            nobody = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nobody, self.fileno())
            os.close(nobody)
