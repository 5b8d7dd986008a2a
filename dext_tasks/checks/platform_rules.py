"""Rules on platforms."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING

from dext_tasks.checks.rule import Problem, Rule, Severity
from dext_tasks.errors import UnknownPlatformError
from dext_tasks.extension.programs import foreign
from dext_tasks.formats.dockerfile.stages import SCRATCH
from dext_tasks.formats.excerpt import excerpt
from dext_tasks.formats.oci.platform import REQUIRED, Platform
from dext_tasks.sources.source import NotOfferedError, Place, Source

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dext_tasks.sources.source import DockerfileFacet

_MULTI_ARCH = "https://docs.docker.com/extensions/extensions-sdk/extensions/multi-arch/"


def _missing(source: Source) -> Iterator[Problem]:
    found, unbuilt = source.platforms.found, source.platforms.unbuilt
    missing = [platform for platform in REQUIRED if platform not in found]
    if unbuilt.issuperset(missing) and unbuilt.intersection(missing):
        raise NotOfferedError(f"{' and '.join(map(str, sorted(unbuilt)))} was not built yet")
    for platform in missing:
        if platform not in unbuilt:
            newer = [str(each) for each in found if each.architecture == platform.architecture]
            only = f", only for {' and '.join(newer)}, which older processors do not run" if newer else ""
            yield Problem(f"there is no image for {platform}{only}", Place(platform=platform))


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


def _programs(source: Source) -> Iterator[Problem]:
    for files in source.files:
        if files.programs is None:
            raise NotOfferedError("what the image runs is not read from a registry")
        machine = files.platform.architecture
        for path, what in foreign(files.programs, machine):
            yield Problem(f"{what} in the image for {machine}", Place(path=path, platform=files.platform))


def _repeated(source: Source) -> Iterator[Problem]:
    for platform in sorted(source.platforms.repeated):
        yield Problem(f"the index lists {platform} more than once", Place(platform=platform))


def _final_stage(wants_scratch: bool, source: Source) -> Iterator[Problem]:  # noqa: FBT001 - bound by the rules
    facets = source.dockerfiles
    for platform, facet in facets.items():
        root = facet.document.lineage(facet.target or None)[0]
        written = facet.document.opening(root).flag("platform")
        if not written or (root.base == SCRATCH) is not wants_scratch or _is_argument_fixed(facet, written):
            continue
        # With one platform alone, the machine that builds may be of it.
        is_certain = len(facets) > 1 or "$" not in written
        if is_certain and (fixed := _another(root.platform, platform)):
            what = f"the final stage begins with FROM --platform={excerpt(written)}: {fixed}, whatever is built"
            yield Problem(what, Place(file=facet.file, line=root.line, platform=platform))


def _is_argument_fixed(facet: DockerfileFacet, written: str) -> bool:
    """Whether a platform is written by an argument such as TARGETARCH that is not BuildKit's: another rule's fault."""
    fixed = (each.name for each in facet.document.overrides(facet.target or None) if each.is_used)
    return any(re.search(rf"\b{name}\b", written) for name in fixed)


def _another(written: str, platform: Platform) -> str:
    """The platform that is written, where that is another one; empty if it is not."""
    try:
        fixed = Platform.parse(written)
    except UnknownPlatformError:
        return written
    return "" if fixed == platform else str(fixed)


def _fixed_argument(source: Source) -> Iterator[Problem]:
    for platform, facet in source.dockerfiles.items():
        for override in facet.document.overrides(facet.target or None):
            if override.is_used:
                what = f"{override.name} is {override.value!r}, whatever is built"
                yield Problem(what, Place(file=facet.file, line=override.line, platform=platform))


def _emptied_argument(source: Source) -> Iterator[Problem]:
    for instruction, name in source.dockerfile.document.emptied:
        what = f"ARG {name} before the first FROM takes its value away from every stage"
        yield Problem(what, Place(file=source.dockerfile.file, line=instruction.line))


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
    Rule(
        code="final-stage-platform",
        title="the final stage is for the platform that is built",
        severity=Severity.ERROR,
        docker="",
        why="BuildKit labels the image with the target's architecture all the same: on one of them nothing in it runs",
        fix="remove --platform from the FROM of the final stage; stages that compile may keep it",
        source=_MULTI_ARCH,
        ask=partial(_final_stage, False),  # noqa: FBT003 - as above
    ),
    Rule(
        code="final-stage-platform-scratch",
        title="a final stage from scratch names no platform",
        severity=Severity.WARNING,
        docker="",
        why="from scratch it changes nothing, and from any other image one of two architectures would not run",
        fix="remove --platform from the FROM of the final stage",
        source=_MULTI_ARCH,
        ask=partial(_final_stage, True),  # noqa: FBT003 - as above
    ),
    Rule(
        code="platform-argument-fixed",
        title="arguments such as TARGETARCH are what BuildKit sets",
        severity=Severity.ERROR,
        docker="",
        why="a default in a stage, or before the first FROM, goes before BuildKit's own value: on every other "
        "architecture the image gets the wrong files",
        fix="write ARG TARGETARCH without a value, and pass none with --build-arg",
        source="https://docs.docker.com/reference/dockerfile/#automatic-platform-args-in-the-global-scope",
        ask=_fixed_argument,
    ),
    Rule(
        code="platform-argument-emptied",
        title="arguments such as TARGETARCH are not declared before the first FROM",
        severity=Severity.WARNING,
        docker="",
        why="with older versions of BuildKit, Docker 26's among them, they are then empty in every stage",
        fix="remove the line: FROM sees these arguments without it, and a stage that declares them itself",
        source="https://docs.docker.com/reference/dockerfile/#automatic-platform-args-in-the-global-scope",
        ask=_emptied_argument,
    ),
)
