"""The labels an extension image carries.

Sources: https://docs.docker.com/extensions/extensions-sdk/extensions/labels/ for their meaning, and the
validator's fixtures in https://github.com/docker/extensions-submissions for which ones are required
(``categories`` is, though the documentation says it is not).
"""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

TITLE = "org.opencontainers.image.title"
DESCRIPTION = "org.opencontainers.image.description"
VENDOR = "org.opencontainers.image.vendor"
API_VERSION = "com.docker.desktop.extension.api.version"
ICON = "com.docker.desktop.extension.icon"
SCREENSHOTS = "com.docker.extension.screenshots"
DETAILED_DESCRIPTION = "com.docker.extension.detailed-description"
PUBLISHER_URL = "com.docker.extension.publisher-url"
CHANGELOG = "com.docker.extension.changelog"
CATEGORIES = "com.docker.extension.categories"
ADDITIONAL_URLS = "com.docker.extension.additional-urls"
ACCOUNT_INFO = "com.docker.extension.account-info"

# https://github.com/opencontainers/image-spec/blob/main/annotations.md: what a release adds to its images.
VERSION = "org.opencontainers.image.version"
REVISION = "org.opencontainers.image.revision"
RELEASE_LABELS = frozenset({VERSION, REVISION})

REQUIRED = (
    TITLE,
    DESCRIPTION,
    VENDOR,
    API_VERSION,
    ICON,
    SCREENSHOTS,
    DETAILED_DESCRIPTION,
    PUBLISHER_URL,
    CHANGELOG,
    CATEGORIES,
)

OPTIONAL = (ADDITIONAL_URLS, ACCOUNT_INFO)

HTML_KEYS = (DETAILED_DESCRIPTION, CHANGELOG)
"""Labels the marketplace renders as HTML."""

CATEGORY_NAMES = (
    "ci-cd",
    "cloud-deployment",
    "cloud-development",
    "container-orchestration",
    "database",
    "image-registry",
    "kubernetes",
    "networking",
    "security",
    "testing-tools",
    "utility-tools",
    "volumes",
)
"""The marketplace's categories: https://docs.docker.com/extensions/extensions-sdk/extensions/labels/"""

_OCI = "org.opencontainers.image."
# https://github.com/opencontainers/image-spec/blob/v1.1.0/annotations.md#pre-defined-annotation-keys
_OCI_KEYS = frozenset(
    {
        *(TITLE, DESCRIPTION, VENDOR, VERSION, REVISION),
        *(_OCI + name for name in ("created", "authors", "url", "documentation", "source", "licenses")),
        *(_OCI + name for name in ("ref.name", "base.digest", "base.name")),
    }
)
_EXTENSION_KEYS = frozenset({*REQUIRED, *OPTIONAL})
# Docker keeps com.docker.* to itself: https://docs.docker.com/engine/manage-resources/labels/
_RESERVED = ("com.docker.extension", "com.docker.desktop.", _OCI)
_NAMESPACES = re.compile(r"(?:com\.docker\.(?:desktop\.)?extensions?|org\.opencontainers\.image)\.")
_LIKE_ENOUGH = 0.6
_LONGEST_COMPARED = 100


def is_unknown(key: str) -> bool:
    """Whether a key is in a namespace that extensions use, and means nothing there."""
    return key.startswith(_RESERVED) and key not in _OCI_KEYS | _EXTENSION_KEYS


def is_shown(key: str) -> bool:
    """Whether a label describes the extension to people or desktops."""
    return key.startswith(("com.docker.", _OCI))


def nearest_key(key: str) -> str:
    """The label that was probably meant; empty if none is like it.

    Only what follows the namespace is compared: two namespaces share one set of names.
    """
    by_name = {_name(known): known for known in sorted(_EXTENSION_KEYS)}
    return by_name.get(_nearest(_name(key), by_name), "")


def nearest_category(name: str) -> str:
    """The category that was probably meant; empty if none is like it."""
    return _nearest("-".join(name.casefold().split()), CATEGORY_NAMES)


def _name(key: str) -> str:
    return _NAMESPACES.sub("", key, count=1)


def _nearest(name: str, known: Iterable[str]) -> str:
    found = get_close_matches(name[:_LONGEST_COMPARED], known, n=1, cutoff=_LIKE_ENOUGH)
    return found[0] if found else ""
