"""Where the parts of a JSON document are: the one outline that lines, elements and members are found by."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any

from dext_tasks.limits import LARGEST_VALUE
from dext_tasks.regex import regex

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


# A string, a bracket, a comma or colon, or whatever stands between them: a number or a word.
_TOKEN = regex(r'"[^"\\]*(?:\\.[^"\\]*)*"|[{}\[\],:]|[^\s{}\[\],:"]+', re.DOTALL)
_DECODER = json.JSONDecoder()


@dataclass
class JsonPart:
    """A value with what is inside it.

    Attributes:
        key: Of a member the key, of an element its number from 0; of the document itself an empty string.
        offset: Of its key in the text, or of the value itself where it has none.
        begin: Of the value in the text.
        parts: Members or elements, in order; a key that is there twice is two parts.
        is_object: Whether the parts are members.
    """

    key: str | int
    offset: int
    begin: int
    parts: list[JsonPart] = field(default_factory=list)
    is_object: bool = False

    @cached_property
    def by_key(self) -> Mapping[str | int, JsonPart]:
        """The parts, the last one of those with one key."""
        return {each.key: each for each in self.parts}

    def value(self, text: str) -> Any:  # noqa: ANN401 - any value
        """The value.

        Args:
            text: The document, which is valid JSON.
        """
        return _DECODER.raw_decode(text, self.begin)[0]


def line(content: bytes, path: Sequence[str | int]) -> int:
    """The line of what is at a path, from 1, or of what would hold it; 0 if the document is too long or not JSON.

    Args:
        content: The document.
        path: Keys, and numbers of elements from 0. Of a key that is there twice the last one counts.
    """
    try:
        text = content[: LARGEST_VALUE + 1].decode()
        part = outline(text) if len(text) <= LARGEST_VALUE else None
    except ValueError:
        return 0
    if part is None:
        return 0
    for each in path:
        if each not in part.by_key:
            break
        part = part.by_key[each]
    return text.count("\n", 0, part.offset) + 1


@lru_cache(maxsize=4)
def outline(text: str) -> JsonPart:
    """The document of a text; of one that is not valid JSON, what can be read.

    Raises:
        ValueError: What stands in the place of a key cannot be decoded.
    """
    begin = len(text) - len(text.lstrip())
    reader = _OutlineReader(JsonPart("", begin, begin))
    for mark in _TOKEN.finditer(text):
        reader.take(mark[0], mark.start())
    return reader.root


class _OutlineReader:
    def __init__(self, root: JsonPart) -> None:
        self.root = root
        self._open: list[JsonPart] = []
        # The part whose value comes next.
        self._next: JsonPart | None = root

    def take(self, mark: str, offset: int) -> None:
        """Take the next token; colons say nothing that is not known."""
        if mark in "]}":
            del self._open[-1:]
            self._next = None
        elif mark == ",":
            self._next = None
        elif mark[0] == '"' and self._next is None and self._open and self._open[-1].is_object:
            self._next = self._add(json.loads(mark), offset)
        elif mark != ":" and (self._next or self._open):
            self._value(mark, offset)

    def _value(self, mark: str, offset: int) -> None:
        part = self._next or self._add(len(self._open[-1].parts), offset)
        part.begin, self._next = offset, None
        if mark in "{[":
            part.is_object = mark == "{"
            self._open.append(part)

    def _add(self, key: str | int, offset: int) -> JsonPart:
        made = JsonPart(key, offset, offset)
        self._open[-1].parts.append(made)
        return made
