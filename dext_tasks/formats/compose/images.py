"""Images of services: what they name on a user's machine, and whether that stays the same."""

from __future__ import annotations

from typing import Final

from dext_tasks.errors import ReferenceInvalidError
from dext_tasks.formats.compose.variables import names_plugin_image, with_defaults
from dext_tasks.formats.oci.reference import Reference
from dext_tasks.regex import regex

# Words that name a line of development; a tag without a number moves with it.
_MOVING: Final = frozenset(
    {
        *("latest", "main", "master", "trunk", "head", "edge", "dev", "develop", "development", "nightly", "snapshot"),
        *("canary", "next", "preview", "beta", "alpha", "rc", "stable", "unstable", "testing", "test", "release"),
        *("current", "lts", "rolling", "daily", "weekly", "staging", "prod", "production", "local"),
    }
)
# What official images add to a version to say what they are made of; alone it means the latest version.
# https://github.com/docker-library/official-images#tags-and-aliases
_VARIANTS: Final = frozenset(
    {
        *("alpine", "slim", "debian", "ubuntu", "fedora", "centos", "rocky", "distroless", "windowsservercore"),
        *("trixie", "bookworm", "bullseye", "buster", "stretch", "sid", "noble", "jammy", "focal", "bionic", "xenial"),
        *("nanoserver", "fpm", "apache", "management"),
    }
)
_WORDS = regex(r"[._-]+")
_EXTENSION = regex(r"(?:^|[-_.])(?:extension|ext)$")


def reference(image: str) -> Reference | None:
    """What an image names, defaults of variables applied; None for the extension's own and what is not a reference."""
    if names_plugin_image(image):
        return None
    try:
        return Reference.parse(with_defaults(image))
    except ReferenceInvalidError:
        return None


def is_invalid(image: str) -> bool:
    """Whether an image that has no variable left is not a reference."""
    return "$" not in with_defaults(image) and reference(image) is None


def unset_variables(image: str) -> bool:
    """Whether the image depends on a variable that nobody sets on a user's machine."""
    return "$" in with_defaults(image) and not names_plugin_image(image)


def is_floating(found: Reference) -> bool:
    """Whether what the reference names is expected to change: no tag and no digest, or one such as ``main-alpine``."""
    if found.digest or any(char.isdigit() for char in found.tag):
        return False
    words = {word for word in _WORDS.split(found.tag.lower()) if word}
    return not words.isdisjoint(_MOVING) or words <= _VARIANTS


def is_extension_like(found: Reference) -> bool:
    """Whether the repository is called as extensions are."""
    return _EXTENSION.search(found.repository.rpartition("/")[2]) is not None
