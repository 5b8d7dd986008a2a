"""What holds of the package as a whole; that imports go one way is import-linter's."""

from __future__ import annotations

import ast
from collections import Counter
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

pytestmark = pytest.mark.made

ROOT = Path(__file__).parents[2]
PACKAGE = "dext_tasks"


def modules() -> dict[str, ast.Module]:
    """Every module of the package, by its dotted name."""
    files = (file.relative_to(ROOT) for file in (ROOT / PACKAGE).rglob("*.py"))
    return {
        ".".join(file.with_suffix("").parts).removesuffix(".__init__"): ast.parse((ROOT / file).read_bytes())
        for file in files
    }


def imported(tree: ast.AST, known: Mapping[str, object]) -> Iterator[str]:
    """Modules of the package that one names, those of types and of single functions, too."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (each.name for each in node.names if each.name in known)
        elif isinstance(node, ast.ImportFrom) and (package := node.module or "") in known:
            names = (f"{package}.{each.name}" for each in node.names)
            yield from (name if name in known else package for name in names)


def cycle(trees: Mapping[str, ast.AST]) -> list[str]:
    """Modules that import each other in a circle; empty if none do."""
    graph = {name: set(imported(tree, trees)) - {name} for name, tree in trees.items()}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        found: list[str] = error.args[1]
        return found
    return []


def test_no_modules_import_each_other_not_even_for_types() -> None:
    assert cycle(modules()) == []


def test_a_circle_is_found_wherever_its_imports_are() -> None:
    circle = {
        "a": ast.parse("if TYPE_CHECKING:\n    from b import C"),
        "b": ast.parse("def f():\n    import a"),
        "c": ast.parse("import a"),
    }
    assert set(cycle(circle)) == {"a", "b"}


def test_no_two_classes_have_one_name() -> None:
    names = Counter(
        node.name for tree in modules().values() for node in ast.walk(tree) if isinstance(node, ast.ClassDef)
    )
    assert [name for name, count in names.items() if count > 1] == []
