"""Patterns of paths, as COPY and .dockerignore have them: ``*``, ``?``, ``[a-z]`` and, in the latter, ``**``.

Matching simulates all ways at once, one bit a position in the pattern, so that no pattern takes more than one step
a character: a backtracking regular expression would, and these patterns are foreign text.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import takewhile
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_WILDCARDS = frozenset("*?[")
_SPECIAL = frozenset("*?[]\\")


class PatternError(ValueError):
    """A pattern that Go's ``filepath.Match`` refuses."""


class _Chars(NamedTuple):
    """One character out of a class.

    Attributes:
        ranges: First and last character of each range.
        is_negated: Whether it is one outside of them.
    """

    ranges: tuple[tuple[str, str], ...]
    is_negated: bool

    def holds(self, char: str) -> bool:
        return any(low <= char <= high for low, high in self.ranges) is not self.is_negated


class _Any:
    """Wildcards, by what they pass."""

    CHAR = object()
    RUN = object()
    FOLDERS = object()
    REST = object()


_Token = str | _Chars | object


def has_wildcard(path: str) -> bool:
    """Whether BuildKit takes a source of COPY for a pattern."""
    escaped = False
    for char in path if not _WILDCARDS.isdisjoint(path) else "":
        if not escaped and char in _WILDCARDS:
            return True
        escaped = char == "\\" and not escaped
    return False


class PathGlob:
    """A compiled pattern.

    Args:
        pattern: With forward slashes.
        is_deep: Whether ``**`` passes any number of folders, as in .dockerignore; otherwise it is what ``*`` is.

    Raises:
        PatternError: A class is not closed or empty, a backslash ends the pattern, or, where it is deep, a range ends
            before it begins.
    """

    def __init__(self, pattern: str, *, is_deep: bool = False) -> None:
        self._literals: dict[str, int] = {}
        self._classes: list[tuple[int, _Chars]] = []
        self._chars = self._runs = self._folders = self._inside = self._rest = 0
        tokens = list(_tokens(pattern, is_deep=is_deep))
        place = 0
        for token in tokens:
            place = self._add(token, place)
        self._accepting = 1 << place
        # Most paths differ from most patterns at one end.
        self._first = _literal_run(tokens)
        self._last = _literal_run(tokens[::-1])[::-1]

    def _add(self, token: _Token, place: int) -> int:
        bit = 1 << place
        if isinstance(token, str):
            self._literals[token] = self._literals.get(token, 0) | bit
        elif isinstance(token, _Chars):
            self._classes.append((bit, token))
        elif token is _Any.CHAR:
            self._chars |= bit
        elif token is _Any.RUN:
            self._runs |= bit
        elif token is _Any.REST:
            self._rest |= bit
        else:
            # Two positions: before any folder, and within the names of some.
            self._folders |= bit
            self._inside |= bit << 1
            return place + 2
        return place + 1

    def matches(self, path: str) -> bool:
        """Whether the pattern matches the whole path."""
        if not (path.startswith(self._first) and path.endswith(self._last)):
            return False
        states = self._closed(1)
        for char in path:
            states = self._closed(self._step(states, char))
            if not states:
                return False
        return bool(states & self._accepting)

    def _step(self, states: int, char: str) -> int:
        moved = (states & self._literals.get(char, 0)) << 1
        for bit, chars in self._classes:
            if states & bit and chars.holds(char):
                moved |= bit << 1
        moved |= states & self._rest
        within = (states & self._folders) << 1 | (states & self._inside)
        if char == "/":
            return moved | within | within << 1
        return moved | within | (states & self._chars) << 1 | (states & self._runs)

    def _closed(self, states: int) -> int:
        while True:
            more = states | (states & (self._runs | self._rest)) << 1 | (states & self._folders) << 2
            if more == states:
                return states
            states = more


def _literal_run(tokens: Iterable[_Token]) -> str:
    return "".join(token for token in takewhile(lambda each: isinstance(each, str), tokens) if isinstance(token, str))


@lru_cache(maxsize=512)
def glob(pattern: str) -> PathGlob:
    """The pattern of a source of COPY.

    Raises:
        PatternError: As for ``PathGlob``.
    """
    return PathGlob(pattern)


def _tokens(pattern: str, *, is_deep: bool) -> Iterator[_Token]:
    at, before = 0, None
    while at < len(pattern):
        char = pattern[at]
        token: _Token
        if char == "*":
            token, at = _star(pattern, at, is_deep=is_deep)
        elif char == "?":
            token, at = _Any.CHAR, at + 1
        elif char == "[":
            token, at = _class(pattern, at + 1, is_deep=is_deep)
        else:
            token, at = _literal(pattern, at)
        # The same run twice passes what it passes once.
        if token is not before or token not in {_Any.RUN, _Any.FOLDERS}:
            yield token
        before = token


def _star(pattern: str, at: int, *, is_deep: bool) -> tuple[_Token, int]:
    if not (is_deep and pattern.startswith("**", at)):
        return _Any.RUN, at + 1
    after = at + 2
    if pattern.startswith("/", after):
        after += 1
    elif at == 0 and not _SPECIAL & set(pattern[after:]):
        # What has no other wildcard is compared by its end, wherever in a name that begins (suffixMatch in
        # https://github.com/moby/patternmatcher/blob/main/patternmatcher.go).
        return _Any.REST, after
    return (_Any.REST if after == len(pattern) else _Any.FOLDERS), after


def _literal(pattern: str, at: int) -> tuple[str, int]:
    if pattern[at] != "\\":
        return pattern[at], at + 1
    if at + 1 == len(pattern):
        raise PatternError("a backslash at its end escapes nothing")
    return pattern[at + 1], at + 2


def _class(pattern: str, at: int, *, is_deep: bool) -> tuple[_Chars, int]:
    is_negated = pattern.startswith("^", at)
    at += is_negated
    ranges: list[tuple[str, str]] = []
    while not (ranges and pattern.startswith("]", at)):
        low, at = _member(pattern, at)
        high = low
        if pattern.startswith("-", at):
            high, at = _member(pattern, at + 1)
        if is_deep and high < low:
            # Go's filepath.Match takes it for one that matches nothing; .dockerignore is read as regular expressions.
            raise PatternError("a range of characters ends before it begins")
        ranges.append((low, high))
    return _Chars(tuple(ranges), is_negated), at + 1


def _member(pattern: str, at: int) -> tuple[str, int]:
    if at >= len(pattern) or pattern[at] in "-]":
        raise PatternError("a class of characters is empty or not closed")
    char, at = _literal(pattern, at)
    if at >= len(pattern):
        raise PatternError("a class of characters is not closed")
    return char, at
