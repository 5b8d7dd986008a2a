"""Building a project: one platform's build as data, and all platforms at once."""

from __future__ import annotations

import json
import logging
import os
import time
from hashlib import sha256
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from dext_tasks import calls
from dext_tasks.config.settings import OPTIONS
from dext_tasks.engine.build_request import BuildRequest
from dext_tasks.errors import BuildFailedError, EmulatorCrashedError
from dext_tasks.limits import BUILD_GRACE
from dext_tasks.runtime.parallel import for_each

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dext_tasks.engine.engine import Engine
    from dext_tasks.engine.engines import Engines
    from dext_tasks.engine.facts import ImageFacts
    from dext_tasks.formats.oci.platform import Platform
    from dext_tasks.project import Project

_LOG = logging.getLogger(__name__)

_DECIDING: Final = tuple(option for option in OPTIONS if option.decides_build)
# What buildx reads besides: https://docs.docker.com/build/building/variables/
_SOURCE_DATE: Final = "SOURCE_DATE_EPOCH"
_VARIABLES: Final = ("BUILDX_BUILDER", _SOURCE_DATE)
BUILD_SETTINGS: Final = ", ".join((*(option.key for option in _DECIDING), *_VARIABLES))
"""The settings and variables that a fingerprint is of."""


def has_source_date() -> bool:
    """Whether the environment gives builds a date, which buildx hands on by itself."""
    return bool(os.environ.get(_SOURCE_DATE))


def fingerprint(project: Project) -> str:
    """Of the settings that decide what a build of a commit is, so that another one is not taken for it.

    It is not of what the commit holds, nor of what only says where and for how long is built: contexts, the time limit.
    Base images may have moved since; what was tested is what is published, with the bases that it was built on.

    Nobody can read the values of build arguments out of it, should they be secrets, which they should not be.
    """
    inputs = [getattr(project.settings, option.name) for option in _DECIDING]
    inputs += [os.environ.get(name, "") for name in _VARIABLES]
    return sha256(json.dumps(inputs).encode()).hexdigest()


def require_attestations(engines: Engines, project: Project) -> None:
    """Require that the engines can hold what the settings have builds attach to images.

    Raises:
        PreflightError: One cannot.
    """
    settings = project.settings
    if settings.build_provenance or settings.build_sbom:
        for engine in engines.each_of(settings.platforms):
            engine.require_attestations()


def request(
    project: Project, platform: Platform, labels: tuple[tuple[str, str], ...] = (), state: str = ""
) -> BuildRequest:
    """The build of one platform with the project's settings.

    Args:
        project: What is built.
        platform: What for.
        labels: Labels added to those of the Dockerfile.
        state: Digest of what it is made of; empty if that is not known.

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
        sbom=settings.build_sbom_generator if settings.build_sbom else "",
        timeout=settings.build_timeout,
        state=state,
        folder=project.home,
    )


class Built(NamedTuple):
    """A platform that was built.

    Attributes:
        image: What was loaded.
        seconds: How long it took.
        crashes: Crashes of the emulator, one line each, after which the build was repeated.
        emulated: Whether the engine that has it needs an emulator to run it.
        context: Docker context of that engine; empty for the current one.
    """

    image: ImageFacts
    seconds: float
    crashes: tuple[str, ...] = ()
    emulated: bool = False
    context: str = ""


class BuildListener(Protocol):
    """Follows builds; called from several threads."""

    def line(self, platform: Platform, text: str) -> None:
        """A line of a build's log."""

    def build_repeated(self, platform: Platform, error: EmulatorCrashedError) -> None:
        """The emulator crashed, and the build begins once more."""

    def built(self, platform: Platform, built: Built) -> None:
        """A build has ended well."""

    def build_failed(self, platform: Platform, error: BuildFailedError) -> None:
        """A build has failed; every line of its log was reported before."""


class SilentBuild:
    """Tells nobody; a base for listeners that want to hear a part of it."""

    def line(self, platform: Platform, text: str) -> None:
        """See BuildListener."""

    def build_repeated(self, platform: Platform, error: EmulatorCrashedError) -> None:
        """See BuildListener."""

    def built(self, platform: Platform, built: Built) -> None:
        """See BuildListener."""

    def build_failed(self, platform: Platform, error: BuildFailedError) -> None:
        """See BuildListener."""


def build(engine: Engine, wanted: BuildRequest, listener: BuildListener) -> Built:
    """Build one platform; where the emulator crashed, once more: crashes come and go.

    https://github.com/tonistiigi/binfmt/issues/215

    Raises:
        BuildFailedError: A step failed.
        EmulatorCrashedError: The emulator crashed twice.
    """
    began = time.monotonic()
    crashes: tuple[str, ...] = ()

    def once() -> ImageFacts:
        return engine.build(wanted, lambda line: listener.line(wanted.platform, line))

    try:
        try:
            image = once()
        except EmulatorCrashedError as crash:
            crashes = (crash.message,)
            listener.build_repeated(wanted.platform, crash)
            image = once()
    except BuildFailedError as error:
        listener.build_failed(wanted.platform, error)
        raise
    emulated = not wanted.platform.is_native_on(engine.facts.platform)
    made = Built(image, time.monotonic() - began, crashes, emulated, engine.context)
    listener.built(wanted.platform, made)
    return made


def requests(project: Project, state: str = "") -> dict[Platform, BuildRequest]:
    """The build of every platform; arguments as in ``request``.

    Raises:
        DockerfileMissingError: The project has no Dockerfile.
    """
    return {platform: request(project, platform, state=state) for platform in project.settings.platforms}


def build_all(engines: Engines, project: Project, listener: BuildListener, state: str = "") -> dict[Platform, Built]:
    """Build every platform of the project on its engine, all at once; the state is that of ``request``.

    Raises:
        DockerfileMissingError: The project has no Dockerfile.
        EngineUnreachableError: An engine does not answer; nothing was built on any.
        BuildxMissingError: The client cannot build.
        PreflightError: An engine cannot hold the attestations that are asked for.
        BuildFailedError: A step failed; it names every platform that failed.
    """
    wanted = requests(project, state)
    engines.require_able(wanted)
    require_attestations(engines, project)
    for platform, each in wanted.items():
        engine = engines.of(platform)
        how = "native" if platform.is_native_on(engine.facts.platform) else "foreign, cross-built or emulated"
        calls.decided(
            _LOG,
            "%s is %s; builder: %s",
            engine.client.in_context(f"platform {platform}"),
            how,
            each.builder or "the current one",
        )
    failures: dict[Platform, BuildFailedError] = {}

    def one(platform: Platform) -> Built:
        try:
            return build(engines.of(platform), wanted[platform], listener)
        except BuildFailedError as error:
            failures[platform] = error
            raise

    try:
        return for_each(wanted, one, engines.current.client.cancellation, grace=BUILD_GRACE)
    except BuildFailedError as error:
        raise together(failures) from error


def together(failures: Mapping[Platform, BuildFailedError]) -> BuildFailedError:
    """One error for all builds that failed; a failing step weighs more than a crash of the emulator.

    Of several, each line of the detail begins with its platform.
    """
    ordered = sorted(sorted(failures.items()), key=lambda each: isinstance(each[1], EmulatorCrashedError))
    errors = [error for _, error in ordered]
    worst, *others = errors
    if not others:
        return worst
    return type(worst)(
        "; ".join(error.message for error in errors),
        remedy=worst.remedy,
        detail="\n".join(f"{platform} | {line}" for platform, error in ordered for line in error.detail.splitlines()),
        log="\n".join(error.log for error in errors),
    )
