"""The error messages of the package, as its source has them."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dext_tasks.errors import leaves

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

_ANYTHING = "…"
_NAMES = frozenset(leaf.__name__ for leaf in leaves())


@dataclass(frozen=True, order=True)
class Message:
    """One message that the package can end with.

    Attributes:
        error: Name of its class.
        text: What is printed; ``…`` stands for what differs each time.
        remedy: What is printed after ``next:``, in the same way.
    """

    error: str
    text: str
    remedy: str


def messages(package: Path) -> list[Message]:
    """Every message whose text stands where its error is made or chosen, each once."""
    found: set[Message] = set()
    for file in sorted(package.rglob("*.py")):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        constants = dict(_constants(tree))
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and (parts := _parts(node)):
                error, text, remedy = parts[0], _text(parts[1], constants), _text(parts[2], constants)
                # A text that is all made elsewhere says nothing here.
                if text.strip(_ANYTHING + " :,") and remedy.strip(_ANYTHING):
                    found.add(Message(error, text, remedy))
    return sorted(found)


def _constants(tree: ast.Module) -> Iterator[tuple[str, ast.expr]]:
    """The names that a module gives to texts."""
    for node in tree.body:
        if isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(node.value, ast.Constant | ast.JoinedStr):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            yield from ((target.id, node.value) for target in targets if isinstance(target, ast.Name))


def _parts(call: ast.Call) -> tuple[str, ast.expr, ast.expr] | None:
    """The error, message and remedy of a call that makes an error, or that says which one a fault is."""
    if error := _error(call.func):
        remedy = next((each.value for each in call.keywords if each.arg == "remedy"), None)
        return (error, call.args[0], remedy) if call.args and remedy else None
    for place, argument in enumerate(call.args[:-2]):
        if error := _error(argument):
            return error, call.args[place + 1], call.args[place + 2]
    return None


def _error(node: ast.expr) -> str:
    """The class of error that an expression names; empty if it names none."""
    name = node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
    return name if name in _NAMES else ""


def _text(node: ast.expr, constants: Mapping[str, ast.expr]) -> str:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        parts = "".join(_text(each, constants) for each in node.values)
        return re.sub(f"{_ANYTHING}{{2,}}", _ANYTHING, parts)
    if isinstance(node, ast.FormattedValue):
        return _text(node.value, constants)
    if isinstance(node, ast.Name) and node.id in constants:
        return _text(constants[node.id], constants)
    return _ANYTHING
