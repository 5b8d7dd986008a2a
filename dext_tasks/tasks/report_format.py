"""Reading --format."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dext_tasks.errors import UsageError

if TYPE_CHECKING:
    from dext_tasks.console.formats import Format


def format_of(text: str, *, as_json: bool) -> Format | None:
    """The format that a report is to be written in, or None if only people are to read it.

    Raises:
        UsageError: There is no such format, or JSON and another one are asked for.
    """
    if not text and not as_json:
        return None
    from dext_tasks.console.formats import Format

    try:
        wanted = Format(text or Format.JSON)
    except ValueError as error:
        raise UsageError(f"there is no format {text!r}", remedy=f"use one of {', '.join(Format)}") from error
    if as_json and wanted is not Format.JSON:
        raise UsageError(f"--json and --format {text} are two answers to one question", remedy="give one of them")
    return wanted
