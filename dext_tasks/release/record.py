"""What a published index says of how it came about: annotations, which anybody can read and verify later.

They depend on nothing but the release itself, so that two releases of the same images have the same index.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from dext_tasks.errors import UnknownPlatformError
from dext_tasks.extension.labels import REVISION, VERSION
from dext_tasks.formats.oci.platform import Platform

if TYPE_CHECKING:
    from collections.abc import Mapping

    from semver import Version

SMOKE: Final = "dev.dext-tasks.smoke."
"""What the annotation of a platform's smoke test begins with; the platform follows."""


class Smoked(StrEnum):
    """How a smoke test ended that a release was made after.

    It passed as a whole, or in all that was tried: ``smoke.start-optional`` allows that a backend is not started for
    want of grants.
    """

    PASSED = "passed"
    NOT_STARTED = "not-started"


@dataclass(frozen=True)
class Recorded:
    """What an index says of one platform.

    Attributes:
        smoke: How its smoke test ended, in the words of the annotation.
        manifest: Digest of the manifest that was tested.
    """

    smoke: str
    manifest: str


def recorded(commit: str, version: Version, tested: Mapping[Platform, tuple[Smoked, str]]) -> dict[str, str]:
    """The annotations of an index.

    Args:
        commit: It was made from.
        version: It is.
        tested: How each platform's smoke test ended, and the digest of the manifest that was tested.
    """
    smoke = {f"{SMOKE}{platform}": f"{smoked} {manifest}" for platform, (smoked, manifest) in tested.items()}
    return {REVISION: commit, VERSION: str(version), **smoke}


def read_record(annotations: Mapping[str, str]) -> dict[Platform, Recorded]:
    """What the annotations of an index say of each platform; none where nothing was recorded that can be read."""
    found = {}
    for key, text in annotations.items():
        if key.startswith(SMOKE):
            smoke, _, manifest = text.partition(" ")
            try:
                found[Platform.parse(key.removeprefix(SMOKE))] = Recorded(smoke, manifest)
            except UnknownPlatformError:
                continue
    return found


def unread(annotations: Mapping[str, str]) -> tuple[str, ...]:
    """What smoke annotations name that is no platform, or is not spelled as a release spells it."""
    known = {f"{SMOKE}{platform}" for platform in read_record(annotations)}
    return tuple(sorted(key.removeprefix(SMOKE) for key in annotations if key.startswith(SMOKE) and key not in known))


def is_of_release(annotations: Mapping[str, str], manifests: Mapping[Platform, str]) -> bool:
    """Whether the annotations of an index say of each of its manifests that a release tested it."""
    tested = {platform: each.manifest for platform, each in read_record(annotations).items()}
    return tested == dict(manifests) and {REVISION, VERSION} <= annotations.keys()
