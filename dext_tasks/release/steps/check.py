"""Checking the source tree and all that was built of it."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from dext_tasks.errors import ChecksFailedError, HandoverError
from dext_tasks.formats.oci.platform import REQUIRED
from dext_tasks.release.steps.step import ReleaseStep

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dext_tasks.release.state import Outlook
    from dext_tasks.release.steps.step import ReleaseRun, Step
    from dext_tasks.sources.image import ImageSource
    from dext_tasks.sources.registry_image import StagedSource
    from dext_tasks.sources.tree import TreeSource


class Check(ReleaseStep):
    """Asks the rules that ``inv check`` asks."""

    title: ClassVar[str] = "check"

    def plan(self, outlook: Outlook) -> Iterator[Step]:
        """Once, for all platforms: some rules compare them."""
        journal = outlook.state.journal
        is_apart = journal is not None and journal.is_apart
        done = "published" if outlook.ours else "passed before" if outlook.kept and not is_apart else ""
        what = (
            "what was prepared apart, in the registry" if outlook.kept else "labels, metadata, files, platforms and tag"
        )
        yield self.unless(done, ", ".join(map(str, outlook.intent.platforms)), f"check {what}")

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

        settings = run.world.project.settings
        report = check([_tree(run)], *chosen(CheckRequest(), settings))
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

        tree = _tree(run)
        settings = run.world.project.settings
        images = _built(run, tree) if run.images else _staged(run)
        report = check([tree, images], *chosen(CheckRequest(), settings))
        run.world.require_source()
        run.observer.checked(report)
        report.require_clean(strict=settings.check_strict)
        if run.journal.is_apart:
            run.write(replace(run.journal, is_apart=False))


def _tree(run: ReleaseRun) -> TreeSource:
    """What is released, with the labels that it is published with."""
    from dext_tasks.sources.tree import TreeSource

    return TreeSource(run.world.project, str(run.intent.version), added=run.image_labels)


def _built(run: ReleaseRun, tree: TreeSource) -> ImageSource:
    """What this run built, by the names that people know."""
    from dext_tasks.sources.image import ImageSource

    project, intent = run.world.project, run.intent
    return ImageSource(
        {each: replace(image, reference=project.local_tag(each)) for each, image in run.images.items()},
        run.snapshots,
        str(intent.version),
        declared=tree.declared,
        own_image=intent.image,
        tags=intent.compared(run.tags),
        # The others are built elsewhere, and compared when all are there.
        unbuilt=frozenset(REQUIRED) - set(intent.platforms) if intent.is_part else frozenset(),
    )


def _staged(run: ReleaseRun) -> StagedSource:
    """What other runs built, in the registry.

    Raises:
        HandoverError: It is not of this commit and version, whatever was handed over.
    """
    from dext_tasks.sources.registry_image import StagedSource

    source = StagedSource(
        run.world.repository,
        str(run.intent.version),
        run.manifests,
        run.world.cancellation,
        tags=run.intent.compared(run.tags),
    )
    for platform, image in source.images.items():
        for key, value in run.labels.items():
            if image.config.labels.get(key) != value:
                raise HandoverError(
                    f"the image for {platform} that was handed over has label {key} = "
                    f"{image.config.labels.get(key)!r}, not {value!r}",
                    remedy="run its job with --prepare again, from this commit and for this version",
                )
    return source
