"""Tar archives as they come: headers are read in bounded memory, whatever sizes they claim.

Not by tarfile alone, which reads an extended header of any declared size at once:
https://github.com/python/cpython/blob/3.13/Lib/tarfile.py (_proc_pax). Where readers differ, this one does
as Go's, which is what engines use: https://github.com/golang/go/blob/master/src/archive/tar/reader.go
"""

from __future__ import annotations

import tarfile
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from dext_tasks.formats.oci.layers.compression import PIECE, ArchiveError, TooLargeError
from dext_tasks.limits import LayerLimits

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from dext_tasks.formats.oci.layers.compression import Read

_BLOCK = 512
_PAX, _GLOBAL, _LONG_NAME, _LONG_LINK, _SPARSE = b"x", b"g", b"L", b"K", b"S"
# Where the old GNU format of sparse files says that another header block follows.
_EXTENDED, _EXTENDED_AGAIN = 482, 504
_MOST_DIGITS = 20


class MemberKind(StrEnum):
    """What a member is."""

    FILE = "file"
    FOLDER = "folder"
    SYMLINK = "symlink"
    HARDLINK = "hardlink"
    OTHER = "other"


_KINDS = {
    b"0": MemberKind.FILE,
    b"\0": MemberKind.FILE,
    b"7": MemberKind.FILE,
    _SPARSE: MemberKind.FILE,
    b"1": MemberKind.HARDLINK,
    b"2": MemberKind.SYMLINK,
    b"5": MemberKind.FOLDER,
}
_HEADER_ONLY = frozenset({b"1", b"2", b"3", b"4", b"5", b"6"})


@dataclass(frozen=True)
class ArchiveMember:
    """One member of an archive.

    Attributes:
        name: As written; may be absolute or lead outside.
        kind: What it is.
        mode: Permission bits.
        size: Bytes of a file.
        link: Where a link points.
        whole: Whether the archive holds the file's bytes as they are; not so for sparse files.
    """

    name: str
    kind: MemberKind
    mode: int
    size: int
    link: str
    whole: bool = True


class Archive:
    """The members of an archive, in order.

    Args:
        read: Gives at most as many bytes as asked for, none at the end.
        bounds: How much is read.
    """

    def __init__(self, read: Read, bounds: LayerLimits = LayerLimits()) -> None:  # noqa: B008 - frozen
        self._source = read
        self._bounds = bounds
        self._ahead = b""
        self._offset = 0
        self._left = 0
        self._padding = 0

    def __iter__(self) -> Iterator[ArchiveMember]:
        """Every member; what is not read of one is passed over.

        Raises:
            ArchiveError: The bytes are not an archive.
        """
        while (member := self._next()) is not None:
            yield member
            self._skip(self._left)
            self._left = 0
            self._skip_padding()

    def content(self, most: int) -> bytes:
        """The first bytes of the member that the iteration is at."""
        wanted = min(most, self._left)
        content = self._read(wanted)
        self._left -= len(content)
        if len(content) < wanted:
            raise ArchiveError("it ends in the middle of a file")
        return content

    def _next(self) -> ArchiveMember | None:
        records: Mapping[str, str] = {}
        name = link = ""
        while (block := self._read(_BLOCK)) and block.strip(b"\0"):
            info, flag = _parsed(block), block[156:157]
            if flag == _PAX:
                records = _records(self._extended(info.size))
            elif flag == _LONG_NAME:
                name = _text(self._extended(info.size))
            elif flag == _LONG_LINK:
                link = _text(self._extended(info.size))
            elif flag == _GLOBAL:
                self._extended(info.size)
            else:
                return self._member(info, block, _Overrides(records, name, link))
        return None

    def _member(self, info: tarfile.TarInfo, block: bytes, overrides: _Overrides) -> ArchiveMember:
        flag = block[156:157]
        # Before there was a flag for folders, their names ended so; tarfile takes it off.
        name = overrides.name(f"{info.name}/" if flag == b"\0" and info.isdir() else info.name)
        size = overrides.size(info.size)
        if flag == _SPARSE:
            self._skip_sparse_headers(block)
        self._left = 0 if flag in _HEADER_ONLY else size
        self._padding = -self._left % _BLOCK
        kind = _KINDS.get(flag, MemberKind.OTHER)
        if flag == b"\0" and name.endswith("/"):
            kind = MemberKind.FOLDER
        whole = flag != _SPARSE and not overrides.sparse
        return ArchiveMember(name, kind, info.mode & 0o7777, size, overrides.link(info.linkname), whole)

    def _skip_sparse_headers(self, block: bytes) -> None:
        extended = block[_EXTENDED]
        while extended:
            following = self._read(_BLOCK)
            if len(following) < _BLOCK:
                raise ArchiveError("it ends in the middle of a header")
            extended = following[_EXTENDED_AGAIN]

    def _extended(self, size: int) -> bytes:
        if size > self._bounds.header:
            raise TooLargeError(f"a header of {size} bytes")
        data = self._read(size)
        if len(data) < size:
            raise ArchiveError("it ends in the middle of a header")
        self._padding = -size % _BLOCK
        self._skip_padding()
        return data

    def _skip(self, size: int) -> None:
        while size:
            piece = self._read(min(size, PIECE))
            if not piece:
                raise ArchiveError("it ends in the middle of a file")
            size -= len(piece)

    def _skip_padding(self) -> None:
        # Some writers leave out the padding at the very end.
        self._read(self._padding)
        self._padding = 0

    def _read(self, size: int) -> bytes:
        """As many bytes as asked for; fewer only at the end."""
        parts = []
        while size:
            if self._offset == len(self._ahead):
                self._ahead, self._offset = self._source(PIECE), 0
                if not self._ahead:
                    break
            part = self._ahead[self._offset : self._offset + size]
            parts.append(part)
            self._offset += len(part)
            size -= len(part)
        return b"".join(parts)


@dataclass(frozen=True)
class _Overrides:
    """What extended headers say instead of the header proper."""

    records: Mapping[str, str]
    long_name: str
    long_link: str

    @property
    def sparse(self) -> bool:
        return any(key.startswith("GNU.sparse.") for key in self.records)

    def name(self, short: str) -> str:
        return self.long_name or self.records.get("GNU.sparse.name") or self.records.get("path") or short

    def link(self, short: str) -> str:
        return self.long_link or self.records.get("linkpath") or short

    def size(self, short: int) -> int:
        text = self.records.get("size")
        if text is None:
            return short
        if not (text.isascii() and text.isdigit()) or len(text) > _MOST_DIGITS:
            raise ArchiveError("a size that is not a number")
        return int(text)


def _parsed(block: bytes) -> tarfile.TarInfo:
    try:
        info = tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
    except (tarfile.HeaderError, ValueError) as error:
        raise ArchiveError("not a tar archive") from error
    if info.size < 0:
        raise ArchiveError("a negative size")
    return info


def _text(data: bytes) -> str:
    return data.partition(b"\0")[0].decode("utf-8", "surrogateescape")


def _records(data: bytes) -> dict[str, str]:
    r"""Records of a PAX header, each ``LENGTH KEY=VALUE\\n`` with the length of the whole."""
    found: dict[str, str] = {}
    at = 0
    while at < len(data):
        space = data.find(b" ", at, at + _MOST_DIGITS)
        digits = data[at:space] if space > at else b""
        end = at + int(digits) if digits.isdigit() else 0
        if not space < end <= len(data) or data[end - 1 : end] != b"\n":
            raise ArchiveError("a malformed extended header")
        key, _, value = data[space + 1 : end - 1].partition(b"=")
        found[key.decode("utf-8", "replace")] = value.decode("utf-8", "surrogateescape")
        at = end
    return found
