"""Building a project: one platform's build as data, and all platforms at once."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dext_tasks.parallel import for_each

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from dext_tasks.engine.engine import Engine
    from dext_tasks.engine.facts import ImageFacts
    from dext_tasks.extension.platform import Platform
    from dext_tasks.project import Project


@dataclass(frozen=True)
class BuildRequest:
    """One platform's build.

    Attributes:
        context: Folder of the build context.
        dockerfile: The Dockerfile.
        platform: What to build for.
        tag: The local tag to load it under.
        args: Values of ARG instructions.
        labels: Labels added to those of the Dockerfile.
        target: Stage to build, the last one if empty.
        builder: Buildx builder, the current one if empty.
        provenance: Whether to attach a provenance attestation.
        timeout: Longest time it may take, seconds.
    """

    context: Path
    dockerfile: Path
    platform: Platform
    tag: str
    args: tuple[tuple[str, str], ...] = ()
    labels: tuple[tuple[str, str], ...] = ()
    target: str = ""
    builder: str = ""
    provenance: bool = False
    timeout: float = 3600.0


def request(project: Project, platform: Platform, labels: tuple[tuple[str, str], ...] = ()) -> BuildRequest:
    """The build of one platform with the project's settings.

    Raises:
        DockerfileMissingError: The project has no Dockerfile.
    """
    settings = project.settings
    return BuildRequest(
        context=project.root,
        dockerfile=project.dockerfile,
        platform=platform,
        tag=project.local_tag(platform),
        args=settings.build_args,
        labels=labels,
        target=settings.build_target,
        builder=settings.build_builder,
        provenance=settings.build_provenance,
        timeout=settings.build_timeout,
    )


@dataclass(frozen=True)
class Built:
    """A platform that was built.

    Attributes:
        image: What was loaded.
        seconds: How long it took.
    """

    image: ImageFacts
    seconds: float


def build_all(engine: Engine, project: Project, on_line: Callable[[Platform, str], None]) -> dict[Platform, Built]:
    """Build every platform of the project, all at once.

    Raises:
        DockerfileMissingError: The project has no Dockerfile.
        MetadataMissingError: It has no metadata.json.
        BuildxMissingError: The client cannot build.
        BuildFailedError: A step failed.
    """
    requests = {platform: request(project, platform) for platform in project.settings.platforms}
    project.require_metadata()
    engine.require_buildx()

    def one(platform: Platform) -> Built:
        began = time.monotonic()
        image = engine.build(requests[platform], lambda line: on_line(platform, line))
        return Built(image, time.monotonic() - began)

    return for_each(requests, one, engine.client.cancellation)
