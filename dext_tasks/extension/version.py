"""Versions of an extension: strict semver, one version a tag."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from semver import Version

from dext_tasks.errors import VersionInvalidError, VersionNotGreaterError
from dext_tasks.extension.version_line import VersionLine
from dext_tasks.wording import shortened

if TYPE_CHECKING:
    from collections.abc import Iterable

FIRST = Version(0, 1, 0)
_SHOWN: Final = 80
# https://semver.org/spec/v2.0.0.html#spec-item-9, without dots, and no digit in front: 1.0.0-2.1 says nothing.
_PRE = r"[A-Za-z][0-9A-Za-z-]{0,30}"
# What fits 32 bits, as readers of versions elsewhere may have no more; nobody counts that far.
_GREATEST: Final = 2**31 - 1
# In a pre-release, where a time is usual: 1.2.0-rc.20240131120000.
_MOST_DIGITS: Final = 18


class Bump(StrEnum):
    """The part of the last version that the next one raises."""

    MAJOR = "major"
    MINOR = "minor"
    PATCH = "patch"


def parse_release(text: str) -> Version:
    """Read a version to be released.

    Raises:
        VersionInvalidError: Not semver, or with build metadata: a tag cannot hold ``+``
            (https://github.com/moby/moby/issues/16304), and any replacement would read as a pre-release. Or its numbers
            are too large.
    """
    version = as_version(text)
    if version is None:
        raise VersionInvalidError(
            f"{shortened(text, _SHOWN)!r} is not a semver version",
            remedy=f"write MAJOR.MINOR.PATCH, such as {_suggestion(text)}",
        )
    if version.build is not None:
        raise VersionInvalidError(
            f"{text!r} has build metadata, which no image tag can hold",
            remedy=f"release it as {version.replace(build=None)}",
        )
    if is_oversized(version):
        raise VersionInvalidError(
            f"{shortened(text, _SHOWN)!r} has a number that is too large, and would not count as a version",
            remedy=f"use numbers up to {_GREATEST}, and up to {_MOST_DIGITS} digits in a pre-release",
        )
    return version


def is_oversized(version: Version) -> bool:
    """Whether a number in it is larger than any that a release counts."""
    parts = (version.prerelease or "").split(".")
    return max(version.major, version.minor, version.patch) > _GREATEST or any(
        part.isdecimal() and len(part) > _MOST_DIGITS for part in parts
    )


def as_version(tag: str) -> Version | None:
    """The version a tag stands for, or None if it is not strict semver (``v1.2.3`` and ``1.2`` are not)."""
    # Some versions of semver let a line feed at the end pass.
    return Version.parse(tag) if tag.isascii() and tag.isprintable() and Version.is_valid(tag) else None


def greatest(versions: Iterable[Version], *, stable: bool = False) -> Version | None:
    """The greatest version, of the stable ones only if asked; None if there is none."""
    return max((v for v in versions if not (stable and v.prerelease)), default=None)


def first_of(line: VersionLine) -> Version:
    """The version that a line begins with."""
    return FIRST if line.numbers == (0,) else Version(*line.numbers)


def next_version(last: Version | None, bump: Bump, line: VersionLine | None = None) -> Version:
    """What a bump makes of the last version; the very first release is 0.1.0 whatever the bump.

    A pre-release is followed by the release it prepares: 1.3.0-rc.1 by 1.3.0, for a minor bump and for a patch.

    Args:
        last: The greatest of the line, or of all; None if there is none.
        bump: What is raised.
        line: What the version has to be of; None for no line.

    Raises:
        VersionInvalidError: The number that was raised is too large now.
        VersionOutsideLineError: The bump leads out of the line.
    """
    if last is None:
        return first_of(line) if line else FIRST
    following = parse_release(str(last.next_version(bump.value)))
    if line:
        line.require(following)
    return following


def parse_pre(text: str) -> str:
    """Read what pre-releases are called, such as ``rc``.

    Raises:
        VersionInvalidError: It is no name that a number can follow, or not one of a pre-release.
    """
    if not re.fullmatch(_PRE, text):
        raise VersionInvalidError(
            f"{text!r} is not the name of a pre-release",
            remedy="write letters such as rc; the number follows by itself",
        )
    return text


def numbered_on(version: Version, pre: str, known: Iterable[Version]) -> Version:
    """The next pre-release of a version: 1.1.0-rc.3 after 1.1.0-rc.2.

    Args:
        version: What is prepared.
        pre: What its pre-releases are called, such as ``rc``.
        known: Versions that are there.
    """
    own = [each.prerelease or "" for each in known if each.finalize_version() == version]
    numbers = [int(found[1]) for each in own if (found := re.fullmatch(rf"{pre}\.(\d{{1,18}})", each))]
    last = max(numbers, default=0)
    return version.replace(prerelease=f"{pre}.{last + 1}")


def require_greater(version: Version, others: Iterable[Version], line: VersionLine | None = None) -> None:
    """Require that a new version is greater than the last one, or the last one of its line.

    Docker's validator and desktop offer the greatest tag, so a smaller one reaches only those who ask for it by name:
    https://github.com/docker/extensions-submissions/issues/67

    Raises:
        VersionNotGreaterError: It is not.
    """
    known = [other for other in others if line is None or other in line]
    last = greatest(known)
    if last is None or version > last:
        return
    of_line = f" of the line {line}" if line else ""
    own = VersionLine((version.major, version.minor))
    before = greatest(other for other in known if other in own)
    is_backport = before is not None and before < version
    backport = f"; to continue older versions, add --line {own}" if is_backport else ""
    stray = f"; if {last} was never a version of this extension, add it to release.ignore-tags"
    raise VersionNotGreaterError(
        f"version {version} is not greater than the last one{of_line}, {last}",
        remedy=f"release {last.bump_patch()} or greater, or use --bump{backport}{stray}",
    )


def _suggestion(text: str) -> str:
    bare = text.strip().removeprefix("v").removeprefix("V")
    parts = bare.split(".")
    padded = ".".join([*parts, "0", "0"][:3])
    return str(as_version(padded) or FIRST)
