"""Bodies on their way: of blobs, read only while somebody reads, compared with their digest, and in time."""

from __future__ import annotations

import hashlib
import threading
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from urllib3.exceptions import HTTPError

from dext_tasks.errors import RegistryResponseError
from dext_tasks.registry.faults import too_slow, unreachable

if TYPE_CHECKING:
    from collections.abc import Iterator

    import urllib3


@dataclass(frozen=True)
class Stream:
    """A body on its way."""

    registry: str
    _answer: urllib3.BaseHTTPResponse
    _seconds: float
    _is_over: threading.Event = field(default_factory=threading.Event)

    def read(self, most: int) -> bytes:
        """The next bytes, none at the end.

        Raises:
            RegistryUnreachableError: The connection broke, or the time is over.
        """
        try:
            piece = self._answer.read(most, decode_content=False)
        except HTTPError as error:
            if not self._is_over.is_set():
                raise unreachable(self.registry, error) from None
            piece = b""
        # A connection that was shut down looks like the end of the body.
        if self._is_over.is_set():
            raise too_slow(self.registry, self._seconds)
        return piece

    @contextmanager
    def bounded(self) -> Iterator[None]:
        """A read in the block ends with the time there is, whatever trickles in."""
        timer = threading.Timer(self._seconds, self._end)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def _end(self) -> None:
        self._is_over.set()
        # It may be at its end just now.
        with suppress(ValueError, RuntimeError, OSError):
            self._answer.shutdown()


@dataclass
class BlobStream:
    """A blob on its way; the bytes are held against the digest when the last of them was read."""

    digest: str
    _stream: Stream
    _hash: Any = field(default_factory=hashlib.sha256)

    def read(self, most: int) -> bytes:
        """The next bytes, none at the end.

        Raises:
            RegistryUnreachableError: The connection broke.
            RegistryResponseError: These were not the bytes the digest stands for.
        """
        piece = self._stream.read(most)
        self._hash.update(piece)
        if not piece and f"sha256:{self._hash.hexdigest()}" != self.digest:
            raise other_bytes(self._stream.registry, self.digest)
        return piece


def other_bytes(registry: str, digest: str) -> RegistryResponseError:
    """The error for bytes that are not those of their digest."""
    return RegistryResponseError(
        f"registry {registry} sent other bytes than {digest} stands for",
        remedy="do not use this registry until its storage is repaired",
    )
