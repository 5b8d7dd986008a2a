"""Moving ``latest``, and tags of lines, to the greatest stable version."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

from dext_tasks.errors import NotConvergedError
from dext_tasks.formats.oci.reference import Reference, short
from dext_tasks.release.published import place_of
from dext_tasks.release.state import LATEST
from dext_tasks.release.steps.step import ReleaseStep
from dext_tasks.runtime.parallel import for_each

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from semver import Version

    from dext_tasks.formats.oci.manifest import ManifestDocument
    from dext_tasks.registry.repository import TagRefusal
    from dext_tasks.release.journal import Journal
    from dext_tasks.release.state import Outlook, State
    from dext_tasks.release.steps.step import ReleaseRun, Step


class MoveLatest(ReleaseStep):
    """Moves the tags, forward only. If the registry keeps them where they are, the release is complete without it."""

    title: ClassVar[str] = "latest"
    writes_to_registry: ClassVar[bool] = True

    def plan(self, outlook: Outlook) -> Iterator[Step]:
        """Once per tag."""
        # That latest is not to be moved is said.
        for tag in {LATEST: None, **outlook.intent.moving}:
            yield self._planned(outlook, tag)

    def _planned(self, outlook: Outlook, tag: str) -> Step:
        state, subject = outlook.state, str(outlook.intent.image.with_tag(tag))
        aim = _aim(outlook, tag)
        if not aim and (why := _why_not(outlook, tag)):
            return self.skipped(subject, why)
        # What another run was refused is tried: a right may have been given since, or a rule lifted.
        believed = _refused(state, tag) if outlook.has_tried else _kept(state, tag)
        if aim and believed:
            return self.skipped(subject, f"the registry does not let it be moved: {believed}")
        return self.unless("" if aim else f"is {short(state.moving[tag])}", subject, f"move to {aim}")

    def notes(self, outlook: Outlook) -> Iterator[str]:
        """See ReleaseStep."""
        intent, state = outlook.intent, outlook.state
        for tag in intent.moving:
            if (refused := _refused(state, tag)) and (aim := _aim(outlook, tag)):
                setting = "set release.latest: false" if tag == LATEST else "leave out release.floating"
                is_final = outlook.has_tried or _kept(state, tag)
                what = (
                    "is not moved to {}: the registry does not let it be"
                    if is_final
                    else "was not moved to {} by the last run, the next one tries again: the registry did not let it be"
                )
                yield (
                    f"{intent.image.with_tag(tag)} {what.format(aim)} ({refused}). "
                    f"Where its tags are immutable, {setting}"
                )

    def run_all(self, run: ReleaseRun, steps: Sequence[Step], work: Callable[[Step], None]) -> None:
        """One by one, as each may write to the journal."""
        for step in steps:
            for_each([step], work, run.world.cancellation)

    def run(self, run: ReleaseRun, step: Step) -> str | None:
        """See ReleaseStep."""
        tag = Reference.parse(step.subject).tag
        refusal = _move(run, tag)
        if refusal is None:
            return None
        # Only what is there already can be kept from moving. The version itself is out, and as it should be.
        if not (refusal.may_be_kept and run.world.repository.digest(tag)):
            raise refusal.error
        run.write(_refused_by(run, tag, refusal))
        return refusal.words


def _move(run: ReleaseRun, tag: str) -> TagRefusal | None:
    """Move a tag to this version if it is the greatest, or on from it if it is not; how the registry refuses.

    A request may take effect late, after that of a greater version, and would then move the tag backwards. So whoever
    writes reads afterwards, and writes again until the greatest is there.

    Raises:
        NotConvergedError: It does not stay there, or cannot be moved on to a greater version that came meanwhile.
    """
    limits = run.world.repository.limits
    is_sent = is_there = False

    def is_greatest() -> bool:
        # A greater version may appear after the plan was made; the tag only moves forward.
        nonlocal is_sent, is_there
        seen = _look(run, tag)
        is_now, is_there = seen.wanted == run.digest, seen.found == run.digest
        is_sent = is_sent or is_now
        return is_now

    refusal = _put(run, tag, run.digest, is_greatest)
    # Who refuses may be a proxy whose answer is not the registry's: where the tag is counts.
    if refusal and _look(run, tag).found != run.digest:
        return refusal
    for pause in (0.0, *map(limits.pause, range(limits.tries))):
        # Where nothing was sent, by this run or another one of this version, nothing can be wrong: the release of the
        # greater version moves the tag in its time.
        if not (is_sent or is_there) or (seen := _look(run, tag)).is_right:
            return None
        run.world.cancellation.sleep(pause)
        refusal = _put(run, tag, seen.wanted, lambda: True)
        if refusal and not _look(run, tag).is_right:
            if not (refusal.may_be_kept and is_sent):
                return refusal
            # It is where this run has moved it, so that nothing keeps it from moving, and it must not stay there.
            run.write(_refused_by(run, tag, refusal))
            raise NotConvergedError(
                f"{run.intent.image.with_tag(tag)} was moved to {run.intent.version}, a greater version is published, "
                f"and the registry does not let it be moved on: {refusal.words}",
                remedy="run the same command again",
            )
    raise NotConvergedError(
        f"{run.intent.image.with_tag(tag)} was moved, and does not stay at the greatest version",
        remedy="run the same command again",
    )


def _put(run: ReleaseRun, tag: str, digest: str, wanted: Callable[[], bool]) -> TagRefusal | None:
    """Move a tag to a digest; how the registry refuses, if it does so twice."""

    def put() -> TagRefusal | None:
        return run.world.repository.put(tag, _document(run, digest), wanted, run.world.cancellation.sleep)

    refusal = put()
    return run.world.once_more(put) if refusal and refusal.may_be_kept else refusal


def _refused_by(run: ReleaseRun, tag: str, refusal: TagRefusal) -> Journal:
    """The journal once a tag could not be moved."""
    return replace(run.journal, refused={**run.journal.refused, tag: refusal.words})


@dataclass(frozen=True)
class _Look:
    """Where a tag is, and where it is to be.

    Attributes:
        found: Digest of what it points at; empty if it is not there.
        wanted: Digest of the greatest version that it follows; empty if the registry does not have it any more.
    """

    found: str
    wanted: str

    @property
    def is_right(self) -> bool:
        return self.wanted in ("", self.found)


def _look(run: ReleaseRun, tag: str) -> _Look:
    """Look at a tag, and at the versions there are: this one, those that are listed, and the one that the tag is at."""
    intent, repository = run.intent, run.world.repository
    tags = repository.tags()
    place = place_of(repository, tag, tags)
    newest = intent.followed(tag, tags | place.version)
    wanted = run.digest if newest == intent.version else repository.digest(str(newest)) or ""
    return _Look(place.digest, wanted)


def _document(run: ReleaseRun, digest: str) -> ManifestDocument:
    found = run.world.repository.document(digest)
    if found is None:
        raise NotConvergedError(
            f"{run.intent.image.name} has a version that was published as {digest}, which is not there",
            remedy="run the same command again",
        )
    return found


def _why_not(outlook: Outlook, tag: str) -> str:
    """Why it is not to be moved to this version; empty if it is."""
    version = outlook.intent.version
    if tag not in outlook.intent.moving:
        return "switched off by release.latest"
    if version.prerelease:
        return f"{version} is a pre-release"
    newest = outlook.intent.followed(tag, outlook.state.tags)
    return "" if newest == version else f"{newest} is greater"


def _aim(outlook: Outlook, tag: str) -> Version | None:
    """The version that a tag has still to be moved to by this release; None if it has not."""
    state = outlook.state
    # What came since this run has moved and read it is moved in its own release's time.
    if (found := state.overtaken.get(tag)) and (not outlook.has_tried or _refused(state, tag)):
        return found
    return None if _is_moved(state, tag) or _why_not(outlook, tag) else outlook.intent.version


def _is_moved(state: State, tag: str) -> bool:
    return state.published is not None and state.moving.get(tag) == state.published.digest


def _kept(state: State, tag: str) -> str:
    """Why the registry lets nobody move a tag, if it says so by itself; empty if it does not."""
    return "its tags are immutable" if tag == LATEST and state.latest_is_kept else ""


def _refused(state: State, tag: str) -> str:
    """The words by which the registry refuses to move a tag to this release; empty if it does not, so far."""
    return _kept(state, tag) or (state.journal.refused.get(tag, "") if state.journal else "")
