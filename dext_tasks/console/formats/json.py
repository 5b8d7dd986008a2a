"""The report as one JSON document."""

from __future__ import annotations

import json as standard
from typing import TYPE_CHECKING

from dext_tasks.checks.runtime_verdict import runtime_verdicts
from dext_tasks.console.output import error_data

if TYPE_CHECKING:
    from dext_tasks.checks.report import Report
    from dext_tasks.checks.rule import Finding
    from dext_tasks.checks.run import Checked
    from dext_tasks.checks.runtime_verdict import RuntimeVerdict
    from dext_tasks.checks.summary import Summary
    from dext_tasks.errors import DextError


def json(checked: Checked) -> str:
    """One JSON document."""
    document = {
        "reference": checked.reference,
        "checked": [
            {"source": name, "where": scope.where, "files": list(scope.files)} for name, scope in checked.scopes.items()
        ],
        "notes": list(checked.notes),
        **report_data(checked.report),
        **_summary(checked.summary),
    }
    return standard.dumps(document, indent=2) + "\n"


def json_failure(error: DextError) -> str:
    """The document of a check that could not be made."""
    return standard.dumps(error_data(error), indent=2) + "\n"


def _summary(summary: Summary) -> dict[str, object]:
    return {
        "permissions": list(summary.permissions),
        "api_version": summary.api,
        "desktops": [
            {
                "desktop": str(each.desktop.version),
                "api": str(each.desktop.api),
                "verdict": each.verdict.value,
                "stated": each.desktop.stated,
                "source": each.desktop.source,
                "note": each.desktop.note,
            }
            for each in summary.offers
        ],
    }


def report_data(report: Report) -> dict[str, object]:
    """Findings, accepted findings and what could not be asked, as data."""
    return {
        "answered": report.answered,
        "errors": len(report.errors),
        "docker": {
            "would_pass": report.would_pass,
            "rules": list(report.docker_rules),
            "not_checked": list(report.docker_silent),
        },
        "runtimes": [_runtime(each) for each in runtime_verdicts(report)],
        "findings": [_finding(finding) for finding in report.findings],
        "accepted": [{**_finding(each.finding), "reason": each.reason} for each in report.accepted],
        "not_run": [{"rule": each.rule.code, "source": each.source, "reason": each.reason} for each in report.not_run],
    }


def _runtime(found: RuntimeVerdict) -> dict[str, object]:
    return {
        "runtime": found.runtime.value,
        "would_work": found.would_work,
        "failing": list(found.failing),
        "limited": list(found.limited),
        "not_asked": list(found.silent),
    }


def _finding(finding: Finding) -> dict[str, object]:
    place = finding.place
    return {
        "rule": finding.rule.code,
        "severity": finding.rule.severity.value,
        "source": finding.source,
        "what": finding.what,
        "file": place.file,
        "line": place.line,
        "label": place.label,
        "path": place.path,
        "platform": str(place.platform or ""),
        "docker": finding.docker_says,
        "why": finding.rule.why,
        "fix": finding.fix,
    }
