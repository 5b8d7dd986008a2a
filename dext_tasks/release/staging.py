"""Where images wait in the registry until their index is published."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dext_tasks.formats.oci.reference import Reference

STAGING_TAG = r"staging-[a-p]{40}"
"""Pattern of the tags that images wait under, and of no tag that a person would choose."""

_PATTERN = re.compile(STAGING_TAG)
_LETTERS = str.maketrans("0123456789abcdef", "abcdefghijklmnop")
_LENGTH = 40


def is_staging(tag: str) -> bool:
    """Whether images wait under a tag."""
    return _PATTERN.fullmatch(tag) is not None


def staging_reference(image: Reference, image_id: str) -> Reference:
    """The reference one tested image is pushed to, derived from its id alone.

    Two releases that race never share one unless they push the same bytes, and a rerun finds what was
    pushed before. The tag has no digit: ``1.2.0-amd64`` is a semver pre-release that users would be offered,
    and Rancher Desktop finds a version in any tag with a digit as long as none is semver.
    """
    letters = image_id.removeprefix("sha256:").translate(_LETTERS)
    return image.with_tag(f"staging-{letters[:_LENGTH]}")
