"""What works in each desktop that a check was made for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dext_tasks.checks.portability_rules import rules_for
from dext_tasks.checks.rule import Severity
from dext_tasks.extension.runtime import Runtime

if TYPE_CHECKING:
    from dext_tasks.checks.report import Report


@dataclass(frozen=True)
class RuntimeVerdict:
    """What the rules for one desktop found, accepted or not; each part as codes of rules.

    Attributes:
        runtime: The desktop.
        failing: For what the extension does not work there.
        limited: For what a part of it does not.
        silent: What was not chosen, or what no source could answer.
    """

    runtime: Runtime
    failing: tuple[str, ...]
    limited: tuple[str, ...]
    silent: tuple[str, ...]

    @property
    def would_work(self) -> bool | None:
        """Whether all of it works there; None if not everything was answered."""
        if self.failing or self.limited:
            return False
        return None if self.silent else True


def runtime_verdicts(report: Report) -> tuple[RuntimeVerdict, ...]:
    """What the report says of each desktop that it has rules for."""
    known = {*report.known, *report.rules}
    return tuple(_verdict(report, runtime) for runtime in Runtime if not known.isdisjoint(rules_for(runtime)))


def _verdict(report: Report, runtime: Runtime) -> RuntimeVerdict:
    own = [rule.code for rule in rules_for(runtime)]
    found = (*report.findings, *(each.finding for each in report.accepted))
    bad = {severity: {each.rule.code for each in found if each.rule.severity is severity} for severity in Severity}
    asked = {rule.code for rule in report.rules} - report.unanswered.keys() if report.answered else set()
    return RuntimeVerdict(
        runtime,
        failing=tuple(code for code in own if code in bad[Severity.ERROR]),
        limited=tuple(code for code in own if code in bad[Severity.WARNING]),
        silent=tuple(code for code in own if code not in asked),
    )
