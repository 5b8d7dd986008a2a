"""How much of a layer is read at most, and the ways in which it cannot be read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

Read = Callable[[int], bytes]
_MIB = 1024**2


class ArchiveError(ValueError):
    """The bytes are not a layer; the text says why."""


class TooLargeError(ArchiveError):
    """The layer holds more than is read of it."""


@dataclass(frozen=True)
class Bounds:
    """What an image that nobody vouches for may cost.

    Attributes:
        layer: Bytes of one layer, decompressed.
        total: Bytes of all layers of one platform, decompressed, each time they are read.
        nodes: Paths of one layer, those in between included.
        steps: Names passed on the way to the members of one layer.
        kept: Bytes of files that are kept in memory.
        header: Bytes of one extended header; names in it are at most 4096 long on Linux.
    """

    layer: int = 2048 * _MIB
    total: int = 6144 * _MIB
    nodes: int = 300_000
    steps: int = 20_000_000
    kept: int = 64 * _MIB
    header: int = _MIB


def bounded(read: Read, most: int) -> Read:
    """The same reads, up to a number of bytes.

    Raises:
        TooLargeError: From the reads: there are more.
    """
    left = most

    def limited(size: int) -> bytes:
        nonlocal left
        piece = read(size)
        left -= len(piece)
        if left < 0:
            raise TooLargeError(f"more than {most // _MIB} MiB")
        return piece

    return limited
