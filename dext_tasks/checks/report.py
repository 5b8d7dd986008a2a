"""Asking every rule of every source, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dext_tasks.checks.catalogue import RULES
from dext_tasks.checks.rule import Finding, Rule, Severity
from dext_tasks.errors import ChecksFailedError
from dext_tasks.sources.subject import NotOfferedError, Subject

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True)
class NotRun:
    """A rule a source cannot answer, and why."""

    rule: Rule
    subject: str
    reason: str


@dataclass(frozen=True)
class Report:
    """What the rules found.

    Attributes:
        findings: Everything found, errors and warnings.
        not_run: Rules that a source could not answer.
        answered: How many questions were answered.
        sources: How many sources were asked.
    """

    findings: tuple[Finding, ...]
    not_run: tuple[NotRun, ...]
    answered: int
    sources: int

    @property
    def errors(self) -> tuple[Finding, ...]:
        """The findings that stop a release."""
        return tuple(finding for finding in self.findings if finding.rule.severity is Severity.ERROR)

    @property
    def unanswered(self) -> dict[str, tuple[str, ...]]:
        """Codes of the rules that no source could answer, with each source's reason."""
        reasons: dict[str, list[str]] = {}
        for each in self.not_run:
            reasons.setdefault(each.rule.code, []).append(each.reason)
        return {code: tuple(said) for code, said in reasons.items() if len(said) == self.sources}

    @property
    def docker_rules(self) -> tuple[str, ...]:
        """Codes of the rules with findings that Docker's validator would report too."""
        return tuple(sorted({finding.rule.code for finding in self.errors if finding.rule.docker}))

    def require_clean(self) -> None:
        """Hold that there is no finding at error level, and that something was checked at all.

        Raises:
            ChecksFailedError: There is one, or nothing was checked.
        """
        if not self.answered:
            raise ChecksFailedError("nothing was checked", remedy="build the images first: inv build")
        if self.errors:
            count = len(self.errors)
            raise ChecksFailedError(
                f"{count} error{'s' if count != 1 else ''} found", remedy="mend what is listed above, then run it again"
            )


def check(subjects: Iterable[Subject], rules: Iterable[Rule] = RULES) -> Report:
    """Ask every rule of every source."""
    findings: list[Finding] = []
    not_run: list[NotRun] = []
    answered = 0
    ordered, sources = list(rules), list(subjects)
    for subject in sources:
        for rule in ordered:
            try:
                found = list(rule.ask(subject))
            except NotOfferedError as reason:
                not_run.append(NotRun(rule, subject.name, str(reason)))
            else:
                answered += 1
                findings.extend(Finding(rule, subject.name, each.what, each.place) for each in found)
    return Report(tuple(findings), tuple(not_run), answered, len(sources))
