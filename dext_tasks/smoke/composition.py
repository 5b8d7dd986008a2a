"""The compose document Docker Desktop would start, as data.

What it adds to an author's file was read off generated files that users published; docs/smoke.md lists it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dext_tasks.smoke.names import GUEST_SERVICES, LABEL, Names

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dext_tasks.extension.platform import Platform

ENGINE_SOCKET = "/var/run/docker.sock"
# Docker Desktop's unfiltered socket; a plain engine would bind-mount an empty folder in its place.
_RAW_SOCKET = "/var/run/docker.sock.raw"
IMAGE_VARIABLE = "DESKTOP_PLUGIN_IMAGE"


@dataclass(frozen=True)
class Installation:
    """What the document is made for.

    Attributes:
        names: Names to use.
        title: Title label of the image.
        image: Local reference of the extension's image.
        platform: Platform every service runs as, unless it says otherwise.
        guest_services: Folder on the host to mount at /run/guest-services; empty to mount nothing.
    """

    names: Names
    title: str
    image: str
    platform: Platform
    guest_services: str


def of_image(image: str) -> dict[str, Any]:
    """The document for ``vm.image``: one service."""
    return {"services": {"service": {"image": image}}}


def substitute(image: str, own: str) -> str:
    """The value of ``vm.image`` with the extension's own image filled in."""
    return image.replace(f"${{{IMAGE_VARIABLE}}}", own).replace(f"${IMAGE_VARIABLE}", own)


def wants_engine_socket(document: Mapping[str, Any]) -> bool:
    """Whether any service mounts the engine's socket."""
    return any(
        volume.get("source") in (ENGINE_SOCKET, _RAW_SOCKET, ENGINE_SOCKET.removeprefix("/var"))
        for service in _services(document).values()
        for volume in _volumes(service)
    )


def installed(document: Mapping[str, Any], installation: Installation) -> dict[str, Any]:
    """The document with all that Docker Desktop adds to it."""
    services = _services(document)
    main = main_service(document, installation.image)
    return {
        **document,
        "name": installation.names.project,
        "services": {name: _service(service, installation, is_main=name == main) for name, service in services.items()},
    }


def main_service(document: Mapping[str, Any], image: str) -> str:
    """The first service that runs the extension's image, or else the first one."""
    services = _services(document)
    own = [name for name, service in services.items() if service.get("image") == image]
    return next(iter([*own, *services]), "")


def _service(service: Mapping[str, Any], installation: Installation, *, is_main: bool) -> dict[str, Any]:
    made = dict(service)
    made["labels"] = {
        **(service.get("labels") or {}),
        "com.docker.desktop.extension": "true",
        "com.docker.desktop.extension.name": installation.title,
        LABEL: "smoke",
    }
    made["deploy"] = {**(service.get("deploy") or {}), "restart_policy": {"condition": "always"}}
    made["volumes"] = [*map(_mapped, _volumes(service)), *_guest_services(installation)]
    made.setdefault("platform", str(installation.platform))
    if is_main:
        made.setdefault("container_name", installation.names.own_container)
    return _beside_native(made, installation.names.suffix)


def _beside_native(service: dict[str, Any], suffix: str) -> dict[str, Any]:
    """Fixed names and host ports exist once an engine: only the native platform's installation keeps them."""
    if not suffix:
        return service
    if "container_name" in service:
        service["container_name"] += suffix
    if "ports" in service:
        service["ports"] = [{**port, "published": ""} for port in service["ports"] if isinstance(port, dict)]
    return service


def _guest_services(installation: Installation) -> list[dict[str, Any]]:
    if not installation.guest_services:
        return []
    return [{"type": "bind", "source": installation.guest_services, "target": GUEST_SERVICES}]


def _mapped(volume: Mapping[str, Any]) -> dict[str, Any]:
    return {**volume, "source": ENGINE_SOCKET} if volume.get("source") == _RAW_SOCKET else dict(volume)


def _services(document: Mapping[str, Any]) -> dict[str, Any]:
    return dict(document.get("services") or {})


def _volumes(service: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [volume for volume in service.get("volumes") or [] if isinstance(volume, dict)]
