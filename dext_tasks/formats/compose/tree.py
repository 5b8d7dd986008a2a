"""YAML as a tree of plain values with their lines, bounded whatever the file says."""

from __future__ import annotations

from base64 import b64decode
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING, TypeAlias

import yaml

from dext_tasks.limits import LARGEST_VALUE
from dext_tasks.regex import regex
from dext_tasks.wording import excerpt

if TYPE_CHECKING:
    from collections.abc import Iterator

_MOST_VALUES = 50_000
_DEEPEST = 60
_STRING_TAG = "tag:yaml.org,2002:str"
_MERGE_TAG = "tag:yaml.org,2002:merge"
_BINARY_TAG = "tag:yaml.org,2002:binary"
# Takes a value away: https://github.com/compose-spec/compose-spec/blob/main/13-merge.md#reset-value
_RESET_TAG = "!reset"
# Compose reads YAML 1.2, where `yes` and `22:22` are strings: https://yaml.org/spec/1.2.2/#103-core-schema
_NULL = regex(r"(?:null|Null|NULL|~|)")
_BOOLEAN = regex(r"(?:true|True|TRUE|false|False|FALSE)")
_NUMBER = regex(r"[-+]?(?:0o[0-7]+|0x[0-9a-fA-F]+|(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?)")
# What PyYAML takes for a string, as YAML 1.1 did.
_NEW_NUMBER = regex(r"[-+]?[0-9]+[eE][-+]?[0-9]+|0o[0-7]+")


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
        text: As written, without quotes; what a ``!!binary`` stands for.
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
        odd: What is wrong with keys that are not strings and with merges of what is not a mapping, each with its line.
    """

    entries: dict[str, Value]
    line: int
    lines: dict[str, int] = field(default_factory=dict)
    duplicates: tuple[tuple[str, int], ...] = ()
    odd: tuple[tuple[str, int], ...] = ()
    kind: str = "mapping"

    def get(self, key: str) -> Value | None:
        """The value of a key, None if there is none or it is null."""
        found = self.entries.get(key)
        return None if found is None or found.kind == "null" else found


Value: TypeAlias = Scalar | Sequence | Mapping


# What a file is and what it asks for are read from the same trees.
@lru_cache(maxsize=16)
def read(content: bytes) -> Value | None:
    """The tree of the first document, None of an empty file.

    Raises:
        TreeError: It is not YAML, or larger than a compose file can sensibly be, aliases counted as often as used.
    """
    if b"!" not in content:
        # Nothing has a tag, so that documents are the same for both; a fault in another one does not count here.
        with suppress(TreeError):
            return next(iter(read_all(content)), None)
    return next(iter(_trees(content, first=True)), None)


@lru_cache(maxsize=16)
def read_all(content: bytes) -> tuple[Value, ...]:
    """The trees of all documents: Compose merges them.

    What is tagged ``!reset`` stays, since Compose keeps some of it, such as what is below an ``!override``:
    https://github.com/compose-spec/compose-go/blob/main/loader/reset.go

    Raises:
        TreeError: As read.
    """
    return _trees(content, first=False)


def _trees(content: bytes, *, first: bool) -> tuple[Value, ...]:
    if len(content) > LARGEST_VALUE:
        raise TreeError(f"larger than {LARGEST_VALUE >> 10} KiB")
    try:
        nodes = _documents(content.decode("utf-8-sig"), first=first)
        converter = _Converter(keeps_reset=not first)
        return tuple([converter.value(node, 0) for node in nodes if node is not None])
    except UnicodeDecodeError as error:
        raise TreeError(f"byte {error.start} is not UTF-8") from error
    except yaml.YAMLError as error:
        raise _tree_error(error) from error
    except RecursionError as error:
        raise TreeError("nested too deeply") from error
    except (ValueError, ArithmeticError) as error:
        # An escape beyond Unicode, such as "\UFFFFFFFF", gets past the scanner.
        raise TreeError("not YAML: an escape stands for no character") from error


def walk(value: Value | None) -> Iterator[Scalar]:
    """Every scalar below a value, in order."""
    if isinstance(value, Scalar):
        yield value
    elif value is not None:
        for child in value.items if isinstance(value, Sequence) else value.entries.values():
            yield from walk(child)


def _documents(text: str, *, first: bool) -> list[yaml.Node | None]:
    """The nodes of all documents, or of the first; nothing a tag names is made."""
    most = 1 if first else None
    # libyaml is many times faster, but its recursion is bounded by no one, and its messages say less.
    if hasattr(yaml, "CSafeLoader") and _deepest(text) <= _DEEPEST:
        with suppress(yaml.YAMLError, ValueError):
            return list(islice(yaml.compose_all(text, Loader=yaml.CSafeLoader), most))
    return list(islice(yaml.compose_all(text, Loader=yaml.SafeLoader), most))


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

    def __init__(self, *, keeps_reset: bool) -> None:
        self._left = _MOST_VALUES
        self._keeps_reset = keeps_reset

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
            kept = (item for item in node.value if self._is_kept(item))
            return Sequence(tuple(self.value(item, depth + 1) for item in kept), line)
        return Scalar(_text(node), line, _kind(node))

    def _is_kept(self, node: yaml.Node) -> bool:
        return self._keeps_reset or node.tag != _RESET_TAG

    def _mapping(self, node: yaml.MappingNode, line: int, depth: int) -> Mapping:
        found = _Entries()
        for key, child in node.value:
            value, place = self.value(child, depth + 1), key.start_mark.line + 1
            if key.tag == _MERGE_TAG:
                found.merge(value, place)
            elif self._is_kept(child):
                found.add(key, value, place)
        return found.mapping(line)


class _Entries:
    """The entries of a mapping as they are read; its own win over merged ones, wherever these stand."""

    def __init__(self) -> None:
        self._own: dict[str, Value] = {}
        self._lines: dict[str, int] = {}
        self._merged: list[Mapping] = []
        self._duplicates: list[tuple[str, int]] = []
        self._odd: list[tuple[str, int]] = []

    def add(self, key: yaml.Node, value: Value, line: int) -> None:
        name, kind = (_text(key), _kind(key)) if isinstance(key, yaml.ScalarNode) else ("?", "list or mapping")
        if kind != "string":
            self._odd.append((f"the key {excerpt(name)} is a {kind}, not a string", line))
        if name in self._own:
            self._duplicates.append((name, line))
        self._own[name], self._lines[name] = value, line

    def merge(self, value: Value, line: int) -> None:
        sources = value.items if isinstance(value, Sequence) else (value,)
        self._merged += [source for source in sources if isinstance(source, Mapping)]
        if len(sources) != sum(isinstance(source, Mapping) for source in sources):
            self._odd.append(("<< merges something that is not a mapping", line))

    def mapping(self, line: int) -> Mapping:
        entries, lines = self._own, self._lines
        for source in self._merged:
            entries, lines = {**source.entries, **entries}, {**source.lines, **lines}
        return Mapping(entries, line, lines, tuple(self._duplicates), tuple(self._odd))


def _text(node: yaml.Node) -> str:
    """The text of a scalar as Compose has it.

    https://github.com/go-yaml/yaml/blob/v3/decode.go (scalar)
    """
    text = str(node.value)
    if node.tag != _BINARY_TAG:
        return text
    # UnicodeDecodeError and binascii.Error are ValueErrors.
    return b64decode(text.replace("\n", "").replace("\r", ""), validate=True).decode()


def _kind(node: yaml.Node) -> str:
    if node.tag == _BINARY_TAG:
        return "string"
    is_quoted, text = bool(getattr(node, "style", None)), str(node.value)
    if is_quoted or (node.tag == _STRING_TAG and not _NEW_NUMBER.fullmatch(text)):
        return "string"
    for kind, pattern in (("null", _NULL), ("boolean", _BOOLEAN), ("number", _NUMBER)):
        if pattern.fullmatch(str(node.value)):
            return kind
    return "string"
