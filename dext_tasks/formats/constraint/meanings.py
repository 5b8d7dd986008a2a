"""What each operator of Masterminds/semver v3 means, quirks included.

The functions of https://github.com/Masterminds/semver/blob/v3.4.0/constraints.go differ from its README where
the version of the comparator is a lone wildcard, and for ``~0.0.0``.
"""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from semver import Version

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
