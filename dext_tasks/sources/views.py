"""A Dockerfile as BuildKit reads it for each platform, and what it puts into their images."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dext_tasks.errors import DockerfileInvalidError
from dext_tasks.formats import dockerfile
from dext_tasks.formats.oci.platform import REQUIRED
from dext_tasks.limits import LARGEST_DOCUMENT
from dext_tasks.sources.context import Context
from dext_tasks.sources.origins import Origins
from dext_tasks.sources.source import DockerfileFacet

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from dext_tasks.formats.oci.platform import Platform
    from dext_tasks.project import Project

# Without these names it says the same for every platform.
_OF_PLATFORM = re.compile(rb"TARGET(?:PLATFORM|OS|ARCH|VARIANT)")


@dataclass(frozen=True)
class View:
    """What a Dockerfile makes for some platforms.

    Attributes:
        platforms: These.
        facet: The Dockerfile, read for any of them.
        origins: Where the files of their images come from.
    """

    platforms: tuple[Platform, ...]
    facet: DockerfileFacet
    origins: Origins


def views_of(project: Project, platforms: Sequence[Platform], name: str) -> tuple[View, ...]:
    """A view a platform, or one for all where the Dockerfile does not tell them apart.

    Args:
        project: The source tree.
        platforms: What is built for; at least one.
        name: The Dockerfile's path, for places.

    Raises:
        DockerfileMissingError: There is none.
        DockerfileInvalidError: BuildKit would refuse it.
    """
    return tuple(_views(project, platforms, name))


def _views(project: Project, platforms: Sequence[Platform], name: str) -> Iterator[View]:
    file, settings = project.dockerfile, project.settings
    content = _content(file)
    context = Context(project.root, file)
    alike = [tuple(platforms)] if not _OF_PLATFORM.search(content) else [(platform,) for platform in platforms]
    for group in alike:
        # Which machine builds is not known; what depends on it is recognised by building for another platform.
        builder = REQUIRED[0]
        document = dockerfile.parse(content, build_args=dict(settings.build_args), platform=group[0], builder=builder)
        document.labels(settings.build_target or None)
        facet = DockerfileFacet(document, settings.build_target, name)
        yield View(group, facet, Origins(context, document, settings.build_target))


def _content(file: Path) -> bytes:
    with file.open("rb") as stream:
        content = stream.read(LARGEST_DOCUMENT + 1)
    if len(content) > LARGEST_DOCUMENT:
        raise DockerfileInvalidError(
            f"{file.name} is larger than {LARGEST_DOCUMENT >> 20} MiB, and is not read",
            remedy="check that `dockerfile` names the right file, and move what it carries into files that it copies",
        )
    return content
