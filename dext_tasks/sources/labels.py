"""The labels a source has, by platform."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dext_tasks.engine.variants import variants
from dext_tasks.errors import DockerfileInvalidError, ImageNotFoundError
from dext_tasks.formats.oci.platform import REQUIRED
from dext_tasks.sources.registry_image import RemoteSource
from dext_tasks.sources.tree import TreeSource

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dext_tasks.engine.engine import Engine
    from dext_tasks.formats.oci.platform import Platform
    from dext_tasks.project import Project
    from dext_tasks.registry.access import Access
    from dext_tasks.runtime.cancellation import Cancellation
    from dext_tasks.sources.facts import LabelSet

    Labels = Mapping[Platform, Mapping[str, str]]


def of_tree(project: Project) -> Labels:
    """The labels that the Dockerfile gives each configured platform, those of base images not among them.

    Raises:
        DockerfileMissingError: There is none.
        DockerfileInvalidError: BuildKit would refuse it.
    """
    # One at a time, as BuildKit reads the Dockerfile: TARGETARCH and its like differ.
    return {
        platform: labels.values
        for platform in project.settings.platforms
        for labels in _of_buildable(TreeSource(project, platform=platform))
    }


def _of_buildable(source: TreeSource) -> Sequence[LabelSet]:
    refusal = source.refusal
    if refusal:
        raise DockerfileInvalidError(
            f"BuildKit refuses {refusal.place.file}: {refusal.what}",
            remedy="correct it; `inv check` shows what else there is",
        )
    return source.labels


def of_image(engine: Engine, reference: str, platforms: tuple[Platform, ...] = REQUIRED) -> Labels:
    """The labels of images in the engine, of these platforms and of the one it shows.

    Raises:
        ImageNotFoundError: The engine has none.
    """
    return {platform: each.image.labels for platform, each in variants(engine, reference, platforms).items()}


def of_registry(reference: str, access: Access, cancellation: Cancellation | None = None) -> Labels:
    """The labels of every platform's image in a registry.

    Raises:
        ImageNotFoundError: It is not there.
        RegistryUnreachableError: That cannot be found out.
    """
    source = RemoteSource.open(reference, access, cancellation)
    return {platform: image.config.labels for platform, image in source.images.items()}


def of_platform(labels: Labels, platform: Platform) -> Mapping[str, str]:
    """One platform's labels.

    Raises:
        ImageNotFoundError: There is no image for it.
    """
    if platform not in labels:
        there = ", ".join(map(str, labels)) or "none"
        raise ImageNotFoundError(f"there is no image for {platform}", remedy=f"name one that is there: {there}")
    return labels[platform]
