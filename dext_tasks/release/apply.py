"""Carrying out a plan: one function a kind of step, and the journal after each."""

from __future__ import annotations

import time
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Protocol

from dext_tasks.checks.report import Report, check
from dext_tasks.checks.run import CheckRequest, chosen
from dext_tasks.engine.build import GRACE, build, fingerprint, request, together
from dext_tasks.engine.faults import tag_refusal
from dext_tasks.errors import (
    BuildFailedError,
    ChecksFailedError,
    DextError,
    GitError,
    NotConvergedError,
    ReleaseRacedError,
)
from dext_tasks.extension.labels import RELEASE_LABELS, REVISION, VERSION
from dext_tasks.extension.version import as_version, greatest
from dext_tasks.release.journal import Journal, Tested
from dext_tasks.release.observe import World, is_image, published_as, staged_manifest
from dext_tasks.release.plan import Plan, Step, StepKind
from dext_tasks.release.staging import staging_reference
from dext_tasks.release.state import LATEST, Intent, State
from dext_tasks.runtime.parallel import for_each
from dext_tasks.smoke.installation import Candidate, Tools
from dext_tasks.smoke.probes.page import opened
from dext_tasks.smoke.run import require_passed, require_started, smoke
from dext_tasks.sources.image import ImageSource
from dext_tasks.sources.snapshot import Snapshot, take
from dext_tasks.sources.state import state_of
from dext_tasks.sources.tree import TreeSource

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from dext_tasks.checks.rule import Rule
    from dext_tasks.checks.selection import Selection
    from dext_tasks.config import Settings
    from dext_tasks.engine.build import Built
    from dext_tasks.engine.facts import ImageFacts
    from dext_tasks.errors import EmulatorCrashedError
    from dext_tasks.formats.oci.platform import Platform
    from dext_tasks.formats.oci.reference import Reference
    from dext_tasks.release.state import Published
    from dext_tasks.smoke.result import ProbeResult, SmokeResult


class ReleaseObserver(Protocol):
    """Who is told of a release's progress."""

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
        """A build has failed; every line of its log was told."""

    def probing(self, platform: Platform, probe_name: str) -> None:
        """A probe of a smoke test begins."""

    def probed(self, candidate: Candidate, result: ProbeResult) -> None:
        """A probe of a smoke test has ended."""

    def smoked(self, results: Sequence[SmokeResult]) -> None:
        """The smoke test has ended, well or not."""

    def checked(self, report: Report) -> None:
        """The checks have run."""


@dataclass(frozen=True)
class _Probing:
    """Hands the probes of a smoke test on to the release's observer."""

    observer: ReleaseObserver

    def started(self, platform: Platform, probe_name: str) -> None:
        """See Listener."""
        self.observer.probing(platform, probe_name)

    def probed(self, candidate: Candidate, result: ProbeResult) -> None:
        """See Listener."""
        self.observer.probed(candidate, result)


@dataclass
class _Run:
    """What the steps of one run share."""

    world: World
    tools: Tools
    intent: Intent
    observer: ReleaseObserver
    journal: Journal
    folder: Path
    images: dict[Platform, ImageFacts] = field(default_factory=dict)
    snapshots: dict[Platform, Snapshot] = field(default_factory=dict)
    crashes: dict[Platform, tuple[str, ...]] = field(default_factory=dict)
    results: dict[Platform, SmokeResult] = field(default_factory=dict)
    manifests: dict[Platform, str] = field(default_factory=dict)
    unbuilt: dict[Platform, BuildFailedError] = field(default_factory=dict)
    tags: frozenset[str] = frozenset()
    latest: str = ""
    # Digest of the published index: once it was seen it is not asked for again, as some registries answer by turns
    # that a tag is there and that it is not.
    digest: str = ""


def apply(plan: Plan, world: World, intent: Intent, state: State, observer: ReleaseObserver) -> None:
    """Run the steps that have to run; neighbours of one kind run at once, but for pushes.

    Raises:
        DextError: A step failed; what was finished is in the journal.
    """
    plan.require_clear()
    if plan.todo:
        _require_tools(world)
        world.engine.use_builds(world.project.local_repository)
    if any(step.kind is StepKind.BUILD for step in plan.todo):
        _require_sound_tree(world, intent, observer)
    journal = state.journal or Journal(str(intent.version), intent.image.name, state.git.head)
    tools = Tools(world.engine, world.project.settings, world.project.root)
    browser = opened(tools) if any(step.kind is StepKind.SMOKE for step in plan.todo) else nullcontext(tools)
    with (
        TemporaryDirectory(prefix=world.engine.client.folder_prefix) as folder,
        browser as ready,
    ):
        run = _Run(world, ready, intent, observer, journal, Path(folder), manifests=_staged(intent, state))
        run.tags, run.latest = state.tags, state.latest
        run.digest = state.published.digest if state.published else ""
        for kind, steps in groupby(plan.todo, key=lambda step: step.kind):
            _run_group(run, kind, list(steps))


def _require_tools(world: World) -> None:
    """Everything cheap before the slow part."""
    world.engine.require_buildx()
    world.engine.require_compose()


def _require_sound_tree(world: World, intent: Intent, observer: ReleaseObserver) -> None:
    """An error in the source tree is one in the images, too, and no build has to be waited for to find it."""
    report = check([TreeSource(world.project, str(intent.version))], *_asked(world.project.settings))
    try:
        report.require_clean(strict=world.project.settings.check_strict)
    except ChecksFailedError:
        observer.checked(report)
        raise


def _asked(settings: Settings) -> tuple[tuple[Rule, ...], Selection]:
    """Every rule, whatever ``check.select`` says; findings that are accepted with a reason stay accepted."""
    rules, selection = chosen(CheckRequest(), settings)
    return rules, replace(selection, select=())


def _staged(intent: Intent, state: State) -> dict[Platform, str]:
    # An earlier run may have been for other platforms.
    return {platform: digest for platform, digest in state.staged.items() if platform in intent.platforms}


def _run_group(run: _Run, kind: StepKind, steps: Sequence[Step]) -> None:
    run.world.engine.client.cancellation.check()

    def work(step: Step) -> None:
        run.observer.started(step)
        began = time.monotonic()
        _HANDLERS[kind](run, step)
        refused = run.journal.refused.get(LATEST, "") if kind is StepKind.LATEST else ""
        if refused:
            run.observer.refused(step, refused)
        else:
            run.observer.finished(step, time.monotonic() - began)

    grace = GRACE if kind is StepKind.BUILD else 0.0
    for group in [[step] for step in steps] if kind in _ONE_BY_ONE else [steps]:
        try:
            for_each(group, work, run.world.engine.client.cancellation, grace=grace)
        except BuildFailedError as error:
            raise together(run.unbuilt) from error
    if kind in _AFTER:
        _AFTER[kind](run)


def _build(run: _Run, step: Step) -> None:
    platform = _platform(step)
    labels = release_labels(run.intent, run.journal.commit)
    wanted = request(run.world.project, platform, labels, state_of(run.world.project))
    try:
        built = build(run.world.engine, wanted, run.observer)
    except BuildFailedError as error:
        run.unbuilt[platform] = error
        raise
    run.images[platform], run.crashes[platform] = built.image, built.crashes
    _require_labels(run.images[platform], dict(wanted.labels))
    folder = run.folder / platform.slug
    folder.mkdir()
    programs = run.images[platform].programs
    run.snapshots[platform] = take(run.world.engine.client, wanted.tag, platform, folder, programs)


def _require_labels(image: ImageFacts, wanted: Mapping[str, str]) -> None:
    """These labels tell a published release from another one, so they are written before it is."""
    for key, value in wanted.items():
        if image.labels.get(key) != value:
            raise NotConvergedError(
                f"the image for {image.platform} has label {key} = {image.labels.get(key)!r}, not {value!r}",
                remedy="let nothing but the release set this label",
            )


def release_labels(intent: Intent, commit: str) -> tuple[tuple[str, str], ...]:
    """Labels by which a published image can be told to be this release's."""
    return ((REVISION, commit), (VERSION, str(intent.version)))


def _check(run: _Run, _: Step) -> None:
    tree = TreeSource(run.world.project, str(run.intent.version))
    built = ImageSource(
        run.images,
        run.snapshots,
        str(run.intent.version),
        declared=tree.declared | RELEASE_LABELS,
        own_image=run.intent.image,
        tags=run.tags,
    )
    settings = run.world.project.settings
    report = check([tree, built], *_asked(settings))
    run.observer.checked(report)
    report.require_clean(strict=settings.check_strict)


def _smoke(run: _Run, step: Step) -> None:
    platform, world = _platform(step), run.world
    candidate = Candidate(
        extension=world.project.name,
        platform=platform,
        native=world.engine.facts.platform,
        image=run.images[platform],
        snapshot=run.snapshots[platform],
        published=str(run.intent.target),
    )
    result = smoke(run.tools, candidate, _Probing(run.observer))
    run.results[platform] = replace(result, build_crashes=run.crashes.get(platform, ()))


def _record_tested(run: _Run) -> None:
    results = [run.results[platform] for platform in run.intent.platforms]
    run.observer.smoked(results)
    require_passed(results)
    if not run.world.project.settings.smoke_start_optional:
        require_started(results)
    tested = {platform: Tested(image.id) for platform, image in run.images.items()}
    _write(run, replace(run.journal, tested=tested, index="", build=fingerprint(run.world.project)))


def _push(run: _Run, step: Step) -> None:
    platform = _platform(step)
    local = run.world.project.local_tag(platform)
    tested = run.journal.tested[platform].image
    _require_same(local, tested, run.world.engine.image(local).id)
    staging = staging_reference(run.intent.image, tested)
    shielded = run.world.engine.client.cancellation.shielded
    # The name must not outlive the push, or a desktop offers it as a version: it is given and taken for certain.
    with shielded():
        run.world.engine.tag(local, str(staging))
    try:
        run.world.engine.push(str(staging), lambda line: run.observer.line(platform, line))
    finally:
        with shielded():
            run.world.engine.untag(str(staging))
    run.manifests[platform] = _read_staged(run, staging, platform, tested)


def _read_staged(run: _Run, staging: Reference, platform: Platform, tested: str) -> str:
    """The manifest the registry now has, which must be the image that was tested."""
    repository = run.world.repository
    digest = staged_manifest(repository, staging.tag, platform)
    if not digest:
        raise NotConvergedError(f"{staging} was pushed and is not there", remedy="run the same command again")
    if not is_image(repository, staging.tag, digest, tested):
        raise NotConvergedError(
            f"{staging} is {digest}, which is not the tested image {tested}", remedy="run the same command again"
        )
    return digest


def _require_same(reference: str, tested: str, found: str) -> None:
    if tested != found:
        raise NotConvergedError(
            f"{reference} is {found}, which is not the tested image {tested}",
            remedy="run the same command again; it builds and tests anew",
        )


def _record_pushed(run: _Run) -> None:
    journal = run.journal
    for platform, digest in run.manifests.items():
        journal = journal.with_manifest(platform, digest)
    _write(run, journal)


def _index(run: _Run, _: Step) -> None:
    target, repository = run.intent.target, run.world.repository
    # As late as it can be asked: a release that came first keeps the version.
    there = published_as(repository, target.tag)
    if there:
        # One that came first with the very same images did what this one would have done.
        _require_wanted(run, there)
        return
    manifests = [run.manifests[platform] for platform in run.intent.platforms]
    run.world.engine.create_index(str(target), [f"{target.name}@{digest}" for digest in manifests])


def _require_wanted(run: _Run, published: Published) -> None:
    """Require that what is published is what this release tested, whoever published it."""
    if dict(published.manifests) == {platform: run.manifests[platform] for platform in run.intent.platforms}:
        return
    held = f"from commit {published.revision}" if published.revision else "from an unknown commit"
    mine = ", ".join(f"{digest} for {platform}" for platform, digest in sorted(run.manifests.items()))
    raise ReleaseRacedError(
        f"another release published {run.intent.target} in the meantime, as {published.digest} {held}; "
        f"this one tested {mine}, and changed nothing of it",
        remedy="leave that version to the other release; `inv release.status` shows what is there, and what this "
        "commit holds is released as a greater version",
    )


def _verify(run: _Run, _: Step) -> None:
    target = run.intent.target
    published = published_as(run.world.repository, target.tag)
    labels = dict(release_labels(run.intent, run.journal.commit))
    if published is None:
        raise NotConvergedError(f"{target} was published and is not there", remedy="run the same command again")
    _require_wanted(run, published)
    if published.faults:
        raise NotConvergedError(
            f"{target} is published, but cannot be pulled: {'; '.join(published.faults)}",
            remedy="run the same command again; if it stays so, release a greater version",
        )
    if (published.revision, published.version) != (labels[REVISION], labels[VERSION]):
        raise NotConvergedError(
            f"the images of {target} name commit {published.revision!r} and version {published.version!r}",
            remedy="do not set these labels by other means, and release a greater version",
        )
    run.digest = published.digest
    _write(run, replace(run.journal, index=published.digest))


def _git_tag(run: _Run, _: Step) -> None:
    message = f"{run.intent.git_tag}\n\n{run.intent.target}@{run.digest}"
    git, tag = run.world.git, run.intent.git_tag
    with _after_publication(run, lambda: git.commit_of(tag)):
        git.create_tag(tag, run.journal.commit, message)


def _git_push(run: _Run, _: Step) -> None:
    git, remote, tag = run.world.git, run.intent.remote, run.intent.git_tag
    with _after_publication(run, lambda: git.remote_tag(remote, tag)):
        git.push_tag(remote, tag)


@contextmanager
def _after_publication(run: _Run, tagged: Callable[[], str]) -> Iterator[None]:
    """Say how far the release came where git refuses; a remote's own rules cannot be asked before.

    Args:
        run: Of the release.
        tagged: The commit that the tag stands for. Where it is this release's, another release of it came first.
    """
    try:
        yield
    except GitError as error:
        if tagged() == run.journal.commit:
            return
        raise GitError(
            f"{run.intent.target} is published, and its git tag is not: {error.message}",
            remedy=f"let this account make and push {run.intent.git_tag} (protected tags, rulesets and hooks of "
            f"{run.intent.remote}), then run the same command again",
            detail=error.detail,
        ) from None


def _latest(run: _Run, _: Step) -> None:
    repository, image = run.world.repository, run.intent.image
    known = (each for tag in repository.tags() if (each := as_version(tag)))
    # A list of tags may lag behind; this version is there.
    if greatest({run.intent.version, *known}, stable=True) != run.intent.version:
        # A greater version appeared after the plan was made; the tag only moves forward.
        return
    try:
        run.world.engine.create_index(str(image.with_tag(LATEST)), [f"{image.name}@{run.digest}"])
    except DextError as error:
        why = tag_refusal(error)
        # Only what is there already can be kept from moving. The version itself is out, and as it should be.
        if not (why and run.latest):
            raise
        _write(run, replace(run.journal, refused={**run.journal.refused, LATEST: why}))


def _platform(step: Step) -> Platform:
    assert step.platform is not None  # noqa: S101 - the plan gives every such step its platform
    return step.platform


def _write(run: _Run, journal: Journal) -> None:
    run.journal = journal
    run.world.journals.write(journal)


_HANDLERS: dict[StepKind, Callable[[_Run, Step], None]] = {
    StepKind.BUILD: _build,
    StepKind.CHECK: _check,
    StepKind.SMOKE: _smoke,
    StepKind.PUSH: _push,
    StepKind.INDEX: _index,
    StepKind.VERIFY: _verify,
    StepKind.GIT_TAG: _git_tag,
    StepKind.GIT_PUSH: _git_push,
    StepKind.LATEST: _latest,
}
# Images that share a layer, pushed at once, make a registry answer "manifest blob unknown" now and then:
# one push takes the layer for uploaded while the other is still at it. distribution 2.8 did so once in 60 times.
_ONE_BY_ONE = frozenset({StepKind.PUSH})
# What is written down when all steps of a kind have ended well.
_AFTER: dict[StepKind, Callable[[_Run], None]] = {StepKind.SMOKE: _record_tested, StepKind.PUSH: _record_pushed}
