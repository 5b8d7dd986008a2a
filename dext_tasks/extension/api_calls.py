"""Calls of the extension API in scripts, found by their names, which bundlers keep.

Bundlers rename ``ddClient`` itself, never the properties of what Docker Desktop puts there. So a script is read
as text, for the names alone. A call through a variable of its own is found only where nothing else has that name,
so that what is not found may be there all the same.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from itertools import islice

from dext_tasks.extension.call_arguments import arguments
from dext_tasks.extension.sdk import Member, ObsoleteMember, members, obsolete_members

_EXEC_OPTION = "cli.exec option "
# A bundle of 10 MB is read in well under a second by the patterns; arguments take longer, so they are read of the
# first calls only.
MOST_CALLS = 300
_CLIENT = re.compile(rb"ddClient|DockerDesktopClient")
DOT = rb"\s{0,99}(?:\?\s{0,9})?\.\s{0,99}"
OPEN = rb"\s{0,99}(?:\?\.\s{0,9})?\("
EXEC = re.compile(rb"cli" + DOT + rb"exec" + OPEN)
# Nothing else in a page is called that: https://docs.docker.com/reference/api/extensions-sdk/
_UNIQUE = {
    "desktopUI.dialog": re.compile(rb"showOpenDialog(?<=[^\w$]showOpenDialog)" + OPEN),
    "navigate.viewContainerTerminal": re.compile(rb"viewContainerTerminal(?<=[^\w$]viewContainerTerminal)" + OPEN),
    "cli.exec option stream": re.compile(rb"splitOutputLines(?<=[^\w$]splitOutputLines)\s{0,99}[:,}]"),
}
# Members of the old client that also are members of others are told by what stands before them.
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
    return bool(_CLIENT.search(content))


def calls(content: bytes) -> tuple[Call, ...]:
    """The members in a script that not every API version has, each once."""
    options = _options(content)
    found = ((member, _offset(member.name, content, options)) for member in members())
    return tuple(Call(member, line_of(content, offset)) for member, offset in found if offset is not None)


def obsolete_calls(content: bytes) -> tuple[ObsoleteCall, ...]:
    """The obsolete members in a script, each once."""
    found = ((member, _first(_obsolete_pattern(member.name), content)) for member in obsolete_members())
    return tuple(ObsoleteCall(member, line_of(content, offset)) for member, offset in found if offset is not None)


def _offset(name: str, content: bytes, options: dict[str, int]) -> int | None:
    option = name.removeprefix(_EXEC_OPTION)
    plain = options.get(option) if option != name else _first(_pattern(name), content)
    unique = _first(_UNIQUE[name], content) if name in _UNIQUE else None
    return min((offset for offset in (plain, unique) if offset is not None), default=None)


@cache
def _pattern(name: str) -> re.Pattern[bytes]:
    first, *others = (part.encode() for part in name.split("."))
    # A pattern that begins with plain text is searched for far faster than one that begins with \b.
    return re.compile(DOT.join([first + rb"(?<=\W" + first + rb")", *others]) + rb"\b(?!\s{0,99}:)")


@cache
def _obsolete_pattern(name: str) -> re.Pattern[bytes]:
    if name in _ON_CLIENT_ONLY:
        return re.compile(rb"ddClient" + DOT + name.encode() + rb"\b")
    return re.compile(rb"\." + name.encode() + OPEN)


def _first(pattern: re.Pattern[bytes], content: bytes) -> int | None:
    found = pattern.search(content)
    return found.start() if found else None


def _options(content: bytes) -> dict[str, int]:
    """Offsets of the first calls of exec with each option."""
    found: dict[str, int] = {}
    for call in islice(EXEC.finditer(content), MOST_CALLS):
        for argument in arguments(content, call.end()):
            for key in argument.keys:
                found.setdefault(key, call.start())
    return found


def line_of(content: bytes, offset: int) -> int:
    """The line of an offset, from 1."""
    return content.count(b"\n", 0, offset) + 1
