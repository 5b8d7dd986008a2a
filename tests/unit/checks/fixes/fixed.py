"""What fixes make of small trees."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dext_tasks.checks.catalogue import RULES
from dext_tasks.checks.fixing import Fixing, FixRequest, fix_all
from dext_tasks.checks.selection import Selection

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dext_tasks.checks.fixes.edit import Choice, Fix
    from dext_tasks.checks.rule import Finding
    from tests.unit.conftest import MakeProject


def first_option(_: Finding, choice: Choice) -> Fix:
    """The first of several answers."""
    return choice.options[0][1]


def fixing_of(make_project: MakeProject, files: Mapping[str, str | bytes], *codes: str) -> Fixing:
    """What fixes of these rules make of a tree, judged by them alone."""
    return fix_all(make_project(files), FixRequest(RULES, Selection(codes)))


def dockerfile_after(make_project: MakeProject, before: str, *codes: str) -> str:
    """What fixes of these rules make of a Dockerfile."""
    fixing = fixing_of(make_project, {"Dockerfile": before}, *codes)
    for change in fixing.changes:
        return change.after.decode()
    return before
