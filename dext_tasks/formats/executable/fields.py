"""Numbers at fixed places of a header."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

ByteOrder = Literal["little", "big"]


class HeadTooShortError(Exception):
    """The head ends before the field does."""


@dataclass(frozen=True)
class Fields:
    """The head of a file, read in one byte order."""

    head: bytes
    order: ByteOrder

    def number(self, offset: int, size: int) -> int:
        """The unsigned number of that many bytes.

        Raises:
            HeadTooShortError: The head does not hold all of it.
        """
        return int.from_bytes(self.content(offset, size), self.order)

    def content(self, offset: int, size: int) -> bytes:
        """That many bytes.

        Raises:
            HeadTooShortError: The head does not hold all of them.
        """
        found = self.head[offset : offset + size]
        if len(found) < size:
            raise HeadTooShortError
        return found
