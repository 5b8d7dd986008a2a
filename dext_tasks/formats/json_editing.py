"""Changing one thing in a JSON text, and leaving every other byte as its author wrote it.

What is added looks like what stands beside it: indentation, line ends, the space after a colon. Paths are keys, and
numbers of elements from 0; of a key that is there twice the last one is meant, as it is the one that is read.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from dext_tasks.formats import json_syntax
from dext_tasks.formats.editing import UneditableError
from dext_tasks.formats.json_places import JsonPart, outline

if TYPE_CHECKING:
    from collections.abc import Sequence

    Path = Sequence[str | int]

_DECODER: Final = json.JSONDecoder()
_MARK: Final = "\ufeff"
_BLANKS: Final = " \t"
_SPACE: Final = " \t\r\n"
_UNIT: Final = "  "


def replaced(content: bytes, path: Path, value: object) -> bytes:
    """The text with another value at a path.

    Raises:
        UneditableError: It is not JSON, or nothing is there.
    """
    document = _JsonText(content)
    part = document.find(path)[-1]
    return document.with_new(part.begin, document.end(part), document.reindented(written(value), part))


def renamed(content: bytes, path: Path, name: str) -> bytes:
    """The text with another key for the member at a path, which keeps its place.

    Raises:
        UneditableError: It is not JSON, no member is there, or its object has one of that name.
    """
    document = _JsonText(content)
    parent, part = document.find(path, least=1)[-2:]
    if not parent.is_object or name in parent.by_key:
        raise UneditableError(f"there is no member to be renamed to {name!r}")
    return document.with_new(part.offset, document.key_end(part), written(name))


def removed(content: bytes, path: Path) -> bytes:
    """The text without the member or element at a path; its line goes with it where nothing else stands there.

    Raises:
        UneditableError: It is not JSON, or nothing is there.
    """
    document = _JsonText(content)
    parent, part = document.find(path, least=1)[-2:]
    return document.without(parent, part)


def without_repeats(content: bytes, path: Path) -> bytes:
    """The text with the first only of members that have the same key and the same value.

    Raises:
        UneditableError: It is not JSON, no member is there, or their values differ.
    """
    document = _JsonText(content)
    same = _members(document, path)
    if len({_canonical(part.value(document.text)) for part in same}) != 1:
        raise UneditableError("the values differ")
    return with_one(content, path, 0)


def with_one(content: bytes, path: Path, kept: int) -> bytes:
    """The text with one only of the members that have the same key.

    Args:
        content: The text.
        path: Of the members.
        kept: Which of them stays, from 0.

    Raises:
        UneditableError: It is not JSON, or there are not as many members.
    """
    count = len(_members(_JsonText(content), path))
    if not 0 <= kept < count:
        raise UneditableError(f"there is no member {kept} of that name")
    for number in range(count - 1, -1, -1):
        if number != kept:
            document = _JsonText(content)
            content = document.without(document.find(path)[-2], _members(document, path)[number])
    return content


def repeats(content: bytes, path: Path) -> tuple[Any, ...]:
    """The value of each member that has the key of a path, in order.

    Raises:
        UneditableError: It is not JSON, or no member is there.
    """
    document = _JsonText(content)
    return tuple(part.value(document.text) for part in _members(document, path))


def put(content: bytes, path: Path, value: object, after: str = "") -> bytes:
    """The text with a value at a path of keys; the objects on the way are made where they are not there.

    Args:
        content: The text.
        path: Keys.
        value: What JSON can say.
        after: Key of the member that a new one follows, if there is one in that object; the last one otherwise.

    Raises:
        UneditableError: It is not JSON, or what is on the way is not an object.
    """
    document = _JsonText(content)
    chain = document.found(path)
    if len(chain) == len(path) + 1:
        return replaced(content, path, value)
    return document.with_member(chain[-1], path[len(chain) - 1 :], written(value), after)


def moved(content: bytes, path: Path, to: Path) -> bytes:
    """The text with the member at a path under another path, the value as it is written.

    Raises:
        UneditableError: It is not JSON, no member is there, or something is there already.
    """
    if path[:-1] == to[:-1]:
        return renamed(content, path, str(to[-1]))
    document = _JsonText(content)
    part = document.find(path, least=1)[-1]
    if len(document.found(to)) == len(to) + 1:
        raise UneditableError("something is there already")
    raw = document.dedented(part)
    rest = _JsonText(document.without(document.find(path)[-2], part))
    chain = rest.found(to)
    return rest.with_member(chain[-1], to[len(chain) - 1 :], raw, "")


def written(value: object) -> str:
    """A value as JSON, objects and arrays on several lines; characters as they are where UTF-8 has them."""
    text = json.dumps(value, indent=_UNIT, ensure_ascii=False)
    try:
        text.encode()
    except UnicodeEncodeError:
        return json.dumps(value, indent=_UNIT)
    return text


def _members(document: _JsonText, path: Path) -> list[JsonPart]:
    parent, part = document.find(path, least=1)[-2:]
    return [each for each in parent.parts if each.key == part.key]


def _canonical(value: object) -> str:
    # 1, 1.0 and true are equal in Python.
    return json.dumps(value, sort_keys=True)


class _JsonText:
    """A text with its outline; the offsets are those of its characters without a byte order mark."""

    def __init__(self, content: bytes) -> None:
        try:
            text = content.decode()
            self.text = text.removeprefix(_MARK)
            json_syntax.loads(self.text)
            self.root = outline(self.text)
        except ValueError as error:
            raise UneditableError(str(error)) from error
        self._mark = text[: len(text) - len(self.text)]
        self._newline = next((each for each in ("\r\n", "\n", "\r") if each in self.text.strip(_SPACE)), "")

    def found(self, path: Path) -> list[JsonPart]:
        """The parts on the way to a path, the document first, as far as they are there."""
        chain = [self.root]
        for key in path:
            if key not in chain[-1].by_key:
                break
            chain.append(chain[-1].by_key[key])
        return chain

    def find(self, path: Path, least: int = 0) -> list[JsonPart]:
        """The same, up to what is at the path."""
        chain = self.found(path)
        if len(chain) <= max(least, len(path)):
            raise UneditableError("nothing is there")
        return chain

    def end(self, part: JsonPart) -> int:
        """Where a value ends."""
        return _DECODER.raw_decode(self.text, part.begin)[1]

    def key_end(self, part: JsonPart) -> int:
        """Where the key of a member ends."""
        return _DECODER.raw_decode(self.text, part.offset)[1]

    def with_new(self, start: int, end: int, new: str) -> bytes:
        """The text with something else in the place of a range."""
        return f"{self._mark}{self.text[:start]}{new}{self.text[end:]}".encode()

    def without(self, parent: JsonPart, part: JsonPart) -> bytes:
        """The text without one of the parts of an object or array."""
        at = next(number for number, each in enumerate(parent.parts) if each is part)
        if len(parent.parts) == 1:
            return self.with_new(parent.begin + 1, self.end(parent) - 1, "")
        if at == len(parent.parts) - 1:
            return self.with_new(self.end(parent.parts[at - 1]), self.end(part), "")
        return self._without_leading(part, parent.parts[at + 1])

    def _without_leading(self, part: JsonPart, following: JsonPart) -> bytes:
        """The text without what stands before another one, and without its line where that is all that is on it."""
        end = self.text.index(",", self.end(part)) + 1
        after = self._skipped(end, following.offset)
        if after == following.offset:
            return self.with_new(part.offset, after, "")
        start = len(self.text[: part.offset].rstrip(_BLANKS))
        if start and self.text[start - 1] in "\r\n":
            line_end = after + (2 if self.text.startswith("\r\n", after) else 1)
            return self.with_new(start, line_end, "")
        return self.with_new(start, after, "")

    def _skipped(self, start: int, end: int) -> int:
        rest = self.text[start:end]
        return start + len(rest) - len(rest.lstrip(_BLANKS))

    def with_member(self, parent: JsonPart, keys: Path, raw: str, after: str) -> bytes:
        """The text with a new member.

        Args:
            parent: The object that it is added to.
            keys: Its key, and those of objects inside of it that hold the value.
            raw: The value, as JSON.
            after: Key of the member that it follows; the last one if there is none of that name.
        """
        if not parent.is_object or not all(isinstance(key, str) for key in keys):
            raise UneditableError("what is on the way is not an object")
        if not parent.parts:
            return self._with_only_member(parent, keys, raw)
        before = parent.by_key.get(after, parent.parts[-1])
        gap = self._gap(parent.parts[-1] if len(parent.parts) > 1 else before)
        indent = _indent(gap)
        member = self._member(keys, raw, indent, self._colon(before))
        end = self.end(before)
        return self.with_new(end, end, f",{gap}{member}")

    def _with_only_member(self, parent: JsonPart, keys: Path, raw: str) -> bytes:
        end = self.end(parent)
        if not self._newline:
            return self.with_new(parent.begin, end, "{" + self._member(keys, raw, None, ": ") + "}")
        outer = self._line_indent(parent.begin)
        inner = outer + self._unit
        member = self._member(keys, raw, inner, ": ")
        text = f"{{{self._newline}{inner}{member}{self._newline}{outer}}}"
        return self.with_new(parent.begin, end, text)

    def _member(self, keys: Path, raw: str, indent: str | None, colon: str) -> str:
        """A member as text; on one line where there is no indentation."""
        key, *inner = keys
        if indent is None:
            value = "{" + self._member(inner, raw, None, colon) + "}" if inner else _on_one_line(raw, colon)
        elif inner:
            deeper = indent + self._unit
            held = self._member(inner, raw, deeper, colon)
            value = f"{{{self._newline}{deeper}{held}{self._newline}{indent}}}"
        else:
            value = self._indented(raw, indent)
        return f"{written(key)}{colon}{value}"

    def _gap(self, part: JsonPart) -> str:
        """What stands before a member, for the next one to stand behind; lines that are left blank are not."""
        before = self.text[: part.offset]
        gap = before[len(before.rstrip(_SPACE)) :]
        indent = _indent(gap)
        if indent is not None:
            return f"{self._newline}{indent}"
        is_spaced = self._colon(part).endswith(" ")
        return gap or (" " if is_spaced else "")

    def _colon(self, part: JsonPart) -> str:
        colon = self.text[self.key_end(part) : part.begin]
        return ": " if "\n" in colon or "\r" in colon else colon

    @property
    def _unit(self) -> str:
        """One step of indentation."""
        first = next(iter(self.root.parts), None)
        return (_indent(self._gap(first)) if first and self.root.is_object else "") or _UNIT

    def _line_indent(self, offset: int) -> str:
        begin = max(self.text.rfind("\n", 0, offset), self.text.rfind("\r", 0, offset)) + 1
        line = self.text[begin:offset]
        return line[: len(line) - len(line.lstrip(_BLANKS))]

    def reindented(self, raw: str, part: JsonPart) -> str:
        """A value as it is to stand in the place of another."""
        if self._newline:
            return self._indented(raw, self._line_indent(part.begin))
        # What has no key begins with its value.
        return _on_one_line(raw, ": " if part.offset == part.begin else self._colon(part))

    def _indented(self, raw: str, indent: str) -> str:
        lines = raw.split("\n")
        return f"{self._newline}{indent}".join(map(self._with_own_unit, lines))

    def _with_own_unit(self, line: str) -> str:
        bare = line.lstrip(" ")
        return self._unit * ((len(line) - len(bare)) // len(_UNIT)) + bare

    def dedented(self, part: JsonPart) -> str:
        """A value as it is written, or in our own indentation where it has several lines."""
        raw = self.text[part.begin : self.end(part)]
        return written(part.value(self.text)) if "\n" in raw or "\r" in raw else raw


def _indent(gap: str) -> str | None:
    """The indentation that a gap ends with; None if it has no line end."""
    last = max(gap.rfind("\n"), gap.rfind("\r"))
    return None if last < 0 else gap[last + 1 :]


def _on_one_line(raw: str, colon: str) -> str:
    if "\n" not in raw:
        return raw
    is_spaced = colon.endswith(" ")
    separators = (", ", ": ") if is_spaced else (",", ":")
    return json.dumps(json.loads(raw), separators=separators, ensure_ascii=not _is_encodable(raw))


def _is_encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
