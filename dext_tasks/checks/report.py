"""Asking every rule of every source, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from dext_tasks.checks.catalogue import RULES
from dext_tasks.checks.rule import Finding, Problem, Rule, Severity
from dext_tasks.checks.selection import Selection
from dext_tasks.errors import ChecksFailedError, NothingCheckedError
from dext_tasks.sources.source import NotOfferedError, PartNotOfferedError, Source
from dext_tasks.wording import counted

if TYPE_CHECKING:
    from collections.abc import Iterable

# What people read of one rule, and what programs do; whoever has more has one mistake many times.
_MOST_FAULTS = 50
_MOST_FINDINGS = 1000
# What looking for the rest may cost.
_MOST_COUNTED = 10_000


@dataclass(frozen=True)
class ReportedFault:
    """One thing that is wrong, wherever it was found: in the source tree, and in the image of each platform.

    Attributes:
        rule: The rule that found it; the most severe one where several did.
        what: What is wrong, in one line.
        findings: One for each place and platform, and for each of these rules.
    """

    rule: Rule
    what: str
    findings: tuple[Finding, ...]

    @property
    def fix(self) -> str:
        """What to do about it; advice for this one goes before that for all that a rule finds."""
        return next((each.advice for each in self.findings if each.advice), self.findings[0].fix)


class NotRun(NamedTuple):
    """A rule a source cannot answer, and why."""

    rule: Rule
    source: str
    reason: str


class Accepted(NamedTuple):
    """A finding that the settings accept, and why."""

    finding: Finding
    reason: str


@dataclass(frozen=True)
class Report:
    """What the rules found.

    Attributes:
        findings: Everything found that is not accepted.
        not_run: Rules that a source could not answer.
        answered: How many questions were answered.
        sources: How many sources were asked.
        accepted: Everything found that is accepted.
        rules: The rules that were asked.
        known: The rules these were chosen from.
    """

    findings: tuple[Finding, ...]
    not_run: tuple[NotRun, ...]
    answered: int
    sources: int
    accepted: tuple[Accepted, ...] = ()
    rules: tuple[Rule, ...] = ()
    known: tuple[Rule, ...] = ()

    @cached_property
    def faults(self) -> tuple[ReportedFault, ...]:
        """The findings, those that say the same of several places or platforms taken together."""
        grouped: dict[tuple[str, str], list[Finding]] = {}
        for finding in self.findings:
            grouped.setdefault(finding.fault, []).append(finding)
        return tuple(
            ReportedFault(same[0].rule, same[0].what, tuple(same)) for same in map(_main_first, grouped.values())
        )

    def count(self, severity: Severity) -> int:
        """How many faults of one severity there are."""
        return sum(fault.rule.severity is severity for fault in self.faults)

    def of(self, severity: Severity) -> tuple[Finding, ...]:
        """The findings of one severity."""
        return tuple(finding for finding in self.findings if finding.rule.severity is severity)

    @property
    def errors(self) -> tuple[Finding, ...]:
        """The findings that stop a release."""
        return self.of(Severity.ERROR)

    @cached_property
    def unanswered(self) -> dict[str, tuple[str, ...]]:
        """Codes of the rules that no source could answer, with each source's reason."""
        reasons: dict[str, list[str]] = {}
        for each in self.not_run:
            reasons.setdefault(each.rule.code, []).append(each.reason)
        return {code: tuple(dict.fromkeys(said)) for code, said in reasons.items() if len(said) == self.sources}

    @cached_property
    def docker_rules(self) -> tuple[str, ...]:
        """Codes of the rules with findings that Docker's validator would report too, accepted or not."""
        found = (*self.findings, *(each.finding for each in self.accepted))
        return tuple(sorted({each.rule.code for each in found if each.rule.docker and not self._is_outdone(each)}))

    def _is_outdone(self, finding: Finding) -> bool:
        """Whether an image, which is all that Docker looks at, knows better than its Dockerfile."""
        answers = self.sources - sum(each.rule.code == finding.rule.code for each in self.not_run)
        return finding.rule.images_decide and finding.place.platform is None and answers > 1

    @cached_property
    def asked(self) -> frozenset[str]:
        """Codes of the rules that some source answered, or answered of an image where they are about its source."""
        asked = {rule.code for rule in self.rules} - self.unanswered.keys() if self.answered else set()
        return frozenset(asked | {rule.code for rule in (*self.known, *self.rules) if rule.twin in asked})

    @cached_property
    def docker_silent(self) -> tuple[str, ...]:
        """Codes of the rules of Docker's validator that were not chosen, or that no source could answer."""
        return tuple(rule.code for rule in self.known if rule.docker and rule.code not in self.asked)

    @property
    def is_unbuildable(self) -> bool:
        """Whether no image can be made of the source tree, so that what images there are say nothing of it."""
        found = (*self.findings, *(each.finding for each in self.accepted))
        return any(each.rule.stops_build for each in found)

    @property
    def would_pass(self) -> bool | None:
        """Whether Docker's validator would let it pass; None if not all that it asks was answered."""
        if self.docker_rules:
            return False
        return None if self.docker_silent or self.is_unbuildable else True

    def require_clean(self, *, strict: bool = False) -> None:
        """Require that there is no finding at error level, and that something was checked at all.

        Args:
            strict: Whether warnings count, too.

        Raises:
            ChecksFailedError: There is one.
            NothingCheckedError: Nothing was checked.
        """
        if not self.answered:
            raise NothingCheckedError(
                "nothing was checked", remedy="build the images first (inv build), or choose more rules"
            )
        failing = (Severity.ERROR, Severity.WARNING) if strict else (Severity.ERROR,)
        counts = [counted(number, severity) for severity in failing if (number := self.count(severity))]
        if counts:
            raise ChecksFailedError(
                f"{' and '.join(counts)} found",
                remedy="fix what is listed above, then run it again; --explain RULE says more",
            )


def _main_first(same: list[Finding]) -> list[Finding]:
    """Findings of one fault: the worst first, what names a file before what names none, and twins after their rule."""
    order = list(Severity)
    return sorted(
        same,
        key=lambda each: (order.index(each.rule.severity), not each.place.file, each.rule.code != each.fault[0]),
    )


class _Problems:
    """What one rule finds in one source: the first of it, and how much more there is."""

    def __init__(self) -> None:
        self._kept: list[Problem] = []
        self._kinds: set[str] = set()
        self._first: Problem | None = None
        self._others = 0

    def add(self, problem: Problem) -> bool:
        """Take one more; False if nobody has to look for others."""
        kind = problem.about or problem.what
        if len(self._kept) < _MOST_FINDINGS and (kind in self._kinds or len(self._kinds) < _MOST_FAULTS):
            self._kinds.add(kind)
            self._kept.append(problem)
        else:
            self._first = self._first or problem
            self._others += 1
        return self._others < _MOST_COUNTED

    @property
    def told(self) -> list[Problem]:
        """All of them, those that are left out as one."""
        if self._first is None:
            return self._kept
        number = f"{_MOST_COUNTED} or more" if self._others == _MOST_COUNTED else f"{self._others} more"
        place = self._first.place._replace(line=0, label="", path="")
        what = f"and {number} like these"
        return [*self._kept, Problem(what, place, docker=what if self._first.docker else "")]


def _answer(rule: Rule, source: Source) -> tuple[list[Problem], str | None]:
    """What a rule finds, and why it cannot be answered; None if it can."""
    problems = _Problems()
    try:
        asked = iter(rule.ask(source))
        while (problem := next(asked, None)) is not None and problems.add(problem):
            pass
    except PartNotOfferedError as silence:
        return problems.told, None if problems.told else str(silence)
    except NotOfferedError as silence:
        return [], str(silence)
    return problems.told, None


def _finding(rule: Rule, source: Source, problem: Problem) -> Finding:
    return Finding(
        rule,
        source.name,
        problem.what,
        problem.place,
        docker=problem.docker,
        advice=problem.fix,
        about=problem.about,
        twin=problem.twin,
    )


def check(
    sources: Iterable[Source],
    rules: Iterable[Rule] = RULES,
    selection: Selection = Selection(),  # noqa: B008 - frozen
) -> Report:
    """Ask every selected rule of every source.

    Raises:
        UsageError: The selection names a rule that does not exist.
    """
    sources, known = list(sources), tuple(rules)
    chosen = selection.chosen(known)
    findings: list[Finding] = []
    not_run: list[NotRun] = []
    for source in sources:
        for rule in chosen:
            problems, silence = _answer(rule, source)
            findings += [_finding(rule, source, problem) for problem in problems]
            if silence is not None:
                not_run.append(NotRun(rule, source.name, silence))
    return Report(
        findings=tuple(each for each in findings if not selection.reason(each.rule)),
        not_run=tuple(not_run),
        answered=len(sources) * len(chosen) - len(not_run),
        sources=len(sources),
        accepted=tuple(Accepted(each, reason) for each in findings if (reason := selection.reason(each.rule))),
        rules=chosen,
        known=known,
    )
