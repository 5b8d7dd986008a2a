"""Rules on platforms."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dext_tasks.checks.rule import Problem, Rule, Severity
from dext_tasks.extension.platform import REQUIRED
from dext_tasks.extension.programs import foreign
from dext_tasks.sources.subject import NotOfferedError, Place, Subject

if TYPE_CHECKING:
    from collections.abc import Iterator

_MULTI_ARCH = "https://docs.docker.com/extensions/extensions-sdk/extensions/multi-arch/"


def _missing(subject: Subject) -> Iterator[Problem]:
    found, unbuilt = subject.platforms.found, subject.platforms.unbuilt
    missing = [platform for platform in REQUIRED if platform not in found]
    if unbuilt.issuperset(missing) and unbuilt.intersection(missing):
        raise NotOfferedError(f"{' and '.join(map(str, sorted(unbuilt)))} was not built yet")
    for platform in missing:
        if platform not in unbuilt:
            newer = [str(each) for each in found if each.architecture == platform.architecture]
            only = f", only for {' and '.join(newer)}, which older processors do not run" if newer else ""
            yield Problem(f"there is no image for {platform}{only}", Place(platform=platform))


def _mismatch(subject: Subject) -> list[Problem]:
    platforms = subject.platforms
    found = [
        Problem(f"the image for {platform} says it is for {said}", Place(platform=platform))
        for platform, said in platforms.found.items()
        if said != platform
    ]
    if platforms.unsure and not found:
        raise NotOfferedError(platforms.unsure)
    return found


def _programs(subject: Subject) -> Iterator[Problem]:
    for files in subject.files:
        if files.programs is None:
            raise NotOfferedError("what the image runs is not read from a registry")
        machine = files.platform.architecture
        for path, what in foreign(files.programs, machine):
            yield Problem(f"{what} in the image for {machine}", Place(path=path, platform=files.platform))


def _repeated(subject: Subject) -> Iterator[Problem]:
    for platform in sorted(subject.platforms.repeated):
        yield Problem(f"the index lists {platform} more than once", Place(platform=platform))


RULES = (
    Rule(
        code="platform-missing",
        title="there is an image for amd64 and for arm64",
        severity=Severity.ERROR,
        docker='the image for platform "PLATFORM" is not pushed to DockerHub',
        why="users on the other architecture cannot install the extension",
        fix="build for both: inv build",
        source=_MULTI_ARCH,
        ask=_missing,
    ),
    Rule(
        code="platform-mismatch",
        title="an image is for the platform it is listed under",
        severity=Severity.ERROR,
        docker="",
        why="with binfmt an image of the wrong architecture runs and looks healthy here, and fails for users",
        fix="let the final stage follow the target platform: no --platform=$BUILDPLATFORM on its FROM",
        source=_MULTI_ARCH,
        ask=_mismatch,
    ),
    Rule(
        code="program-wrong-architecture",
        title="what an image runs, and its shell, are for its platform",
        severity=Severity.ERROR,
        docker="",
        why="BuildKit writes the target's architecture into the configuration whatever the programs are, and with "
        "binfmt they run here all the same",
        fix="build them for TARGETARCH, and let the final stage follow the target: no --platform=$BUILDPLATFORM",
        source=_MULTI_ARCH,
        ask=_programs,
    ),
    Rule(
        code="platform-repeated",
        title="the index lists a platform once",
        severity=Severity.WARNING,
        docker="",
        why="which of the images a user gets is up to the engine, and the other is never tested by anyone",
        fix="make the index anew, of one image a platform: inv release",
        source="https://github.com/opencontainers/image-spec/blob/main/image-index.md",
        ask=_repeated,
    ),
)
