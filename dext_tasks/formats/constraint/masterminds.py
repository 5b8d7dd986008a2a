"""Constraints as Masterminds/semver v3 reads them: https://github.com/Masterminds/semver/tree/v3.4.0."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from semver import Version

from dext_tasks.errors import ConstraintError
from dext_tasks.formats.constraint.meanings import MEANINGS, Precision
from dext_tasks.formats.constraint.model import Constraint
from dext_tasks.formats.constraint.refusals import LONGEST, VersionRefusedError, require_sane_length
from dext_tasks.formats.constraint.segments import comparators, segments, version_pattern

if TYPE_CHECKING:
    import re

WILDCARDS: Final = frozenset("xX*")

# Go's uint64: https://pkg.go.dev/github.com/Masterminds/semver/v3#New
_GREATEST_NUMBER: Final = 2**64 - 1
_VERSION = version_pattern()
_TESTED_VERSION = version_pattern("[0-9]++")


@dataclass(frozen=True)
class MastermindsComparator:
    """One operator with its version.

    Attributes:
        operator: As written, empty if there is none.
        version: As written, wildcards and all.
        value: The version with zeros for what is left out, without build metadata.
        precision: How much of the version is given.
    """

    operator: str
    version: str
    value: Version
    precision: Precision

    @property
    def is_full(self) -> bool:
        """Whether major, minor and patch are all given, as numbers."""
        return self.precision is Precision.FULL

    @property
    def prerelease(self) -> str:
        """The pre-release of the version, possibly empty."""
        return self.value.prerelease or ""

    def matches(self, version: Version) -> bool:
        """Whether a version satisfies this comparator, pre-release or not."""
        return MEANINGS[self.operator](version, self.value, self.precision)


@dataclass(frozen=True)
class MastermindsConstraint(Constraint):
    """Groups of comparators: all of a group must match, and one group is enough."""

    any_of: tuple[tuple[MastermindsComparator, ...], ...]

    @property
    def comparators(self) -> tuple[MastermindsComparator, ...]:
        """All comparators, from left to right."""
        return tuple(each for group in self.any_of for each in group)

    def allows(self, version: str, *, include_prerelease: bool = False) -> bool:
        """Whether the version satisfies the constraint.

        Raises:
            VersionRefusedError: Masterminds would not read the version.
        """
        tested = tested_version(version)
        return any(_matches(group, tested, include_prerelease=include_prerelease) for group in self.any_of)


def parse(text: str) -> MastermindsConstraint:
    """Read a constraint.

    Raises:
        ConstraintError: Masterminds refuses it; the message is Masterminds' own.
    """
    require_sane_length(text)
    return MastermindsConstraint(text, tuple(_group(segment) for segment in segments(text)))


def tested_version(text: str) -> Version:
    """Read the version that a constraint is asked about; less than a full one will do.

    Raises:
        VersionRefusedError: Masterminds would not read it.
    """
    found = _TESTED_VERSION.fullmatch(text) if len(text) <= LONGEST else None
    if found is None:
        raise VersionRefusedError(text, "invalid semantic version")
    numbers = [_number(found[part] or "0") for part in ("major", "minor", "patch")]
    if None in numbers:
        raise VersionRefusedError(text, "error parsing version segment: value out of range")
    if not _is_prerelease(found["prerelease"]):
        raise VersionRefusedError(text, "invalid prerelease string")
    return _version(numbers, found["prerelease"])


def _matches(group: tuple[MastermindsComparator, ...], version: Version, *, include_prerelease: bool) -> bool:
    # Since 3.4.0 one comparator with a pre-release opens its whole group to them; before, each needed one:
    # https://github.com/Masterminds/semver/blob/v3.4.0/CHANGELOG.md
    looks_for_them = include_prerelease or any(each.prerelease for each in group)
    if version.prerelease and not looks_for_them:
        return False
    return all(each.matches(version) for each in group)


def _group(segment: str) -> tuple[MastermindsComparator, ...]:
    return tuple(_comparator(operator, version) for operator, version in comparators(segment))


def _comparator(operator: str, version: str) -> MastermindsComparator:
    found = _VERSION.fullmatch(version)
    # Nothing after the first wildcard is looked at, so that 0.x.5 is 0.x.
    given = _given(found) if found else []
    numbers = [_number(part) for part in given]
    if found is None or None in numbers or not _is_prerelease(found["prerelease"]):
        raise ConstraintError("constraint parser error")
    return MastermindsComparator(operator, version, _version(numbers, found["prerelease"]), Precision(len(given)))


def _given(found: re.Match[str]) -> list[str]:
    """The parts before the first that is left out or a wildcard."""
    parts = [found[name] or "x" for name in ("major", "minor", "patch")]
    return parts[: next((n for n, part in enumerate(parts) if part in WILDCARDS), len(parts))]


def _version(numbers: list[int | None], prerelease: str | None) -> Version:
    major, minor, patch = [*(number or 0 for number in numbers), 0, 0, 0][:3]
    return Version(major, minor, patch, prerelease=prerelease)


def _number(digits: str) -> int | None:
    # Leading zeros are taken: https://pkg.go.dev/github.com/Masterminds/semver/v3#NewVersion
    significant = digits.lstrip("0") or "0"
    if not significant.isdecimal() or len(significant) > len(str(_GREATEST_NUMBER)):
        return None
    number = int(significant)
    return number if number <= _GREATEST_NUMBER else None


def _is_prerelease(text: str | None) -> bool:
    """Whether no numeric identifier has a leading zero: https://semver.org/#spec-item-9."""
    return not any(each.isdecimal() and len(each) > 1 and each[0] == "0" for each in (text or "").split("."))
