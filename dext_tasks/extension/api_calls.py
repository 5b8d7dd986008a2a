"""Calls of the extension API in scripts, found by their names, which bundlers keep.

Bundlers rename ``ddClient`` itself, never the properties of what Docker Desktop puts there. So a script is read
as text, for the names alone: a call through a variable of its own is missed, which is why nothing here is an error.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from dext_tasks.extension.sdk import Member, ObsoleteMember, members, obsolete_members

if TYPE_CHECKING:
    from collections.abc import Iterator

_EXEC_OPTION = "cli.exec option "
# A bundle of 10 MB is read in well under a second by the patterns; arguments are read character by character, so
# they are bounded, to the first calls and to the beginning of each.
_MOST_CALLS = 300
_LONGEST_ARGUMENTS = 2000
_CLIENT = re.compile(rb"ddClient|DockerDesktopClient")
_DOT = rb"\s{0,99}(?:\?\s{0,9})?\.\s{0,99}"
_EXEC = re.compile(rb"cli" + _DOT + rb"exec\s{0,99}(?:\?\.\s{0,9})?\(")
_TOKEN = re.compile(
    rb"""(?P<string>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`(?:[^`\\]|\\.)*`)|(?P<open>[(\[{])|(?P<close>[)\]}])"""
    rb"""|(?P<key>\b(?:stream|cwd|env)\b)(?=\s{0,99}[:,}(])""",
    re.DOTALL,
)
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
    found = []
    for member in members():
        option = member.name.removeprefix(_EXEC_OPTION)
        offset = options.get(option) if option != member.name else _first(_pattern(member.name), content)
        if offset is not None:
            found.append(Call(member, _line(content, offset)))
    return tuple(found)


def obsolete_calls(content: bytes) -> tuple[ObsoleteCall, ...]:
    """The obsolete members in a script, each once."""
    found = ((member, _first(_obsolete_pattern(member.name), content)) for member in obsolete_members())
    return tuple(ObsoleteCall(member, _line(content, offset)) for member, offset in found if offset is not None)


@cache
def _pattern(name: str) -> re.Pattern[bytes]:
    first, *others = (part.encode() for part in name.split("."))
    # A pattern that begins with plain text is searched for far faster than one that begins with \b.
    return re.compile(_DOT.join([first + rb"(?<=\W" + first + rb")", *others]) + rb"\b(?!\s{0,99}:)")


@cache
def _obsolete_pattern(name: str) -> re.Pattern[bytes]:
    if name in _ON_CLIENT_ONLY:
        return re.compile(rb"ddClient" + _DOT + name.encode() + rb"\b")
    return re.compile(rb"\." + name.encode() + rb"\s{0,99}\(")


def _first(pattern: re.Pattern[bytes], content: bytes) -> int | None:
    found = pattern.search(content)
    return found.start() if found else None


def _options(content: bytes) -> dict[str, int]:
    """Offsets of the first calls of exec with each option."""
    found: dict[str, int] = {}
    for number, call in enumerate(_EXEC.finditer(content)):
        if number == _MOST_CALLS:
            break
        for key in _keys(content[call.end() : call.end() + _LONGEST_ARGUMENTS]):
            found.setdefault(key, call.start())
    return found


def _keys(arguments: bytes) -> Iterator[str]:
    """Keys of the objects among the arguments, not of those inside of them."""
    depth: list[bytes] = []
    for token in _TOKEN.finditer(arguments):
        if token["open"]:
            depth.append(token["open"])
        elif token["close"] and not depth:
            return
        elif token["close"]:
            depth.pop()
        elif token["key"] and depth == [b"{"]:
            yield token["key"].decode()


def _line(content: bytes, offset: int) -> int:
    return content.count(b"\n", 0, offset) + 1
