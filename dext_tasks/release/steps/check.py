"""Checking the source tree and all that was built of it."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from dext_tasks.errors import ChecksFailedError
from dext_tasks.extension.labels import RELEASE_LABELS
from dext_tasks.release.steps.step import ReleaseStep

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dext_tasks.release.state import Outlook
    from dext_tasks.release.steps.step import ReleaseRun, Step


class Check(ReleaseStep):
    """Asks the rules that ``inv check`` asks."""

    title: ClassVar[str] = "check"

    def plan(self, outlook: Outlook) -> Iterator[Step]:
        """Once, for all platforms: some rules compare them."""
        done = "published" if outlook.ours else "passed before" if outlook.kept else ""
        subject = ", ".join(map(str, outlook.intent.platforms))
        yield self.unless(done, subject, "check labels, metadata, files, platforms and tag")

    def notes(self, outlook: Outlook) -> Iterator[str]:
        """What is not looked for, while it is still to be."""
        unasked = outlook.intent.unasked
        if unasked and not (outlook.ours or outlook.kept):
            yield f"check.select leaves out rules: {', '.join(unasked)}"

    @contextmanager
    def prepared(self, run: ReleaseRun) -> Iterator[None]:
        """An error in the source tree is one in the images, too, and no build has to be waited for to find it."""
        from dext_tasks.checks.report import check
        from dext_tasks.checks.run import CheckRequest, chosen
        from dext_tasks.sources.tree import TreeSource

        settings = run.world.project.settings
        report = check([TreeSource(run.world.project, str(run.intent.version))], *chosen(CheckRequest(), settings))
        try:
            # Where only rules are chosen that images answer, they are asked of these later.
            if report.answered:
                report.require_clean(strict=settings.check_strict)
        except ChecksFailedError:
            run.observer.checked(report)
            raise
        yield

    def run(self, run: ReleaseRun, _: Step) -> None:
        """See ReleaseStep."""
        from dext_tasks.checks.report import check
        from dext_tasks.checks.run import CheckRequest, chosen
        from dext_tasks.sources.image import ImageSource
        from dext_tasks.sources.tree import TreeSource

        tree = TreeSource(run.world.project, str(run.intent.version))
        # By the names that people know.
        project = run.world.project
        images = {each: replace(image, reference=project.local_tag(each)) for each, image in run.images.items()}
        built = ImageSource(
            images,
            run.snapshots,
            str(run.intent.version),
            declared=tree.declared | RELEASE_LABELS,
            own_image=run.intent.image,
            tags=run.tags,
        )
        settings = run.world.project.settings
        report = check([tree, built], *chosen(CheckRequest(), settings))
        run.observer.checked(report)
        report.require_clean(strict=settings.check_strict)
