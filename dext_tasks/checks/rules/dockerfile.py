"""Rules on the Dockerfile and its build context: whether BuildKit takes them, and what it copies."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dext_tasks.checks.documentation import MULTI_ARCH_DOCS
from dext_tasks.checks.rule import Problem, Repair, Severity, rule
from dext_tasks.errors import UnknownPlatformError
from dext_tasks.formats.dockerfile import SCRATCH
from dext_tasks.formats.oci.platform import Platform
from dext_tasks.sources.facts import Place
from dext_tasks.wording import excerpt

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dext_tasks.sources.facts import DockerfileFacet
    from dext_tasks.sources.source import Source


@rule(
    code="dockerfile-invalid",
    title="BuildKit accepts the Dockerfile",
    severity=Severity.ERROR,
    why="the image cannot be built; a broken line in a LABEL is the usual cause",
    fix="correct the line; every line of a LABEL but the last ends with a backslash and nothing after it",
    source="https://docs.docker.com/reference/dockerfile/",
    stops_build=True,
    repair=Repair.SURE,
)
def _invalid(source: Source) -> Iterator[Problem]:
    if source.refusal:
        yield Problem(source.refusal.what, source.refusal.place)


@rule(
    code="copy-source-absent",
    title="the build finds everything that it copies",
    severity=Severity.ERROR,
    why="BuildKit stops at the instruction: not found",
    fix="put the file back with !FILE at the end of .dockerignore, put it in the link's place, or copy another",
    source="https://docs.docker.com/reference/build-checks/copy-ignored-file/",
    stops_build=True,
)
def _copy_source_absent(source: Source) -> Iterator[Problem]:
    for unsent in source.unsent:
        yield Problem(f"it copies {unsent.what}", unsent.place)


@rule(
    code="build-file-unreadable",
    title="the build can read everything that it needs",
    severity=Severity.ERROR,
    why="BuildKit puts an empty file into the image, or stops, and goes on without a .dockerignore it cannot read",
    fix="give the user who builds the right to read it (`ls -ld` shows who may), or put a file in its place",
    source="https://github.com/tonistiigi/fsutil/blob/master/send.go",
    stops_build=True,
)
def _build_file_unreadable(source: Source) -> Iterator[Problem]:
    for unsent in source.unreadable:
        yield Problem(unsent.what, unsent.place)


@rule(
    code="argument-not-repeated",
    title="a stage declares the arguments that it uses",
    severity=Severity.WARNING,
    why="an argument from before the first FROM, or TARGETARCH and its like, is empty in a stage without its ARG",
    fix="repeat ARG NAME in the stage, below its FROM",
    source="https://docs.docker.com/reference/dockerfile/#understand-how-arg-and-from-interact",
    repair=Repair.SURE,
)
def _argument_not_repeated(source: Source) -> Iterator[Problem]:
    facet = source.dockerfile
    for use in facet.document.unrepeated(facet.target or None):
        what = f"{use.keyword} uses {excerpt(use.name)}, which no ARG of its stage declares"
        fix = f"repeat ARG {excerpt(use.name)} in the stage, below its FROM"
        yield Problem(what, Place(file=facet.file, line=use.line), fix=fix)


@rule(
    code="dockerignore-invalid",
    title="BuildKit accepts the patterns of .dockerignore",
    severity=Severity.ERROR,
    why="BuildKit refuses to read the build context, or leaves nothing out for the line",
    fix="close the bracket, remove the line, or save the file as UTF-8",
    source="https://docs.docker.com/build/concepts/context/#syntax",
    stops_build=True,
)
def _dockerignore_invalid(source: Source) -> Iterator[Problem]:
    if fault := source.ignore_fault:
        yield Problem(fault.what, fault.place)


def _final_stage(source: Source, *, is_scratch: bool) -> Iterator[Problem]:
    facets = source.dockerfiles
    for platform, facet in facets.items():
        root = facet.document.lineage(facet.target or None)[0]
        written = facet.document.opening(root).flag("platform")
        if not written or (root.base == SCRATCH) is not is_scratch or _is_argument_fixed(facet, written):
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
    """The platform that is written, if it differs; empty if not."""
    try:
        fixed = Platform.parse(written)
    except UnknownPlatformError:
        return written
    return "" if fixed == platform else str(fixed)


@rule(
    code="final-stage-platform",
    title="the final stage is for the platform that is built",
    severity=Severity.ERROR,
    why="BuildKit labels the image with the target's architecture all the same: on one of them nothing in it runs",
    fix="remove --platform from the FROM of the final stage; stages that compile may keep it",
    source=MULTI_ARCH_DOCS,
    repair=Repair.SURE,
)
def _final_stage_platform(source: Source) -> Iterator[Problem]:
    return _final_stage(source, is_scratch=False)


@rule(
    code="final-stage-platform-scratch",
    title="a final stage from scratch names no platform",
    severity=Severity.WARNING,
    why="from scratch it changes nothing, and from any other image one of two architectures would not run",
    fix="remove --platform from the FROM of the final stage",
    source=MULTI_ARCH_DOCS,
    repair=Repair.SURE,
)
def _final_stage_platform_scratch(source: Source) -> Iterator[Problem]:
    return _final_stage(source, is_scratch=True)
