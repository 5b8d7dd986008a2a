"""YAML as a tree of plain values with their lines, bounded whatever the file says."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypeAlias

import yaml

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST_BYTES: Final = 256 * 1024
_MOST_VALUES = 50_000
_DEEPEST = 60
_STRING_TAG = "tag:yaml.org,2002:str"
_MERGE_TAG = "tag:yaml.org,2002:merge"
# Compose reads YAML 1.2, where `yes` and `22:22` are texts: https://yaml.org/spec/1.2.2/#103-core-schema
_NULL = re.compile(r"(?:null|Null|NULL|~|)")
_BOOLEAN = re.compile(r"(?:true|True|TRUE|false|False|FALSE)")
_NUMBER = re.compile(r"[-+]?(?:0o[0-7]+|0x[0-9a-fA-F]+|(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?)")


class TreeError(Exception):
    """The file cannot be read.

    Attributes:
        line: From 1; 0 if unknown.
    """

    def __init__(self, what: str, line: int = 0) -> None:
        super().__init__(what)
        self.line = line


@dataclass(frozen=True)
class Scalar:
    """One value.

    Attributes:
        text: As written, without quotes.
        line: From 1.
        kind: ``null``, ``boolean``, ``number`` or ``string``.
    """

    text: str
    line: int
    kind: str


@dataclass(frozen=True)
class Sequence:
    """Values in order."""

    items: tuple[Value, ...]
    line: int
    kind: str = "list"


@dataclass(frozen=True)
class Mapping:
    """Values by key.

    Attributes:
        entries: With what ``<<`` merges in.
        line: From 1.
        lines: Line of each key.
        duplicates: Keys that are there twice, with the line of the later one.
    """

    entries: dict[str, Value]
    line: int
    lines: dict[str, int] = field(default_factory=dict)
    duplicates: tuple[tuple[str, int], ...] = ()
    kind: str = "mapping"

    def get(self, key: str) -> Value | None:
        """The value of a key, None if there is none or it is null."""
        found = self.entries.get(key)
        return None if found is None or found.kind == "null" else found


Value: TypeAlias = Scalar | Sequence | Mapping


def read(content: bytes) -> Value | None:
    """The tree of the first document, None of an empty file.

    Raises:
        TreeError: It is no YAML, or larger than a compose file can sensibly be, aliases counted as often as used.
    """
    if len(content) > MOST_BYTES:
        raise TreeError(f"larger than {MOST_BYTES >> 10} KiB")
    try:
        node = _first_document(content.decode("utf-8-sig"))
        return _Converter().value(node, 0) if node is not None else None
    except UnicodeDecodeError as error:
        raise TreeError(f"byte {error.start} is not UTF-8") from error
    except yaml.YAMLError as error:
        raise _tree_error(error) from error
    except RecursionError as error:
        raise TreeError("nested too deeply") from error
    except (ValueError, ArithmeticError) as error:
        # An escape beyond Unicode, such as "\UFFFFFFFF", gets past the scanner.
        raise TreeError(f"not YAML: {error}") from error


def walk(value: Value | None) -> Iterator[Scalar]:
    """Every scalar below a value, in order."""
    if isinstance(value, Scalar):
        yield value
    elif value is not None:
        for child in value.items if isinstance(value, Sequence) else value.entries.values():
            yield from walk(child)


def _first_document(text: str) -> yaml.Node | None:
    """The nodes of the first document; nothing a tag names is made."""
    # libyaml is many times faster, but its recursion is bounded by no one, and its messages say less.
    if hasattr(yaml, "CSafeLoader") and _deepest(text) <= _DEEPEST:
        with suppress(yaml.YAMLError, ValueError):
            return next(iter(yaml.compose_all(text, Loader=yaml.CSafeLoader)), None)
    return next(iter(yaml.compose_all(text, Loader=yaml.SafeLoader)), None)


def _deepest(text: str) -> int:
    """No less than the depth the text can nest to: by flow brackets anywhere, or by indentation and one line."""
    flow = text.count("[") + text.count("{")
    return flow + max((_depth(line) for line in text.splitlines()), default=0)


def _depth(line: str) -> int:
    bare = line.lstrip()
    return len(line) - len(bare) + sum(bare.count(mark) for mark in ("-", "?", ":"))


def _tree_error(error: yaml.YAMLError) -> TreeError:
    mark = getattr(error, "problem_mark", None)
    what = getattr(error, "problem", None) or getattr(error, "reason", None) or "not YAML"
    return (
        TreeError(f"line {mark.line + 1}, column {mark.column + 1}: {what}", mark.line + 1) if mark else TreeError(what)
    )


class _Converter:
    """Turns nodes into values; an alias is as many values as what it stands for."""

    def __init__(self) -> None:
        self._left = _MOST_VALUES

    def value(self, node: yaml.Node, depth: int) -> Value:
        line = node.start_mark.line + 1
        self._left -= 1
        if self._left < 0:
            raise TreeError(f"line {line}: more than {_MOST_VALUES} values, aliases counted as often as used", line)
        if depth > _DEEPEST:
            raise TreeError(f"line {line}: nested too deeply", line)
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, line, depth)
        if isinstance(node, yaml.SequenceNode):
            return Sequence(tuple(self.value(item, depth + 1) for item in node.value), line)
        return Scalar(str(node.value), line, _kind(node))

    def _mapping(self, node: yaml.MappingNode, line: int, depth: int) -> Mapping:
        entries: dict[str, Value] = {}
        lines: dict[str, int] = {}
        merged: list[Value] = []
        duplicates: list[tuple[str, int]] = []
        for key, child in node.value:
            value = self.value(child, depth + 1)
            name, place = str(key.value) if isinstance(key, yaml.ScalarNode) else "?", key.start_mark.line + 1
            if key.tag == _MERGE_TAG:
                merged.append(value)
                continue
            if name in entries:
                duplicates.append((name, place))
            entries[name], lines[name] = value, place
        for source in merged:
            for mapping in source.items if isinstance(source, Sequence) else (source,):
                if isinstance(mapping, Mapping):
                    entries = {**mapping.entries, **entries}
                    lines = {**mapping.lines, **lines}
        return Mapping(entries, line, lines, tuple(duplicates))


def _kind(node: yaml.Node) -> str:
    if node.tag == _STRING_TAG or getattr(node, "style", None):
        return "string"
    for kind, pattern in (("null", _NULL), ("boolean", _BOOLEAN), ("number", _NUMBER)):
        if pattern.fullmatch(str(node.value)):
            return kind
    return "string"
