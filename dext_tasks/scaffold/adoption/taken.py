"""Names that a tasks.py or noxfile.py has for its own tasks and sessions, found without running it."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Final

from dext_tasks.scaffold.adoption.module import SourceModule, dotted, keyword, text_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

VERBS: Final = frozenset(
    {
        *("adopt", "build", "check", "ci", "clean", "config", "doctor", "fix", "labels", "manual", "new", "release"),
        *("smoke", "upgrade"),
    }
)
"""What is at the top of the verbs' collection."""
_SESSIONS: Final = ("check", "smoke", "ui")


def taken_tasks(module: SourceModule) -> Iterator[str]:
    """Names of the tasks and collections that are listed."""
    if next(module.calls("Collection"), None):
        for function in ("Collection", "add_task", "add_collection"):
            for call in module.calls(function):
                yield from _added(module, call)
    else:
        yield from (name for names in _decorated(module, "task") for name in names)


def _added(module: SourceModule, call: ast.Call) -> Iterator[str]:
    """Names that a call adds to a collection."""
    declared = _declared_names(module)
    named = text_of(keyword(call, "name")) or next(filter(None, map(text_of, call.args[1:])), None)
    if named:
        yield _dashed(named)
        return
    for each in call.args:
        own = (
            dotted(each).rpartition(".")[2] if not isinstance(each, ast.Call) else text_of(next(iter(each.args), None))
        )
        yield from declared.get(own or "", (_dashed(own or ""),))
    yield from (
        _dashed(each.arg) for each in call.keywords if each.arg not in {None, "default", "aliases"} and each.arg
    )


def _declared_names(module: SourceModule) -> dict[str, tuple[str, ...]]:
    return {
        node.name: _names(node, decorator)
        for node in ast.walk(module.tree)
        if isinstance(node, ast.FunctionDef)
        for decorator in node.decorator_list
    }


def _decorated(module: SourceModule, decorator: str) -> Iterator[tuple[str, ...]]:
    """The names of each function that is a task."""
    for node in module.statements:
        if isinstance(node, ast.FunctionDef):
            for each in node.decorator_list:
                called = each.func if isinstance(each, ast.Call) else each
                if dotted(called).rpartition(".")[2] == decorator:
                    yield _names(node, each)


def _names(function: ast.FunctionDef, decorator: ast.expr) -> tuple[str, ...]:
    if not isinstance(decorator, ast.Call):
        return (_dashed(function.name),)
    aliases = keyword(decorator, "aliases")
    others: Iterable[ast.expr] = aliases.elts if isinstance(aliases, ast.List | ast.Tuple) else ()
    name = text_of(keyword(decorator, "name")) or function.name
    return (_dashed(name), *(_dashed(text) for text in map(text_of, others) if text))


def taken_sessions(module: SourceModule) -> list[str] | None:
    """Which of our sessions' names a noxfile has for its own; None if that is not certain."""
    found: set[str] = set()
    decorating = 0
    for node in ast.walk(module.tree):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        for each in node.decorator_list:
            called = each.func if isinstance(each, ast.Call) else each
            if dotted(called).rpartition(".")[2] != "session":
                continue
            decorating += isinstance(each, ast.Call)
            given = keyword(each, "name") if isinstance(each, ast.Call) else None
            name = text_of(given) if given is not None else node.name
            if name is None:
                return None
            found.add(name)
    if module.has_star or sum(1 for _ in module.calls("session")) > decorating:
        return None
    return [name for name in _SESSIONS if name in found]


def _dashed(name: str) -> str:
    # As invoke shows names: https://docs.pyinvoke.org/en/stable/concepts/namespaces.html#dashes-vs-underscores
    return name.replace("_", "-")
