"""The report as one JSON document."""

from __future__ import annotations

import json as standard
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dext_tasks.checks.report import Report
    from dext_tasks.checks.rule import Finding
    from dext_tasks.checks.run import Checked
    from dext_tasks.checks.summary import Summary


def json(checked: Checked) -> str:
    """One JSON document."""
    document = {"notes": list(checked.notes), **report_data(checked.report), **_summary(checked.summary)}
    return standard.dumps(document, indent=2) + "\n"


def _summary(summary: Summary) -> dict[str, object]:
    return {
        "permissions": list(summary.permissions),
        "api_version": summary.api,
        "desktops": [
            {"desktop": str(each.desktop.version), "api": str(each.desktop.api), "verdict": each.verdict.value}
            for each in summary.offers
        ],
    }


def report_data(report: Report) -> dict[str, object]:
    """Findings, accepted findings and what could not be asked, as data."""
    return {
        "answered": report.answered,
        "errors": len(report.errors),
        "docker": {"would_pass": not report.docker_rules, "rules": list(report.docker_rules)},
        "findings": [_finding(finding) for finding in report.findings],
        "accepted": [{**_finding(each.finding), "reason": each.reason} for each in report.accepted],
        "not_run": [{"rule": each.rule.code, "source": each.subject, "reason": each.reason} for each in report.not_run],
    }


def _finding(finding: Finding) -> dict[str, object]:
    place = finding.place
    return {
        "rule": finding.rule.code,
        "severity": finding.rule.severity.value,
        "source": finding.subject,
        "what": finding.what,
        "file": place.file,
        "line": place.line,
        "label": place.label,
        "path": place.path,
        "platform": str(place.platform or ""),
        "docker": finding.rule.docker,
        "why": finding.rule.why,
        "fix": finding.rule.fix,
    }
