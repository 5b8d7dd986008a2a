"""Constraints as hashicorp/go-version reads them.

Comparators between commas, and nothing else: https://github.com/hashicorp/go-version/blob/v1.8.0/constraint.go.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import zip_longest
from typing import TYPE_CHECKING, NamedTuple

from dext_tasks.errors import ConstraintError
from dext_tasks.formats.constraint.model import LONGEST, Constraint, VersionRefusedError, require_sane_length, visible
from dext_tasks.regex import regex

_GREATEST_NUMBER = 2**63 - 1
_LEAST_PARTS = 3

_SEGMENTS = r"(?P<segments>[0-9]++(?>(?:\.[0-9]++)*))"
_MORE_IDS = r"(?>(?:\.[0-9A-Za-z~-]++)*)"
_NUMERIC = rf"-(?P<numeric>[0-9]++[0-9A-Za-z~-]*+{_MORE_IDS})"
_ALPHANUMERIC = rf"-?(?P<alphanumeric>[A-Za-z~-]++[0-9A-Za-z~-]*+{_MORE_IDS})"
_BUILD = rf"(?>(?:\+[0-9A-Za-z~-]++{_MORE_IDS})?)"

VERSION = rf"v?+{_SEGMENTS}(?:{_NUMERIC}|{_ALPHANUMERIC})?{_BUILD}"


class OutOfRangeError(ValueError):
    """A part of a version that is greater than Go's int64."""


class LooseVersion(NamedTuple):
    """A version of at least three parts.

    Attributes:
        segments: The parts, with zeros for what is left out of the first three.
        given: How many of them were given.
        prerelease: Possibly empty.
    """

    segments: tuple[int, ...]
    given: int
    prerelease: str

    @classmethod
    def of(cls, found: re.Match[str]) -> LooseVersion:
        """The version of a match of ``VERSION``.

        Raises:
            OutOfRangeError: A part is too great.
        """
        given = [_number(part) for part in found["segments"].split(".")]
        padding = [0] * (_LEAST_PARTS - len(given))
        return cls((*given, *padding), len(given), found["alphanumeric"] or found["numeric"] or "")

    def compare(self, other: LooseVersion) -> int:
        """Less than, equal to or greater than zero, as this version is to the other.

        Between versions of different length upstream compares the numbers only.
        """
        if self.segments == other.segments:
            return _compare_prereleases(self.prerelease, other.prerelease)
        for mine, theirs in zip_longest(self.segments, other.segments, fillvalue=0):
            if mine != theirs:
                return 1 if mine > theirs else -1
        return 0


def _number(digits: str) -> int:
    significant = digits.lstrip("0") or "0"
    if len(significant) > len(str(_GREATEST_NUMBER)) or int(significant) > _GREATEST_NUMBER:
        raise OutOfRangeError("value out of range")
    return int(significant)


def _compare_prereleases(mine: str, theirs: str) -> int:
    if mine == theirs:
        return 0
    if not mine or not theirs:
        return 1 if theirs else -1
    pairs = zip_longest(mine.split("."), theirs.split("."), fillvalue="")
    return next((_compare_ids(*pair) for pair in pairs if pair[0] != pair[1]), 0)


def _compare_ids(mine: str, theirs: str) -> int:
    """Order two identifiers that differ.

    Upstream puts a missing one before a number and, unlike https://semver.org/#spec-item-11, after a word; and
    has 01 and 1 both less than the other.
    """
    left, right = _as_number(mine), _as_number(theirs)
    if not mine:
        return 1 if right is None else -1
    if not theirs:
        return -1 if left is None else 1
    if left is None and right is None:
        return 1 if mine > theirs else -1
    if left is None or right is None:
        return 1 if left is None else -1
    return 1 if left > right else -1


def _as_number(identifier: str) -> int | None:
    # strconv.ParseInt also takes a sign: https://pkg.go.dev/strconv#ParseInt
    if not re.fullmatch("-?[0-9]+", identifier):
        return None
    sign = -1 if identifier.startswith("-") else 1
    try:
        return sign * _number(identifier.lstrip("-"))
    except OutOfRangeError:
        return None


if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Meaning = Callable[[LooseVersion, LooseVersion], bool]

_FULL = 3

# As in the other grammar: RE2's \s.
_BLANK = r"[\t\n\f\r ]"
_COMPARATOR = regex(rf"{_BLANK}*+(?P<operator><=|>=|!=|~>|[<>=]|){_BLANK}*+(?P<version>{VERSION}){_BLANK}*+")
_TESTED_VERSION = regex(VERSION)


class GoVersionComparator(NamedTuple):
    """One operator with its version."""

    operator: str
    value: LooseVersion

    @property
    def is_full(self) -> bool:
        """Whether major, minor and patch are all given."""
        return self.value.given >= _FULL

    @property
    def prerelease(self) -> str:
        """The pre-release of the version, possibly empty."""
        return self.value.prerelease

    def matches(self, version: LooseVersion) -> bool:
        """Whether a version satisfies this comparator."""
        return _MEANINGS[self.operator](version, self.value)


@dataclass(frozen=True)
class GoVersionConstraint(Constraint):
    """Comparators that must all match."""

    all_of: tuple[GoVersionComparator, ...]

    @property
    def comparators(self) -> tuple[GoVersionComparator, ...]:
        """All comparators, from left to right."""
        return self.all_of

    def allows(self, version: str, *, include_prerelease: bool = False) -> bool:  # noqa: ARG002 - go-version has no such option
        """Whether the version satisfies the constraint.

        Raises:
            VersionRefusedError: go-version would not read the version.
        """
        tested = tested_version(version)
        return all(each.matches(tested) for each in self.comparators)


def parse(text: str) -> GoVersionConstraint:
    """Read a constraint.

    Raises:
        ConstraintError: go-version refuses it; the message is go-version's own.
    """
    require_sane_length(text)
    return GoVersionConstraint(text, tuple(_comparator(part) for part in text.split(",")))


def tested_version(text: str) -> LooseVersion:
    """Read the version that a constraint is asked about.

    Raises:
        VersionRefusedError: go-version would not read it.
    """
    found = _TESTED_VERSION.fullmatch(text) if len(text) <= LONGEST else None
    if found is None:
        raise VersionRefusedError(text, "malformed version")
    try:
        return LooseVersion.of(found)
    except OutOfRangeError as error:
        raise VersionRefusedError(text, f"error parsing version: {error}") from error


def _comparator(part: str) -> GoVersionComparator:
    found = _COMPARATOR.fullmatch(part)
    if found is None:
        raise ConstraintError(f"malformed constraint: {visible(part)}")
    try:
        return GoVersionComparator(found["operator"], LooseVersion.of(found))
    except OutOfRangeError as error:
        raise ConstraintError(f"error parsing version: {error}") from error


def _may_match(version: LooseVersion, value: LooseVersion) -> bool:
    """Whether go-version compares these at all: pre-releases are only for constraints on that very version."""
    if not version.prerelease:
        return True
    return bool(value.prerelease) and version.segments == value.segments


def _pessimistic(version: LooseVersion, value: LooseVersion) -> bool:
    if not _may_match(version, value) or (value.prerelease and not version.prerelease):
        return False
    if version.compare(value) < 0 or len(value.segments) > len(version.segments):
        return False
    # The last part that was given may grow, so `~> 0.3` takes 0.4.
    fixed = value.given - 1
    last = len(value.segments) - 1
    return version.segments[:fixed] == value.segments[:fixed] and value.segments[last] <= version.segments[last]


_MEANINGS: Mapping[str, Meaning] = {
    "": lambda version, value: version.compare(value) == 0,
    "=": lambda version, value: version.compare(value) == 0,
    "!=": lambda version, value: version.compare(value) != 0,
    ">": lambda version, value: _may_match(version, value) and version.compare(value) > 0,
    "<": lambda version, value: _may_match(version, value) and version.compare(value) < 0,
    ">=": lambda version, value: _may_match(version, value) and version.compare(value) >= 0,
    "<=": lambda version, value: _may_match(version, value) and version.compare(value) <= 0,
    "~>": _pessimistic,
}
