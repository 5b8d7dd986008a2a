"""Reading back what was published."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from dext_tasks.errors import AlreadyPublishedError, NotConvergedError
from dext_tasks.extension.labels import REVISION, VERSION
from dext_tasks.release.published import published_as
from dext_tasks.release.steps.index import require_wanted
from dext_tasks.release.steps.step import ReleaseStep, Step, StepStatus
from dext_tasks.wording import counted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dext_tasks.errors import DextError
    from dext_tasks.release.state import Outlook
    from dext_tasks.release.steps.step import ReleaseRun


class Verify(ReleaseStep):
    """Compares the published index with what was tested."""

    title: ClassVar[str] = "verify"

    def plan(self, outlook: Outlook) -> Iterator[Step]:
        """See ReleaseStep."""
        target, ours = str(outlook.intent.target), outlook.ours
        if ours and ours.faults:
            yield Step(self.title, target, StepStatus.BROKEN, "; ".join(ours.faults))
            return
        done = f"read back with {counted(len(ours.manifests), 'platform')}" if ours else ""
        yield self.unless(done, target, "read back digests, platforms and labels")

    def obstacles(self, outlook: Outlook) -> Iterator[DextError]:
        """What the registry lost a part of cannot be made whole."""
        if outlook.ours and outlook.ours.faults:
            yield AlreadyPublishedError(
                f"{outlook.intent.target} is published as {outlook.ours.digest}, but broken: "
                f"{'; '.join(outlook.ours.faults)}",
                remedy="release a greater version, and keep clean-up jobs of the registry from manifests that have "
                "no tag",
            )

    def run(self, run: ReleaseRun, _: Step) -> None:
        """See ReleaseStep."""
        target, labels, repository = run.intent.target, run.labels, run.world.repository
        # Each manifest was there a moment ago, or the index was refused; what counts is that it is there now.
        repository.forget()
        published = published_as(repository, target.tag, by_labels=True)
        if published is None:
            raise NotConvergedError(f"{target} was published and is not there", remedy="run the same command again")
        require_wanted(run, published)
        # Whatever is wrong with it, it is no longer on its way, and nobody has to be kept from the version.
        run.digest = published.digest
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
        run.write(replace(run.journal, index=published.digest))
