"""Changing one thing in a YAML text, and leaving every other byte as its author wrote it.

Whatever is done is read again: where anything else than what was asked for would change, such as what an alias or a
merge key repeats, nothing is. Paths are keys of mappings.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import yaml

from dext_tasks.formats.compose.tree import Mapping, Scalar, TreeError, Value, read_all
from dext_tasks.formats.editing import UneditableError
from dext_tasks.regex import regex

if TYPE_CHECKING:
    from collections.abc import Iterable
    from collections.abc import Sequence as Path

_MARK: Final = "\ufeff"
_BLANKS: Final = " \t"
_BREAKS: Final = "\r\n"
# What a mapping begins behind that is an item of a list.
_ITEM = regex(r"[ \t]*(?:-[ \t]+)+")


class _YamlMember(NamedTuple):
    """A member of a mapping, and where it is."""

    mapping: yaml.MappingNode
    number: int

    @property
    def key(self) -> yaml.Node:
        """Its key."""
        key: yaml.Node = self.mapping.value[self.number][0]
        return key

    @property
    def value(self) -> yaml.Node:
        """Its value."""
        value: yaml.Node = self.mapping.value[self.number][1]
        return value


def replaced(content: bytes, path: Path[str], value: str) -> bytes:
    """The text with another string at a path, in the quotes of the one that is there, or in those that it needs.

    Raises:
        UneditableError: It is not one YAML document, no single value is there, or something else would change, too.
    """
    document = _YamlText(content)
    node = document.find(path).value
    text = document.text[node.start_mark.index : node.end_mark.index]
    if not isinstance(node, yaml.ScalarNode) or not text or text[0] in "&!|>*":
        raise UneditableError("no single value is there")
    expected = document.plain
    _parent(expected, path)[path[-1]] = ("string", value)
    for written in _ways(value, text[0]):
        after = document.with_new(node.start_mark.index, node.end_mark.index, written)
        if _reads(after) == expected:
            return after
    raise UneditableError("something else would change, too")


def exchanged(content: bytes, path: Path[str], key: str, value: str) -> bytes:
    """The text with another member in the place of the one at a path, whatever that one holds.

    Args:
        content: The text.
        path: Of what goes.
        key: Of what comes, which is not there yet.
        value: Its value.

    Raises:
        UneditableError: As for ``replaced``, or a comment would go with it.
    """
    document = _YamlText(content)
    pair = document.find(path)
    expected = document.plain
    parent = _parent(expected, path)
    if key in parent:
        raise UneditableError("it is there already")
    del parent[path[-1]]
    parent[key] = ("string", value)
    start, end = pair.key.start_mark.index, _end(pair.value)
    gone = document.text[start:end]
    if "#" in gone:
        raise UneditableError("a comment would go with it")
    # A block scalar ends behind the end of its line.
    line_end = gone[len(gone.rstrip(_BREAKS)) :]
    for written in _ways(value, ""):
        after = document.with_new(start, end, f"{key}: {written}{line_end}")
        if _reads(after) == expected:
            return after
    raise UneditableError("something else would change, too")


def removed(content: bytes, path: Path[str]) -> bytes:
    """The text without the member at a path, whose lines go with it, and with them the comments that are on these.

    Raises:
        UneditableError: As for ``replaced``, or it is the only member.
    """
    document = _YamlText(content)
    pair = document.find(path)
    if len(pair.mapping.value) == 1:
        raise UneditableError("it is the only one there")
    start, end = document.flow_range(pair) if pair.mapping.flow_style else document.block_range(pair)
    after = document.with_new(start, end, "")
    expected = document.plain
    del _parent(expected, path)[path[-1]]
    if _reads(after) != expected:
        raise UneditableError("something else would change, too")
    return after


def _ways(value: str, quote: str) -> Iterable[str]:
    """How a string can be written, the way that the author wrote another one first."""
    single, double = f"'{value.replace(chr(39), chr(39) * 2)}'", f'"{value}"'
    return {"'": (single,), '"': (double, single)}.get(quote, (value, double, single))


class _YamlText:
    """A text with its nodes; offsets are those of its characters without a byte order mark."""

    def __init__(self, content: bytes) -> None:
        values = _values(content)
        if len(values) != 1:
            raise UneditableError("it is not one document")
        self._value = values[0]
        text = content.decode()
        self.text = text.removeprefix(_MARK)
        self._mark = text[: len(text) - len(self.text)]
        try:
            # Not libyaml's, whose marks count otherwise: https://github.com/yaml/pyyaml/issues/716
            self._root = yaml.compose(self.text, Loader=yaml.SafeLoader)
        except (yaml.YAMLError, RecursionError, ValueError, ArithmeticError) as error:
            raise UneditableError(str(error)) from error

    @property
    def plain(self) -> Any:  # noqa: ANN401 - any value
        """What it says, to be changed by whoever asks."""
        return _plain(self._value)

    def find(self, path: Path[str]) -> _YamlMember:
        """The member at a path."""
        pairs: list[_YamlMember] = []
        node = self._root
        for key in path:
            found = _members(node, key)
            if len(found) != 1:
                raise UneditableError("it is not there once")
            pairs += found
            node = found[0].value
        if not pairs:
            raise UneditableError("the document itself stays")
        return pairs[-1]

    def with_new(self, start: int, end: int, new: str) -> bytes:
        """The text with something else in the place of a range."""
        return f"{self._mark}{self.text[:start]}{new}{self.text[end:]}".encode()

    def flow_range(self, pair: _YamlMember) -> tuple[int, int]:
        """What a member takes in braces, with the comma that it needs no more."""
        members = pair.mapping.value
        start, end = pair.key.start_mark.index, _end(pair.value)
        if pair.number + 1 < len(members):
            end = members[pair.number + 1][0].start_mark.index
        else:
            start = _end(members[pair.number - 1][1])
        if "#" in self.text[start:end]:
            raise UneditableError("a comment would go with it")
        return start, end

    def block_range(self, pair: _YamlMember) -> tuple[int, int]:
        """The lines of a member; behind the dash of an item, up to the next member."""
        start = pair.key.start_mark.index
        line_start = self._line_start(start)
        before = self.text[line_start:start]
        if not before.strip(_BLANKS):
            return line_start, self._behind_line(_end(pair.value))
        if _ITEM.fullmatch(before) and pair.number + 1 < len(pair.mapping.value):
            return start, pair.mapping.value[pair.number + 1][0].start_mark.index
        raise UneditableError("it does not stand on lines of its own")

    def _line_start(self, at: int) -> int:
        return max(self.text.rfind(each, 0, at) for each in _BREAKS) + 1

    def _behind_line(self, at: int) -> int:
        """Where the line after a value begins, whose own last line may have ended already."""
        if at and self.text[at - 1] in _BREAKS and self.text[at - 1 : at + 1] != "\r\n":
            return at
        rest = self.text[at:]
        line = min((found for each in _BREAKS if (found := rest.find(each)) >= 0), default=len(rest))
        comment = rest[:line].lstrip(_BLANKS)
        if comment and not comment.startswith("#"):
            raise UneditableError("something else stands on its line")
        return at + line + (2 if rest.startswith("\r\n", line) else 1 if line < len(rest) else 0)


def _members(node: yaml.Node | None, key: str) -> list[_YamlMember]:
    if not isinstance(node, yaml.MappingNode):
        return []
    keys = [each.value if isinstance(each, yaml.ScalarNode) else None for each, _ in node.value]
    return [_YamlMember(node, number) for number, each in enumerate(keys) if each == key]


def _end(node: yaml.Node) -> int:
    """Where a value ends; PyYAML lets blocks end where the next thing begins, comments between them included."""
    if isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        return _end(last[1] if isinstance(last, tuple) else last)
    return int(node.end_mark.index)


def _values(content: bytes) -> tuple[Value, ...]:
    try:
        return read_all(content)
    except TreeError as error:
        raise UneditableError(str(error)) from error


def _reads(content: bytes) -> Any:  # noqa: ANN401 - any value
    """What a text says; None if it is not one document."""
    try:
        values = read_all(content)
    except TreeError:
        return None
    return _plain(values[0]) if len(values) == 1 else None


def _plain(value: Value) -> Any:  # noqa: ANN401 - any value
    """A value without its lines."""
    if isinstance(value, Scalar):
        return value.kind, value.text
    if isinstance(value, Mapping):
        odd = [what for what, _ in value.odd], [name for name, _ in value.duplicates]
        return {**{key: _plain(child) for key, child in value.entries.items()}, ("odd",): odd}
    return [_plain(item) for item in value.items]


def _parent(plain: Any, path: Path[str]) -> Any:  # noqa: ANN401 - any value
    for key in path[:-1]:
        plain = plain[key]
    return plain
