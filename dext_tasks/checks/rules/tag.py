"""Rules on the tag users install by."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dext_tasks.checks.rule import DockerStep, Problem, Severity, rule
from dext_tasks.extension.tags import is_of_build, resolve, version_of
from dext_tasks.regex import regex
from dext_tasks.sources.facts import Place

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dext_tasks.sources.source import Source


_SEMVER = "https://semver.org/spec/v2.0.0.html"
_LATEST = "latest"
# Build metadata as people squeeze it into a tag, which cannot hold the plus sign.
_SQUEEZED_BUILD = regex(r"(?P<version>v?\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?)[_+](?P<build>[0-9A-Za-z._-]+)")


@rule(
    code="tag-not-semver",
    title="the tag is a semver version",
    severity=Severity.ERROR,
    step=DockerStep.TAG,
    why="desktops find the newest version by semver; another tag is never offered",
    fix="release it as MAJOR.MINOR.PATCH: inv release",
    source="https://github.com/docker/extensions-submissions/issues/147",
)
def _not_semver(source: Source) -> Iterator[Problem]:
    tag = source.tag
    version = version_of(tag)
    # A version that is yet to be released may have what no tag can hold.
    if version is None or version.build:
        what = f"tag {tag!r} is not a semver version"
        if tag == _LATEST:
            what = "tag 'latest' moves from version to version and is not one itself"
        elif squeezed := _SQUEEZED_BUILD.fullmatch(tag):
            what += f": build metadata cannot be part of a tag; release {squeezed['version'].removeprefix('v')}"
        yield Problem(what, Place())


@rule(
    code="tag-v-prefix",
    title="the tag has no v in front of the version",
    severity=Severity.WARNING,
    why="Docker's validator has let it pass, but v1.2.3 is not semver, and nothing promises that it stays so",
    fix="tag the image MAJOR.MINOR.PATCH; the v is for git tags only",
    source=f"{_SEMVER}#is-v123-a-semantic-version",
)
def _v_prefix(source: Source) -> Iterator[Problem]:
    tag = source.tag
    if tag.startswith("v") and version_of(tag):
        yield Problem(f"tag {tag!r} is not strict semver; {tag[1:]!r} would be", Place())


@rule(
    code="tag-prerelease",
    title="the tag is not a pre-release",
    severity=Severity.NOTE,
    why="a pre-release counts as a version: Docker's validator accepts it, and desktops may offer it as an update",
    fix="release MAJOR.MINOR.PATCH when it is ready for everyone",
    source="https://github.com/docker/extensions-submissions/issues/170",
)
def _prerelease(source: Source) -> Iterator[Problem]:
    tag = source.tag
    version = version_of(tag)
    if version and version.prerelease and not is_of_build(version.prerelease):
        yield Problem(f"tag {tag!r} is a pre-release of {version.finalize_version()}", Place())


@rule(
    code="tag-suffix-as-prerelease",
    title="a platform or commit behind the version is not a pre-release",
    severity=Severity.WARNING,
    why="1.2.0-amd64 is a version in semver's terms, so an image of one platform is offered to everyone",
    fix="stage such images under tags that are not versions, such as build-amd64-1.2.0, or by digest",
    source=f"{_SEMVER}#spec-item-9",
)
def _suffix_as_prerelease(source: Source) -> Iterator[Problem]:
    tag = source.tag
    version = version_of(tag)
    if version and version.prerelease and is_of_build(version.prerelease):
        yield Problem(f"tag {tag!r} reads as a pre-release of {version.finalize_version()}", Place())


@rule(
    code="tag-not-greatest",
    title="no greater version is in the repository",
    severity=Severity.WARNING,
    why="Docker's marketplace checks and offers the greatest semver tag, whichever one was submitted",
    fix="remove the greater tag if it was a mistake, or release a version above it",
    source="https://github.com/docker/extensions-submissions/issues/67",
)
def _not_greatest(source: Source) -> Iterator[Problem]:
    tag, version = source.tag, version_of(source.tag)
    found = resolve(source.tags) if version else None
    greatest = version_of(found.tag) if found else None
    if found and version and greatest and greatest > version:
        yield Problem(f"{found.tag!r} is the greatest tag of the repository, not {tag!r}", Place())
