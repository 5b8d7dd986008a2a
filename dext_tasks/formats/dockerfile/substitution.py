"""The operators inside ``${}``, applied to a variable's value.

Source: https://docs.docker.com/reference/dockerfile/#environment-replacement
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from dext_tasks.formats.dockerfile.globs import Glob
from dext_tasks.formats.dockerfile.refusals import RefusalError

# BuildKit has no such bound, but a message to it has: doubling a variable in each of 60 lines is cheap to
# write. The longest label of 134 published extensions has about 10,000 characters.
LONGEST_VALUE = 2**18
_TEMPLATE = re.compile(r"\$(?:(\$)|(\w+)|\{(\w+)\})")


@dataclass(frozen=True)
class Expansion:
    """A text whose variables were replaced.

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


@dataclass(frozen=True)
class Variable:
    """A variable at the place where it is used.

    Attributes:
        name: Its name.
        value: Nothing when it is not set.
    """

    name: str
    value: Expansion | None

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
        RefusalError: The operator is ``?`` and the variable has no value.
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
    if missing:
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
