"""The verbs and sessions in the tasks.py and noxfile.py of a repository: in new ones, or by one line in its own."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from dext_tasks.scaffold.adoption.module import SourceModule, dotted, keyword, text_of
from dext_tasks.scaffold.adoption.taken import VERBS, taken_sessions, taken_tasks

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_PACKAGE: Final = "dext_tasks"
# Whoever imports one of these has tasks of invoke: https://www.fabfile.org, https://invocations.readthedocs.io
_INVOKE: Final = frozenset({"invoke", "fabric", "invocations"})
# What a module that makes tasks is asked for; a star may be any of these.
_INVOKES_NAMES: Final = frozenset({"*", "Collection", "namespace", "ns", "task"})
# Other tools whose files are called tasks.py, too.
_QUEUES: Final = frozenset({"celery", "dramatiq", "huey", "rq"})
# Linters want imports at the top, and a statement a line.
_UNLINTED: Final = "  # noqa: E402, E702"
_PREFIX: Final = "dext-"
# What ours are called in a file that has other uses for their names.
_OTHERS: Final = {"register": "register_dext", "tasks_for": "dext_tasks_for", "with_verbs": "with_dext_verbs"}
_PLAIN: Final = re.compile(r"[A-Za-z0-9._/ -]*")


class Member(NamedTuple):
    """One of several extensions of a repository.

    Attributes:
        name: What its tasks are called under.
        folder: Where it is, from the folder of the file.
    """

    name: str
    folder: str


class ByHand(NamedTuple):
    """What a person has to write.

    Attributes:
        file: Where.
        text: What.
        why: Why it is not written for them, as the part of a sentence.
    """

    file: str
    text: str
    why: str


class Wired(NamedTuple):
    """A file that has what it needs.

    Attributes:
        content: All of it.
        line: Where the new line is, from 1; 0 in a new file.
        notes: What people should know, a sentence each, without its full stop.
    """

    content: bytes
    line: int = 0
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Wiring:
    """What is wanted of the files of a folder.

    Attributes:
        members: The extensions of a repository with several; empty where the folder is the extension itself.
    """

    members: tuple[Member, ...] = ()

    def tasks(self, name: str, content: bytes | None) -> Wired | ByHand | None:
        """What becomes of the file that invoke loads.

        Args:
            name: What it is called.
            content: What it holds; None if it is not there.

        Returns:
            None where nothing is left to do.

        Raises:
            PythonInvalidError: It is not Python.
        """
        if content is None:
            return Wired(self._new_tasks().encode())
        module = SourceModule.parse(name, content)
        members = _missing(module, "tasks_for", self.members, lambda call: call.args[0] if call.args else None)
        if not members if self.members else _has_verbs(module):
            return None
        made = _TasksLine(module, members)
        if why := made.obstacle:
            return ByHand(name, made.text, why)
        taken = self._taken(module)
        notes = tuple(f"`inv {each}` stays yours, and the verb is `inv dext.{each}`" for each in taken)
        return _inserted(name, module, made.text, notes)

    def taken(self, name: str, content: bytes | None) -> tuple[str, ...]:
        """Names of verbs that a file which invoke loads has for tasks of its own; as ``tasks``."""
        return () if content is None else self._taken(SourceModule.parse(name, content))

    def _taken(self, module: SourceModule) -> tuple[str, ...]:
        return () if self.members else tuple(sorted(VERBS.intersection(taken_tasks(module))))

    def sessions(self, name: str, content: bytes | None) -> Wired | ByHand | None:
        """What becomes of the noxfile; as ``tasks``."""
        if content is None:
            return Wired(self._new_sessions().encode())
        module = SourceModule.parse(name, content)
        members = _missing(module, "register", self.members, lambda call: keyword(call, "path"))
        if not members if self.members else f"{_PACKAGE}.sessions" in _modules(module):
            return None
        taken = taken_sessions(module)
        function, imported = _free(module, "register")
        prefix = "" if members or taken == [] else _PREFIX
        calls = [_registration(function, each.name, each.folder) for each in members] or [
            f'{function}(prefix="{prefix}")' if prefix else f"{function}()"
        ]
        text = f"from dext_tasks.sessions import {imported}; {'; '.join(calls)}{_UNLINTED}"
        if why := _no_noxfile(module):
            return ByHand(name, text, why)
        known = [f"{name} has a session {each} of its own, so that ours is {_PREFIX}{each}" for each in taken or ()]
        return _inserted(name, module, text, tuple(known))

    def _new_tasks(self) -> str:
        if not self.members:
            return (
                '"""The tasks of this extension: `inv --list` shows them."""\n\n'
                'from dext_tasks import namespace as ns\n\n__all__ = ["ns"]\n'
            )
        calls = "".join(f"    {_collection('tasks_for', each)},\n" for each in self.members)
        return (
            '"""The tasks of these extensions: `inv --list` shows them."""\n\n'
            f"from invoke import Collection\n\nfrom dext_tasks import tasks_for\n\nns = Collection(\n{calls})\n"
        )

    def _new_sessions(self) -> str:
        calls = [_registration("register", each.name, each.folder) for each in self.members] or ["register()"]
        whose = "these extensions" if self.members else "this extension"
        text = "\n".join(calls)
        return (
            f'"""The sessions of {whose}, for CI: `nox --list` shows them."""\n\n'
            f"from dext_tasks.sessions import register\n\n{text}\n"
        )


@dataclass(frozen=True)
class _TasksLine:
    """The line for a tasks.py.

    Attributes:
        module: The file.
        members: The extensions that it lacks; empty where the folder is the extension itself.
    """

    module: SourceModule
    members: Sequence[Member]

    @property
    def text(self) -> str:
        """The line itself."""
        function, imported = _free(self.module, "with_verbs")
        bound, and_bound = _free(self.module, "tasks_for")
        arguments = ["globals()", *(_collection(bound, each) for each in self.members)]
        imports = ", ".join([*([and_bound] if self.members else []), imported])
        target = f"{self._target} = " if self._target else ""
        return f"from dext_tasks import {imports}; {target}{function}({', '.join(arguments)}){_UNLINTED}"

    @property
    def obstacle(self) -> str:
        """Why it is not certain that the line does what it is for; empty if it is."""
        module = self.module
        if module.ends_early:
            return "the file ends itself before its last line"
        if "globals" in module.bound:
            return "the file has a `globals` of its own"
        if not (self._is_of_invoke or module.is_empty):
            return "nothing in it shows that it holds tasks of invoke"
        if self._target is None:
            return "what `ns` and `namespace` are is only known when it runs"
        return ""

    @property
    def _is_of_invoke(self) -> bool:
        module = self.module
        if not module.imports.isdisjoint(_INVOKE):
            return True
        return module.imports.isdisjoint(_QUEUES) and not _INVOKES_NAMES.isdisjoint(module.imported)

    @property
    def _target(self) -> str | None:
        """The name for the collection, empty where it has one; None if none is certain.

        Of a name that may be another thing than a collection nothing is taken away: invoke looks at both.
        """
        certain = [name for name in ("ns", "namespace") if _is_collection(self.module, name)]
        if certain:
            return ""
        return next((name for name in ("ns", "namespace") if not self._is_open(name)), None)

    def _is_open(self, name: str) -> bool:
        """Whether a name has a value that is not known, or may have one."""
        return name in self.module.bound or (self.module.has_star and name in self.module.read)


def _is_collection(module: SourceModule, name: str) -> bool:
    values = list(module.values(name))
    return bool(values) and all(
        isinstance(each, ast.Call)
        and dotted(each.func).rpartition(".")[2] in {"Collection", "from_module", "with_verbs"}
        for each in values
    )


def _inserted(name: str, module: SourceModule, text: str, notes: tuple[str, ...]) -> Wired | ByHand:
    made = module.insert(text)
    if made is None:
        return ByHand(name, text, "the file would not say the same with it")
    return Wired(made.content, made.line, notes)


def _missing(
    module: SourceModule, function: str, members: Sequence[Member], path: Callable[[ast.Call], ast.expr | None]
) -> tuple[Member, ...]:
    """The extensions that no call of a function names."""
    calls = (call for name in (function, _OTHERS[function]) for call in module.calls(name))
    named = {text_of(path(call)) for call in calls}
    return tuple(each for each in members if each.folder not in named)


def _has_verbs(module: SourceModule) -> bool:
    return any(f"{name}.".startswith(f"{_PACKAGE}.tasks.") or name == _PACKAGE for name in _modules(module))


def _modules(module: SourceModule) -> set[str]:
    """Modules that a file imports, by their full names."""
    nodes = list(ast.walk(module.tree))
    plain = {each.name for node in nodes if isinstance(node, ast.Import) for each in node.names}
    return plain | {str(node.module) for node in nodes if isinstance(node, ast.ImportFrom) and not node.level}


def _free(module: SourceModule, name: str) -> tuple[str, str]:
    """A name for what is imported that the file has no other use for, and how it is imported."""
    other = _OTHERS[name]
    is_other = name in module.bound or name in module.read
    return (other, f"{name} as {other}") if is_other and name not in _ours(module) else (name, name)


def _ours(module: SourceModule) -> set[str]:
    """Names that a file has from this package as they are."""
    nodes = (node for node in ast.walk(module.tree) if isinstance(node, ast.ImportFrom) and not node.level)
    found = (node for node in nodes if (node.module or "").partition(".")[0] == _PACKAGE)
    return {each.name for node in found for each in node.names if each.asname is None}


def _collection(function: str, member: Member) -> str:
    name = "" if member.name == member.folder.rpartition("/")[2] else f", name={_quoted(member.name)}"
    return f"{function}({_quoted(member.folder)}{name})"


def _registration(function: str, name: str, folder: str) -> str:
    return f"{function}(prefix={_quoted(f'{name}-')}, path={_quoted(folder)})"


def _quoted(text: str) -> str:
    return f'"{text}"' if _PLAIN.fullmatch(text) else ascii(text)


def _no_noxfile(module: SourceModule) -> str:
    if module.ends_early:
        return "the file ends itself before its last line"
    if "nox" in module.imports or module.has_star or module.is_empty:
        return ""
    return "nothing in it shows that it holds sessions of nox"
