"""What of a project can be checked: its source tree, and what was built of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dext_tasks.errors import EngineUnreachableError
from dext_tasks.extension.labels import RELEASE_LABELS
from dext_tasks.runtime.parallel import for_each
from dext_tasks.sources.build_state import built_images, other_states, told
from dext_tasks.sources.source import AbsentSource
from dext_tasks.sources.tree import TreeSource

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from dext_tasks.engine.engine import Engine
    from dext_tasks.engine.facts import ImageFacts
    from dext_tasks.formats.oci.platform import Platform
    from dext_tasks.project import Project
    from dext_tasks.sources.snapshot import Snapshot
    from dext_tasks.sources.source import Source

_IMAGES = "built images"


def project_sources(engine: Engine, project: Project, folder: Path) -> tuple[Source, Source]:
    """The source tree, and the built images that there are.

    Args:
        engine: Where the images are.
        project: The source tree.
        folder: An empty folder that outlives the sources.

    Raises:
        DockerfileMissingError: There is nothing to check.
    """
    tree = TreeSource(project)
    return tree, _built(engine, tree, folder)


def _built(engine: Engine, tree: TreeSource, folder: Path) -> Source:
    project, known = tree.project, tree.labels_or_unknown
    try:
        images = built_images(engine, project)
    except EngineUnreachableError as error:
        return AbsentSource(_IMAGES, error.message)
    build = project.command("build")
    if not images:
        return AbsentSource(_IMAGES, f"nothing is built yet; run `{build}` first")
    foreign = other_states(engine.builds, project, images)
    images = {platform: image for platform, image in images.items() if platform not in foreign}
    said = told(foreign)
    if not images:
        return AbsentSource(_IMAGES, f"{said}; run `{build}`")
    # Not needed where nothing is built, and slow to load.
    from dext_tasks.sources.image import ImageSource
    from dext_tasks.sources.snapshot import take

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
    note = _note(engine, images, f"{said}; it was not checked: run `{build}`" if said else "")
    return ImageSource(
        images, snapshots, declared=declared, escaped=escaped, own_image=own_image, unbuilt=unbuilt, note=note
    )


def _note(engine: Engine, images: Mapping[Platform, ImageFacts], said: str) -> str:
    """What people should know of where the images come from."""
    unknown = [platform for platform, image in images.items() if not engine.builds.origins(image.id)]
    names = " and ".join(map(str, unknown))
    forgotten = f"whether what is there for {names} was built from this state is not known: its build is not remembered"
    return "; ".join(filter(None, (said, forgotten if unknown else "")))
