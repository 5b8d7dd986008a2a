"""A check for people: findings by where they are, verdicts, permissions, desktops, labels."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dext_tasks.checks.rule import Repair, Severity
from dext_tasks.checks.runtime_verdict import runtime_verdicts
from dext_tasks.console.table_layout import Table
from dext_tasks.formats.oci.platform import REQUIRED
from dext_tasks.wording import counted, excerpt

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dext_tasks.checks.report import Report, ReportedFault
    from dext_tasks.checks.rule import Finding
    from dext_tasks.checks.run import Checked
    from dext_tasks.checks.runtime_verdict import RuntimeVerdict
    from dext_tasks.checks.summary import Summary
    from dext_tasks.formats.oci.platform import Platform
    from dext_tasks.sources.facts import Place

# More places of one fault than this are counted for people, too.
_MOST_PLACES = 3
# More codes than this are counted for people; the JSON document has them all.
_MOST_CODES = 3
_IN_LINES = str.maketrans({"\n": "\\n", "\r": "\\r", "\t": "\\t"})
_ORDER = {severity: number for number, severity in enumerate(Severity)}


def findings_table(report: Report) -> Table:
    """One row per fault, by file and line, the worst first within each place."""
    rows = []
    for fault in sorted(report.faults, key=_order):
        where, rule = _where(fault), fault.rule
        rows.append((where, rule.severity.value, rule.code, fault.what, fault.fix))
    return Table("Findings", ("where", "severity", "rule", "what", "fix"), rows)


def check_summary(checked: Checked) -> Table:
    """The same for the page of a pipeline's run, with the verdicts below."""
    findings = findings_table(checked.report)
    title = f"Check of {checked.reference}" if checked.reference else "Check"
    return findings._replace(title=title, notes=report_lines(checked.report))


def _order(fault: ReportedFault) -> tuple[bool, str, int, str, int]:
    first = min(fault.findings, key=lambda each: (not each.place.file, each.place.file, each.place.line))
    place = first.place
    return (
        not place.file,
        place.file or first.source,
        place.line,
        place.path or place.label,
        _ORDER[fault.rule.severity],
    )


def _where(fault: ReportedFault) -> str:
    """The places that it was found at, files first; a platform is named only where it is not so on all."""
    in_files: dict[str, list[Finding]] = {}
    elsewhere: dict[tuple[str, str], list[Finding]] = {}
    for each in fault.findings:
        if each.place.file:
            in_files.setdefault(_line(each.place), []).append(each)
        else:
            elsewhere.setdefault((each.source, each.place.path or each.place.label), []).append(each)
    files = [f"{line}{_some_platforms(found)}" for line, found in in_files.items()]
    # Beside a line of a file, the name in the image says nothing new.
    images = [_inside(source, "" if files else name, found) for (source, name), found in elsewhere.items()]
    places = list(dict.fromkeys((*files, *images)))
    more = len(places) - _MOST_PLACES
    return "; ".join([*places[:_MOST_PLACES], *([f"and {more} more"] if more > 0 else [])])


def _line(place: Place) -> str:
    return f"{place.file}:{place.line}" if place.line else place.file


def _inside(source: str, name: str, findings: Sequence[Finding]) -> str:
    return ": ".join(filter(None, (f"{source}{_some_platforms(findings)}", name)))


def _some_platforms(findings: Sequence[Finding]) -> str:
    """The platforms that findings are about; empty if it is all of them."""
    platforms = dict.fromkeys(each.place.platform for each in findings)
    is_all = None in platforms or platforms.keys() >= set(REQUIRED)
    return "" if is_all else f" ({', '.join(map(str, platforms))})"


def report_lines(report: Report) -> list[str]:
    """What people need to know of every check: verdicts that were asked for or are bad, then ours."""
    docker = [verdict(report)] if report.would_pass is False or report.is_unbuildable else []
    return [*docker, *map(runtime_line, runtime_verdicts(report)), _ours(report)]


def detail_lines(report: Report, told: Sequence[str] = ()) -> list[str]:
    """What people may want to know besides: Docker's verdict, what is accepted, and what nobody could answer.

    Args:
        report: The report.
        told: Reasons for not checking something that people have read already.
    """
    docker = [] if report.would_pass is False or report.is_unbuildable else [verdict(report)]
    return [*docker, *_accepted(report), *_unanswered(report, told)]


def repair_lines(report: Report) -> list[str]:
    """What can be done about findings in files of the source tree, where their author need not do all of it."""
    found = (fault.rule for fault in report.faults if any(each.place.file for each in fault.findings))
    codes = list(dict.fromkeys(rule.code for rule in found if rule.repair is not Repair.BY_HAND))
    more = f" and {len(codes) - _MOST_CODES} more" if len(codes) > _MOST_CODES else ""
    return [f"dext fix --dry-run shows whether it can fix {', '.join(codes[:_MOST_CODES])}{more}"] if codes else []


def verdict(report: Report) -> str:
    """What Docker's validator would say of what was checked, in one line."""
    rules = report.docker_rules
    if rules:
        return f"Docker's validator: would fail, {counted(len(rules), 'rule')} ({', '.join(rules)})"
    if report.is_unbuildable:
        return "Docker's validator: cannot tell, for the tree cannot be built as it is"
    silent, known = report.docker_silent, sum(1 for rule in report.known if rule.docker)
    if not silent:
        return "Docker's validator: no objection found"
    named = f" ({', '.join(silent)})" if len(silent) <= _MOST_CODES else ""
    return f"Docker's validator: cannot tell, {len(silent)} of its {counted(known, 'rule')} not checked{named}"


def runtime_line(found: RuntimeVerdict) -> str:
    """What works in one desktop, by what was checked, in one line."""
    known, silent = len(found.needed), len(found.silent)
    codes, what = (found.failing, "would fail") if found.failing else (found.limited, "would work in part")
    if codes:
        return f"{found.runtime.title}: {what}, {counted(len(codes), 'rule')} ({', '.join(codes)})"
    if silent == known:
        return f"{found.runtime.title}: none of its {counted(known, 'rule')} was asked"
    if silent:
        return f"{found.runtime.title}: cannot tell, {silent} of its {counted(known, 'rule')} not asked"
    if found.is_unbuildable:
        return f"{found.runtime.title}: cannot tell, for the tree cannot be built as it is"
    return f"{found.runtime.title}: no objection found"


def _ours(report: Report) -> str:
    asked = f"{counted(_asked(report), 'rule')} asked"
    if not report.answered:
        return asked
    counts = [counted(number, severity.value) for severity in Severity if (number := report.count(severity))]
    accepted = [f"{len(report.accepted)} accepted"] if report.accepted else []
    found = f"{', '.join([*(counts or ['nothing found']), *accepted])}; {asked}"
    if counts:
        return found
    silent = f" (of {len(report.rules)}, -v says why)" if report.unanswered else ""
    return f"ok: {found}{silent}{_no_objection(report)}"


def _no_objection(report: Report) -> str:
    return "; Docker's validator: no objection found" if report.would_pass else ""


def _asked(report: Report) -> int:
    return len(report.rules) - len(report.unanswered) if report.answered else 0


def _accepted(report: Report) -> list[str]:
    return [
        f"accepted: {each.finding.rule.code}, {each.finding.what} (reason: {each.reason})" for each in report.accepted
    ]


def _unanswered(report: Report, told: Sequence[str]) -> list[str]:
    by_reason: dict[str, list[str]] = {}
    for code, reasons in report.unanswered.items():
        new = [reason for reason in reasons if not any(reason in each for each in told)] or reasons
        by_reason.setdefault("; ".join(new), []).append(code)
    return [f"not checked: {_codes(codes)}: {reason}" for reason, codes in by_reason.items()]


def _codes(codes: list[str]) -> str:
    return ", ".join(codes) if len(codes) <= _MOST_CODES else counted(len(codes), "rule")


def permission_lines(summary: Summary) -> list[str]:
    """What the extension may do to a user's machine."""
    return [f"permission: {each}" for each in summary.permissions]


def offer_lines(summary: Summary) -> list[str]:
    """On which desktops users would get it, in one line; none if there is no constraint."""
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
