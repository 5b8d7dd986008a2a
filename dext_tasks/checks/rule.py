"""What a rule is."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, StrEnum, auto
from typing import TYPE_CHECKING, Final, NamedTuple

from dext_tasks.extension.desktops import Desktop

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from dext_tasks.sources.facts import Place
    from dext_tasks.sources.source import Source

    Question = Callable[[Source], Iterable["Problem"]]


class Severity(StrEnum):
    """How bad a finding is, the worst first: an error stops a release, a warning does not, a note only informs."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


class DockerStep(StrEnum):
    """A step of Docker's validator, in the order and in the words in which it reports them.

    Words: https://github.com/docker/extensions-submissions (test/validation_outputs)
    """

    LABELS = "Checked image labels"
    METADATA = "Checked metadata.json"
    TAG = "Checked image tag is semver"
    PLATFORMS = "Checked image is multiplatform"
    API_VERSION = "Checked extension is compatible with current SDK version"
    INSTALLATION = "Installed extension"


class Bearing(Enum):
    """What a finding means for an extension in a desktop.

    Attributes:
        DECIDES: It does not work there. Without an answer, that is unknown.
        REFUTES: It does not work there. Without an answer, running the image shows whether it does.
        SUSPECTS: It may not work there. Running the extension shows whether it does.
    """

    DECIDES = auto()
    REFUTES = auto()
    SUSPECTS = auto()


class Repair(StrEnum):
    """What `dext fix` can do about what a rule finds.

    Attributes:
        SURE: It puts it right where there is exactly one right answer, in some cases at least.
        CHOICE: It shows the answers there are, and asks which.
        BY_HAND: Nothing; only its author knows what is right.
    """

    SURE = "sure"
    CHOICE = "choice"
    BY_HAND = "by-hand"


EVERY_DESKTOP: Final = frozenset(Desktop)


class Problem(NamedTuple):
    """One thing a rule found.

    Attributes:
        what: What is wrong, in one line.
        place: Where.
        docker: What Docker's validator says about it, if that is known and differs from problem to problem.
        fix: What to do about it, if that differs from problem to problem.
        about: The path in the image, or the label, that it is about, where a rule's twin may find the same.
        twin: Code of the rule that finds the same fault, if that is true of this problem but not of its whole rule.
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
        title: What the rule requires, in a few words.
        severity: Of its findings.
        docker: What of Docker's validator it mirrors, in the validator's own words; empty if it is ours alone. KEY and
            PLATFORM stand for what a problem names.
        why: What happens to users otherwise.
        fix: What to do about it.
        source: Where the rule comes from.
        ask: The question; gives every problem it finds.
        twin: Code of the rule that asks the same of an image; empty if there is none.
        step: The step of Docker's validator that fails with it; None if it is ours alone.
        desktops: Where an extension with a finding does not work; for rules that are always applied.
        bearing: What a finding means in these, or in the one desktop that it is applied for.
        images_decide: Whether an image knows better than its Dockerfile, which does not show what a base image has.
        stops_build: Whether no image can be built where it finds something.
        repair: What `dext fix` can do about it.
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
    step: DockerStep | None = None
    desktops: frozenset[Desktop] = frozenset()
    bearing: Bearing = Bearing.DECIDES
    images_decide: bool = False
    stops_build: bool = False
    repair: Repair = Repair.BY_HAND


def rule(  # noqa: PLR0913 - what there is to say of a rule
    *,
    code: str,
    title: str,
    severity: Severity,
    why: str,
    fix: str,
    source: str,
    docker: str = "",
    step: DockerStep | None = None,
    twin: str = "",
    desktops: frozenset[Desktop] = frozenset(),
    bearing: Bearing = Bearing.DECIDES,
    images_decide: bool = False,
    stops_build: bool = False,
    repair: Repair = Repair.BY_HAND,
) -> Callable[[Question], Rule]:
    """Declare the rule that a question answers, in place of the question; for the arguments see Rule.

    Of a step whose message nobody has seen, ``docker`` is the step. Every desktop copies the same files out of the
    image and starts the same compose file: what stops an installation stops it in all of them.
    """
    if step is DockerStep.INSTALLATION:
        desktops = EVERY_DESKTOP

    def declare(ask: Question) -> Rule:
        return Rule(
            code=code,
            title=title,
            severity=severity,
            docker=docker or str(step or ""),
            why=why,
            fix=fix,
            source=source,
            ask=ask,
            twin=twin,
            step=step,
            desktops=desktops,
            bearing=bearing,
            images_decide=images_decide,
            stops_build=stops_build,
            repair=repair,
        )

    return declare


class Finding(NamedTuple):
    """A problem with the rule that found it and the source it was found in.

    Attributes:
        rule: The rule.
        source: Name of the source.
        what: What is wrong, in one line.
        place: Where.
        docker: What Docker's validator says of this one; empty if that is what it says of all that the rule finds.
        advice: What to do about this one; empty if that is what to do about all that the rule finds.
        about: What it is about, such as a path; findings about the same thing are one fault.
        twin: Code of a rule that finds the same fault; empty if that is the rule's own.
    """

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
        return self.docker or self.rule.docker

    @property
    def fault(self) -> tuple[str, str]:
        """What all findings of one fault have in common: the rule, and what is wrong or the path."""
        return (self.twin or self.rule.twin or self.rule.code, self.about or self.what)
