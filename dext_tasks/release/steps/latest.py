"""Moving ``latest`` to the greatest stable version."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from dext_tasks.errors import NotConvergedError
from dext_tasks.extension.version import as_version, greatest
from dext_tasks.formats.oci.reference import short
from dext_tasks.release.state import LATEST
from dext_tasks.release.steps.step import ReleaseStep

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from semver import Version

    from dext_tasks.release.state import Outlook, State
    from dext_tasks.release.steps.step import ReleaseRun, Step


class MoveLatest(ReleaseStep):
    """Moves the tag, forward only. If the registry forbids that, the release is complete without it."""

    title: ClassVar[str] = "latest"
    writes_to_registry: ClassVar[bool] = True

    def plan(self, outlook: Outlook) -> Iterator[Step]:
        """See ReleaseStep."""
        state, subject = outlook.state, str(outlook.intent.image.with_tag(LATEST))
        done = f"is {short(state.latest)}" if _is_moved(state) else ""
        if why := _why_not(outlook):
            yield self.skipped(subject, why)
        elif not done and (refused := _refused(state)):
            yield self.skipped(subject, f"the registry does not let it be moved: {refused}")
        else:
            yield self.unless(done, subject, f"move to {outlook.intent.version}")

    def notes(self, outlook: Outlook) -> Iterator[str]:
        """See ReleaseStep."""
        intent, state = outlook.intent, outlook.state
        if _refused(state) and not _is_moved(state) and not _why_not(outlook):
            yield (
                f"{intent.image.with_tag(LATEST)} is not moved to {intent.version}: the registry does not let it be "
                f"({_refused(state)}). Where its tags are immutable, set release.latest: false"
            )

    def run(self, run: ReleaseRun, _: Step) -> str | None:
        """See ReleaseStep."""
        repository, version = run.world.repository, run.intent.version
        index = repository.document(run.digest)
        if index is None:
            raise NotConvergedError(
                f"{run.intent.target} was published as {run.digest} and is not there",
                remedy="run the same command again",
            )

        def is_greatest() -> bool:
            # A greater version may appear after the plan was made; the tag only moves forward. A list of tags may lag
            # behind; this version is there.
            return _greatest(version, repository.tags()) == version

        refusal = repository.put(LATEST, index, is_greatest, run.world.cancellation.sleep)
        if refusal is None:
            return None
        # Only what is there already can be kept from moving. The version itself is out, and as it should be.
        if not (refusal.may_be_kept and run.latest):
            raise refusal.error
        run.write(replace(run.journal, refused={**run.journal.refused, LATEST: refusal.words}))
        return refusal.words


def _why_not(outlook: Outlook) -> str:
    """Why it is not to be moved to this version; empty if it is."""
    version = outlook.intent.version
    if not outlook.intent.move_latest:
        return "switched off by release.latest"
    if version.prerelease:
        return f"{version} is a pre-release"
    newest = _greatest(version, outlook.state.tags)
    return "" if newest == version else f"{newest} is greater"


def _greatest(version: Version, tags: Iterable[str]) -> Version | None:
    """The greatest stable version of this one and all tags."""
    return greatest({version, *(each for tag in tags if (each := as_version(tag)))}, stable=True)


def _is_moved(state: State) -> bool:
    return state.published is not None and state.latest == state.published.digest


def _refused(state: State) -> str:
    """The words by which the registry refuses to move latest to this release; empty if it does not, so far."""
    told = "its tags are immutable" if state.latest_is_kept else ""
    return told or (state.journal.refused.get(LATEST, "") if state.journal else "")
