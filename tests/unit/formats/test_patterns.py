from __future__ import annotations

import ast
import re
from pathlib import Path

import dext_tasks

# Before 3.11.5 a possessive quantifier on a group matches too little, or never ends, where the group can backtrack. An
# atomic group says the same and is right in all of them: https://github.com/python/cpython/issues/106052
_POSSESSIVE_GROUP = re.compile(r"\)(?:[*+?]|\{\d*,?\d*\})\+")
# What of a pattern is text, so that a bracket in it groups nothing.
_ESCAPES_AND_CLASSES = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]", re.DOTALL)


def _strings(source: str) -> list[tuple[int, str]]:
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.JoinedStr):
            parts = (str(part.value) if isinstance(part, ast.Constant) else "x" for part in node.values)
            found.append((node.lineno, "".join(parts)))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str | bytes):
            value = node.value if isinstance(node.value, str) else node.value.decode("latin-1")
            found.append((node.lineno, value))
    return found


def _is_possessive_group(pattern: str) -> bool:
    return bool(_POSSESSIVE_GROUP.search(_ESCAPES_AND_CLASSES.sub("x", pattern)))


def test_a_group_is_atomic_rather_than_possessive() -> None:
    root = Path(dext_tasks.__file__).parent
    assert [
        f"{file.relative_to(root)}:{line}"
        for file in sorted(root.rglob("*.py"))
        for line, text in _strings(file.read_text("utf-8"))
        if _is_possessive_group(text)
    ] == []


def test_what_a_possessive_group_is() -> None:
    assert _is_possessive_group(r"(?:a|b)*+")
    assert _is_possessive_group(r"(?:[)]|b){2,}+")
    assert not _is_possessive_group(r"(?>(?:a|b)*)")
    assert not _is_possessive_group(r"[()*+]")
    assert not _is_possessive_group(r"\)++")
