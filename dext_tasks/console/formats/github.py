"""The report as workflow commands, which GitHub shows beside the lines they are about.

Format: https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dext_tasks.checks.rule import Severity
from dext_tasks.console.pipeline import Annotation, Level, failure
from dext_tasks.console.text import uncommanding, visible

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from dext_tasks.checks.report import Report, ReportedFault
    from dext_tasks.checks.rule import Finding
    from dext_tasks.checks.run import Checked
    from dext_tasks.errors import DextError
    from dext_tasks.sources.facts import Place

_LEVELS = {Severity.ERROR: Level.ERROR, Severity.WARNING: Level.WARNING, Severity.NOTE: Level.NOTICE}


def github(checked: Checked) -> str:
    """One line per fault and line of a file, one for what is only in images; then what was checked, as plain text."""
    found = (each.command for each in annotated(checked.report, checked.file))
    told = (uncommanding(f"checked: {visible(said)}") for said in checked.said)
    return "".join(f"{line}\n" for line in (*found, *told))


def annotated(report: Report, file: Callable[[Place], str]) -> list[Annotation]:
    """One per fault and line of a file, one for what is only in images.

    Args:
        report: What was found.
        file: The file of a place, from the workspace.
    """
    return [
        _annotation(finding, fault.fix, file(finding.place)) for fault in report.faults for finding in _shown(fault)
    ]


def github_failure(error: DextError) -> str:
    """The line of a check that could not be made."""
    return f"{failure(error).command}\n"


def _shown(fault: ReportedFault) -> Iterable[Finding]:
    found = [each for each in fault.findings if each.rule is fault.rule]
    in_files = {(each.place.file, each.place.line): each for each in reversed(found) if each.place.file}
    return reversed(in_files.values()) if in_files else found[:1]


def _annotation(finding: Finding, fix: str, file: str) -> Annotation:
    place = finding.place
    where = "" if file else f" ({place})" if str(place) else ""
    told = f"{finding.what}{where}. {fix}"
    return Annotation(_LEVELS[finding.rule.severity], told, finding.rule.code, file, place.line)
