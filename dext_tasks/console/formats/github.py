"""The report as workflow commands, which GitHub shows beside the lines they are about.

Format: https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dext_tasks.checks.rule import Severity
from dext_tasks.console.output import printable, uncommanding, visible

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dext_tasks.checks.report import ReportedFault
    from dext_tasks.checks.rule import Finding
    from dext_tasks.checks.run import Checked
    from dext_tasks.errors import DextError

_COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}


def github(checked: Checked) -> str:
    """One line per fault and line of a file, one for what is only in images; then what was checked, as plain text."""
    found = [
        _command(finding, fault.fix, checked.file(finding.place))
        for fault in checked.report.faults
        for finding in _shown(fault)
    ]
    told = (uncommanding(f"checked: {visible(said)}") for said in checked.said)
    return "".join(f"{line}\n" for line in (*found, *told))


def github_failure(error: DextError) -> str:
    """The line of a check that could not be made."""
    return f"::error title={_property(type(error).__name__)}::{_data(f'{error.message}: {error.remedy}')}\n"


def _shown(fault: ReportedFault) -> Iterable[Finding]:
    found = [each for each in fault.findings if each.rule is fault.rule]
    in_files = {(each.place.file, each.place.line): each for each in reversed(found) if each.place.file}
    return reversed(in_files.values()) if in_files else found[:1]


def _command(finding: Finding, fix: str, file: str) -> str:
    place = finding.place
    properties = {"file": file, "line": str(place.line or ""), "title": finding.rule.code}
    given = ",".join(f"{key}={_property(value)}" for key, value in properties.items() if value)
    where = "" if file else f" ({place})" if str(place) else ""
    return f"::{_COMMANDS[finding.rule.severity]} {given}::{_data(f'{finding.what}{where}. {fix}')}"


def _data(text: str) -> str:
    # https://github.com/actions/toolkit/blob/main/packages/core/src/command.ts escapes the same; without it a
    # label could write commands of its own into the log.
    return printable(text).replace("%", "%25").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
