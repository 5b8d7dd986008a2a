"""One line of the doctor's report."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class LineStatus(StrEnum):
    """How things stand: a warning limits something, a failure stops a verb."""

    OK = "OK"
    WARN = "WARN"
    FAIL = "FAIL"


@dataclass(frozen=True)
class Line:
    """One fact with what to do about it.

    Attributes:
        name: What was looked at.
        status: How it is.
        found: What was found, in one line.
        remedy: What to do; empty if all is well.
    """

    name: str
    status: LineStatus
    found: str
    remedy: str = ""
