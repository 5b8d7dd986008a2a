"""The labels an extension image carries.

Sources: https://docs.docker.com/extensions/extensions-sdk/extensions/labels/ for their meaning, and the
validator's fixtures in https://github.com/docker/extensions-submissions for which ones are required
(``categories`` is, though the documentation says it is not).
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from dext_tasks.regex import regex
from dext_tasks.wording import nearest

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
CREATED = "org.opencontainers.image.created"
RELEASE_LABELS = frozenset({VERSION, REVISION, CREATED})

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

# The longest of 134 published extensions has about 10,000 characters.
MOST_CHARACTERS: Final = 50_000
"""Of a label."""
OWN_NAME: Final = "write your own name or that of your organisation"
"""What to do about a vendor that is Docker."""

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

_CLAIMS_DOCKER = regex(r"docker(?:[ ,]+inc\b.*)?\s*|.*\bdocker,?\s+inc\b.*", re.IGNORECASE | re.DOTALL)
_LONGEST_NAME = 500
_OCI = "org.opencontainers.image."
_BRACKETS = str.maketrans("", "", "[]\"'")
# https://github.com/opencontainers/image-spec/blob/v1.1.0/annotations.md#pre-defined-annotation-keys
_OCI_KEYS = frozenset(
    {
        *(TITLE, DESCRIPTION, VENDOR, VERSION, REVISION),
        *(_OCI + name for name in ("created", "authors", "url", "documentation", "source", "licenses")),
        *(_OCI + name for name in ("ref.name", "base.digest", "base.name")),
    }
)
_EXTENSION_KEYS = frozenset({*REQUIRED, *OPTIONAL})
_KNOWN = _OCI_KEYS | _EXTENSION_KEYS
# Docker keeps com.docker.* to itself: https://docs.docker.com/engine/manage-resources/labels/
_RESERVED = ("com.docker.extension", "com.docker.desktop.", _OCI)
# What people call them; each is like none of the names.
_SYNONYMS = {
    **dict.fromkeys(("maintainer", "maintainers"), "org.opencontainers.image.authors"),
    **dict.fromkeys(("homepage", "website"), "org.opencontainers.image.url"),
    **dict.fromkeys(("date", "build-date"), "org.opencontainers.image.created"),
    **dict.fromkeys(("repository", "vcs-url"), "org.opencontainers.image.source"),
    **dict.fromkeys(("publisher", "provider"), VENDOR),
    "name": TITLE,
}
_NAMESPACES = regex(r"(?:com\.docker\.(?:desktop\.)?extensions?|org\.opencontainers\.image)\.")
# A whole key of some thirty characters with two or three of them wrong.
_NEARLY_EQUAL = 0.92
# One of ten characters wrong, or one too many or too few.
_LETTER_WRONG = 0.9


def is_unknown(key: str) -> bool:
    """Whether a key is in a namespace that extensions use, or nearly so, and means nothing there."""
    return key not in _KNOWN and (key.startswith(_RESERVED) or bool(_misspelt(key)))


def is_shown(key: str) -> bool:
    """Whether a label describes the extension to people or desktops."""
    return key.startswith(("com.docker.", _OCI))


def nearest_key(key: str) -> str:
    """The label that was probably meant; empty if none is like it.

    What follows the namespace is compared, for authors take one namespace for the other.
    """
    if not key.startswith(_RESERVED):
        return _misspelt(key)
    name = _name(key.casefold())
    by_name = {_name(known): known for known in sorted(_KNOWN)}
    if name in by_name or name in _SYNONYMS:
        return by_name.get(name) or _SYNONYMS[name]
    own = _OCI_KEYS if key.startswith(_OCI) else _EXTENSION_KEYS
    names = [_name(known) for known in sorted(own)]
    return by_name.get(nearest(name, names) or nearest(name, by_name), "")


def claims_docker(vendor: str) -> bool:
    """Whether a vendor's name is Docker's."""
    return bool(_CLAIMS_DOCKER.fullmatch(vendor[:_LONGEST_NAME].strip()))


def certain_key(key: str) -> str:
    """The label that can only have been meant by a key that means nothing; empty if there is none.

    Its name is the same in another namespace or with other marks between its words, or has a letter wrong.
    """
    if not is_unknown(key):
        return ""
    by_name = {_letters(known): known for known in sorted(_KNOWN)}
    name = _letters(key.casefold())
    return by_name.get(name) or by_name.get(nearest(name, by_name, _LETTER_WRONG), "")


def _letters(key: str) -> str:
    return "".join(filter(str.isalnum, _name(key)))


def nearest_category(name: str) -> str:
    """The category that was probably meant; empty if none is like it."""
    return nearest("-".join(name.casefold().split()), CATEGORY_NAMES)


def without_brackets(categories: str) -> str:
    """The value of the categories label without what makes a JSON array or a list in quotes of it."""
    return categories.translate(_BRACKETS)


@lru_cache(maxsize=256)
def _misspelt(key: str) -> str:
    """The known key that a key differs from by a few characters only; empty if there is none."""
    return nearest(key.casefold(), _KNOWN, _NEARLY_EQUAL)


def _name(key: str) -> str:
    return _NAMESPACES.sub("", key, count=1)
