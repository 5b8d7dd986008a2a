"""What fixes change, for people and programs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dext_tasks.checks.rule import Repair, Severity
from dext_tasks.console.diff import diff_lines
from dext_tasks.console.table_layout import Table
from dext_tasks.wording import counted, excerpt

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dext_tasks.checks.fixing import Fixing
    from dext_tasks.checks.report import Report
    from dext_tasks.checks.rule import Rule

_WHEN = {Repair.SURE: "by itself", Repair.CHOICE: "by choice"}


def fixable_table(rules: Iterable[Rule]) -> Table:
    """One row a rule whose findings can be fixed."""
    rows = [(rule.code, _WHEN[rule.repair], rule.title) for rule in rules if rule.repair is not Repair.BY_HAND]
    return Table(
        "Rules that can be fixed, where one answer is right or is chosen", ("rule", "fixed", "requires that"), rows
    )


def fixable_data(rules: Iterable[Rule]) -> dict[str, object]:
    """The same as data."""
    found = [rule for rule in rules if rule.repair is not Repair.BY_HAND]
    return {"rules": [{"rule": rule.code, "repair": rule.repair.value, "holds": rule.title} for rule in found]}


def fix_lines(fixing: Fixing) -> Iterator[str]:
    """A line for each fix that is made."""
    for fix in fixing.fixes:
        yield f"{fix.code}: {fix.what}"


def undecided_lines(fixing: Fixing) -> Iterator[str]:
    """What a person has to choose."""
    for finding, choice in fixing.undecided:
        yield f"{finding.rule.code}, {finding.place}: {choice.question}"
        yield from (f"  - {words}" for words, _ in choice.options)


def left_line(report: Report, command: str) -> str:
    """What is left after fixes, in a line.

    Args:
        report: What rules find in the result.
        command: How a check is called here.
    """
    counts = [counted(number, severity) for severity in Severity if (number := report.count(severity))]
    if not counts:
        return "nothing is left for you to fix"
    *others, last = counts
    told = f"{', '.join(others)} and {last}" if others else last
    return f"left for you: {told}; `{command}` shows them"


def fixing_data(fixing: Fixing, *, dry: bool) -> dict[str, object]:
    """Fixes as data.

    Args:
        fixing: What is fixed.
        dry: Whether nothing is changed.
    """
    return {
        "dry_run": dry,
        "fixed": [
            {
                "rule": finding.rule.code,
                "finding": finding.what,
                "file": finding.place.file,
                "line": finding.place.line,
                "what": fix.what,
                "files": list(fix.files),
            }
            for finding, fix in fixing.applied
        ],
        "choices": [
            {
                "rule": finding.rule.code,
                "finding": finding.what,
                "file": finding.place.file,
                "line": finding.place.line,
                "question": choice.question,
                "options": [words for words, _ in choice.options],
            }
            for finding, choice in fixing.undecided
        ],
        "files": [
            {
                "path": change.file,
                "made_executable": change.runs,
                "diff": "\n".join(line.text for line in diff_lines([change])),
            }
            for change in fixing.changes
        ],
        "left": {severity.value: fixing.report.count(severity) for severity in Severity},
    }


def option_line(number: int, words: str) -> str:
    """One of several answers."""
    return f"  {number:>2}  {excerpt(words)}"
