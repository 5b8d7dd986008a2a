"""Which module starts which program: git and docker have one place each."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import dext_tasks

if TYPE_CHECKING:
    from collections.abc import Iterator

PACKAGE = Path(dext_tasks.__file__).parent
STARTERS = {
    "cosign.py": "cosign",
    "doctor/browser.py": "the browser, for its version",
    "engine/client.py": "docker",
    "engine/connection.py": "docker, for its connection to the engine",
    "engine/launcher.py": "docker, with variables from a file",
    "engine/watchdog.py": "docker, with a bound",
    "git/command.py": "git",
    "registry/credentials.py": "credential helpers of docker's configuration",
    "ui/page_test.py": "tests of a page, in a Python of their own",
}
"""Every module that starts a program, and what it starts."""

_MODULES = {"subprocess", "python_on_whales", "multiprocessing", "pty"}
_CALLS = ("os.exec", "os.spawn", "os.posix_spawn", "os.popen", "os.system", "asyncio.create_subprocess", "os.fork")


def test_every_module_that_starts_a_program_is_known() -> None:
    assert {file.relative_to(PACKAGE).as_posix() for file in PACKAGE.rglob("*.py") if _starts(file)} == {*STARTERS}


def test_one_module_runs_git() -> None:
    assert [name for name in STARTERS if "git" in _first_words(PACKAGE / name)] == ["git/command.py"]


def test_docker_is_run_in_engine_only() -> None:
    assert [name for name in STARTERS if "docker" in _first_words(PACKAGE / name)] == ["engine/client.py"]


# These only become what another module has told of.
_UNTOLD = {"engine/launcher.py", "engine/watchdog.py"}
_RUNS = ("subprocess.run", "subprocess.Popen", "_Process", "playwright.chromium.launch")


@pytest.mark.parametrize("name", sorted({*STARTERS, "ui/browser.py"} - _UNTOLD))
def test_every_program_is_told_of_in_the_log(name: str) -> None:
    tree = ast.parse((PACKAGE / name).read_text(encoding="utf-8"))
    told = {id(inner) for node in ast.walk(tree) if _is_told(node) for inner in ast.walk(node)}
    runs = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and ast.unparse(node.func) in _RUNS]
    assert runs
    assert [ast.unparse(node) for node in runs if id(node) not in told] == []


def test_every_decision_is_told_by_the_function_that_leaves_secrets_out() -> None:
    files = [file for file in PACKAGE.rglob("*.py") if "_LOG.debug(" in file.read_text(encoding="utf-8")]
    assert files == []


def _is_told(node: ast.AST) -> bool:
    if isinstance(node, ast.FunctionDef):
        return "enter_context(self._told(" in ast.unparse(node)
    items = node.items if isinstance(node, ast.With | ast.AsyncWith) else ()
    return any(ast.unparse(item.context_expr).startswith(("calls.command(", "self._told(")) for item in items)


def _starts(file: Path) -> bool:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    for_types = {id(inner) for node in ast.walk(tree) if _is_for_types(node) for inner in ast.walk(node)}
    return any(_is_start(node) for node in ast.walk(tree) if id(node) not in for_types)


def _is_for_types(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"


def _is_start(node: ast.AST) -> bool:
    if isinstance(node, ast.Import):
        return any(alias.name.partition(".")[0] in _MODULES for alias in node.names)
    if isinstance(node, ast.ImportFrom):
        return (node.module or "").partition(".")[0] in _MODULES
    return isinstance(node, ast.Call) and ast.unparse(node.func).startswith(_CALLS)


def _first_words(file: Path) -> Iterator[str]:
    """The first word of everything that may be a command line."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.List | ast.Tuple) and node.elts and isinstance(node.elts[0], ast.Constant):
            yield str(node.elts[0].value)
