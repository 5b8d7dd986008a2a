"""What a constraint grammar refuses, in that library's own words."""

from __future__ import annotations

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
