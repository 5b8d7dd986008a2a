"""A check for people: findings by where they are, verdicts, permissions, desktops, labels."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from dext_tasks.checks.portability_rules import rules_for
from dext_tasks.checks.rule import Severity
from dext_tasks.checks.runtime_verdict import runtime_verdicts
from dext_tasks.console.output import Table
from dext_tasks.extension.excerpt import excerpt
from dext_tasks.extension.platform import REQUIRED

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dext_tasks.checks.report import Report
    from dext_tasks.checks.rule import Finding
    from dext_tasks.checks.runtime_verdict import RuntimeVerdict
    from dext_tasks.checks.summary import Summary
    from dext_tasks.extension.platform import Platform
    from dext_tasks.sources.subject import Place

# More codes than this are counted for people; the JSON document has them all.
_MOST_CODES = 3
_IN_LINES = str.maketrans({"\n": "\\n", "\r": "\\r", "\t": "\\t"})
_ORDER = {severity: number for number, severity in enumerate(Severity)}


def findings_table(report: Report) -> Table:
    """One row a problem, by file and line, the worst first within each place; several platforms share a row."""
    grouped: dict[tuple[Place, str, str, str], list[Finding]] = {}
    for finding in report.findings:
        key = (replace(finding.place, platform=None), finding.subject, finding.rule.code, finding.what)
        grouped.setdefault(key, []).append(finding)
    rows = []
    before = ""
    for findings in sorted(grouped.values(), key=lambda found: _order(found[0])):
        where, rule = _where(findings), findings[0].rule
        rows.append((where if where != before else "", rule.severity.value, rule.code, findings[0].what, rule.fix))
        before = where
    return Table("Findings", ("where", "severity", "rule", "what", "fix"), rows)


def _order(finding: Finding) -> tuple[bool, str, int, str, int]:
    place = finding.place
    name = place.file or finding.subject
    return not place.file, name, place.line, place.path or place.label, _ORDER[finding.rule.severity]


def _where(findings: Sequence[Finding]) -> str:
    """The place that they share, with the platforms unless it is the same on all."""
    place, subject = findings[0].place, findings[0].subject
    if place.file:
        return f"{place.file}:{place.line}" if place.line else place.file
    platforms = dict.fromkeys(each.place.platform for each in findings if each.place.platform)
    some = f" ({', '.join(map(str, platforms))})" if platforms and not platforms.keys() >= set(REQUIRED) else ""
    return ": ".join(filter(None, (f"{subject}{some}", place.path or place.label)))


def report_lines(report: Report) -> list[str]:
    """Docker's verdict, what works in each desktop, ours, then what is accepted and what nobody could answer."""
    runtimes = map(runtime_line, runtime_verdicts(report))
    return [verdict(report), *runtimes, _ours(report), *_accepted(report), *_unanswered(report)]


def verdict(report: Report) -> str:
    """What Docker's validator would say, in one line, as far as it was asked."""
    rules = report.docker_rules
    if rules:
        return f"Docker's validator: would fail, {_count(len(rules), 'rule')} ({', '.join(rules)})"
    if report.is_unbuildable:
        return "Docker's validator: cannot tell, for BuildKit refuses the Dockerfile"
    silent, known = report.docker_silent, sum(1 for rule in report.known if rule.docker)
    if not silent:
        return "Docker's validator: no objection found"
    named = f" ({', '.join(silent)})" if len(silent) <= _MOST_CODES else ""
    return f"Docker's validator: cannot tell, {len(silent)} of its {_count(known, 'rule')} not checked{named}"


def runtime_line(found: RuntimeVerdict) -> str:
    """What works in one desktop, in one line, as far as it was asked."""
    known, silent = len(rules_for(found.runtime)), len(found.silent)
    codes, what = (found.failing, "would fail") if found.failing else (found.limited, "would work in part")
    if codes:
        return f"{found.runtime.title}: {what}, {_count(len(codes), 'rule')} ({', '.join(codes)})"
    if silent == known:
        return f"{found.runtime.title}: none of its {_count(known, 'rule')} was asked"
    unasked = f", {silent} of its {_count(known, 'rule')} not asked" if silent else ""
    return f"{found.runtime.title}: no objection found{unasked}"


def _ours(report: Report) -> str:
    counts = [_count(len(found), severity.value) for severity in Severity if (found := report.of(severity))]
    return f"dext-tasks: {', '.join(counts) or 'nothing found'}; {_count(_asked(report), 'rule')} asked"


def _asked(report: Report) -> int:
    return len(report.rules) - len(report.unanswered) if report.answered else 0


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
    """What the extension may do to a user's machine, and on which desktops users would get it."""
    return [*(f"permission: {each}" for each in summary.permissions), *_offers(summary)]


def _offers(summary: Summary) -> list[str]:
    by_verdict: dict[str, list[str]] = {}
    for offer in summary.offers:
        inferred = "" if offer.desktop.stated else "*"
        by_verdict.setdefault(offer.verdict.value, []).append(f"{offer.desktop.version}{inferred}")
    said = [f"{verdict}: {', '.join(versions)}" for verdict, versions in by_verdict.items()]
    return [f"Docker Desktop and {excerpt(summary.api)!r}: {'; '.join(said)} (* inferred)"] if said else []


def offers_table(summary: Summary) -> Table:
    """The known Docker Desktops and whether each would offer the extension."""
    rows = [
        (
            str(offer.desktop.version),
            str(offer.desktop.api),
            offer.verdict.value,
            "stated" if offer.desktop.stated else f"inferred: {offer.desktop.note}",
            offer.desktop.source,
        )
        for offer in summary.offers
    ]
    columns = ("Docker Desktop", "API", "verdict", "known", "source")
    return Table(f"Docker Desktop and {excerpt(summary.api)!r}", columns, rows)


def labels_table(labels: Mapping[Platform, Mapping[str, str]]) -> Table:
    """One row a label and platform; platforms that agree share one row."""
    grouped: dict[tuple[str, str], list[str]] = {}
    for platform, values in labels.items():
        for key, value in values.items():
            grouped.setdefault((key, value), []).append(str(platform))
    rows = [(key, ", ".join(platforms), value) for (key, value), platforms in sorted(grouped.items())]
    return Table("Labels", ("label", "platforms", "value"), rows)


def label_lines(labels: Mapping[Platform, Mapping[str, str]]) -> list[str]:
    """The same rows for programs that read lines: key, platforms and value, parted by tabs; none is broken."""
    rows = labels_table(labels).rows
    return ["\t".join(cell.translate(_IN_LINES) for cell in row) for row in rows]
