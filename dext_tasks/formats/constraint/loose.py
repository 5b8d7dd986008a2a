"""Versions as hashicorp/go-version reads and orders them, which is not as semver does.

Any number of parts, and pre-releases with an order of their own:
https://github.com/hashicorp/go-version/blob/v1.8.0/version.go. The semver package holds no such versions.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import zip_longest

_GREATEST_NUMBER = 2**63 - 1
_LEAST_PARTS = 3

_SEGMENTS = r"(?P<segments>[0-9]++(?:\.[0-9]++)*+)"
_MORE_IDS = r"(?:\.[0-9A-Za-z~-]++)*+"
_NUMERIC = rf"-(?P<numeric>[0-9]++[0-9A-Za-z~-]*+{_MORE_IDS})"
_ALPHANUMERIC = rf"-?(?P<alphanumeric>[A-Za-z~-]++[0-9A-Za-z~-]*+{_MORE_IDS})"
_BUILD = rf"(?:\+[0-9A-Za-z~-]++{_MORE_IDS})?+"

VERSION = rf"v?+{_SEGMENTS}(?:{_NUMERIC}|{_ALPHANUMERIC})?{_BUILD}"


class OutOfRangeError(ValueError):
    """A part of a version that is greater than Go's int64."""


@dataclass(frozen=True)
class LooseVersion:
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
