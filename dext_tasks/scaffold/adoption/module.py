"""A tasks.py or noxfile.py of somebody else's, read without running it, and extended by a line."""

from __future__ import annotations

import ast
import warnings
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from dext_tasks.errors import PythonInvalidError
from dext_tasks.limits import LARGEST_DOCUMENT

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_ENDING = frozenset({"sys.exit", "exit", "quit", "os._exit", "os.abort"})
# As PEP 8 has it around functions and classes, and elsewhere.
_BLANK_AFTER_DEFINITION = 2
_MAIN = "__main__"


class Inserted(NamedTuple):
    """A file with a line more.

    Attributes:
        content: All of it.
        line: Where the line is, from 1.
    """

    content: bytes
    line: int


@dataclass(frozen=True)
class SourceModule:
    """A file of Python.

    Attributes:
        content: As it is.
        tree: What it says.
    """

    content: bytes
    tree: ast.Module

    @classmethod
    def parse(cls, name: str, content: bytes) -> SourceModule:
        """Read one.

        Args:
            name: What people call it.
            content: As it is, in the encoding that it says.

        Raises:
            PythonInvalidError: It is not Python of the version that runs this.
        """
        remedy = "correct the file; `python -m py_compile` shows the same"
        if len(content) > LARGEST_DOCUMENT:
            raise PythonInvalidError(f"{name} is larger than {LARGEST_DOCUMENT >> 20} MiB", remedy="make it smaller")
        try:
            return cls(content, _parsed(content))
        except SyntaxError as error:
            where = f"{name}:{error.lineno}" if error.lineno else name
            raise PythonInvalidError(f"{where} is not valid Python: {error.msg}", remedy=remedy) from error
        except (ValueError, RecursionError, MemoryError) as error:
            raise PythonInvalidError(
                f"{name} is not valid Python: {str(error) or 'too deep'}", remedy=remedy
            ) from error

    @cached_property
    def statements(self) -> tuple[ast.stmt, ...]:
        """What runs when it is loaded, in the order of the file, without what is in functions and classes."""
        return tuple(_running(self.tree.body))

    @cached_property
    def imports(self) -> frozenset[str]:
        """The packages that it imports from, by their first names; a relative one has an empty name."""
        found: set[str] = set()
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                found.update(each.name.partition(".")[0] for each in node.names)
            elif isinstance(node, ast.ImportFrom):
                found.add("" if node.level else (node.module or "").partition(".")[0])
        return frozenset(found)

    @cached_property
    def imported(self) -> frozenset[str]:
        """What it takes from other modules by name, a star for whatever one has."""
        nodes = (node for node in self.statements if isinstance(node, ast.ImportFrom))
        return frozenset(each.name for node in nodes for each in node.names)

    @property
    def has_star(self) -> bool:
        """Whether it takes over whatever another module has."""
        return "*" in self.imported

    @cached_property
    def bound(self) -> frozenset[str]:
        """The names that it gives a value when it is loaded, and perhaps some more."""
        found: set[str] = set()
        for node in self.statements:
            if isinstance(node, _DEFINITIONS):
                found.add(node.name)
            elif isinstance(node, ast.Import | ast.ImportFrom):
                found.update(each.asname or each.name.partition(".")[0] for each in node.names)
            else:
                found.update(
                    each.id for each in ast.walk(node) if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store)
                )
        return frozenset(found)

    @cached_property
    def read(self) -> frozenset[str]:
        """The names that it uses anywhere."""
        nodes = ast.walk(self.tree)
        return frozenset(node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load))

    @cached_property
    def is_empty(self) -> bool:
        """Whether it holds a docstring at most."""
        return all(isinstance(each, ast.Expr) and isinstance(each.value, ast.Constant) for each in self.tree.body)

    @cached_property
    def ends_early(self) -> bool:
        """Whether nothing after its last line would run."""
        return any(isinstance(node, ast.Raise) or _ends(node) for node in self.tree.body)

    def calls(self, name: str) -> Iterator[ast.Call]:
        """Every call of a function or method of a name."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Call) and dotted(node.func).rpartition(".")[2] == name:
                yield node

    def values(self, name: str) -> Iterator[ast.expr | None]:
        """What a name is given when the module is loaded; None where that is more than an expression."""
        for node in self.statements:
            if isinstance(node, ast.Assign | ast.AnnAssign) and name in map(dotted, _targets(node)):
                yield node.value if node in self.tree.body else None
            elif name in _bound_otherwise(node):
                yield None

    def insert(self, line: str) -> Inserted | None:
        """Insert a line after everything else, or before what runs the file as a program.

        Nothing else changes: each byte is kept, the line has the line ends of the file, and in ASCII it is the same in
        every encoding that Python takes.

        Args:
            line: The line, of ASCII.

        Returns:
            None if the result would say anything else than the file and the line.
        """
        index = len(self.tree.body) - bool(self.tree.body and _is_main(self.tree.body[-1]))
        lines = self.content.splitlines(keepends=True)
        at = _after(self.tree.body, index, lines)
        eol = _line_end(lines)
        before = b"".join(lines[:at])
        if before and not before.endswith((b"\n", b"\r")):
            before += eol
        missing = _blank_before(self.tree.body[:index]) - _blank_at_end(lines[:at])
        blank = eol * max(0, missing) if before.strip() else b""
        content = before + blank + line.encode("ascii") + eol + b"".join(lines[at:])
        if not self._says_as_much(content, line, index):
            return None
        return Inserted(content, (before + blank).count(b"\n" if eol != b"\r" else b"\r") + 1)

    def _says_as_much(self, content: bytes, line: str, index: int) -> bool:
        try:
            body, added = _parsed(content).body, _parsed(line.encode("ascii")).body
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return False
        wanted = [*self.tree.body[:index], *added, *self.tree.body[index:]]
        return list(map(ast.dump, body)) == list(map(ast.dump, wanted))


def dotted(node: ast.expr) -> str:
    """The name of something as it is written, such as ``nox.session``; empty for anything else than a name."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        inner = dotted(node.value)
        return f"{inner}.{node.attr}" if inner else ""
    return ""


def _targets(node: ast.Assign | ast.AnnAssign) -> Sequence[ast.expr]:
    return node.targets if isinstance(node, ast.Assign) else (node.target,)


def text_of(node: ast.expr | None) -> str | None:
    """A string that stands in the source; None for anything else."""
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def keyword(call: ast.Call, name: str) -> ast.expr | None:
    """An argument of a call that is given by its name."""
    return next((each.value for each in call.keywords if each.arg == name), None)


def _parsed(content: bytes) -> ast.Module:
    with warnings.catch_warnings():
        # Of odd escapes in somebody else's strings.
        warnings.simplefilter("ignore")
        return ast.parse(content)


def _running(body: Sequence[ast.stmt]) -> Iterator[ast.stmt]:
    for node in body:
        yield node
        if isinstance(node, _DEFINITIONS):
            continue
        for name in ("body", "orelse", "finalbody"):
            yield from _running(getattr(node, name, ()))
        for each in (*getattr(node, "handlers", ()), *getattr(node, "cases", ())):
            yield from _running(each.body)


def _bound_otherwise(node: ast.stmt) -> set[str]:
    """Names that a statement itself gives a value, other than by an assignment to a single name."""
    if isinstance(node, _DEFINITIONS):
        return {node.name}
    if isinstance(node, ast.Import | ast.ImportFrom):
        return {each.asname or each.name.partition(".")[0] for each in node.names}
    inner = {id(each) for each in _running([node])} - {id(node)}
    found: set[str] = set()
    left: list[ast.AST] = [node]
    while left:
        each = left.pop()
        if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store):
            found.add(each.id)
        left += [child for child in ast.iter_child_nodes(each) if id(child) not in inner]
    return found


def _ends(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Call) and dotted(node.value.func) in _ENDING


def _is_main(node: ast.stmt) -> bool:
    """Whether a statement is ``if __name__ == "__main__":``."""
    if not (isinstance(node, ast.If) and isinstance(node.test, ast.Compare)):
        return False
    sides = (node.test.left, *node.test.comparators)
    names = {side.id for side in sides if isinstance(side, ast.Name)}
    return names == {"__name__"} and any(text_of(side) == _MAIN for side in sides)


def _after(body: Sequence[ast.stmt], index: int, lines: Sequence[bytes]) -> int:
    """How many lines come before the new one."""
    if index == len(body):
        return len(lines)
    return (body[index - 1].end_lineno or 0) if index else body[0].lineno - 1


def _line_end(lines: Sequence[bytes]) -> bytes:
    """That of the last line which has one."""
    last = next((line for line in reversed(lines) if line.endswith((b"\n", b"\r"))), b"\n")
    return last[len(last.rstrip(b"\r\n")) :][-2:] if last.endswith(b"\r\n") else last[-1:]


def _blank_before(body: Sequence[ast.stmt]) -> int:
    return _BLANK_AFTER_DEFINITION if body and isinstance(body[-1], _DEFINITIONS) else 1


def _blank_at_end(lines: Sequence[bytes]) -> int:
    count = 0
    for line in reversed(lines):
        if line.strip():
            break
        count += 1
    return count
