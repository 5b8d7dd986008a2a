"""What a rule is."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from dext_tasks.sources.source import Place, Source

    Question = Callable[[Source], Iterable["Problem"]]


class Severity(StrEnum):
    """How bad a finding is, the worst first: an error stops a release, a warning does not, a note only informs."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True)
class Problem:
    """One thing a rule found.

    Attributes:
        what: What is wrong, in one line.
        place: Where.
        docker: What Docker's validator says of it, where that is known and not the same for all that the rule finds.
        fix: What to do about it, where that is not the same for all that the rule finds.
        about: The path in the image, or the label, that it is about, where a rule's twin may find the same.
        twin: Code of the rule that finds the same, where that is so of this problem and not of all of its rule's.
    """

    what: str
    place: Place
    docker: str = ""
    fix: str = ""
    about: str = ""
    twin: str = ""


@dataclass(frozen=True)
class Rule:
    """One question, asked of any source that can answer it.

    Attributes:
        code: Stable short name.
        title: What the rule holds, in a few words.
        severity: Of its findings.
        docker: What of Docker's validator it mirrors, in the validator's own words; empty if it is ours alone.
        why: What happens to users otherwise.
        fix: What to do about it.
        source: Where the rule comes from.
        ask: The question; gives every problem it finds.
        twin: Code of the rule that asks the same of an image; empty if there is none.
        stops_build: Whether no image can be built where it finds something.
    """

    code: str
    title: str
    severity: Severity
    docker: str
    why: str
    fix: str
    source: str
    ask: Question
    twin: str = ""
    stops_build: bool = False


def rule(  # noqa: PLR0913 - what there is to say of a rule
    *,
    code: str,
    title: str,
    severity: Severity,
    why: str,
    fix: str,
    source: str,
    docker: str = "",
    twin: str = "",
    stops_build: bool = False,
) -> Callable[[Question], Rule]:
    """Declare the rule that a question answers, in place of the question; for the arguments see Rule."""

    def declare(ask: Question) -> Rule:
        return Rule(code, title, severity, docker, why, fix, source, ask, twin, stops_build)

    return declare


@dataclass(frozen=True)
class Finding:
    """A problem with the rule that found it and the source it was found in."""

    rule: Rule
    source: str
    what: str
    place: Place
    docker: str = ""
    advice: str = ""
    about: str = ""
    twin: str = ""

    @property
    def fix(self) -> str:
        """What to do about it."""
        return self.advice or self.rule.fix

    @property
    def docker_says(self) -> str:
        """What Docker's validator says of it, or the step of it that fails; empty if it says nothing."""
        if self.docker:
            return self.docker
        template = self.rule.docker
        if "KEY" in template:
            # Of a rule that is not about labels, our own text has the validator's wording already.
            return template.replace("KEY", self.place.label) if self.place.label else self.what
        return template.replace("PLATFORM", str(self.place.platform or ""))

    @property
    def fault(self) -> tuple[str, str]:
        """What all findings of one fault have alike: the rule, and what is wrong or which path it is about."""
        return (self.twin or self.rule.twin or self.rule.code, self.about or self.what)
