"""Whether a script is prepared for a call that may not be there: by ``try``, by ``?.()`` or by looking first.

A script is read as text, so that only what stands around the call is seen.
"""

from __future__ import annotations

import re
from typing import Final

# A function or a block that is longer is not looked through.
_WINDOW: Final = 20_000
_LOOKED: Final = 400
_TOKEN = re.compile(
    rb"""//[^\n]*|/\*.*?\*/|"(?:[^"\\\n]|\\.)*+"|'(?:[^'\\\n]|\\.)*+'|(?P<open>\{)|(?P<close>\})""", re.DOTALL
)
_TRY = re.compile(rb"(?<![\w$.])try\s*\Z")
_CATCH = re.compile(rb"\s*catch\b")
# What stands before the bracket of a function, an arrow among them; if, for and their like are no functions.
_ARROW = re.compile(rb"=>\s*\Z")
_PARENTHESES = re.compile(rb"(?P<word>[\w$]*)\s*\((?:[^()]++|\([^()]*+\))*+\)\s*(?::\s*[\w<>\[\] |.]+)?\s*\Z")
_BLOCKS = frozenset({b"if", b"for", b"while", b"switch", b"catch", b"with"})
_STATEMENT = re.compile(rb"[;{}]")
_OPTIONAL = re.compile(rb"\s*\?\.\s*\(")


def is_guarded(content: bytes, start: int, end: int) -> bool:
    """Whether a script goes on where the function that it calls is not there.

    Args:
        content: The script.
        start: Where the call begins, anywhere in what stands before the name.
        end: Where the name of the function ends.
    """
    return bool(_OPTIONAL.match(content, end)) or _is_looked_for(content, start, end) or _is_tried(content, start)


def _is_looked_for(content: bytes, start: int, end: int) -> bool:
    """Whether the function is looked for just before it is called."""
    name = re.search(rb"[\w$]+\s*\Z", content[max(0, end - _LOOKED) : end])
    if not name:
        return False
    before = content[max(0, start - _LOOKED) : start]
    asked = rb"(?<![\w$])" + re.escape(name[0].strip()) + rb"\s*(?:&&|\)\s*[{&?]|\)\s*return|[!=]==?|\?(?!\.))"
    return bool(re.search(asked, before)) or bool(re.search(rb"['\"]" + name[0].strip() + rb"['\"]\s*in\b", before))


def _is_tried(content: bytes, offset: int) -> bool:
    """Whether an error of the call is caught in the same function."""
    begin = max(0, offset - _WINDOW)
    if b"=>" in content[_statement(content, begin, offset) : offset]:
        return False
    for bracket in reversed(_brackets(content, begin, offset)):
        head = content[max(begin, bracket - _LOOKED) : bracket]
        if _TRY.search(head) and _is_caught(content, offset):
            return True
        if _is_function(head):
            return False
        offset = _close(content, offset)
    return False


def _statement(content: bytes, begin: int, offset: int) -> int:
    """Where the statement begins that a place is in, as far as brackets and semicolons tell."""
    last = max(content.rfind(mark, begin, offset) for mark in (b";", b"{", b"}"))
    return max(begin, last)


def _brackets(content: bytes, begin: int, offset: int) -> list[int]:
    """The curly brackets that are open at a place, innermost last."""
    found: list[int] = []
    for token in _TOKEN.finditer(content, begin, offset):
        if token["open"]:
            found.append(token.start())
        elif token["close"] and found:
            found.pop()
    return found


def _close(content: bytes, offset: int) -> int:
    """Where what is after the bracket begins that ends the innermost block; the end of what is looked through."""
    depth = 0
    for token in _TOKEN.finditer(content, offset, offset + _WINDOW):
        if token["open"]:
            depth += 1
        elif token["close"]:
            if not depth:
                return token.end()
            depth -= 1
    return offset + _WINDOW


def _is_caught(content: bytes, offset: int) -> bool:
    return bool(_CATCH.match(content, _close(content, offset)))


def _is_function(head: bytes) -> bool:
    if _ARROW.search(head):
        return True
    found = _PARENTHESES.search(head)
    return bool(found) and found["word"] not in _BLOCKS if found else False
