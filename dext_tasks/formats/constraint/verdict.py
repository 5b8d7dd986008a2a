"""What can be said about a constraint while nobody knows which library reads it.

Docker documents the label, and not what evaluates it:
https://docs.docker.com/extensions/extensions-sdk/extensions/labels/. An answer that the two usual Go libraries
share is firm; anything else depends on which one it is.
"""

from __future__ import annotations

from contextlib import suppress
from enum import StrEnum
from typing import TYPE_CHECKING, get_args

from dext_tasks.errors import ConstraintError
from dext_tasks.formats.constraint import goversion, masterminds
from dext_tasks.formats.constraint.model import Constraint, Grammar, VersionRefusedError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

GRAMMARS: tuple[Grammar, ...] = get_args(Grammar)

_PARSERS: Mapping[Grammar, Callable[[str], Constraint]] = {
    "masterminds": masterminds.parse,
    "go-version": goversion.parse,
}


class Verdict(StrEnum):
    """What both libraries together say of a version."""

    ALLOWED = "allowed"
    REFUSED = "refused"
    NOT_PORTABLE = "not portable"
    INVALID = "invalid"


def parse(text: str, grammar: Grammar = "masterminds") -> Constraint:
    """Read a constraint.

    Raises:
        ConstraintError: The grammar refuses it.
        ValueError: There is no such grammar.
    """
    if grammar not in _PARSERS:
        raise ValueError(f"there is no grammar {grammar!r}; there are {' and '.join(GRAMMARS)}")
    return _PARSERS[grammar](text)


def allows(
    text: str,
    version: str,
    *,
    grammar: Grammar = "masterminds",
    include_prerelease: bool = False,
) -> bool:
    """Whether a version satisfies a constraint.

    Raises:
        ConstraintError: The grammar refuses the constraint.
        VersionRefusedError: The library of that grammar would not read the version.
        ValueError: There is no such grammar.
    """
    return parse(text, grammar).allows(version, include_prerelease=include_prerelease)


def verdict(text: str, version: str) -> Verdict:
    """Both libraries' answer, each with its default options.

    Raises:
        VersionRefusedError: No library that reads the constraint would read the version.
    """
    readers = [constraint for grammar in GRAMMARS if (constraint := _parsed(text, grammar))]
    if not readers:
        return Verdict.INVALID
    answers = [answer for reader in readers if (answer := _answer(reader, version)) is not None]
    if not answers:
        raise VersionRefusedError(version, "neither library reads it")
    if len(answers) < len(GRAMMARS) or len(set(answers)) > 1:
        return Verdict.NOT_PORTABLE
    return Verdict.ALLOWED if answers[0] else Verdict.REFUSED


def _parsed(text: str, grammar: Grammar) -> Constraint | None:
    with suppress(ConstraintError):
        return parse(text, grammar)
    return None


def _answer(constraint: Constraint, version: str) -> bool | None:
    with suppress(VersionRefusedError):
        return constraint.allows(version)
    return None
