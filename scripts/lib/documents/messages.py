"""The error messages of the package, as its source has them."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dext_tasks.errors import leaves

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_ANYTHING = "…"


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
    """Every message whose text stands where its error is made, each once."""
    names = {leaf.__name__ for leaf in leaves()}
    found: set[Message] = set()
    for file in sorted(package.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in names:
                found.update(_message(node, node.func.id))
    return sorted(found)


def _message(call: ast.Call, error: str) -> Iterator[Message]:
    remedy = next((each.value for each in call.keywords if each.arg == "remedy"), None)
    if call.args and remedy:
        text, advice = _text(call.args[0]), _text(remedy)
        # A text that is all made elsewhere says nothing here.
        if text.strip(_ANYTHING + " :,") and advice.strip(_ANYTHING):
            yield Message(error, text, advice)


def _text(node: ast.expr) -> str:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return re.sub(f"{_ANYTHING}{{2,}}", _ANYTHING, "".join(map(_text, node.values)))
    return _ANYTHING
