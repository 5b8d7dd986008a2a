"""The arguments of a call in a script, read as text as far as it takes to tell them apart."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

# Arguments are read character by character, so only their beginning is.
_MOST = 2000
_TOKEN = re.compile(
    rb"""(?P<string>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`(?:[^`\\]|\\.)*`)|(?P<open>[(\[{])|(?P<close>[)\]}])"""
    rb"""|(?P<comma>,)|(?P<key>\b(?:stream|cwd|env|data)\b)(?=\s{0,99}[:,}(])""",
    re.DOTALL,
)
_TEXT = re.compile(rb"""\s{0,99}:?\s{0,99}(?:["'`]|JSON\s{0,9}\.\s{0,9}stringify\b)""")


@dataclass(frozen=True)
class Argument:
    """One argument.

    Attributes:
        text: Where it begins, and what follows.
        keys: What follows each key that is looked for, if it is an object; not those of objects inside of it.
    """

    text: bytes
    keys: Mapping[str, bytes]

    @property
    def is_text(self) -> bool:
        """Whether it is a text for sure."""
        return is_text(self.text)


def is_text(value: bytes) -> bool:
    """Whether a value, or what follows a key, is a text for sure: a literal, or what JSON.stringify makes."""
    return bool(_TEXT.match(value))


def arguments(content: bytes, start: int) -> tuple[Argument, ...]:
    """The arguments of a call whose bracket opens just before ``start``, as far as they are read."""
    text = content[start : start + _MOST]
    starts = [0]
    keys: list[dict[str, bytes]] = [{}]
    for depth, token in _tokens(text):
        if token["comma"] and not depth:
            starts.append(token.end())
            keys.append({})
        elif token["key"] and depth == [b"{"]:
            keys[-1].setdefault(token["key"].decode(), text[token.end() :])
    return tuple(Argument(text[offset:], found) for offset, found in zip(starts, keys, strict=True))


def _tokens(text: bytes) -> Iterator[tuple[list[bytes], re.Match[bytes]]]:
    """Each token with the brackets around it, up to the one that ends the call."""
    depth: list[bytes] = []
    for token in _TOKEN.finditer(text):
        if token["close"] and not depth:
            return
        if token["close"]:
            depth.pop()
        yield depth, token
        if token["open"]:
            depth.append(token["open"])
