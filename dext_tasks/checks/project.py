"""What of a project can be checked: its source tree, and what was built of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dext_tasks.errors import ENGINE_UNUSABLE
from dext_tasks.extension.labels import RELEASE_LABELS
from dext_tasks.runtime.parallel import for_each
from dext_tasks.sources.build_state import built_images, other_states, told
from dext_tasks.sources.source import AbsentSource
from dext_tasks.sources.tree import TreeSource

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from dext_tasks.engine.build_history import Builds
    from dext_tasks.engine.engines import Engines
    from dext_tasks.engine.facts import ImageFacts
    from dext_tasks.formats.oci.platform import Platform
    from dext_tasks.project import Project
    from dext_tasks.sources.snapshot import Snapshot
    from dext_tasks.sources.source import Source

_IMAGES = "built images"


def project_sources(engines: Engines, project: Project, folder: Path) -> tuple[Source, Source]:
    """The source tree, and the built images that there are.

    Args:
        engines: Where the images are.
        project: The source tree.
        folder: An empty folder that outlives the sources.

    Raises:
        DockerfileMissingError: There is nothing to check.
    """
    tree = TreeSource(project)
    return tree, _built(engines, tree, folder)


def _built(engines: Engines, tree: TreeSource, folder: Path) -> Source:
    project, known = tree.project, tree.labels_or_unknown
    images: dict[Platform, ImageFacts] = {}
    unreached: list[tuple[str, str]] = []
    for engine, platforms in engines.each_of(project.settings.platforms).items():
        try:
            images |= built_images(engine, project, platforms)
        except ENGINE_UNUSABLE as error:
            unreached.append((" and ".join(map(str, platforms)), error.message))
    build = project.command("build")
    if not images:
        return AbsentSource(
            _IMAGES, "; ".join(why for _, why in unreached) or f"nothing is built yet; run `{build}` first"
        )
    foreign = other_states(engines.current.builds, project, images)
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
        return take(engines.of(platform).client, image.reference, image.platform, below, image.programs)

    snapshots = for_each(images, snapshot, engines.current.client.cancellation)
    declared = None if known is None else RELEASE_LABELS.union(known.values)
    own_image = project.image if project.settings.image else None
    escaped = known.escaped if known else {}
    unbuilt = frozenset(project.settings.platforms) - images.keys()
    apart = [f"what is built for {names} was not checked: {why}" for names, why in unreached]
    unchecked = [*apart, *([f"{said}; it was not checked: run `{build}`"] if said else [])]
    note = _note(engines.current.builds, images, unchecked)
    return ImageSource(
        images, snapshots, declared=declared, escaped=escaped, own_image=own_image, unbuilt=unbuilt, note=note
    )


def _note(builds: Builds, images: Mapping[Platform, ImageFacts], unchecked: Sequence[str]) -> str:
    """What people should know of where the images come from."""
    unknown = [platform for platform, image in images.items() if not builds.origins(image.id)]
    names = " and ".join(map(str, unknown))
    forgotten = f"whether what is there for {names} was built from this state is not known: its build is not remembered"
    return "; ".join([*unchecked, *([forgotten] if unknown else [])])
