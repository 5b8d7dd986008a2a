"""What works in each desktop that a check was made for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dext_tasks.checks.catalogue import PORTABILITY, RULES
from dext_tasks.checks.rule import Severity
from dext_tasks.extension.desktops import Desktop

if TYPE_CHECKING:
    from dext_tasks.checks.report import Report
    from dext_tasks.checks.rule import Rule

# Every desktop copies the same files out of the image and starts the same compose file. What stops Docker Desktop
# there stops the others, and without these the rest does not work anywhere.
_INSTALLATION = "Installed extension"
_EVERYWHERE = frozenset(
    {
        *("metadata-missing", "metadata-syntax", "program-wrong-architecture"),
        *("ui-entry-nowhere", "ui-entry-absent", "ui-entry-useless", "ui-script-absent", "ui-script-absolute"),
        *("binary-not-executable", "binary-name-clash", "binary-wrong-os", "binary-wrong-architecture"),
        *("binary-empty", "binary-script-carriage-return"),
    }
)
# What stops an extension everywhere where it is found, while nobody misses the answer: running the image tells.
_TELLING = frozenset({"program-nowhere"})
# What their findings say may be so or not: running the extension tells.
_POSSIBLE = frozenset({"rancher-desktop-service-ends"})
# Only Docker Desktop compares it with its own.
_API_VERSION = frozenset({"api-version-invalid", "api-version-refuses-newest"})


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
    own = [rule.code for rule in PORTABILITY[runtime]]
    general = [rule.code for rule in RULES if _is_general(rule, runtime)]
    needed = (*own, *general)
    found = (*report.findings, *(each.finding for each in report.accepted))
    bad = {severity: {each.rule.code for each in found if each.rule.severity is severity} for severity in Severity}
    asked = report.asked - (_POSSIBLE & bad[Severity.WARNING])
    return RuntimeVerdict(
        runtime,
        failing=tuple(code for code in (*needed, *sorted(_TELLING)) if code in bad[Severity.ERROR]),
        limited=tuple(code for code in own if code in bad[Severity.WARNING] - _POSSIBLE),
        needed=needed,
        silent=tuple(code for code in needed if code not in asked),
        is_unbuildable=report.is_unbuildable,
    )


def _is_general(rule: Rule, runtime: Desktop) -> bool:
    """Whether a rule that is always asked says whether an extension works in a desktop."""
    is_docker_desktops = runtime is Desktop.DOCKER_DESKTOP and rule.code in _API_VERSION
    return rule.docker == _INSTALLATION or rule.code in _EVERYWHERE or is_docker_desktops
