"""The operators inside ``${}``, applied to a variable's value.

Source: https://docs.docker.com/reference/dockerfile/#environment-replacement
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

from dext_tasks.formats.dockerfile.refusals import RefusalError, quoted
from dext_tasks.regex import regex

if TYPE_CHECKING:
    import re
    from collections.abc import Iterator


class Wildcard(Enum):
    """What a pattern holds beside characters that stand for themselves."""

    STAR = "*"
    ANY = "?"


class Glob:
    """A pattern, able to find itself in a string."""

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


# BuildKit has no such bound, but a message to it has: doubling a variable in each of 60 lines is cheap to
# write. The longest label of 134 published extensions has about 10,000 characters.
LONGEST_VALUE = 2**18
_TEMPLATE = regex(r"\$(?:(\$)|(\w+)|\{(\w+)\})")


@dataclass(frozen=True)
class Expansion:
    """A string whose variables were replaced.

    Attributes:
        text: The result.
        unresolved: Names of the variables that went into it without having a value.
        optional: Names of those without a value that left nothing behind by intent, as in ``${name:-}``.
    """

    text: str
    unresolved: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()

    def __add__(self, other: Expansion) -> Expansion:
        return Expansion(self.text + other.text, self.unresolved + other.unresolved, self.optional + other.optional)


class Variable(NamedTuple):
    """A variable at the place where it is used.

    Attributes:
        name: Its name.
        value: Nothing when it is not set.
        may_be_given: Whether a build may give it a value that is not known here.
    """

    name: str
    value: Expansion | None
    may_be_given: bool = False

    @property
    def plain(self) -> Expansion:
        """What ``${name}`` stands for: nothing at all when it is not set."""
        return Expansion("", (self.name,)) if self.value is None else self.value

    @property
    def left_out(self) -> Expansion:
        """What an alternative that is empty makes of it when it has no value."""
        return Expansion("", optional=self.plain.unresolved + self.plain.optional)


def alternative(variable: Variable, operator: str, word: Expansion, *, empty_is_unset: bool) -> Expansion:
    """``${name-word}``, ``${name+word}`` and ``${name?word}``, or these with a colon.

    Raises:
        RefusalError: The operator is ``?``, and the variable has no value and is given none.
    """
    value = variable.value
    missing = value is None or (empty_is_unset and not value.text)
    match operator:
        case "-" | "+" if missing:
            kept = word if operator == "-" else Expansion("")
            return kept if kept.text else kept + variable.left_out
        case "-":
            return variable.plain
        case "+":
            return word
    if missing and not variable.may_be_given:
        reason = word.text or f"is not allowed to be {'unset' if value is None else 'empty'}"
        raise RefusalError(
            f"{variable.name}: {' '.join(reason.split())}",
            remedy=f"pass --build-arg {variable.name}=VALUE or give the ARG a default",
        )
    return variable.plain


def trimmed(variable: Variable, operator: str, pattern: Expansion) -> Expansion:
    """``${name#pattern}`` and ``${name%pattern}``, or these doubled for the longest match.

    Raises:
        RefusalError: The pattern cannot be read.
    """
    value = variable.plain
    longest = pattern.text.startswith(operator)
    glob = Glob.parse(pattern.text[1:] if longest else pattern.text)
    cut = glob.without_prefix if operator == "#" else glob.without_suffix
    return Expansion(cut(value.text, longest=longest), value.unresolved + pattern.unresolved, value.optional)


def replaced(variable: Variable, pattern: Expansion, new: Expansion, *, everywhere: bool) -> Expansion:
    """``${name/pattern/new}``, or with ``//`` for every match.

    Raises:
        RefusalError: The pattern cannot be read, or the result is absurdly long.
    """
    text, glob = variable.plain.text, Glob.parse(pattern.text)
    parts: list[str] = []
    position = size = 0
    for start, end in glob.spans(text):
        # ReplaceAllString takes $0 in the new text for the match, the single replacement does not.
        inserted = _filled(new.text, text[start:end]) if everywhere else new.text
        parts += [text[position:start], inserted]
        position, size = end, size + len(inserted)
        require_bounded(size)
        if not everywhere:
            break
    unresolved = variable.plain.unresolved + pattern.unresolved + new.unresolved
    return Expansion("".join([*parts, text[position:]]), unresolved, variable.plain.optional)


def require_bounded(size: int) -> None:
    """Stop before variables that repeat each other fill the memory.

    Raises:
        RefusalError: The substituted text has more than ``LONGEST_VALUE`` characters.
    """
    if size > LONGEST_VALUE:
        raise RefusalError(
            f"variables expand to more than {LONGEST_VALUE} characters",
            remedy="look for a variable that repeats itself",
        )


def _filled(template: str, match: str) -> str:
    # https://pkg.go.dev/regexp#Regexp.Expand: the pattern has no groups, so every other name is empty.
    if "$" not in template:
        return template

    def value(found: re.Match[str]) -> str:
        if found[1]:
            return "$"
        return match if (found[2] or found[3]) == "0" else ""

    return _TEMPLATE.sub(value, template)
