"""The desktops that install Docker extensions."""

from __future__ import annotations

from enum import StrEnum


class Desktop(StrEnum):
    """A desktop, by the name it has in settings and flags."""

    DOCKER_DESKTOP = "docker-desktop"
    RANCHER_DESKTOP = "rancher-desktop"
    PODMAN_DESKTOP = "podman-desktop"

    @property
    def title(self) -> str:  # type: ignore[override]  # a str has title(), which nobody calls on a runtime
        """Its name, for people."""
        return " ".join(part.capitalize() for part in self.value.split("-"))
