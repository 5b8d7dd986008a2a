"""The patterns of ``${name#pattern}`` and ``${name/pattern/new}``: ``*`` and ``?``, no brackets.

Matching simulates all ways at once, one bit a position in the pattern, so that no pattern takes more
than one step a character; a backtracking regular expression would, and a Dockerfile is foreign text.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from dext_tasks.formats.dockerfile.refusals import RefusalError, quoted

if TYPE_CHECKING:
    from collections.abc import Iterator


class Wildcard(Enum):
    """What a pattern holds beside characters that stand for themselves."""

    STAR = "*"
    ANY = "?"


class Glob:
    """A pattern, able to find itself in a text."""

    def __init__(self, tokens: list[str | Wildcard]) -> None:
        self._forward = _Automaton(tokens)
        self._backward = _Automaton(tokens[::-1])

    @classmethod
    def parse(cls, pattern: str) -> Glob:
        """Read a pattern.

        Raises:
            RefusalError: A backslash stands before something that needs none.
        """
        return cls(list(_tokens(pattern)))

    def without_prefix(self, text: str, *, longest: bool) -> str:
        """The text without what the pattern matches at its start."""
        return text[_end(self._forward, text, longest=longest) :]

    def without_suffix(self, text: str, *, longest: bool) -> str:
        """The text without what the pattern matches at its end."""
        return text[: len(text) - _end(self._backward, text[::-1], longest=longest)]

    def spans(self, text: str) -> Iterator[tuple[int, int]]:
        """Where the pattern matches, leftmost and longest first, in the order of Go's ReplaceAllString."""
        starts = [len(text) - end for end in self._backward.ends(text[::-1], anchored=False)]
        position = last_end = 0
        for start in reversed(starts):
            if start < position:
                continue
            end = _end(self._forward, text, start, longest=True)
            # Go leaves out an empty match right after another match:
            # https://github.com/golang/go/blob/master/src/regexp/regexp.go (replaceAll)
            if end > last_end or start == 0:
                yield start, end
            last_end = end
            position = max(end, start + 1)


class _Automaton:
    def __init__(self, tokens: list[str | Wildcard]) -> None:
        self._accepting = 1 << len(tokens)
        self._stars = self._anys = 0
        self._literals: dict[str, int] = {}
        for place, token in enumerate(tokens):
            if token is Wildcard.STAR:
                self._stars |= 1 << place
            elif token is Wildcard.ANY:
                self._anys |= 1 << place
            else:
                self._literals[token] = self._literals.get(token, 0) | 1 << place

    def ends(self, text: str, start: int = 0, *, anchored: bool = True) -> Iterator[int]:
        """Each offset at which a match ends that began at the start, or anywhere behind it."""
        initial = states = self._closed(1)
        for offset in range(start, len(text)):
            if states & self._accepting:
                yield offset
            states = self._step(states, text[offset]) | (0 if anchored else initial)
            if not states:
                return
        if states & self._accepting:
            yield len(text)

    def _step(self, states: int, char: str) -> int:
        moved = (states & self._literals.get(char, 0)) << 1
        # A dot of Go's regular expressions does not match a line feed.
        if char != "\n":
            moved |= (states & self._anys) << 1 | (states & self._stars)
        return self._closed(moved)

    def _closed(self, states: int) -> int:
        return states | (states & self._stars) << 1


def _end(automaton: _Automaton, text: str, start: int = 0, *, longest: bool) -> int:
    """Where the match at the start ends; the start itself when there is none."""
    found = start
    for end in automaton.ends(text, start):
        found = end
        if not longest:
            break
    return found


def _tokens(pattern: str) -> Iterator[str | Wildcard]:
    chars = iter(pattern)
    previous: str | Wildcard = ""
    for char in chars:
        token: str | Wildcard = char
        if char == "\\":
            token = _escaped(next(chars, ""))
        elif char in "*?":
            token = Wildcard(char)
        # Two stars match what one does, and the automaton passes only one at a time.
        if not (token is Wildcard.STAR and previous is Wildcard.STAR):
            yield token
        previous = token


def _escaped(char: str) -> str:
    # } and / have to be escaped inside ${}; the others are wildcards (convertShellPatternToRegex in
    # https://github.com/moby/buildkit/blob/master/frontend/dockerfile/shell/lex.go).
    if not char or char not in "*?\\}/":
        raise RefusalError(
            f"invalid escape {quoted(chr(92) + char)} in the pattern of a substitution",
            remedy="remove the backslash; in a pattern it only stands before * ? \\ } and /",
        )
    return char
