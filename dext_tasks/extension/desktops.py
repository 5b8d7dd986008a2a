"""The desktops that install Docker extensions."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dext_tasks.formats.oci.reference import Reference


class Desktop(StrEnum):
    """A desktop, by the name it has in settings and flags."""

    DOCKER_DESKTOP = "docker-desktop"
    RANCHER_DESKTOP = "rancher-desktop"
    PODMAN_DESKTOP = "podman-desktop"

    @property
    def title(self) -> str:  # type: ignore[override]  # a str has title(), which nobody calls on a runtime
        """Its name, for people."""
        return " ".join(part.capitalize() for part in self.value.split("-"))


def desktop_link(reference: Reference) -> str:
    """A link that shows a version in Docker Desktop, ready to be installed; empty for what is not on Docker Hub.

    As ``docker extension share`` prints it: https://docs.docker.com/extensions/extensions-sdk/extensions/share/
    """
    from dext_tasks.formats.oci.reference import DOCKER_HUB

    if reference.registry != DOCKER_HUB:
        return ""
    return f"https://open.docker.com/extensions/marketplace?extensionId={reference.repository}&tag={reference.tag}"
