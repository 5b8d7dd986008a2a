"""Rules on the platforms that there are images for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dext_tasks.checks.documentation import MULTI_ARCH_DOCS
from dext_tasks.checks.rule import DockerStep, Problem, Repair, Severity, rule
from dext_tasks.formats.oci.platform import REQUIRED
from dext_tasks.sources.facts import Place
from dext_tasks.sources.source import NotOfferedError, Source

if TYPE_CHECKING:
    from collections.abc import Iterator


_NOT_PUSHED = 'the image for platform "PLATFORM" is not pushed to DockerHub'


@rule(
    code="platform-missing",
    title="there is an image for amd64 and for arm64",
    severity=Severity.ERROR,
    docker=_NOT_PUSHED,
    why="users on the other architecture cannot install the extension",
    fix="build for both: inv build; what is meant for one alone is accepted by check.ignore, with the reason",
    source=MULTI_ARCH_DOCS,
    step=DockerStep.PLATFORMS,
)
def _missing(source: Source) -> Iterator[Problem]:
    found, unbuilt = source.platforms.found, source.platforms.unbuilt
    missing = [platform for platform in REQUIRED if platform not in found]
    if unbuilt.issuperset(missing) and unbuilt.intersection(missing):
        raise NotOfferedError(f"{' and '.join(map(str, sorted(unbuilt)))} was not built yet")
    for platform in missing:
        if platform not in unbuilt:
            newer = [str(each) for each in found if each.architecture == platform.architecture]
            only = f", only for {' and '.join(newer)}, which older processors do not run" if newer else ""
            said = _NOT_PUSHED.replace("PLATFORM", str(platform))
            yield Problem(f"there is no image for {platform}{only}", Place(platform=platform), said)


@rule(
    code="platform-mismatch",
    title="an image is for the platform it is listed under",
    severity=Severity.ERROR,
    why="with binfmt an image of the wrong architecture runs and looks healthy here, and fails for users",
    fix="let the final stage follow the target platform: no --platform=$BUILDPLATFORM on its FROM",
    source=MULTI_ARCH_DOCS,
)
def _mismatch(source: Source) -> list[Problem]:
    platforms = source.platforms
    found = [
        Problem(f"the image for {platform} says it is for {said}", Place(platform=platform))
        for platform, said in platforms.found.items()
        if said != platform
    ]
    if platforms.unsure and not found:
        raise NotOfferedError(platforms.unsure)
    return found


@rule(
    code="platform-repeated",
    title="the index lists a platform once",
    severity=Severity.WARNING,
    why="which of the images a user gets is up to the engine, and the other is never tested by anyone",
    fix="make the index anew, of one image a platform: inv release",
    source="https://github.com/opencontainers/image-spec/blob/main/image-index.md",
)
def _repeated(source: Source) -> Iterator[Problem]:
    for platform in sorted(source.platforms.repeated):
        yield Problem(f"the index lists {platform} more than once", Place(platform=platform))


@rule(
    code="platform-argument-fixed",
    title="arguments such as TARGETARCH are what BuildKit sets",
    severity=Severity.ERROR,
    why="a default in a stage, or before the first FROM, goes before BuildKit's own value: on every other "
    "architecture the image gets the wrong files",
    fix="write ARG TARGETARCH without a value, and pass none with --build-arg",
    source="https://docs.docker.com/reference/dockerfile/#automatic-platform-args-in-the-global-scope",
    repair=Repair.SURE,
)
def _argument_fixed(source: Source) -> Iterator[Problem]:
    for platform, facet in source.dockerfiles.items():
        for override in facet.document.overrides(facet.target or None):
            if override.is_used:
                what = f"{override.name} is {override.value!r}, whatever is built"
                yield Problem(what, Place(file=facet.file, line=override.line, platform=platform))


@rule(
    code="platform-argument-emptied",
    title="arguments such as TARGETARCH are not declared before the first FROM",
    severity=Severity.WARNING,
    why="with older versions of BuildKit, Docker 26's among them, they are then empty in every stage",
    fix="remove the line: FROM sees these arguments without it, and a stage that declares them itself",
    source="https://docs.docker.com/reference/dockerfile/#automatic-platform-args-in-the-global-scope",
    repair=Repair.SURE,
)
def _argument_emptied(source: Source) -> Iterator[Problem]:
    for instruction, name in source.dockerfile.document.emptied:
        what = f"ARG {name} before the first FROM takes its value away from every stage"
        yield Problem(what, Place(file=source.dockerfile.file, line=instruction.line))
