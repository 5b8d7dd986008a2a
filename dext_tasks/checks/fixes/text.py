"""Places in a file, as byte offsets."""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from dext_tasks.formats.dockerfile.lines import Position

_MARK: Final = b"\xef\xbb\xbf"


class TextLines:
    """The lines of a file, each ended by a line feed; lines and columns as readers of formats count them.

    Args:
        content: The file.
    """

    def __init__(self, content: bytes) -> None:
        self.content = content
        self._lines = content.split(b"\n")
        self._starts = [0, *accumulate(len(line) + 1 for line in self._lines)]

    def offset(self, position: Position) -> int:
        """Where a character begins."""
        number, column = position
        line = self._lines[number - 1]
        mark = len(_MARK) if number == 1 and line.startswith(_MARK) else 0
        # An undecodable byte is a character of its own, as where the text was read.
        before = line[mark:].decode("utf-8", "surrogateescape")[:column]
        return self._starts[number - 1] + mark + len(before.encode("utf-8", "surrogateescape"))

    def start(self, number: int) -> int:
        """Where a line begins; that behind the last one is where the file ends."""
        return min(self._starts[number - 1], len(self.content))

    def end(self, number: int) -> int:
        """Where a line ends, its line end included."""
        return self.start(number + 1)

    def text(self, number: int) -> bytes:
        """A line without its line end."""
        return self._lines[number - 1].removesuffix(b"\r")

    def indent(self, number: int) -> bytes:
        """The blanks before a line."""
        line = self.text(number)
        return line[: len(line) - len(line.lstrip(b" \t"))]

    def ending(self, number: int) -> bytes:
        """How a line ends, or, of the last one that has no end, how the others do."""
        if number < len(self._lines):
            return b"\r\n" if self._lines[number - 1].endswith(b"\r") else b"\n"
        return self.ending(number - 1) if number > 1 else b"\n"

    def has_end(self, number: int) -> bool:
        """Whether a line has a line end."""
        return number < len(self._lines)
