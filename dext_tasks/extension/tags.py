"""Tags of a repository, as Docker's validator chooses among them."""

from __future__ import annotations

import json
import re
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, NamedTuple

from dext_tasks.architectures import ARCHITECTURES
from dext_tasks.extension.version import as_version, is_oversized
from dext_tasks.formats.oci.reference import is_tag
from dext_tasks.regex import regex
from dext_tasks.wording import excerpt

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from semver import Version

_SHOWN = 4
# Names of architectures, as they are and with a variant (arm64v8); "386" alone may as well be a number.
_ARCHITECTURES = sorted(
    f"{name}{variant}"
    for each in ARCHITECTURES.values()
    for name in each.names
    for variant in ("", *each.variants, *filter(None, each.variants.values()))
    if not name.isdigit()
)
# What stands behind the version when an image of one platform or of a build is pushed under a tag of its own.
_BUILD_SUFFIX = regex(
    rf"(?:^|[.-])(?:linux|x86|{'|'.join(map(re.escape, _ARCHITECTURES))}"
    r"|staging|tmp|build|ci|git|sha|g?(?=\d*[a-f])[0-9a-f]{7,40})(?:$|[.-])"
)
# Days and months without separators, as tags of nightly builds have them.
_DATE = regex(r"(?:19|20)\d\d(?:0[1-9]|1[0-2])\d*")


def version_of(tag: str) -> Version | None:
    """The version that a tag stands for. Docker's validator seems to accept ``v1.2.3``, too.

    Tags with the prefix passed it: https://github.com/localstack/localstack-docker-extension/issues/54
    """
    return as_version(tag.removeprefix("v"))


class Resolution(NamedTuple):
    """The tag that stands for a repository.

    Attributes:
        tag: The greatest version.
        versions: Every tag that is a version, greatest first.
        others: Every other tag.
    """

    tag: str
    versions: tuple[str, ...]
    others: tuple[str, ...]

    def __str__(self) -> str:
        smaller = f", greater than {some_of(self.versions[1:])}" if self.versions[1:] else ""
        others = f"; no versions: {some_of(self.others)}" if self.others else ""
        return f"greatest semver tag resolved: {self.tag}{smaller}{others}"


def resolve(tags: Iterable[str]) -> Resolution | None:
    """What ``docker extension validate --auto-resolve-tag`` checks; None if no tag is a version.

    https://github.com/docker/extensions-submissions/issues/67 (a stray 2.6.5 was chosen over 1.0.1)
    """
    every = sorted(set(tags))
    versions = {tag: version for tag in every if (version := version_of(tag))}
    # Of v1.0.0 and 1.0.0 the one that is strict semver.
    ordered = sorted(versions, key=lambda tag: (versions[tag], not tag.startswith("v")), reverse=True)
    others = tuple(tag for tag in every if tag not in versions)
    return Resolution(ordered[0], tuple(ordered), others) if ordered else None


class StrayTag(NamedTuple):
    """A tag that counts as a version and does not look like one of an extension.

    Attributes:
        tag: As it is.
        why: What it looks like.
        pattern: What ignores it and its like.
    """

    tag: str
    why: str
    pattern: str


def strays(tags: Iterable[str], ignored: Sequence[str] = ()) -> tuple[StrayTag, ...]:
    """Those tags that were probably not meant as versions, but for those that are ignored already."""
    found = ((tag, _counted(tag)) for tag in sorted(set(tags)) if not is_ignored(tag, ignored))
    return tuple(stray for tag, version in found if version and (stray := _stray(tag, version)))


def uncounted(tags: Iterable[str], ignored: Sequence[str] = ()) -> str:
    """Which tags are semver and do not count as versions, with the reason; empty if there are none."""
    found = ((tag, as_version(tag)) for tag in sorted(set(tags)) if not is_ignored(tag, ignored))
    named = [f"{excerpt(tag)} ({why})" for tag, version in found if version and (why := _why_uncounted(tag, version))]
    return f"tags that are semver and do not count as versions: {some_of(named)}" if named else ""


def described(found: Sequence[StrayTag]) -> str:
    """What is wrong with them."""
    named = some_of([f"{each.tag} ({each.why})" for each in found])
    return f"tags that count as versions and do not look so: {named}"


def setting_for(found: Sequence[StrayTag], ignored: Sequence[str]) -> str:
    """The setting that ignores them, besides what is ignored already."""
    patterns = dict.fromkeys([*ignored, *(each.pattern for each in found)])
    return f"release.ignore-tags: [{', '.join(map(json.dumps, patterns))}]"


def _stray(tag: str, version: Version) -> StrayTag | None:
    if version.prerelease and is_of_build(version.prerelease):
        what = f"a pre-release of {version.finalize_version()} that is named after a platform or a build"
        return StrayTag(tag, what, f"*-{version.prerelease}")
    return StrayTag(tag, "a date", tag) if _DATE.fullmatch(str(version.major)) else None


def is_of_build(prerelease: str) -> bool:
    """Whether the part of a version behind the dash is the name of a platform, of a build or of a commit."""
    return _BUILD_SUFFIX.search(prerelease) is not None


def versions_of(tags: Iterable[str], ignored: Sequence[str] = ()) -> frozenset[Version]:
    """The versions that tags stand for, but for those that match an ignored pattern."""
    return frozenset(version for tag in tags if (version := _counted(tag)) is not None and not is_ignored(tag, ignored))


def _counted(tag: str) -> Version | None:
    """The version that a tag of an image, or of git without prefix, stands for; None if no release can be of it."""
    version = as_version(tag)
    return version if version and not _why_uncounted(tag, version) else None


def _why_uncounted(tag: str, version: Version) -> str:
    if version.build is not None:
        return "with build metadata, which no image tag can hold"
    if not is_tag(tag):
        return "too long for the tag of an image"
    return "with a number that is too large" if is_oversized(version) else ""


def is_ignored(tag: str, patterns: Sequence[str]) -> bool:
    """Whether a tag matches one of the patterns."""
    return any(fnmatchcase(tag, pattern) for pattern in patterns)


def some_of(tags: Sequence[str]) -> str:
    """The first few of them, and how many more there are."""
    rest = len(tags) - _SHOWN
    return ", ".join(tags[:_SHOWN]) + (f" and {rest} more" if rest > 0 else "")
