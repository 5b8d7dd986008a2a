"""Settings at places that only some of ``inv``, nox and ``dext`` would see: each is refused, and none is ignored.

invoke takes configuration from more places than a program can know of that does not run the repository's own
tasks.py: https://docs.pyinvoke.org/en/stable/concepts/configuration.html
"""

from __future__ import annotations

import ast
import difflib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import filterfalse
from typing import TYPE_CHECKING

from dext_tasks.config.repository import repository_top
from dext_tasks.wording import excerpt

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from dext_tasks.config.entry import Section

CONFIGURED = "ns.configure in tasks.py"
"""Where settings are that were found by running tasks.py, not by reading it."""

_KEY = "dext"
_NAMES_OF_THE_PACKAGE = frozenset({_KEY, "dext-tasks", "dexttasks"})
# One letter of four.
_NEAR = 0.75
# Of the dots in a key.
_DEEPEST = 3
_TASKS = ("tasks.py", "tasks/__init__.py")
_INVOKE_ENVIRONMENT = "INVOKE_DEXT_"
# What a folder has that is an extension itself, so that settings in it are its own.
_EXTENSION = ("metadata.json", "Dockerfile", "dockerfile")


@dataclass(frozen=True)
class Stray:
    """A setting where it does not belong.

    Attributes:
        where: File and line, or what else people call the place.
        why: What is wrong with it, in a few words that follow the place.
    """

    where: str
    why: str


def of_variables(env: Mapping[str, str]) -> Iterator[Stray]:
    """Variables of invoke's own form, which invoke applies only to keys that it knows from elsewhere."""
    for name in sorted(env):
        if name.startswith(_INVOKE_ENVIRONMENT):
            yield Stray(name, f"reaches `inv` alone; set DEXT_{name.removeprefix(_INVOKE_ENVIRONMENT)}")


def of_tasks(root: Path) -> Iterator[Stray]:
    """``ns.configure({"dext": …})`` in the tasks.py that ``inv`` loads for a folder, found without running it."""
    for folder in folders(root):
        for name in _TASKS:
            if (folder / name).is_file():
                yield from _of_module(folder / name, root, _configured, 'configures "dext", which reaches `inv` alone')
                return


def of_invoke_py(root: Path) -> Iterator[Stray]:
    """``dext = …`` in an invoke.py, which is a program, too."""
    if (root / "invoke.py").is_file():
        yield from _of_module(root / "invoke.py", root, _assigned, "sets `dext`, which reaches `inv` alone")


def of_sections(root: Path, found: Sequence[Section], is_setting: Callable[[str, object], bool]) -> Iterator[Stray]:
    """Settings in a part of a file that is not ours: under a name nearly ours, or at the top of a file for invoke.

    What is at the top may be another tool's by the same name, and is taken for ours only where an extension has nothing
    under our own name.

    Args:
        root: The extension's folder.
        found: The parts of its files.
        is_setting: Whether there is a setting of a dotted key, and it takes the value.
    """
    has_own = any(_is_own(each) and each.data is not None for each in found)
    may_lack = not has_own and (root / "metadata.json").is_file()
    for each in filterfalse(_is_own, found):
        if _is_misnamed(each, is_setting, has_own=has_own):
            right = "`[tool.dext]`" if _is_of_pyproject(each) else "`dext:`"
            yield Stray(each.where, f"has settings under `{excerpt(each.name)}`, which nothing reads; {right} is read")
        elif may_lack and not _is_of_pyproject(each) and _are_settings({each.name: each.data}, is_setting):
            theirs = "if it is another tool's, an empty `dext: {}` beside it says so"
            yield Stray(each.where, f"sets `{excerpt(each.name)}` outside of `dext:`, where nothing reads it; {theirs}")


def _is_of_pyproject(section: Section) -> bool:
    return section.where.startswith("pyproject.toml")


def _is_own(section: Section) -> bool:
    return section.name == (f"tool.{_KEY}" if _is_of_pyproject(section) else _KEY)


def _is_misnamed(section: Section, is_setting: Callable[[str, object], bool], *, has_own: bool) -> bool:
    if not isinstance(section.data, Mapping) or not section.data:
        return False
    name = section.name.removeprefix("tool.").casefold().replace("_", "-")
    if name in _NAMES_OF_THE_PACKAGE:
        return True
    # A word such as `text` or `next` is as near, and may be anything.
    is_near = difflib.SequenceMatcher(None, name, _KEY).ratio() >= _NEAR
    return is_near and not has_own and _are_settings(section.data, is_setting)


def _are_settings(data: Mapping[str, object], is_setting: Callable[[str, object], bool]) -> bool:
    """Whether there is something in a mapping, and all of it are settings."""
    found = [*_flat(data, is_setting, "")]
    return bool(found) and all(found)


def _flat(data: Mapping[str, object], is_setting: Callable[[str, object], bool], above: str) -> Iterator[bool]:
    for name, value in data.items():
        key = f"{above}{name}".replace("_", "-")
        if is_setting(key, value):
            yield True
        elif isinstance(value, Mapping) and above.count(".") < _DEEPEST:
            yield from _flat(value, is_setting, f"{key}.")
        else:
            yield False


def is_extension(folder: Path) -> bool:
    """Whether a folder has what makes an extension, by the usual names."""
    return any((folder / name).is_file() for name in _EXTENSION)


def folders(root: Path) -> Iterator[Path]:
    """A folder and those above it, up to the root of its repository; itself alone outside of one."""
    top, folder = repository_top(root), root.resolve()
    yield folder
    while top is not None and folder != top:
        folder = folder.parent
        yield folder


def shown(file: Path, root: Path) -> str:
    """A file as people at the extension's folder call it."""
    return os.path.relpath(file, root.resolve())


def _of_module(
    file: Path, root: Path, find: Callable[[ast.Module], Iterator[ast.expr | ast.stmt]], why: str
) -> Iterator[Stray]:
    try:
        text = file.read_text(encoding="utf-8")
        # Most files can be ruled out without a parser.
        module = ast.parse(text) if _KEY in text else None
    except (OSError, ValueError, SyntaxError, RecursionError):
        # Whoever runs it says what is wrong with it.
        return
    for found in find(module) if module else ():
        yield Stray(f"{shown(file, root)}:{found.lineno}", why)


def _configured(module: ast.Module) -> Iterator[ast.expr]:
    values = _values(module)
    for node in ast.walk(module):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "configure":
            given = [*node.args, *(keyword.value for keyword in node.keywords)]
            if any(_has_key(each, values, set()) for each in given):
                yield node


def _assigned(module: ast.Module) -> Iterator[ast.stmt]:
    for node in module.body:
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        if any(isinstance(target, ast.Name) and target.id == _KEY for target in targets):
            yield node


def _values(module: ast.Module) -> dict[str, list[ast.expr]]:
    """What names stand for where it is written down; ``x["dext"] = 1`` counts as a mapping with that key."""
    found: dict[str, list[ast.expr]] = {}
    assignments = (node for node in ast.walk(module) if isinstance(node, ast.Assign))
    for node in assignments:
        for target in node.targets:
            if isinstance(target, ast.Name):
                found.setdefault(target.id, []).append(node.value)
            if isinstance(target, ast.Subscript) and isinstance(target.value, ast.Name):
                found.setdefault(target.value.id, []).append(ast.Dict(keys=[target.slice], values=[node.value]))
    return found


def _has_key(node: ast.expr, values: Mapping[str, list[ast.expr]], seen: set[str]) -> bool:
    """Whether an expression is a mapping with the key, by what can be read off it."""
    match node:
        case ast.Dict(keys=keys, values=inner):
            pairs = zip(keys, inner, strict=True)
            return any(_has_key(value, values, seen) if key is None else _is_key(key) for key, value in pairs)
        case ast.Call(func=ast.Name(id="dict"), args=args, keywords=keywords):
            merged = [*args, *(each.value for each in keywords if each.arg is None)]
            return any(each.arg == _KEY for each in keywords) or any(_has_key(each, values, seen) for each in merged)
        case ast.BinOp(op=ast.BitOr(), left=left, right=right):
            return _has_key(left, values, seen) or _has_key(right, values, seen)
        case ast.Name(id=name) if name not in seen:
            return any(_has_key(each, values, seen | {name}) for each in values.get(name, ()))
    return False


def _is_key(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value == _KEY
