"""The labels an extension image carries.

Sources: https://docs.docker.com/extensions/extensions-sdk/extensions/labels/ for their meaning, and the
validator's fixtures in https://github.com/docker/extensions-submissions for which ones are required
(``categories`` is, though the documentation says it is not).
"""

from __future__ import annotations

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
