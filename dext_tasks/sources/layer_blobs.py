"""Bytes of layers, from a registry or still known from the last time."""

from __future__ import annotations

import io
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dext_tasks.extension.layers import bounded

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dext_tasks.cancellation import Cancellation
    from dext_tasks.extension.layers import Read
    from dext_tasks.extension.manifest import Blob
    from dext_tasks.registry.repository import Repository

# Bytes of layers that are kept in case they are asked for again: of one, and of all together.
_SMALL = 4 * 1024 * 1024
_KEPT = 32 * 1024 * 1024
_PIECE = 256 * 1024


@dataclass
class LayerBlobs:
    """The layers of one platform.

    Attributes:
        repository: Where they are.
        cancellation: Looked at between any two pieces.
        most: Bytes that are read of one layer at most, as it comes.
        requests: How many were asked of the registry.
    """

    repository: Repository
    cancellation: Cancellation
    most: int
    requests: int = 0
    _kept: dict[str, bytes] = field(default_factory=dict)

    @contextmanager
    def open(self, layer: Blob) -> Iterator[Read]:
        """Reads of a layer's bytes; what is left at the end is read, too, so that its digest is held.

        Raises:
            TooLargeError: It has more bytes than are read.
            RegistryUnreachableError: The registry stopped answering.
            RegistryResponseError: There is no such layer, or it has another digest.
        """
        kept = self._kept.get(layer.digest)
        if kept is not None:
            yield io.BytesIO(kept).read
            return
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
        if pieces is not None and sum(map(len, self._kept.values())) < _KEPT:
            self._kept[layer.digest] = b"".join(pieces)
