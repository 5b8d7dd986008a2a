"""Lines of versions, such as 1.2.x, and what settings say of tags; reading them loads no semver."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from dext_tasks.errors import VersionInvalidError, VersionOutsideLineError

if TYPE_CHECKING:
    from semver import Version

LINE: Final = r"^(0|[1-9][0-9]{0,8})(\.(0|[1-9][0-9]{0,8}))?$"
"""The spelling of a line of versions."""
TAG_PATTERN: Final = r"^(?=.*[^*?])[A-Za-z0-9_.*?\[\]!-]+$"
"""The spelling of a pattern of tags: what a tag may hold, ``*``, ``?`` and ``[…]``, and not wildcards alone."""


@dataclass(frozen=True)
class VersionLine:
    """Versions that begin alike and are continued beside greater ones, as by a maintenance branch.

    Attributes:
        numbers: Major, or major and minor.
    """

    numbers: tuple[int, ...]

    @classmethod
    def parse(cls, text: str) -> VersionLine:
        """Read ``1`` or ``1.0``.

        Raises:
            VersionInvalidError: It is neither.
        """
        if not re.fullmatch(LINE, text):
            raise VersionInvalidError(f"{text!r} is not a line of versions", remedy="write MAJOR or MAJOR.MINOR")
        return cls(tuple(map(int, text.split("."))))

    def __contains__(self, version: Version) -> bool:
        return (version.major, version.minor)[: len(self.numbers)] == self.numbers

    def __str__(self) -> str:
        return ".".join(map(str, self.numbers))

    def require(self, version: Version) -> None:
        """Require that a version is of the line.

        Raises:
            VersionOutsideLineError: It is not.
        """
        if version not in self:
            raise VersionOutsideLineError(
                f"version {version} is not of the line {self}",
                remedy=f"release a version that begins with {self}, as a smaller --bump may do; or change --line "
                "(release.line)",
            )


class Floating(StrEnum):
    """A tag that follows the greatest stable version of a line: ``latest-1``, ``latest-1.2``.

    ``1`` and ``1.2``, with a v or without, are versions to those who are lenient, as Docker's validator may be. Rancher
    Desktop reads a version out of any digits, but only of a repository that has no semver tag.
    """

    MAJOR = "major"
    MINOR = "minor"

    def line(self, version: Version) -> VersionLine:
        """The line of a version that it follows."""
        return VersionLine((version.major,) if self is Floating.MAJOR else (version.major, version.minor))

    def tag(self, version: Version) -> str:
        """Its name for the line of a version."""
        return f"latest-{self.line(version)}"
