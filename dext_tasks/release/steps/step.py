"""What a step of a release is, as planned and as it runs."""

from __future__ import annotations

from abc import ABC, abstractmethod
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar, Protocol

from dext_tasks.engine.build import SilentBuild
from dext_tasks.engine.private_names import drop_where_answered, private_name
from dext_tasks.errors import NotConvergedError
from dext_tasks.extension.labels import CHANGELOG, CREATED, REVISION, VERSION
from dext_tasks.formats.oci.reference import is_digest
from dext_tasks.runtime.parallel import Clearing, for_each

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from dext_tasks.checks.report import Report
    from dext_tasks.engine.build import Built
    from dext_tasks.engine.facts import ImageFacts
    from dext_tasks.errors import BuildFailedError, DextError, EmulatorCrashedError
    from dext_tasks.formats.oci.platform import Platform
    from dext_tasks.formats.oci.reference import Reference
    from dext_tasks.release.claim import HeldClaim
    from dext_tasks.release.journal import Journal
    from dext_tasks.release.observe import World
    from dext_tasks.release.state import Intent, Outlook
    from dext_tasks.smoke.installation import Candidate, Tools
    from dext_tasks.smoke.result import ProbeResult, SmokeResult
    from dext_tasks.sources.snapshot import Snapshot


class StepStatus(StrEnum):
    """Whether a step has to run: the others say why not. What is broken was done, and is not so any more."""

    TODO = "todo"
    DONE = "done"
    SKIPPED = "skipped"
    BROKEN = "broken"


@dataclass(frozen=True)
class Step:
    """One step of a plan.

    Attributes:
        title: What it does: the title of its ``ReleaseStep``.
        subject: To what: a platform, a reference or a tag.
        status: Whether it has to run.
        reason: Why it is done or skipped, or what it will do.
        platform: For steps that run once per platform.
    """

    title: str
    subject: str
    status: StepStatus
    reason: str
    platform: Platform | None = None


class ReleaseObserver(Protocol):
    """Follows the progress of a release."""

    def started(self, step: Step) -> None:
        """A step begins."""

    def finished(self, step: Step, seconds: float) -> None:
        """A step has ended well."""

    def refused(self, step: Step, why: str) -> None:
        """A registry did not let a step be done that the release is whole without."""

    def line(self, platform: Platform, text: str) -> None:
        """A line of a build's or push's log."""

    def build_repeated(self, platform: Platform, error: EmulatorCrashedError) -> None:
        """The emulator crashed in a build, which begins once more."""

    def built(self, platform: Platform, built: Built) -> None:
        """A build has ended well."""

    def build_failed(self, platform: Platform, error: BuildFailedError) -> None:
        """A build has failed; every line of its log was reported before."""

    def probing(self, platform: Platform, probe_name: str) -> None:
        """A probe of a smoke test begins."""

    def probed(self, candidate: Candidate, result: ProbeResult) -> None:
        """A probe of a smoke test has ended."""

    def smoked(self, results: Sequence[SmokeResult]) -> None:
        """The smoke test has ended, well or not; of platforms that it could not test there is no result."""

    def checked(self, report: Report) -> None:
        """The checks have run."""


class SilentRelease(SilentBuild):
    """Tells nobody; a base for observers that want to hear a part of it."""

    def started(self, step: Step) -> None:
        """See ReleaseObserver."""

    def finished(self, step: Step, seconds: float) -> None:
        """See ReleaseObserver."""

    def refused(self, step: Step, why: str) -> None:
        """See ReleaseObserver."""

    def probing(self, platform: Platform, probe_name: str) -> None:
        """See ReleaseObserver."""

    def probed(self, candidate: Candidate, result: ProbeResult) -> None:
        """See ReleaseObserver."""

    def smoked(self, results: Sequence[SmokeResult]) -> None:
        """See ReleaseObserver."""

    def checked(self, report: Report) -> None:
        """See ReleaseObserver."""


@dataclass
class ReleaseRun:
    """What the steps of one run share, and hand on to later ones.

    Attributes:
        world: Where answers come from, and where steps take effect.
        tools: What a smoke test works with.
        intent: What is to be true in the end.
        observer: Follows its progress.
        journal: What is written down so far.
        folder: Temporary, of this run.
        manifests: Digest of each platform's manifest that is in the registry.
        tags: All tags of the repository in the registry, when the run began.
        digest: Of the published index; empty until it was seen. From then on it is not asked for again, as some
            registries answer by turns that a tag is there and that it is not.
        images: What was built.
        snapshots: The files of each image.
        crashes: What shows that the emulator crashed in a build that went well the second time.
        unbuilt: Why builds failed.
        results: Of the smoke test.
        names: By which this run alone holds each platform's image in its engine.
        claim: On the git remote, by which this run goes on; None if it has none.
        require_claim: Raises ReleaseRacedError if it is not there any more.
        is_index_sent: Whether the index may be in the registry, or on its way there.
        clearing: Removes what steps have made for themselves.
    """

    world: World
    tools: Tools
    intent: Intent
    observer: ReleaseObserver
    journal: Journal
    folder: Path
    manifests: dict[Platform, str]
    tags: frozenset[str]
    digest: str
    images: dict[Platform, ImageFacts] = field(default_factory=dict)
    snapshots: dict[Platform, Snapshot] = field(default_factory=dict)
    crashes: dict[Platform, tuple[str, ...]] = field(default_factory=dict)
    unbuilt: dict[Platform, BuildFailedError] = field(default_factory=dict)
    results: dict[Platform, SmokeResult] = field(default_factory=dict)
    names: dict[Platform, str] = field(default_factory=dict)
    claim: HeldClaim | None = None
    require_claim: Callable[[], None] = lambda: None
    is_index_sent: bool = False
    clearing: Clearing = field(default_factory=Clearing)

    def own_name(self, platform: Platform) -> str:
        """A platform's image is held by it while the run lasts, whatever becomes of the names that others know."""
        if platform not in self.names:
            engine, repository = self.world.engines.of(platform), self.world.project.local_repository
            self.names[platform] = private_name(engine.client, repository, platform)
        return self.names[platform]

    def let_go(self) -> None:
        """Give up all names that the run has given; what is known by another one stays.

        Raises:
            InterruptedError: The run was interrupted meanwhile; the names are gone nevertheless.
        """
        engines = self.world.engines.each_of(list(self.names))
        names = {engine: [self.names[each] for each in platforms] for engine, platforms in engines.items()}
        drop_where_answered(names, self.world.cancellation)

    @property
    def labels(self) -> Mapping[str, str]:
        """Labels by which a published image is recognised as this release's."""
        return {REVISION: self.journal.commit, VERSION: str(self.intent.version)}

    @cached_property
    def notes(self) -> str:
        """What changed in this version, in Markdown; empty if nobody says."""
        from dext_tasks.release.notes import notes_of

        return notes_of(self.world, self.intent.version, self.intent.commit)

    @cached_property
    def image_labels(self) -> Mapping[str, str]:
        """All labels that a release adds to those of the Dockerfile.

        Raises:
            ChangelogError: What changed is more than a label can have.
        """
        from dext_tasks.release.notes import label_of

        told = label_of(self.notes)
        date = self.world.git.date(self.intent.commit)
        return {**self.labels, CREATED: date, **({CHANGELOG: told} if told else {})}

    @property
    def published(self) -> Reference:
        """The version with the digest that was read back.

        Raises:
            NotConvergedError: None was; nothing else gets into a git tag.
        """
        if not is_digest(self.digest):
            raise NotConvergedError(
                f"{self.intent.target} was not read back from the registry", remedy="run the same command again"
            )
        return self.intent.target.with_digest(self.digest)

    def write(self, journal: Journal) -> None:
        """Replace the journal."""
        self.journal = journal
        self.world.journals.write(journal)


class ReleaseStep(ABC):
    """What a release does at one point: when it has to, and how. It has no state of its own.

    Attributes:
        title: What people and JSON call it.
        writes_to_registry: Whether the registry is asked beforehand if it lets this account do that.
    """

    title: ClassVar[str]
    writes_to_registry: ClassVar[bool] = False

    # The plan; pure.

    @abstractmethod
    def plan(self, outlook: Outlook) -> Iterator[Step]:
        """What of it has to be done: once, or once per platform."""

    def obstacles(self, outlook: Outlook) -> Iterator[DextError]:  # noqa: ARG002 - most have none
        """Why the release must not go on."""
        yield from ()

    def notes(self, outlook: Outlook) -> Iterator[str]:  # noqa: ARG002 - most have none
        """What people should know of it and that stops nothing."""
        yield from ()

    def unless(self, done: str, subject: str, will: str, platform: Platform | None = None) -> Step:
        """To do, but for a reason why it is done.

        Args:
            done: The reason; empty if there is none.
            subject: To what it is done.
            will: What it will do.
            platform: For steps that run once per platform.
        """
        status = StepStatus.DONE if done else StepStatus.TODO
        return Step(self.title, subject, status, done or will, platform)

    def skipped(self, subject: str, why: str) -> Step:
        """Not to be done."""
        return Step(self.title, subject, StepStatus.SKIPPED, why)

    # The run; only of a step that has to be done.

    def needs(self, world: World, intent: Intent) -> Iterator[Callable[[], None]]:  # noqa: ARG002 - most need nothing
        """Questions that are asked before anything is done, each of which raises an error if something is missing.

        What is missing then costs seconds, not a version. They leave no trace.
        """
        yield from ()

    @contextmanager
    def prepared(self, run: ReleaseRun) -> Iterator[None]:  # noqa: ARG002 - most need nothing
        """What is there from before the first step of the release until the last one has ended."""
        yield

    def run_all(self, run: ReleaseRun, steps: Sequence[Step], work: Callable[[Step], None]) -> None:
        """Run all of this kind, at once.

        Args:
            run: Of the release.
            steps: What is to be done.
            work: Does one, by ``run``, and reports it.

        Raises:
            DextError: One failed.
        """
        for_each(steps, work, run.world.cancellation)

    @abstractmethod
    def run(self, run: ReleaseRun, step: Step) -> str | None:
        """Do one.

        Returns:
            Why it was left undone, where the release is whole without it; None if it was done.

        Raises:
            DextError: It failed.
        """


def platform_of(step: Step) -> Platform:
    """The platform of a step that runs once per platform."""
    assert step.platform is not None  # noqa: S101 - its plan gives every such step its platform
    return step.platform
