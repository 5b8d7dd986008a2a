"""What of a project can be checked: its source tree, and what was built of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dext_tasks.errors import EngineUnreachableError
from dext_tasks.extension.labels import RELEASE_LABELS
from dext_tasks.parallel import for_each
from dext_tasks.sources.absent import AbsentSource
from dext_tasks.sources.image import ImageSource
from dext_tasks.sources.snapshot import Snapshot, take
from dext_tasks.sources.tree import TreeSource

if TYPE_CHECKING:
    from pathlib import Path

    from dext_tasks.engine.engine import Engine
    from dext_tasks.engine.facts import ImageFacts
    from dext_tasks.extension.platform import Platform
    from dext_tasks.project import Project
    from dext_tasks.sources.subject import Subject

_IMAGES = "built images"


def project_sources(engine: Engine, project: Project, folder: Path) -> tuple[Subject, Subject]:
    """The source tree and the built images, as far as these are there.

    Args:
        engine: Where the images are.
        project: The source tree.
        folder: An empty folder that outlives the sources.

    Raises:
        DockerfileMissingError: There is nothing to check.
    """
    tree = TreeSource(project)
    return tree, _built(engine, tree, folder)


def _built(engine: Engine, tree: TreeSource, folder: Path) -> Subject:
    project, known = tree.project, tree.labels_or_unknown
    try:
        images = _images(engine, project)
    except EngineUnreachableError as error:
        return AbsentSource(_IMAGES, error.message)
    if not images:
        return AbsentSource(_IMAGES, f"nothing is built yet; run `{project.command('build')}` first")

    def snapshot(platform: Platform) -> Snapshot:
        below = folder / platform.slug
        below.mkdir()
        image = images[platform]
        return take(engine.client, image.reference, image.platform, below, image.programs)

    snapshots = for_each(images, snapshot, engine.client.cancellation)
    declared = None if known is None else RELEASE_LABELS.union(known.values)
    own_image = project.image if project.settings.image else None
    escaped = known.escaped if known else {}
    unbuilt = frozenset(project.settings.platforms) - images.keys()
    return ImageSource(images, snapshots, declared=declared, escaped=escaped, own_image=own_image, unbuilt=unbuilt)


def _images(engine: Engine, project: Project) -> dict[Platform, ImageFacts]:
    there = engine.tagged(project.local_repository)
    references = {platform: project.local_tag(platform) for platform in project.settings.platforms}
    return {platform: engine.image(each) for platform, each in references.items() if each in there}
