"""From intent and state to a list of steps. Pure: the same input gives the same plan."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from dext_tasks.engine.build import BUILD_SETTINGS
from dext_tasks.errors import AlreadyPublishedError, DextError, DirtyTreeError, GitError, VersionNotGreaterError
from dext_tasks.extension.version import as_version, greatest, require_greater
from dext_tasks.git import dirty
from dext_tasks.release.staging import staging_reference
from dext_tasks.release.state import LATEST, Intent, State
from dext_tasks.wording import counted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from semver import Version

    from dext_tasks.formats.oci.platform import Platform
    from dext_tasks.release.state import Published


class StepKind(StrEnum):
    """What a step does, in the order of a release."""

    BUILD = "build"
    CHECK = "check"
    SMOKE = "smoke"
    PUSH = "push"
    INDEX = "index"
    VERIFY = "verify"
    GIT_TAG = "git tag"
    GIT_PUSH = "git push"
    LATEST = "latest"


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
        kind: What it does.
        subject: To what: a platform, a reference or a tag.
        status: Whether it has to run.
        reason: Why it is done or skipped, or what it will do.
        platform: For steps that run once a platform.
    """

    kind: StepKind
    subject: str
    status: StepStatus
    reason: str
    platform: Platform | None = None


@dataclass(frozen=True)
class Plan:
    """All steps in order, and what stands in the way of running them.

    Attributes:
        steps: In the order they run; neighbours of one kind may run at once.
        obstacles: Why the release must not go on; empty if it may.
        notes: What people should know of it and that stops nothing.
    """

    steps: tuple[Step, ...]
    obstacles: tuple[DextError, ...]
    notes: tuple[str, ...] = ()

    @property
    def todo(self) -> tuple[Step, ...]:
        """The steps that have to run."""
        return tuple(step for step in self.steps if step.status is StepStatus.TODO)

    def require_clear(self) -> None:
        """Require that nothing stands in the way.

        Raises:
            DextError: The first obstacle.
        """
        if self.obstacles:
            raise self.obstacles[0]


def make(intent: Intent, state: State, tag_prefix: str) -> Plan:
    """What has to be done so that the intent is true."""
    ours = state.published is not None and is_ours(state.published, intent, state)
    steps = (
        *_image_steps(intent, state, published=ours),
        *_index_steps(intent, state, published=ours),
        _git_tag_step(intent, state),
        _git_push_step(intent, state),
        _latest_step(intent, state),
    )
    return Plan(steps, tuple(_obstacles(intent, state, tag_prefix, ours=ours)), tuple(_notes(intent, state)))


def is_ours(published: Published, intent: Intent, state: State) -> bool:
    """Whether the published index is the one this release would make.

    It is if it holds exactly the manifests the journal names; or, where the journal was lost, if every image
    in it names this version and this commit, which only a release that tested them writes into them.
    """
    if set(published.manifests) != set(intent.platforms):
        return False
    journal = state.journal
    if journal and journal.tested and all(tested.manifest for tested in journal.tested.values()):
        return dict(published.manifests) == {platform: each.manifest for platform, each in journal.tested.items()}
    return bool(state.git.head) and (published.revision, published.version) == (state.git.head, str(intent.version))


def _image_steps(intent: Intent, state: State, *, published: bool) -> Iterator[Step]:
    tested = _tested(intent, state)
    kept = tested and all(platform in state.built or platform in state.staged for platform in intent.platforms)
    for kind in (StepKind.BUILD, StepKind.CHECK, StepKind.SMOKE):
        for platform in intent.platforms if kind is not StepKind.CHECK else (None,):
            subject = str(platform) if platform else ", ".join(map(str, intent.platforms))
            if published:
                yield Step(kind, subject, StepStatus.DONE, "published", platform)
            elif kept:
                reason = f"{_short(tested[platform])} was tested" if platform else "passed before"
                yield Step(kind, subject, StepStatus.DONE, reason, platform)
            else:
                yield Step(kind, subject, StepStatus.TODO, _WILL[kind], platform)
    for platform in intent.platforms:
        if published:
            yield Step(StepKind.PUSH, str(platform), StepStatus.DONE, "published", platform)
        elif kept and platform in state.staged:
            where = staging_reference(intent.image, tested[platform]).tag
            yield Step(
                StepKind.PUSH,
                str(platform),
                StepStatus.DONE,
                f"{_short(state.staged[platform])} is at {where}",
                platform,
            )
        else:
            yield Step(StepKind.PUSH, str(platform), StepStatus.TODO, _WILL[StepKind.PUSH], platform)


_WILL = {
    StepKind.BUILD: "build and load",
    StepKind.CHECK: "check labels, metadata, files, platforms and tag",
    StepKind.SMOKE: "install, probe, uninstall",
    StepKind.PUSH: "push under a staging tag",
}


def _tested(intent: Intent, state: State) -> Mapping[Platform, str]:
    journal = state.journal
    if journal is None or set(journal.tested) != set(intent.platforms):
        return {}
    return {platform: tested.image for platform, tested in journal.tested.items()}


def _index_steps(intent: Intent, state: State, *, published: bool) -> Iterator[Step]:
    target = str(intent.target)
    if published and state.published:
        yield Step(StepKind.INDEX, target, StepStatus.DONE, f"published as {_short(state.published.digest)}")
        yield _verified(target, state.published)
        return
    yield Step(StepKind.INDEX, target, StepStatus.TODO, f"one index of {counted(len(intent.platforms), 'platform')}")
    yield Step(StepKind.VERIFY, target, StepStatus.TODO, "read back digests, platforms and labels")


def _verified(target: str, published: Published) -> Step:
    if published.faults:
        return Step(StepKind.VERIFY, target, StepStatus.BROKEN, "; ".join(published.faults))
    return Step(
        StepKind.VERIFY, target, StepStatus.DONE, f"read back with {counted(len(published.manifests), 'platform')}"
    )


def _git_tag_step(intent: Intent, state: State) -> Step:
    if state.git.tag_commit and state.git.tag_commit == state.git.head:
        return Step(StepKind.GIT_TAG, intent.git_tag, StepStatus.DONE, f"stands for {state.git.head[:12]}")
    return Step(StepKind.GIT_TAG, intent.git_tag, StepStatus.TODO, f"annotated, at {state.git.head[:12]}")


def _git_push_step(intent: Intent, state: State) -> Step:
    if not state.git.has_remote:
        why = f"there is no remote {intent.remote!r}; the tag stays local"
        return Step(StepKind.GIT_PUSH, intent.git_tag, StepStatus.SKIPPED, why)
    if state.git.remote_tag_commit and state.git.remote_tag_commit == state.git.head:
        return Step(StepKind.GIT_PUSH, intent.git_tag, StepStatus.DONE, f"is on {intent.remote}")
    return Step(StepKind.GIT_PUSH, intent.git_tag, StepStatus.TODO, f"to {intent.remote}")


def _latest_step(intent: Intent, state: State) -> Step:
    subject = str(intent.image.with_tag(LATEST))
    skip = _why_not_latest(intent, state)
    if skip:
        return Step(StepKind.LATEST, subject, StepStatus.SKIPPED, skip)
    if state.published and state.latest == state.published.digest:
        return Step(StepKind.LATEST, subject, StepStatus.DONE, f"is {_short(state.latest)}")
    if refused := _refused(state):
        return Step(StepKind.LATEST, subject, StepStatus.SKIPPED, f"the registry does not let it be moved: {refused}")
    return Step(StepKind.LATEST, subject, StepStatus.TODO, f"move to {intent.version}")


def _why_not_latest(intent: Intent, state: State) -> str:
    if not intent.move_latest:
        return "switched off by release.latest"
    if intent.version.prerelease:
        return f"{intent.version} is a pre-release"
    newest = greatest({intent.version, *_versions(state)}, stable=True)
    return "" if newest == intent.version else f"{newest} is greater"


def _refused(state: State) -> str:
    """The words by which the registry refuses to move latest to this release; empty if it does not, so far."""
    told = "its tags are immutable" if state.latest_is_kept else ""
    return told or (state.journal.refused.get(LATEST, "") if state.journal else "")


def _notes(intent: Intent, state: State) -> Iterator[str]:
    yield from _notes_on_build(intent, state)
    if state.newest_faults:
        newest = intent.image.with_tag(str(state.newest))
        yield (
            f"{newest} is published but broken: {'; '.join(state.newest_faults)}. It cannot be made whole; "
            "a greater version takes its place"
        )
    is_moved = state.published is not None and state.latest == state.published.digest
    if _refused(state) and not is_moved and not _why_not_latest(intent, state):
        yield (
            f"{intent.image.with_tag(LATEST)} is not moved to {intent.version}: the registry does not let it be "
            f"({_refused(state)}). Where its tags are immutable, set release.latest: false"
        )


def _notes_on_build(intent: Intent, state: State) -> Iterator[str]:
    """What was changed since this version was begun and is neither ignored nor obeyed without a word."""
    if state.build_changed:
        what = f"the settings of the build ({BUILD_SETTINGS}) are not those that {intent.version} was begun with"
        then = "a published version stays as it is" if state.published else "every platform is built and tested anew"
        yield f"{what}: {then}"
    begun = set(state.journal.tested) if state.journal else set()
    if begun and begun != set(intent.platforms) and not state.published:
        yield (
            f"{intent.version} was begun for {_listed(begun)}, and is now configured for {_listed(intent.platforms)}: "
            "every platform is built and tested anew"
        )


def _listed(platforms: Iterable[Platform]) -> str:
    return ", ".join(map(str, sorted(platforms))) or "no platform"


def _versions(state: State) -> list[Version]:
    return [version for tag in state.tags if (version := as_version(tag))]


def _obstacles(intent: Intent, state: State, tag_prefix: str, *, ours: bool) -> Iterator[DextError]:
    if not state.git.head:
        yield DirtyTreeError(
            "there is no git commit to release", remedy="commit the project: git init; git add .; git commit"
        )
    elif state.git.changes:
        yield dirty(state.git.changes, "commit or remove them; a release is made from a commit")
    if state.published and not ours:
        yield _already_published(intent, state, state.published)
    elif state.published and state.published.faults:
        yield _broken(intent, state.published)
    for where, commit in (("", state.git.tag_commit), (f" on {intent.remote}", state.git.remote_tag_commit)):
        if commit and commit != state.git.head:
            yield GitError(
                f"git tag {intent.git_tag}{where} stands for {commit[:12]}, not for {state.git.head[:12]}",
                remedy="release another version; a published tag is never moved",
            )
    if not state.published:
        # The version's own git tag may be what started this release.
        others = state.released(tag_prefix) - {intent.version}
        try:
            require_greater(intent.version, greatest(others))
        except VersionNotGreaterError as error:
            yield error


def _already_published(intent: Intent, state: State, published: Published) -> AlreadyPublishedError:
    held = f"commit {published.revision}" if published.revision else "an unknown commit"
    platforms = _listed(published.manifests)
    if _is_for_other_platforms(intent, state, published):
        flags = " ".join(f"--platform {each}" for each in sorted(published.manifests))
        return AlreadyPublishedError(
            f"{intent.target} is already published from this commit for {platforms}, as {published.digest}; "
            f"this release is configured for {_listed(intent.platforms)}",
            remedy=f"a published version never changes: run the same command with {flags} to go on with it, "
            "or release a greater version",
        )
    return AlreadyPublishedError(
        f"{intent.target} is already published as {published.digest}, made from {held} for {platforms}; {_mine(state)}",
        remedy="release a greater version; a published version never changes",
    )


def _broken(intent: Intent, published: Published) -> AlreadyPublishedError:
    return AlreadyPublishedError(
        f"{intent.target} is published as {published.digest}, but broken: {'; '.join(published.faults)}",
        remedy="release a greater version, and keep clean-up jobs of the registry from manifests that have no tag",
    )


def _is_for_other_platforms(intent: Intent, state: State, published: Published) -> bool:
    """Whether the platforms are all that is different from what this release would publish."""
    is_of_commit = (published.revision, published.version) == (state.git.head, str(intent.version))
    return bool(published.manifests) and is_of_commit and set(published.manifests) != set(intent.platforms)


def _mine(state: State) -> str:
    """What this release has instead, as near to a published digest as it came."""
    journal = state.journal
    if journal and journal.index:
        return f"this release tested {journal.index}"
    if journal and journal.tested:
        tested = (f"{each.manifest or each.image} for {platform}" for platform, each in sorted(journal.tested.items()))
        return f"this release tested {', '.join(tested)}"
    return f"this is commit {state.git.head}"


def _short(digest: str) -> str:
    return digest.removeprefix("sha256:")[:12]
