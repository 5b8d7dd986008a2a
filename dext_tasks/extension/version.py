"""Versions of an extension: strict semver, one version a tag."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from semver import Version

from dext_tasks.errors import VersionInvalidError, VersionNotGreaterError

if TYPE_CHECKING:
    from collections.abc import Iterable

FIRST = Version(0, 1, 0)


class Bump(StrEnum):
    """The part of the last version that the next one raises."""

    MAJOR = "major"
    MINOR = "minor"
    PATCH = "patch"


def parse_release(text: str) -> Version:
    """Read a version to be released.

    Raises:
        VersionInvalidError: Not semver, or with build metadata: a tag cannot hold ``+``
            (https://github.com/moby/moby/issues/16304), and any replacement would read as a pre-release.
    """
    version = as_version(text)
    if version is None:
        raise VersionInvalidError(
            f"{text!r} is not a semver version",
            remedy=f"write MAJOR.MINOR.PATCH, such as {_suggestion(text)}",
        )
    if version.build is not None:
        raise VersionInvalidError(
            f"{text!r} has build metadata, which no image tag can hold",
            remedy=f"release it as {version.replace(build=None)}",
        )
    return version


def as_version(tag: str) -> Version | None:
    """The version a tag stands for, or None if it is not strict semver (``v1.2.3`` and ``1.2`` are not)."""
    # Some versions of semver let a line feed at the end pass.
    return Version.parse(tag) if tag.isascii() and tag.isprintable() and Version.is_valid(tag) else None


def greatest(versions: Iterable[Version], *, stable: bool = False) -> Version | None:
    """The greatest version, of the stable ones only if asked; None if there is none."""
    return max((v for v in versions if not (stable and v.prerelease)), default=None)


def next_version(last: Version | None, bump: Bump) -> Version:
    """What a bump makes of the last version; the very first release is 0.1.0 whatever the bump.

    A pre-release is followed by the release it prepares: 1.3.0-rc.1 by 1.3.0, for a minor bump and for a patch.
    """
    return FIRST if last is None else last.next_version(bump.value)


def require_greater(version: Version, last: Version | None) -> None:
    """Require that a new version is greater than the last one.

    Docker's validator and desktop offer the greatest tag, so a smaller one would reach nobody:
    https://github.com/docker/extensions-submissions/issues/67

    Raises:
        VersionNotGreaterError: It is not.
    """
    if last is not None and version <= last:
        raise VersionNotGreaterError(
            f"version {version} is not greater than the last one, {last}",
            remedy=f"release {last.bump_patch()} or greater, or use --bump",
        )


def _suggestion(text: str) -> str:
    bare = text.strip().removeprefix("v").removeprefix("V")
    parts = bare.split(".")
    padded = ".".join([*parts, "0", "0"][:3])
    return str(as_version(padded) or FIRST)
