"""Where the parts of a JSON text are, which the standard library's parser does not tell."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

_BLANK = re.compile(r"[ \t\n\r]*")
_DECODER = json.JSONDecoder()


@dataclass(frozen=True)
class Member:
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


def members(text: str, start: int) -> Iterator[Member]:
    """The members of the object that begins at an offset of a valid JSON text, in order."""
    position = _skip(text, start + 1)
    while text[position] != "}":
        key, colon = _DECODER.raw_decode(text, position)
        value, following = _after(text, _skip(text, _skip(text, colon) + 1))
        yield Member(key, value, position)
        position = following


def _after(text: str, position: int) -> tuple[Any, int]:
    """The value at an offset, and where the next one begins or the closing bracket is."""
    value, end = _DECODER.raw_decode(text, position)
    end = _skip(text, end)
    return value, _skip(text, end + 1) if text[end] == "," else end


def _skip(text: str, position: int) -> int:
    found = _BLANK.match(text, position)
    return found.end() if found else position
