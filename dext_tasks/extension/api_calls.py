"""Calls of the extension API in scripts, found by their names, which bundlers keep.

Bundlers rename ``ddClient`` itself, never the properties of what Docker Desktop puts there. So a script is read
as text, for the names alone. A call through a variable of its own is found only where nothing else has that name,
so that what is not found may be there all the same.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from dext_tasks.extension.own_names import CLIENT, binds, is_on_client
from dext_tasks.extension.sdk import Member, ObsoleteMember, members, obsolete_members
from dext_tasks.formats.call_arguments import arguments
from dext_tasks.formats.call_guards import is_guarded
from dext_tasks.formats.script_code import first, matches

if TYPE_CHECKING:
    from collections.abc import Callable

_EXEC_OPTION = "cli.exec option "
DOT = rb"\s{0,99}(?:\?\s{0,9})?\.\s{0,99}"
OPEN = rb"\s{0,99}(?:\?\.\s{0,9})?\("
EXEC = re.compile(rb"cli" + DOT + rb"exec" + OPEN)
# Nothing else in a page is called that: https://docs.docker.com/reference/api/extensions-sdk/
_UNIQUE = {
    "desktopUI.dialog": re.compile(rb"(?P<name>showOpenDialog)(?<=[^\w$]showOpenDialog)" + OPEN),
    "navigate.viewContainerTerminal": re.compile(
        rb"(?P<name>viewContainerTerminal)(?<=[^\w$]viewContainerTerminal)" + OPEN
    ),
    "cli.exec option stream": re.compile(rb"(?P<name>splitOutputLines)(?<=[^\w$]splitOutputLines)\s{0,99}[:,}]"),
}
# Members of the old client that also are members of others are told by what stands before them.
_BEFORE = 20
# What is called, or holds what is called: who compares it or asks for it with ?. does not need it.
_FUNCTIONS = frozenset({"desktopUI.dialog", "navigate.viewContainerTerminal"})
_LOOKED_FOR = re.compile(rb"\s{0,99}(?:&&|\)|[!=]==?|\?)")
_ON_CLIENT_ONLY = frozenset({"backend", "listContainers", "listImages", "openExternal"})


@dataclass(frozen=True)
class Call:
    """The first use of a member in a script.

    Attributes:
        member: What is used.
        line: Line in the script, from 1.
    """

    member: Member
    line: int


@dataclass(frozen=True)
class ObsoleteCall:
    """The first use of an obsolete member in a script."""

    member: ObsoleteMember
    line: int


def uses_client(content: bytes) -> bool:
    """Whether a script has to do with the extension API at all."""
    return first(CLIENT, content) is not None


def calls(content: bytes, *, unguarded: bool = False) -> tuple[Call, ...]:
    """The members in a script that not every API version has, each once.

    Args:
        content: The script.
        unguarded: Whether to leave out those that the script is prepared not to find.
    """
    options = _options(content)
    found = ((member, _offset(member.name, content, options, unguarded=unguarded)) for member in members())
    return tuple(Call(member, line_of(content, offset)) for member, offset in found if offset is not None)


def obsolete_calls(
    content: bytes, own: Callable[[bytes], bool] = lambda _: False, *, unguarded: bool = False
) -> tuple[ObsoleteCall, ...]:
    """The obsolete members in a script, each once.

    Args:
        content: The script.
        own: Whether the UI has a function of that name itself; a call is then one of the client's only if it is
            called on the client.
        unguarded: Whether to leave out those that the script is prepared not to find.
    """
    found = (
        (member, _obsolete_offset(member.name, content, own, unguarded=unguarded)) for member in obsolete_members()
    )
    return tuple(ObsoleteCall(member, line_of(content, offset)) for member, offset in found if offset is not None)


def _obsolete_offset(name: str, content: bytes, own: Callable[[bytes], bool], *, unguarded: bool) -> int | None:
    for found in matches(_obsolete_pattern(name), content):
        is_clients = name in _ON_CLIENT_ONLY or is_on_client(content, found.start()) or not own(name.encode())
        if is_clients and not (unguarded and is_guarded(content, found.start(), found.end("name"))):
            return found.start()
    return None


def _offset(name: str, content: bytes, options: dict[str, int], *, unguarded: bool) -> int | None:
    option = name.removeprefix(_EXEC_OPTION)
    plain = options.get(option) if option != name else _first_member(name, content, unguarded=unguarded)
    unique = _first_unguarded(_UNIQUE[name], content, unguarded=unguarded) if name in _UNIQUE else None
    return min((offset for offset in (plain, unique) if offset is not None), default=None)


def _first_member(name: str, content: bytes, *, unguarded: bool) -> int | None:
    owner = name.partition(".")[0].encode()
    for found in matches(_pattern(name), content):
        before = content[max(0, found.start() - _BEFORE) : found.start()].rstrip()
        if not before.endswith(b".") and binds(content, owner):
            continue
        is_prepared = is_guarded(content, found.start(), found.end()) or (
            name in _FUNCTIONS and _LOOKED_FOR.match(content, found.end()) is not None
        )
        if not (unguarded and is_prepared):
            return found.start()
    return None


def _first_unguarded(pattern: re.Pattern[bytes], content: bytes, *, unguarded: bool) -> int | None:
    for found in matches(pattern, content):
        if not (unguarded and is_guarded(content, found.start(), found.end("name"))):
            return found.start()
    return None


@cache
def _pattern(name: str) -> re.Pattern[bytes]:
    first_part, *others = (part.encode() for part in name.split("."))
    # A pattern that begins with plain text is searched for far faster than one that begins with \b.
    begin = first_part + rb"(?<=\W" + first_part + rb")"
    return re.compile(DOT.join([begin, *others]) + rb"\b(?!\s{0,99}:)")


@cache
def _obsolete_pattern(name: str) -> re.Pattern[bytes]:
    if name in _ON_CLIENT_ONLY:
        return re.compile(rb"ddClient" + DOT + rb"(?P<name>" + name.encode() + rb")\b")
    return re.compile(rb"\.(?P<name>" + name.encode() + rb")" + OPEN)


def _options(content: bytes) -> dict[str, int]:
    """Offsets of the first calls of exec with each option."""
    found: dict[str, int] = {}
    for call in matches(EXEC, content):
        for argument in arguments(content, call.end()):
            for key in argument.keys:
                found.setdefault(key, call.start())
    return found


def line_of(content: bytes, offset: int) -> int:
    """The line of an offset, from 1."""
    return content.count(b"\n", 0, offset) + 1
