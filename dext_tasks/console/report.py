"""A check for people: findings by where they are, verdicts, permissions, desktops, labels."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dext_tasks.checks.rule import Severity
from dext_tasks.console.output import Table

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dext_tasks.checks.report import Report
    from dext_tasks.checks.rule import Finding
    from dext_tasks.checks.summary import Summary
    from dext_tasks.extension.platform import Platform

# More codes than this are counted for people; the JSON document has them all.
_MOST_CODES = 3
_ORDER = {severity: number for number, severity in enumerate(Severity)}


def findings_table(report: Report) -> Table:
    """One row a problem, the worst first within each place; the same problem on several platforms is one row."""
    grouped: dict[tuple[str, str, str], list[Finding]] = {}
    for finding in report.findings:
        grouped.setdefault((_where(finding), finding.rule.code, finding.what), []).append(finding)
    ordered = sorted(grouped.items(), key=lambda item: (item[0][0], _ORDER[item[1][0].rule.severity]))
    rows = []
    before = ""
    for (where, code, what), findings in ordered:
        rows.append(
            (where if where != before else "", findings[0].rule.severity.value, code, what, findings[0].rule.fix)
        )
        before = where
    return Table("Findings", ("where", "severity", "rule", "what", "fix"), rows)


def _where(finding: Finding) -> str:
    place = finding.place
    line = f":{place.line}" if place.file and place.line else ""
    inside = place.path or place.label
    return f"{place.file}{line}" if place.file else ": ".join(filter(None, (finding.subject, inside)))


def report_lines(report: Report) -> list[str]:
    """Docker's verdict, then ours, then what is accepted and what nobody could answer."""
    return [verdict(report), _ours(report), *_accepted(report), *_unanswered(report)]


def verdict(report: Report) -> str:
    """What Docker's validator would say, in one line."""
    rules = report.docker_rules
    if not rules:
        return "Docker's validator: no objection found"
    return f"Docker's validator: would fail, {_count(len(rules), 'rule')} ({', '.join(rules)})"


def _ours(report: Report) -> str:
    counts = [_count(len(found), severity.value) for severity in Severity if (found := report.of(severity))]
    return f"dext-tasks: {', '.join(counts) or 'nothing found'}; {_count(len(report.rules), 'rule')} asked"


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'s' if number != 1 else ''}"


def _accepted(report: Report) -> list[str]:
    return [
        f"accepted: {each.finding.rule.code}, {each.finding.what} (reason: {each.reason})" for each in report.accepted
    ]


def _unanswered(report: Report) -> list[str]:
    by_reason: dict[str, list[str]] = {}
    for code, reasons in report.unanswered.items():
        by_reason.setdefault("; ".join(reasons), []).append(code)
    return [f"not checked: {_codes(codes)}: {reason}" for reason, codes in by_reason.items()]


def _codes(codes: list[str]) -> str:
    return ", ".join(codes) if len(codes) <= _MOST_CODES else _count(len(codes), "rule")


def summary_lines(summary: Summary) -> list[str]:
    """What the extension may do to a user's machine."""
    return [f"permission: {each}" for each in summary.permissions]


def offers_table(summary: Summary) -> Table:
    """The known Docker Desktops and whether each would offer the extension."""
    rows = [
        (str(offer.desktop.version), str(offer.desktop.api), offer.verdict.value, offer.desktop.source)
        for offer in summary.offers
    ]
    return Table(f"Docker Desktop and {summary.api}", ("Docker Desktop", "API", "verdict", "source"), rows)


def labels_table(labels: Mapping[Platform, Mapping[str, str]]) -> Table:
    """One row a label and platform; platforms that agree share one row."""
    grouped: dict[tuple[str, str], list[str]] = {}
    for platform, values in labels.items():
        for key, value in values.items():
            grouped.setdefault((key, value), []).append(str(platform))
    rows = [(key, ", ".join(platforms), value) for (key, value), platforms in sorted(grouped.items())]
    return Table("Labels", ("label", "platforms", "value"), rows)
