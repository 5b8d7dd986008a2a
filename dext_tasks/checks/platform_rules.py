"""Rules on platforms and the tag."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dext_tasks.checks.rule import Problem, Rule, Severity
from dext_tasks.extension.platform import REQUIRED
from dext_tasks.extension.version import as_version
from dext_tasks.sources.subject import Place, Subject

if TYPE_CHECKING:
    from collections.abc import Iterator

_MULTI_ARCH = "https://docs.docker.com/extensions/extensions-sdk/extensions/multi-arch/"


def _missing(subject: Subject) -> Iterator[Problem]:
    for platform in REQUIRED:
        if platform not in subject.platforms.found:
            yield Problem(f"there is no image for {platform}", Place(platform=platform))


def _mismatch(subject: Subject) -> Iterator[Problem]:
    for platform, said in subject.platforms.found.items():
        if said != platform:
            yield Problem(f"the image for {platform} says it is for {said}", Place(platform=platform))


def _tag(subject: Subject) -> Iterator[Problem]:
    if as_version(subject.tag) is None:
        yield Problem(f"tag {subject.tag!r} is not a semver version", Place())


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
        code="tag-not-semver",
        title="the tag is a semver version",
        severity=Severity.ERROR,
        docker="Checked image tag is semver",
        why="desktops find the newest version by semver; another tag is never offered",
        fix="release it as MAJOR.MINOR.PATCH",
        source="https://github.com/docker/extensions-submissions/issues/147",
        ask=_tag,
    ),
)
