"""Which lines the parts of a JSON document are on."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from dext_tasks.limits import LARGEST_VALUE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


_MARK = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|[{}\[\],]', re.DOTALL)


@dataclass
class _Part:
    """A value with what is inside it.

    Attributes:
        offset: Of its key, or of the value itself if it has none.
        parts: By key or number.
        number: How many elements of an array came before the next one; None for what is not an array.
        is_before_key: Whether a key comes next.
    """

    offset: int
    parts: dict[str | int, _Part] = field(default_factory=dict)
    number: int | None = None
    is_before_key: bool = False


def line(content: bytes, path: Sequence[str | int]) -> int:
    """The line of what is at a path, from 1, or of what would hold it; 0 if the document is too long or not JSON.

    Args:
        content: The document.
        path: Keys, and numbers of elements from 0. Of a key that is there twice the last one counts.
    """
    try:
        text = content[: LARGEST_VALUE + 1].decode()
        part = _outline(text) if len(text) <= LARGEST_VALUE else None
    except ValueError:
        return 0
    if part is None:
        return 0
    for each in path:
        if each not in part.parts:
            break
        part = part.parts[each]
    return text.count("\n", 0, part.offset) + 1


@lru_cache(maxsize=4)
def _outline(text: str) -> _Part:
    begin = len(text) - len(text.lstrip())
    reader = _JsonReader(_Part(begin))
    for mark in _MARK.finditer(text):
        reader.take(mark[0], mark.start())
    return reader.root


class _JsonReader:
    def __init__(self, root: _Part) -> None:
        self.root = root
        self._open: list[_Part] = []
        self._next = root

    def take(self, mark: str, offset: int) -> None:
        """Take the next bracket, comma or string; colons, numbers and words say nothing about the structure."""
        if mark in "{[":
            self._begin(offset, is_object=mark == "{")
        elif not self._open:
            return
        elif mark in "}]":
            self._open.pop()
        elif mark == ",":
            self._separate(self._open[-1])
        elif self._open[-1].is_before_key:
            self._next = self._add(json.loads(mark), offset)
            self._open[-1].is_before_key = False
        else:
            self._element(offset)

    def _begin(self, offset: int, *, is_object: bool) -> None:
        self._element(offset)
        self._next.is_before_key = is_object
        self._next.number = None if is_object else 0
        self._open.append(self._next)

    def _element(self, offset: int) -> None:
        if self._open and self._open[-1].number is not None:
            self._next = self._add(self._open[-1].number, offset)

    def _separate(self, part: _Part) -> None:
        part.is_before_key = part.number is None
        if part.number is not None:
            part.number += 1

    def _add(self, key: str | int, offset: int) -> _Part:
        self._open[-1].parts[key] = made = _Part(offset)
        return made


_BLANK = re.compile(r"[ \t\n\r]*")
_DECODER = json.JSONDecoder()


@dataclass(frozen=True)
class JsonMember:
    """A key of an object with its value; a key that is there twice is two members.

    Attributes:
        key: Decoded.
        value: Decoded.
        offset: Of the key in the text.
    """

    key: str
    value: Any
    offset: int


def elements(text: str, start: int) -> Iterator[int]:
    """Offsets of the elements of the array that begins at an offset of a valid JSON text."""
    position = _skip(text, start + 1)
    while text[position] != "]":
        yield position
        position = _after(text, position)[1]


def members(text: str, start: int) -> Iterator[JsonMember]:
    """The members of the object that begins at an offset of a valid JSON text, in order."""
    position = _skip(text, start + 1)
    while text[position] != "}":
        key, colon = _DECODER.raw_decode(text, position)
        value, following = _after(text, _skip(text, _skip(text, colon) + 1))
        yield JsonMember(key, value, position)
        position = following


def _after(text: str, position: int) -> tuple[Any, int]:
    """The value at an offset, and where the next one begins or the closing bracket is."""
    value, end = _DECODER.raw_decode(text, position)
    end = _skip(text, end)
    return value, _skip(text, end + 1) if text[end] == "," else end


def _skip(text: str, position: int) -> int:
    found = _BLANK.match(text, position)
    return found.end() if found else position
