"""Constraints as Masterminds/semver v3 reads them: https://github.com/Masterminds/semver/tree/v3.4.0."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, Final, NamedTuple

from semver import Version

from dext_tasks.errors import ConstraintError
from dext_tasks.formats.constraint.model import LONGEST, Constraint, VersionRefusedError, quoted, require_sane_length
from dext_tasks.regex import regex

if TYPE_CHECKING:
    import re
    from collections.abc import Callable, Mapping

    Meaning = Callable[[Version, Version, "Precision"], bool]


class Precision(IntEnum):
    """How many parts of a comparator's version are given before the first wildcard."""

    ANY = 0
    MAJOR = 1
    MINOR = 2
    FULL = 3


def _equal(version: Version, value: Version, precision: Precision) -> bool:
    return version == value if precision is Precision.FULL else _tilde(version, value, precision)


def _not_equal(version: Version, value: Version, precision: Precision) -> bool:
    if precision is Precision.MAJOR:
        return not _same(version, value, 1)
    if precision is Precision.MINOR:
        return not _same(version, value, 2) or version.prerelease != value.prerelease
    return version != value


def _greater(version: Version, value: Version, precision: Precision) -> bool:
    if precision in (Precision.MAJOR, Precision.MINOR):
        return _first(version, precision) > _first(value, precision)
    return version > value


def _less(version: Version, value: Version, _: Precision) -> bool:
    return version < value


def _at_least(version: Version, value: Version, _: Precision) -> bool:
    return version >= value


def _at_most(version: Version, value: Version, precision: Precision) -> bool:
    if precision is Precision.FULL:
        return version <= value
    # Upstream compares the minor version of `<=*` too, so that it means `<=0.0`.
    parts = 1 if precision is Precision.MAJOR else 2
    return _first(version, parts) <= _first(value, parts)


def _tilde(version: Version, value: Version, precision: Precision) -> bool:
    if version < value:
        return False
    # Upstream takes ~0.0.0, as it looks once ~* is padded, for ~*.
    if precision in (Precision.ANY, Precision.FULL) and _first(value, 3) == (0, 0, 0):
        return True
    return _same(version, value, 1 if precision is Precision.MAJOR else 2)


def _caret(version: Version, value: Version, precision: Precision) -> bool:
    return version >= value and _same(version, value, _caret_width(value, precision))


def _caret_width(value: Version, precision: Precision) -> int:
    if value.major > 0 or precision is Precision.MAJOR:
        return 1
    # Upstream's comment has ^* allow anything, its code makes that ^0.0.0, and so only 0.0.0.
    return 2 if value.minor > 0 or precision is Precision.MINOR else 3


def _first(version: Version, parts: int) -> tuple[int, ...]:
    return (version.major, version.minor, version.patch)[:parts]


def _same(version: Version, value: Version, parts: int) -> bool:
    return _first(version, parts) == _first(value, parts)


MEANINGS: Mapping[str, Meaning] = {
    "": _equal,
    "=": _equal,
    "!=": _not_equal,
    ">": _greater,
    "<": _less,
    ">=": _at_least,
    "=>": _at_least,
    "<=": _at_most,
    "=<": _at_most,
    "~": _tilde,
    "~>": _tilde,
    "^": _caret,
}

# RE2's \s and \d are ASCII, and its \s has no vertical tab: https://github.com/google/re2/wiki/Syntax
# RE2 never backtracks; possessive quantifiers, which change nothing here, keep Python's re from doing so.
_BLANK = r"[\t\n\f\r ]"
_IDS = r"[0-9A-Za-z-]++(?>(?:\.[0-9A-Za-z-]++)*)"
# The bar is in upstream's class by mistake; what it lets in is refused when the number is read.
_PART = r"[0-9|xX*]++"
_VERSION_TEXT = rf"v?+{_PART}(?>(?:\.{_PART})?)(?>(?:\.{_PART})?)(?>(?:-{_IDS})?)(?>(?:\+{_IDS})?)"

_BLANKS = regex(rf"{_BLANK}*+")
_SEPARATOR = regex(rf"{_BLANK}*+(?>(?:,{_BLANK}*+)?)")
_COMPARATOR = regex(rf"(?P<operator>!=|>=|=>|<=|=<|~>|[=<>~^]|){_BLANK}*+(?P<version>{_VERSION_TEXT})")
# The lookbehind has a run of blanks tried once, not once a blank.
_HYPHEN_RANGE = regex(
    rf"(?>(?:(?<!{_BLANK}){_BLANK}++)?)(?P<low>{_VERSION_TEXT}){_BLANK}++-{_BLANK}++(?P<high>{_VERSION_TEXT}){_BLANK}*+"
)


def version_pattern(part: str = _PART) -> re.Pattern[str]:
    """A pattern whose groups are the parts of a version; what a part is made of is given."""
    return regex(
        rf"v?+(?P<major>{part})(?>(?:\.(?P<minor>{part}))?)(?>(?:\.(?P<patch>{part}))?)"
        rf"(?>(?:-(?P<prerelease>{_IDS}))?)(?>(?:\+{_IDS})?)"
    )


def segments(text: str) -> list[str]:
    """What stands between ``||``, once the ranges are rewritten: they may hold a ``||`` of their own."""
    return _with_ranges_rewritten(text).split("||")


def comparators(segment: str) -> list[tuple[str, str]]:
    """The operators of a segment, each with its version, as they are written.

    Raises:
        ConstraintError: The segment does not follow the grammar.
    """
    found = []
    at = _end(_BLANKS, segment, 0)
    while comparator := _COMPARATOR.match(segment, at):
        found.append((comparator["operator"], comparator["version"]))
        if _end(_BLANKS, segment, comparator.end()) == len(segment):
            return found
        at = _end(_SEPARATOR, segment, comparator.end())
        if at == comparator.end():
            break
    raise ConstraintError(f"improper constraint: {quoted(segment)}")


def _with_ranges_rewritten(text: str) -> str:
    # Upstream replaces each range where its text first stands, not where it was found.
    rewritten = text
    for found in _HYPHEN_RANGE.finditer(text):
        rewritten = rewritten.replace(found[0], f">= {found['low']}, <= {found['high']} ", 1)
    return rewritten


def _end(pattern: re.Pattern[str], text: str, at: int) -> int:
    found = pattern.match(text, at)
    return found.end() if found else at


WILDCARDS: Final = frozenset("xX*")

# Go's uint64: https://pkg.go.dev/github.com/Masterminds/semver/v3#New
_GREATEST_NUMBER: Final = 2**64 - 1
_VERSION = version_pattern()
_TESTED_VERSION = version_pattern("[0-9]++")


class MastermindsComparator(NamedTuple):
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
