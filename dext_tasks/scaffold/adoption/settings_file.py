"""Settings added to the files of a project that have them, or may have them, with every byte of these kept."""

from __future__ import annotations

import json
import re
import tomllib
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import yaml

from dext_tasks.scaffold.adoption.wiring import ByHand, Wired

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

_YAML: Final = ("invoke.yaml", "invoke.yml")
_JSON: Final = "invoke.json"
_PYPROJECT: Final = "pyproject.toml"
# Who manages a project by its pyproject.toml looks for settings there.
_LOCKS: Final = ("uv.lock", "poetry.lock")
_MANAGERS: Final = ("uv", "poetry")
_OURS: Final = "dext"
_STEP: Final = "  "
_PLAIN: Final = re.compile(r"[A-Za-z_./](?:[\w.*/@:+-]*[\w./*+-])?", re.ASCII)
_BARE: Final = re.compile(r"[A-Za-z0-9_-]+")
# Far more than anybody writes, far fewer than a few nested aliases can stand for.
_MOST_VALUES: Final = 10_000
_UNCERTAIN: Final = "it is written in a way to which nothing can be added with certainty"
_HEAD: Final = "# Settings of dext-tasks; `dext config` shows all of them.\n"


class SettingsChange(NamedTuple):
    """What becomes of a file of settings.

    Attributes:
        name: Of the file.
        made: All of it, or what has to be written there by hand.
    """

    name: str
    made: Wired | ByHand


def add_settings(settings: Mapping[str, object], read: Callable[[str], bytes | None]) -> SettingsChange | None:
    """Add settings that no file has yet.

    Args:
        settings: Nested, as under ``dext:``.
        read: Gives what a file of the project holds; None if it is not there.

    Returns:
        None if there is nothing to add.
    """
    if not settings:
        return None
    name = _home(read)
    content = read(name)
    text = _text(content)
    if name == _JSON or text is None:
        shown = json.dumps({_OURS: settings}, indent=2, ensure_ascii=False)
        return SettingsChange(name, ByHand(name, shown, "a file like it is changed by hand"))
    added, written = _TOML if name == _PYPROJECT else _INVOKE
    new = next(filter(None, map(str, added(text, settings))), None)
    if new is None:
        return SettingsChange(name, ByHand(name, written(settings), _UNCERTAIN))
    # The beginning that both have is what comes before the first new line.
    line = _first_difference(text, new) if content is not None else 0
    return SettingsChange(name, Wired(new.encode(), line))


def _home(read: Callable[[str], bytes | None]) -> str:
    """The file for settings: the one that has some, invoke's, or the project's own."""
    pyproject = _text(read(_PYPROJECT)) if read(_PYPROJECT) is not None else None
    tools = _tools(pyproject or "")
    if _OURS in tools:
        return _PYPROJECT
    for name in (*_YAML, _JSON):
        if read(name) is not None:
            return name
    is_managed = any(each in tools for each in _MANAGERS) or any(read(name) is not None for name in _LOCKS)
    return _PYPROJECT if pyproject is not None and is_managed else _YAML[0]


def _text(content: bytes | None) -> str | None:
    """A file as text; None for what is none."""
    try:
        return (content or b"").decode()
    except UnicodeDecodeError:
        return None


def _tools(text: str) -> Mapping[str, object]:
    try:
        tools = tomllib.loads(text).get("tool", {})
    except (ValueError, RecursionError):
        return {}
    return tools if isinstance(tools, dict) else {}


def _first_difference(before: str, after: str) -> int:
    common = next((index for index, (a, b) in enumerate(zip(before, after, strict=False)) if a != b), len(before))
    return after.count("\n", 0, common) + 1


def _eol(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"


def _at_end(text: str, block: str, *, gap: bool) -> str:
    eol = _eol(text)
    start = text if not text or text.endswith("\n") else text + eol
    return start + (eol if gap and start.strip() else "") + block.replace("\n", eol)


def _merged(before: Mapping[str, Any], added: Mapping[str, Any]) -> dict[str, Any]:
    """Both; of what both have, the first has its way."""
    made = dict(before)
    for key, value in added.items():
        inner = made.get(key)
        if isinstance(inner, dict) and isinstance(value, dict):
            made[key] = _merged(inner, value)
        else:
            made[key] = value if inner is None else inner
    return made


# YAML.


def _yaml_with(text: str, settings: Mapping[str, Any]) -> Iterator[str]:
    """A file for invoke with settings more, if it then says exactly that."""
    try:
        before, root = yaml.safe_load(text), yaml.compose(text, Loader=yaml.SafeLoader)
        if root and _values_in(root, {}) > _MOST_VALUES:
            return
    except (ValueError, RecursionError, yaml.YAMLError):
        return
    if root is None:
        made = _at_end(text, (_HEAD if not text.strip() else "") + _yaml(settings), gap=True)
    elif isinstance(root, yaml.MappingNode) and isinstance(before, dict) and not root.flow_style:
        made = _yaml_into(text, root, settings)
    else:
        return
    wanted = _merged(before or {}, {_OURS: settings})
    try:
        if yaml.safe_load(made) == wanted:
            yield made
    except (ValueError, RecursionError, yaml.YAMLError):
        return


def _values_in(node: yaml.Node, known: dict[int, int]) -> int:
    """How many values there are where each alias stands for what it names, as whoever compares two files sees them."""
    if id(node) not in known:
        parts = [part for pair in node.value for part in pair] if isinstance(node, yaml.MappingNode) else node.value
        inner = parts if isinstance(node, yaml.CollectionNode) else ()
        known[id(node)] = 1 + sum(_values_in(each, known) for each in inner)
    return known[id(node)]


def _yaml_into(text: str, root: yaml.MappingNode, settings: Mapping[str, Any]) -> str:
    if _child(root, _OURS) is None:
        return _at_end(text, _indented(_yaml(settings), " " * root.start_mark.column), gap=False)
    for parent, rest in _new_parts(root, {_OURS: settings}):
        first = parent.value[0][0].start_mark
        block = _indented(_yaml_block(rest, ""), " " * first.column).replace("\n", _eol(text))
        text = _with_line(text, first.line, block)
        # Whatever stands below has moved.
        reread = yaml.compose(text, Loader=yaml.SafeLoader)
        if isinstance(reread, yaml.MappingNode):
            return _yaml_into(text, reread, settings) if list(_new_parts(reread, {_OURS: settings})) else text
    return text


def _new_parts(node: yaml.MappingNode, added: Mapping[str, Any]) -> Iterator[tuple[yaml.MappingNode, dict[str, Any]]]:
    """Mappings in block style that lack keys, with what they lack."""
    lacking = {key: value for key, value in added.items() if _child(node, key) is None}
    if lacking and node.value and not node.flow_style:
        yield node, lacking
    for key, value in added.items():
        inner = _child(node, key)
        if isinstance(inner, yaml.MappingNode) and isinstance(value, dict):
            yield from _new_parts(inner, value)


def _child(node: yaml.MappingNode, key: str) -> yaml.Node | None:
    return next((value for name, value in node.value if name.value == key), None)


def _with_line(text: str, line: int, block: str) -> str:
    lines = text.splitlines(keepends=True)
    return "".join((*lines[:line], block, *lines[line:]))


def _indented(block: str, indent: str) -> str:
    return "".join(f"{indent}{line}" for line in block.splitlines(keepends=True))


def _yaml(settings: Mapping[str, Any]) -> str:
    return _yaml_block({_OURS: settings}, "")


def _yaml_block(data: Mapping[str, Any], indent: str) -> str:
    lines = []
    for key, value in data.items():
        if isinstance(value, dict):
            lines.append(f"{indent}{_yaml_scalar(key)}:\n{_yaml_block(value, indent + _STEP)}")
        elif isinstance(value, list):
            lines.append(f"{indent}{_yaml_scalar(key)}: [{', '.join(map(_yaml_scalar, value))}]\n")
        else:
            lines.append(f"{indent}{_yaml_scalar(key)}: {_yaml_scalar(value)}\n")
    return "".join(lines)


def _yaml_scalar(value: object) -> str:
    if isinstance(value, str) and _PLAIN.fullmatch(value) and yaml.safe_load(f"[{value}]") == [value]:
        return value
    return json.dumps(value, ensure_ascii=False)


# TOML.


def _toml_with(text: str, settings: Mapping[str, Any]) -> Iterator[str]:
    """A pyproject.toml with settings more, if it then says exactly that."""
    try:
        before = tomllib.loads(text)
    except (ValueError, RecursionError):
        return
    wanted = _merged(before, {"tool": {_OURS: settings}})
    made = _toml_into(text, settings) or _at_end(text, _toml(settings), gap=True)
    try:
        if tomllib.loads(made) == wanted:
            yield made
    except (ValueError, RecursionError):
        return


def _toml_into(text: str, settings: Mapping[str, Any]) -> str:
    """Settings below the heading of our table; empty if there is none."""
    lines = text.splitlines(keepends=True)
    at = next((number for number, line in enumerate(lines, 1) if re.match(r"\[tool\.dext\]\s*(#|$)", line)), 0)
    dext = _tools(text).get(_OURS)
    known = dext if isinstance(dext, dict) else {}
    block = "".join(f"{key} = {value}\n" for key, value in _toml_pairs(settings, known)).replace("\n", _eol(text))
    return _with_line(text, at, block) if at else ""


def _toml_pairs(data: Mapping[str, Any], known: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, str]]:
    for key, value in data.items():
        name = f"{above}{_toml_key(key)}"
        inner = known.get(key)
        if isinstance(value, dict) and value:
            yield from _toml_pairs(value, inner if isinstance(inner, dict) else {}, f"{name}.")
        elif inner is None:
            yield name, _toml_value(value)


def _toml(settings: Mapping[str, Any]) -> str:
    return _toml_table("tool.dext", settings)


def _toml_table(name: str, data: Mapping[str, Any]) -> str:
    lines = [f"{_toml_key(key)} = {_toml_value(value)}\n" for key, value in data.items() if not isinstance(value, dict)]
    inner = {key: value for key, value in data.items() if isinstance(value, dict)}
    tables = [_toml_table(f"{name}.{_toml_key(key)}", value) for key, value in inner.items()]
    own = [f"[{name}]\n{''.join(lines)}"] if lines or not tables else []
    return "\n".join([*own, *tables])


def _toml_key(key: str) -> str:
    return key if _BARE.fullmatch(key) else _toml_value(key)


def _toml_value(value: object) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(_toml_value, value))}]"
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


_INVOKE: Final = (_yaml_with, _yaml)
_TOML: Final = (_toml_with, _toml)
