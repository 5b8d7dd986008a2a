"""Bytes of layers, from a registry or still known from the last time."""

from __future__ import annotations

import io
import threading
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dext_tasks.formats.oci.layers import bounded

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

    from dext_tasks.formats.oci.layers import Read
    from dext_tasks.formats.oci.manifest import Blob
    from dext_tasks.registry.repository import Repository
    from dext_tasks.runtime.cancellation import Cancellation

# Bytes of layers that are kept in case they are asked for again: of one, and of all together.
_SMALL = 4 * 1024 * 1024
_KEPT = 32 * 1024 * 1024
_PIECE = 256 * 1024


@dataclass
class KeptLayers:
    """Bytes of small layers, for every platform that has them."""

    _bytes: dict[str, bytes] = field(default_factory=dict)
    _turns: dict[str, threading.Lock] = field(default_factory=dict)

    def turn(self, layer: Blob) -> AbstractContextManager[object]:
        """Whoever wants the same layer meanwhile waits, for it may be kept then; a large one never is."""
        return self._turns.setdefault(layer.digest, threading.Lock()) if 0 < layer.size <= _SMALL else nullcontext()

    def get(self, layer: Blob) -> bytes | None:
        """The layer, if it is kept."""
        return self._bytes.get(layer.digest)

    def keep(self, layer: Blob, content: bytes) -> None:
        """Keep it, if there is room."""
        if sum(map(len, self._bytes.values())) < _KEPT:
            self._bytes[layer.digest] = content


@dataclass
class LayerBlobs:
    """The layers of one platform.

    Attributes:
        repository: Where they are.
        cancellation: Looked at between any two pieces.
        most: Bytes that are read of one layer at most, as it comes.
        kept: What needs not be asked for again.
        requests: How many were asked of the registry.
    """

    repository: Repository
    cancellation: Cancellation
    most: int
    kept: KeptLayers = field(default_factory=KeptLayers)
    requests: int = 0

    @contextmanager
    def open(self, layer: Blob) -> Iterator[Read]:
        """Reads of a layer's bytes; what is left at the end is read, too, so that its digest is held.

        Raises:
            TooLargeError: It has more bytes than are read.
            RegistryUnreachableError: The registry stopped answering.
            RegistryResponseError: There is no such layer, or it has another digest.
        """
        with self.kept.turn(layer):
            kept = self.kept.get(layer)
            if kept is not None:
                yield io.BytesIO(kept).read
                return
            with self._asked(layer) as read:
                yield read

    @contextmanager
    def _asked(self, layer: Blob) -> Iterator[Read]:
        self.requests += 1
        pieces: list[bytes] | None = [] if 0 < layer.size <= _SMALL else None
        with self.repository.open_blob(layer.digest) as stream:
            limited = bounded(stream.read, self.most)

            def read(most: int) -> bytes:
                nonlocal pieces
                self.cancellation.check()
                piece = limited(most)
                if pieces is not None:
                    pieces.append(piece)
                    # The size was only claimed.
                    pieces = pieces if sum(map(len, pieces)) <= _SMALL else None
                return piece

            yield read
            while read(_PIECE):
                pass
        if pieces is not None:
            self.kept.keep(layer, b"".join(pieces))
