"""The names Docker Desktop gives to what it installs; UIs rely on them.

Read off generated compose files that users published, see docs/smoke.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dext_tasks.formats.oci.platform import Platform


@dataclass(frozen=True)
class Names:
    """Names of one installation.

    An engine has one name space for containers, so only its native platform gets Docker Desktop's exact
    names; any other platform, which Docker Desktop could not have installed there, gets them with the
    platform appended, and both can run at once.

    Attributes:
        extension: ``org_name``.
        suffix: Empty, or a dash and the platform.
    """

    extension: str
    suffix: str = ""

    @classmethod
    def of(cls, extension: str, platform: Platform, native: Platform) -> Names:
        """The names for a platform on an engine whose own platform is ``native``."""
        return cls(extension, "" if platform == native else f"-{platform.slug}")

    @property
    def project(self) -> str:
        """Compose project."""
        return f"{self.extension}-desktop-extension{self.suffix}"

    @property
    def own_container(self) -> str:
        """Container of the service that runs the extension's own image, without the suffix."""
        return f"{self.extension}-desktop-extension-service"

    @property
    def container(self) -> str:
        """Container of that service in this installation."""
        return f"{self.own_container}{self.suffix}"
