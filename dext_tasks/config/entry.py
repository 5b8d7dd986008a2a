"""Raw settings with the place each was written at, before anything is known of their meaning."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

from dext_tasks.errors import ConfigError
from dext_tasks.formats import json_syntax
from dext_tasks.wording import excerpt

if TYPE_CHECKING:
    import yaml


class SettingSource(IntEnum):
    """Where a value comes from; a greater one wins."""

    DEFAULT = 0
    INVOKE_FILE = 1
    PYPROJECT = 2
    ENVIRONMENT = 3
    NAMED_FILE = 4
    FLAG = 5


@dataclass(frozen=True)
class RawSetting:
    """One key with its value, as written.

    Attributes:
        key: Dotted key.
        value: A mapping only if it is the value of one option or empty.
        source: The layer it belongs to.
        where: File and line, variable or flag, for people.
    """

    key: str
    value: object
    source: SettingSource
    where: str


@dataclass(frozen=True)
class Section:
    """A key at the top of a file, or a table of a tool in pyproject.toml.

    Attributes:
        name: As it is written; that of a tool's table begins with ``tool.``.
        data: Its value.
        where: File and line, for people.
    """

    name: str
    data: object
    where: str


_TOO_DEEP = "it is nested too deeply"
_NO_VALUE = "a date, a number or what a tag stands for cannot be read"


def from_yaml(text: str, file: str, known: frozenset[str]) -> list[RawSetting]:
    """The entries under ``dext:`` of an invoke.yaml, each with its line.

    Raises:
        ConfigError: The text is not a YAML mapping, or has a key of these twice.
    """
    import yaml

    try:
        found = list(_yaml_document(text, file, known))
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise _syntax(f"{file}:{line}", _in_words(error.problem or "")) from error
    except yaml.YAMLError as error:
        raise _syntax(file, str(error).splitlines()[0]) from error
    except RecursionError as error:
        # Aliases that contain themselves, too.
        raise _syntax(file, _TOO_DEEP) from error
    # One may be nested, and the other have dots.
    _require_once([(each.key, int(each.where.rpartition(":")[2])) for each in found], file)
    return found


def _in_words(problem: str) -> str:
    """What PyYAML says of a document, without the words of its own code."""
    if problem == "found unhashable key":
        return "a key is a list or a mapping"
    if problem == "found unconstructable recursive node":
        return "an alias contains itself"
    return problem.replace("could not determine a constructor for the tag", "nothing is known of the tag") or "no YAML"


def _yaml_document(text: str, file: str, known: frozenset[str]) -> Iterator[RawSetting]:
    import yaml

    root = yaml.compose(text, Loader=yaml.SafeLoader)
    if root is None or root.tag == "tag:yaml.org,2002:null":
        return
    if not isinstance(root, yaml.MappingNode):
        raise _syntax(f"{file}:1", "the file is not a mapping of keys to values")
    ours = [(key, node) for key, node in root.value if key.value == "dext"]
    _require_once([("dext", key.start_mark.line + 1) for key, _ in ours], file)
    for key, node in ours:
        yield from _yaml_entries(key, node, "", file, known)


def _yaml_entries(
    key: yaml.Node, node: yaml.Node, prefix: str, file: str, known: frozenset[str]
) -> Iterator[RawSetting]:
    import yaml

    if not isinstance(node, yaml.MappingNode) or prefix in known:
        # Before PyYAML puts what is merged into the node.
        _require_once_within(node, file)
        constructor = yaml.SafeLoader("")
        try:
            value = constructor.construct_object(node, deep=True)
        except (ValueError, AttributeError) as error:
            # Dates that do not exist, numbers with too many digits, tags of another kind than their value.
            raise _syntax(f"{file}:{node.start_mark.line + 1}", _NO_VALUE) from error
        if prefix or value is not None:
            yield RawSetting(prefix, value, SettingSource.INVOKE_FILE, f"{file}:{key.start_mark.line + 1}")
        return
    keys = [(inner, child, _join(prefix, str(inner.value))) for inner, child in node.value]
    _require_once([(name, inner.start_mark.line + 1) for inner, _, name in keys], file)
    for inner, child, name in keys:
        yield from _yaml_entries(inner, child, name, file, known)


def _require_once_within(node: yaml.Node, file: str) -> None:
    """Require that no mapping in the value of an option has a key twice, of which PyYAML takes the last."""
    import yaml

    waiting, seen = [node], set[int]()
    while waiting:
        each = waiting.pop()
        if id(each) in seen:
            continue
        seen.add(id(each))
        if isinstance(each, yaml.MappingNode):
            # Several may be merged into one mapping: https://yaml.org/type/merge.html
            keys = [key for key, _ in each.value if key.value != "<<"]
            _require_once([(str(key.value), key.start_mark.line + 1) for key in keys], file)
            waiting += [value for _, value in each.value]
        elif isinstance(each, yaml.SequenceNode):
            waiting += each.value


def _require_once(names: Iterable[tuple[str, int]], file: str) -> None:
    """Require that each name is there once, though most readers of YAML take the last: https://yaml.org/spec/1.2.2/#mapping.

    Args:
        names: Each with its 1-based line.
        file: They are in.

    Raises:
        ConfigError: One is there twice.
    """
    lines: dict[str, int] = {}
    for name, line in names:
        if name in lines:
            what = f"{file}:{line}: {excerpt(name)!r} is given twice, first on line {lines[name]}"
            raise ConfigError(what, remedy="keep one of the two")
        lines[name] = line


def from_json(text: str, file: str, known: frozenset[str]) -> list[RawSetting]:
    """The entries under ``dext`` of an invoke.json.

    Raises:
        ConfigError: The text is not valid JSON, or no object.
    """
    try:
        data = json_syntax.loads(text)
    except json_syntax.JsonSyntaxError as error:
        raise _syntax(f"{file}:{error.fault.line}", error.fault.what) from error
    if not isinstance(data, dict):
        raise _syntax(file, "the file is not a mapping of keys to values")
    flat = flatten(data.get("dext"), known)
    return [RawSetting(key, value, SettingSource.INVOKE_FILE, file) for key, value in flat if key or value is not None]


def from_toml(text: str, file: str, known: frozenset[str]) -> list[RawSetting]:
    """The entries of ``[tool.dext]``, each with its line.

    Raises:
        ConfigError: The string is not TOML.
    """
    try:
        data = tomllib.loads(text)
    except RecursionError as error:
        raise _syntax(file, _TOO_DEEP) from error
    except ValueError as error:
        raise _syntax(file, str(error) if isinstance(error, tomllib.TOMLDecodeError) else _NO_VALUE) from error
    table = data.get("tool", {}).get("dext", {}) if isinstance(data.get("tool", {}), dict) else {}
    flat = flatten(table, known)
    return [
        RawSetting(
            key,
            value,
            SettingSource.PYPROJECT,
            f"{file}:{_toml_line(text, ('tool', 'dext', *filter(None, key.split('.'))))}",
        )
        for key, value in flat
    ]


def sections(text: str, file: str) -> list[Section]:
    """The parts of a file, ours and all others; none if it cannot be read, which whoever reads the settings says."""
    import yaml

    try:
        if file.endswith(".toml"):
            return list(_toml_sections(text, file))
        if file.endswith(".json"):
            data, lines = json_syntax.loads(text), dict[str, str]()
        else:
            data, root = yaml.safe_load(text), yaml.compose(text, Loader=yaml.SafeLoader)
            pairs = root.value if isinstance(root, yaml.MappingNode) else ()
            lines = {str(key.value): f":{key.start_mark.line + 1}" for key, _ in pairs}
    except (ValueError, AttributeError, RecursionError, yaml.YAMLError):
        return []
    items = data.items() if isinstance(data, dict) else ()
    return [Section(str(name), value, f"{file}{lines.get(str(name), '')}") for name, value in items]


def _toml_sections(text: str, file: str) -> Iterator[Section]:
    data = tomllib.loads(text)
    tools = data.pop("tool", {})
    for above, tables in (((), data), (("tool",), tools if isinstance(tools, dict) else {})):
        for name, value in tables.items():
            parts = (*above, name)
            yield Section(".".join(parts), value, f"{file}:{_toml_line(text, parts, len(parts))}")


def flatten(data: object, known: frozenset[str], prefix: str = "") -> Iterator[tuple[str, object]]:
    """Nested mappings as dotted keys, down to the options that are known."""
    if not isinstance(data, Mapping) or prefix in known:
        yield prefix, data
        return
    for key, value in data.items():
        yield from flatten(value, known, _join(prefix, str(key)))


def _join(prefix: str, key: str) -> str:
    # Underscores are accepted where the documentation writes dashes.
    dashed = key.replace("_", "-")
    return f"{prefix}.{dashed}" if prefix else dashed


def _toml_line(text: str, parts: Sequence[str], least: int = 2) -> int:
    """The line on which a key stands, or the inline table it is in; tomllib keeps no positions.

    Args:
        text: The file.
        parts: The key and those that lead to it.
        least: How many of the parts name a table.
    """
    escaped = [re.escape(part).replace(r"\-", "[-_]") for part in parts]
    written = list(_toml_assignments(text))
    for length in range(len(escaped), least - 1, -1):
        dotted = r"""["']?\s*\.\s*["']?""".join(escaped[:length])
        for number, name in written:
            if re.match(rf"{dotted}(?![\w-])", name):
                return number
    return 1


def _toml_assignments(text: str) -> Iterator[tuple[int, str]]:
    """Line and full dotted name of everything that looks like an assignment."""
    table = ""
    for number, line in enumerate(text.splitlines(), start=1):
        header = re.match(r"\s*\[+([^\]]+)\]", line)
        table = f"{header[1].strip()}." if header else table
        assigned = re.match(r"\s*([^=#]+?)\s*=", line)
        if assigned and not header:
            yield number, f"{table}{assigned[1]}"


def _syntax(where: str, what: str) -> ConfigError:
    return ConfigError(f"{where}: {what}", remedy="fix the file's syntax")
