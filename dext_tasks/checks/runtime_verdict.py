"""What works in each desktop that a check was made for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dext_tasks.checks.catalogue import PORTABILITY, RULES
from dext_tasks.checks.rule import Bearing, Severity
from dext_tasks.extension.desktops import Desktop

if TYPE_CHECKING:
    from dext_tasks.checks.report import Report


@dataclass(frozen=True)
class RuntimeVerdict:
    """What the rules that matter for one desktop found, accepted or not; each part as codes of rules.

    Attributes:
        runtime: The desktop.
        failing: For what the extension does not work there.
        limited: For what a part of it does not.
        needed: What must be answered before it is known to work.
        silent: What of that was not chosen, what no source could answer, or what was answered with a perhaps.
        is_unbuildable: Whether what there is cannot be made into an image.
    """

    runtime: Desktop
    failing: tuple[str, ...]
    limited: tuple[str, ...]
    needed: tuple[str, ...]
    silent: tuple[str, ...]
    is_unbuildable: bool = False

    @property
    def would_work(self) -> bool | None:
        """Whether all of it works there; None if not everything was answered."""
        if self.failing or self.limited:
            return False
        return None if self.silent or self.is_unbuildable else True


def runtime_verdicts(report: Report) -> tuple[RuntimeVerdict, ...]:
    """What the report says of each desktop that it has rules for."""
    known = {*report.known, *report.rules}
    return tuple(_verdict(report, runtime) for runtime in Desktop if not known.isdisjoint(PORTABILITY[runtime]))


def _verdict(report: Report, runtime: Desktop) -> RuntimeVerdict:
    own = PORTABILITY[runtime]
    general = [rule for rule in RULES if runtime in rule.desktops]
    needed = [rule.code for rule in (*own, *general) if rule.bearing is not Bearing.REFUTES]
    refuting = sorted(rule.code for rule in general if rule.bearing is Bearing.REFUTES)
    suspecting = {rule.code for rule in own if rule.bearing is Bearing.SUSPECTS}
    found = (*report.findings, *(each.finding for each in report.accepted))
    bad = {severity: {each.rule.code for each in found if each.rule.severity is severity} for severity in Severity}
    limiting = bad[Severity.WARNING] - suspecting
    asked = report.asked - (suspecting & bad[Severity.WARNING])
    return RuntimeVerdict(
        runtime,
        failing=tuple(code for code in (*needed, *refuting) if code in bad[Severity.ERROR]),
        limited=tuple(rule.code for rule in own if rule.code in limiting),
        needed=tuple(needed),
        silent=tuple(code for code in needed if code not in asked),
        is_unbuildable=report.is_unbuildable,
    )
