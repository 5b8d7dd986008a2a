"""The bytes of a layer as they come: decompressed, in pieces of bounded size, and no more than a limit.

The first bytes decide, whatever the media type says, as in containerd:
https://github.com/containerd/containerd/blob/main/pkg/archive/compression/compression.go
"""

from __future__ import annotations

import importlib
import sys
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

Read = Callable[[int], bytes]
"""Gives at most as many bytes as asked for, none at the end."""

PIECE = 256 * 1024
_GZIP = b"\x1f\x8b\x08"
_ZSTD = b"\x28\xb5\x2f\xfd"
_LONGEST_MAGIC = 4
# zlib's notation for "a gzip header, and the largest window".
_GZIP_WINDOW = 31


class ArchiveError(ValueError):
    """The bytes are not an archive; the text says why."""


class TooLargeError(ArchiveError):
    """The layer holds more than is read of it."""


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
            raise TooLargeError(f"more than {most // 1024**2} MiB")
        return piece

    return limited


def decompressed(raw: Read) -> Read:
    """Reads of what the raw bytes stand for: gzip, zstd or no compression at all.

    Args:
        raw: Gives at most as many bytes as asked for, none at the end.

    Returns:
        The same for the decompressed bytes.

    Raises:
        ArchiveError: From the reads: the compressed bytes are damaged.
    """
    source = _Source(raw)
    magic = source.peek(_LONGEST_MAGIC)
    if magic.startswith(_GZIP):
        return _Gzip(source).read
    return _zstd(source) if magic.startswith(_ZSTD) else source.read


@dataclass
class _Source:
    """Bytes that can be looked at before they are read."""

    raw: Read
    _ahead: bytes = b""

    def peek(self, size: int) -> bytes:
        while len(self._ahead) < size and (piece := self.raw(PIECE)):
            self._ahead += piece
        return self._ahead[:size]

    def read(self, most: int) -> bytes:
        if not self._ahead:
            return self.raw(most)
        piece, self._ahead = self._ahead[:most], self._ahead[most:]
        return piece


@dataclass
class _Gzip:
    """Any number of gzip members, one after the other: pigz and eStargz write many."""

    source: _Source
    _inflater: Any = field(default_factory=lambda: zlib.decompressobj(_GZIP_WINDOW))
    _input: bytes = b""

    def read(self, most: int) -> bytes:
        try:
            while not self._inflater.eof or self._restart():
                self._input = self._input or self.source.read(PIECE)
                if not self._input:
                    raise ArchiveError("the compressed bytes end early")
                piece: bytes = self._inflater.decompress(self._input, most)
                self._input = self._inflater.unconsumed_tail
                if piece:
                    return piece
        except zlib.error as error:
            raise ArchiveError("the compressed bytes are damaged") from error
        return b""

    def _restart(self) -> bool:
        """Begin the next member, if there is one; zeros after the last are padding."""
        rest = self._inflater.unused_data or self.source.read(PIECE)
        while rest and not rest.strip(b"\0"):
            rest = self.source.read(PIECE)
        self._inflater, self._input = zlib.decompressobj(_GZIP_WINDOW), rest.lstrip(b"\0")
        if not rest:
            self._inflater = _Ended()
        return bool(rest)


class _Ended:
    """The state after the last member."""

    eof = True
    unused_data = b""


def _zstd(source: _Source) -> Read:
    # In the standard library from Python 3.14 on, and the same module from its author before:
    # https://peps.python.org/pep-0784/
    zstd = importlib.import_module("compression.zstd" if sys.version_info >= (3, 14) else "backports.zstd")
    reader, failure = zstd.ZstdFile(_File(source)), zstd.ZstdError

    def read(most: int) -> bytes:
        try:
            piece: bytes = reader.read(most)
        except (failure, EOFError) as error:
            raise ArchiveError("the compressed bytes are damaged") from error
        return piece

    return read


@dataclass
class _File:
    """A source with as much of a file's interface as decompressors want."""

    source: _Source

    def read(self, size: int = PIECE) -> bytes:
        return self.source.read(size if size > 0 else PIECE)
