"""What the constraints of every grammar have in common, and what each refuses in its library's own words."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Literal, Protocol

from dext_tasks.errors import ConstraintError

# Far above any real constraint; it bounds the time that reading one takes.
LONGEST = 4096

_LONGEST_QUOTE = 200


class VersionRefusedError(ConstraintError):
    """A version that cannot be held against a constraint, however good the constraint is."""

    def __init__(self, version: str, why: str) -> None:
        super().__init__(
            f"version {quoted(version)}: {why}",
            remedy="give the version as MAJOR.MINOR.PATCH, such as 0.3.4",
        )


def require_sane_length(text: str) -> None:
    """Require that a string is short enough to be read.

    Raises:
        ConstraintError: It is longer than anybody's constraint.
    """
    if len(text) > LONGEST:
        raise ConstraintError(f"the constraint has {len(text)} characters, more than {LONGEST}")


def quoted(text: str) -> str:
    """The text between double quotes, on one line, nothing in it that a terminal would act on."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{visible(escaped)}"'


def visible(text: str) -> str:
    """The text on one line, with characters that do not print as escapes, cut where it gets long."""
    shown = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text[: _LONGEST_QUOTE + 1])
    return shown if len(shown) <= _LONGEST_QUOTE else f"{shown[:_LONGEST_QUOTE]}…"


Grammar = Literal["masterminds", "go-version"]


class Comparator(Protocol):
    """One operator with its version."""

    @property
    def operator(self) -> str:
        """The operator as written, empty if there is none."""

    @property
    def is_full(self) -> bool:
        """Whether major, minor and patch are all given, as numbers."""

    @property
    def prerelease(self) -> str:
        """The pre-release of the version, possibly empty."""


@dataclass(frozen=True)
class Constraint(ABC):
    """A parsed constraint.

    Attributes:
        text: The constraint as it was written.
    """

    text: str

    @property
    @abstractmethod
    def comparators(self) -> tuple[Comparator, ...]:
        """All comparators, from left to right."""

    @abstractmethod
    def allows(self, version: str, *, include_prerelease: bool = False) -> bool:
        """Whether the version satisfies the constraint.

        Args:
            version: Any version the library of this grammar reads, a leading ``v`` and all.
            include_prerelease: Masterminds' option of that name; go-version has none and ignores it.

        Raises:
            VersionRefusedError: The library would not read the version.
        """

    @property
    def is_bare(self) -> bool:
        """Whether only single versions are named, so that every other release is refused."""
        return all(each.operator in ("", "=") and each.is_full for each in self.comparators)

    @property
    def has_prerelease(self) -> bool:
        """Whether a pre-release is named."""
        return any(each.prerelease for each in self.comparators)
