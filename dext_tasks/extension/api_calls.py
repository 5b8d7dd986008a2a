"""Calls of the extension API in scripts, found by their names, which bundlers keep.

Bundlers rename ``ddClient`` itself, never the properties of what Docker Desktop puts there. So a script is read
as text, for the names alone. A call through a variable of its own is found only where nothing else has that name,
so that what is not found may be there all the same.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from dext_tasks.extension.sdk import ApiMember, ObsoleteMember, members, obsolete_members
from dext_tasks.formats.javascript import MOST_MATCHES, arguments, first, is_comment, is_guarded, is_text, matches
from dext_tasks.regex import regex

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


CLIENT = regex(rb"ddClient|DockerDesktopClient")
_CLIENT_NAME = regex(rb"(?i:client)\Z|^ddc?\Z")
_AROUND = 200
_WORD = regex(rb"[\w$]")
_FUNCTION = regex(rb"(?<![\w$])function\s*\*?\s*\Z")
_VARIABLE = regex(rb"(?:(?<![\w$])(?:const|let|var)\s+|(?<![\w$])this\.)\Z")
_ASSIGNED = regex(rb"\s*(?::(?:[^=;\n]|=>){0,99})?=(?![=>])")
_PROPERTY = regex(rb"['\"]?\s*:\s*(?:async\b|function\b|\(|[\w$]+\s*(?:=>|[,}]))")
_METHOD = regex(rb"\s*(?:=\s*)?(?:async\s*)?\([^()]{0,200}\)\s*(?::[^{=;\n]{0,99})?(?:\{|=>)")
_ARROW = regex(rb"\s*=>")
_PARAMETERS_BEFORE = regex(rb"\(\s*(?:[\w$]+\s*(?::[^,()]{0,99})?,\s*)*\Z")
_PARAMETERS_AFTER = regex(rb"\s*(?::[^,()]{0,99})?(?:,[^()]{0,99})?\)\s*(?::[^{=;\n]{0,99})?(?:=>|\{)")
_LOOP = regex(rb"\s+(?:of|in)\b")
_NOT_OF_CLIENT = regex(rb"\s*(?::(?:[^=;\n]|=>){0,99})?=(?![=>])(?![^;\n]{0,120}(?i:client))")
_RECEIVER = regex(rb"(?P<name>[\w$]+)\s*(?:\([^()]*\)\s*)?[!?]?\s*\Z")


def defines(content: bytes, name: bytes) -> bool:
    """Whether a script has a function, or a value that may be one, of this name."""
    return any(_is_definition(before, after) for before, after in _uses(content, name))


def _is_definition(before: bytes, after: bytes) -> bool:
    if _FUNCTION.search(before):
        return True
    if _VARIABLE.search(before):
        return bool(_ASSIGNED.match(after))
    # What is called on something is defined there.
    return not before.rstrip().endswith(b".") and bool(_PROPERTY.match(after) or _METHOD.match(after))


def binds(content: bytes, name: bytes) -> bool:
    """Whether a script has a parameter or a variable of this name that is not a part of the client."""
    return any(_is_binding(before, after) for before, after in _uses(content, name))


def _is_binding(before: bytes, after: bytes) -> bool:
    if _VARIABLE.search(before):
        return bool(_LOOP.match(after) or _NOT_OF_CLIENT.match(after))
    if before.rstrip().endswith(b"."):
        return False
    is_parameter = bool(_PARAMETERS_BEFORE.search(before) and _PARAMETERS_AFTER.match(after))
    return bool(_ARROW.match(after)) or is_parameter


def is_on_client(content: bytes, dot: int) -> bool:
    """Whether what stands before a dot is the client: by its name, or as the script has made it that."""
    found = _RECEIVER.search(content[max(0, dot - _AROUND) : dot])
    return bool(found and (_CLIENT_NAME.search(found["name"]) or _is_made_client(content, found["name"])))


def _is_made_client(content: bytes, name: bytes) -> bool:
    made = re.compile(rb"(?<![\w$.])" + re.escape(name) + rb"\s*(?::[^=;\n]{0,99})?=\s*[^;\n]{0,120}\Z")
    return any(made.search(content[max(0, each.start() - _AROUND) : each.start()]) for each in matches(CLIENT, content))


def _uses(content: bytes, name: bytes) -> Iterator[tuple[bytes, bytes]]:
    """What stands before and after each use of a name, the first three hundred of them."""
    at = -1
    for _ in range(MOST_MATCHES):
        at = content.find(name, at + 1)
        if at < 0:
            return
        before, after = content[max(0, at - _AROUND) : at], content[at + len(name) : at + len(name) + _AROUND * 2]
        if not (_WORD.match(before[-1:]) or _WORD.match(after)) and not is_comment(content, at):
            yield before, after


_EXEC_OPTION = "cli.exec option "
DOT = rb"\s{0,99}(?:\?\s{0,9})?\.\s{0,99}"
OPEN = rb"\s{0,99}(?:\?\.\s{0,9})?\("
EXEC = regex(rb"cli" + DOT + rb"exec" + OPEN)
# Nothing else in a page is called that: https://docs.docker.com/reference/api/extensions-sdk/
_UNIQUE = {
    "desktopUI.dialog": regex(rb"(?P<name>showOpenDialog)(?<=[^\w$]showOpenDialog)" + OPEN),
    "navigate.viewContainerTerminal": regex(rb"(?P<name>viewContainerTerminal)(?<=[^\w$]viewContainerTerminal)" + OPEN),
    "cli.exec option stream": regex(rb"(?P<name>splitOutputLines)(?<=[^\w$]splitOutputLines)\s{0,99}[:,}]"),
}
# Members of the old client that others have, too, are recognised by what stands before them.
_BEFORE = 20
# What is called, or holds what is called: who compares it or asks for it with ?. does not need it.
_FUNCTIONS = frozenset({"desktopUI.dialog", "navigate.viewContainerTerminal"})
_LOOKED_FOR = regex(rb"\s{0,99}(?:&&|\)|[!=]==?|\?)")
_ON_CLIENT_ONLY = frozenset({"backend", "listContainers", "listImages", "openExternal"})


class MemberUse(NamedTuple):
    """The first use of a member in a script.

    Attributes:
        member: What is used.
        line: Line in the script, from 1.
    """

    member: ApiMember
    line: int


class ObsoleteCall(NamedTuple):
    """The first use of an obsolete member in a script."""

    member: ObsoleteMember
    line: int


def uses_client(content: bytes) -> bool:
    """Whether a script has to do with the extension API at all."""
    return first(CLIENT, content) is not None


def calls(content: bytes, *, unguarded: bool = False) -> tuple[MemberUse, ...]:
    """The members in a script that not every API version has, each once.

    Args:
        content: The script.
        unguarded: Whether to leave out those that the script is prepared not to find.
    """
    options = _options(content)
    found = ((member, _offset(member.name, content, options, unguarded=unguarded)) for member in members())
    return tuple(MemberUse(member, line_of(content, offset)) for member, offset in found if offset is not None)


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


_REQUEST = regex(rb"service" + DOT + rb"request" + OPEN)
_SENDING = regex(rb"service" + DOT + rb"(?:post|put|patch)" + OPEN)
_ASSIGNED_ANSWER = regex(rb"([A-Za-z_$][\w$.]{0,99})\s{0,9}=\s{0,9}(?:await\s{1,9})?[\w$.?!\s]{0,150}\Z")
_BEFORE_ANSWER = 300
_SCOPE = 4000


def object_requests(content: bytes) -> tuple[int, ...]:
    """Lines with a ``service.request`` whose data is not known to be a string."""
    return tuple(line for line, data in _request_data(content) if not is_text(data))


def text_bodies(content: bytes) -> tuple[int, ...]:
    """Lines that send the backend a string."""
    requests = [line for line, data in _request_data(content) if is_text(data)]
    return tuple(sorted([*requests, *_texts_sent(content)]))


def closed_streams(content: bytes) -> tuple[int, ...]:
    """Lines that close a process whose output is streamed."""
    return tuple(sorted({line_of(content, offset) for offset in _closing(content)}))


def _request_data(content: bytes) -> Iterator[tuple[int, bytes]]:
    for call in matches(_REQUEST, content):
        config = arguments(content, call.end())[0]
        if "data" in config.keys:
            yield line_of(content, call.start()), config.keys["data"]


def _texts_sent(content: bytes) -> Iterator[int]:
    for call in matches(_SENDING, content):
        _, *others = arguments(content, call.end())
        if others and others[0].is_text:
            yield line_of(content, call.start())


def _closing(content: bytes) -> Iterator[int]:
    for call in matches(EXEC, content):
        if any("stream" in each.keys for each in arguments(content, call.end())):
            assigned = _ASSIGNED_ANSWER.search(content[max(0, call.start() - _BEFORE_ANSWER) : call.start()])
            closing = _close_of(assigned[1]) if assigned else None
            # A bundler gives a short name to many things: only what is near is taken for the same.
            found = closing.search(content, call.end(), call.end() + _SCOPE) if closing else None
            if found:
                yield found.start()


def _close_of(name: bytes) -> re.Pattern[bytes]:
    return re.compile(rb"(?<![\w$.])" + re.escape(name) + rb"!?" + DOT + rb"close" + OPEN)
