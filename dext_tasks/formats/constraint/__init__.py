"""The version constraints of the label ``com.docker.desktop.extension.api.version``."""

from __future__ import annotations

from dext_tasks.errors import ConstraintError
from dext_tasks.formats.constraint.model import Comparator, Constraint, Grammar, VersionRefusedError
from dext_tasks.formats.constraint.quirks import Quirk, quirks
from dext_tasks.formats.constraint.verdict import Verdict, allows, parse, verdict

__all__ = [
    "Comparator",
    "Constraint",
    "ConstraintError",
    "Grammar",
    "Quirk",
    "Verdict",
    "VersionRefusedError",
    "allows",
    "parse",
    "quirks",
    "verdict",
]
