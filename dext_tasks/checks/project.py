"""Checking a project: its source tree, and what was built of it."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from dext_tasks.checks.report import Report, check
from dext_tasks.errors import EngineUnreachableError
from dext_tasks.extension.labels import RELEASE_LABELS
from dext_tasks.parallel import for_each
from dext_tasks.sources.absent import AbsentSource
from dext_tasks.sources.image import ImageSource
from dext_tasks.sources.snapshot import Snapshot, take
from dext_tasks.sources.tree import TreeSource

if TYPE_CHECKING:
    from dext_tasks.engine.engine import Engine
    from dext_tasks.engine.facts import ImageFacts
    from dext_tasks.extension.platform import Platform
    from dext_tasks.project import Project
    from dext_tasks.sources.subject import Subject

_IMAGES = "built images"


def check_project(engine: Engine, project: Project) -> Report:
    """Ask every rule of the source tree and of the built images, as far as these are there.

    Raises:
        DockerfileMissingError: There is nothing to check.
        DockerfileInvalidError: BuildKit would refuse the Dockerfile.
    """
    with TemporaryDirectory(prefix="dext-files-") as folder:
        tree = TreeSource(project)
        return check([tree, _built(engine, project, tree.declared, Path(folder))])


def _built(engine: Engine, project: Project, declared: frozenset[str], folder: Path) -> Subject:
    try:
        images = _images(engine, project)
    except EngineUnreachableError as error:
        return AbsentSource(_IMAGES, error.message)
    if not images:
        return AbsentSource(_IMAGES, "nothing is built yet; run `inv build` first")

    def snapshot(platform: Platform) -> Snapshot:
        below = folder / platform.slug
        below.mkdir()
        return take(engine.client, images[platform].reference, images[platform].platform, below)

    snapshots = for_each(images, snapshot, engine.client.cancellation)
    return ImageSource(images, snapshots, declared=declared | RELEASE_LABELS)


def _images(engine: Engine, project: Project) -> dict[Platform, ImageFacts]:
    there = engine.tagged(project.local_repository)
    references = {platform: project.local_tag(platform) for platform in project.settings.platforms}
    return {platform: engine.image(each) for platform, each in references.items() if each in there}
