"""Names of the extension API that a script has given to something of its own.

Each is looked for as plain text first: what stands around it is read only where it is.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dext_tasks.formats.script_code import MOST_MATCHES, is_comment, matches

if TYPE_CHECKING:
    from collections.abc import Iterator

CLIENT = re.compile(rb"ddClient|DockerDesktopClient")
_CLIENT_NAME = re.compile(rb"(?i:client)\Z|^ddc?\Z")
_AROUND = 200
_WORD = re.compile(rb"[\w$]")
_FUNCTION = re.compile(rb"(?<![\w$])function\s*\*?\s*\Z")
_VARIABLE = re.compile(rb"(?:(?<![\w$])(?:const|let|var)\s+|(?<![\w$])this\.)\Z")
_ASSIGNED = re.compile(rb"\s*(?::(?:[^=;\n]|=>){0,99})?=(?![=>])")
_PROPERTY = re.compile(rb"['\"]?\s*:\s*(?:async\b|function\b|\(|[\w$]+\s*(?:=>|[,}]))")
_METHOD = re.compile(rb"\s*(?:=\s*)?(?:async\s*)?\([^()]{0,200}\)\s*(?::[^{=;\n]{0,99})?(?:\{|=>)")
_ARROW = re.compile(rb"\s*=>")
_PARAMETERS_BEFORE = re.compile(rb"\(\s*(?:[\w$]+\s*(?::[^,()]{0,99})?,\s*)*\Z")
_PARAMETERS_AFTER = re.compile(rb"\s*(?::[^,()]{0,99})?(?:,[^()]{0,99})?\)\s*(?::[^{=;\n]{0,99})?(?:=>|\{)")
_LOOP = re.compile(rb"\s+(?:of|in)\b")
_NOT_OF_CLIENT = re.compile(rb"\s*(?::(?:[^=;\n]|=>){0,99})?=(?![=>])(?![^;\n]{0,120}(?i:client))")
_RECEIVER = re.compile(rb"(?P<name>[\w$]+)\s*(?:\([^()]*\)\s*)?[!?]?\s*\Z")


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
    """Whether a script has a parameter or a variable of this name that is no part of the client."""
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
