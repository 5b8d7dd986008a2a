"""One deliberate fault for each rule that is asked on request only; each breaks its own desktop, or several at once."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import yaml

from dext_tasks.extension import labels
from dext_tasks.extension.grants.machine import GUEST_SERVICES

from .build_context import COMPOSE, ICON, METADATA, OWN_IMAGE, PAGE, SCRIPT, STYLE, BuildContext
from .fault import Fault, file, label, no_metadata, service

if TYPE_CHECKING:
    from collections.abc import Mapping

_SIDE, _PNG_ICON, _DEEP = "/compose/side.env", "/icon.png", "/app"
_VM, _TAB = frozenset({"vm"}), frozenset({"ui"})


def _other_image(context: BuildContext) -> None:
    context.metadata["vm"] = {"image": "redis:7.4", "exposes": context.metadata["vm"]["exposes"]}


def _deep_root(context: BuildContext) -> None:
    context.metadata["ui"]["dashboard-tab"]["root"] = f"{_DEEP}/ui"
    context.files |= {f"{_DEEP}{path}": context.files[path] for path in (PAGE, SCRIPT, STYLE)}


def _compose_at_root(context: BuildContext) -> None:
    context.metadata["vm"]["composefile"] = "compose.yaml"
    context.files["/compose.yaml"] = yaml.safe_dump({"services": {"backend": {"image": OWN_IMAGE}}})


def _unexposed(context: BuildContext) -> None:
    del context.metadata["vm"]["exposes"]
    del context.metadata["ui"]["dashboard-tab"]["backend"]
    context.compose["services"]["backend"]["command"] = ["serve", f"{GUEST_SERVICES}/demo.sock"]


def _own_mount(context: BuildContext) -> None:
    context.compose["volumes"] = {"sockets": {}}
    context.compose["services"]["backend"]["volumes"] = [f"sockets:{GUEST_SERVICES}"]


def _completes(context: BuildContext) -> None:
    waits = {"depends_on": {"completing": {"condition": "service_completed_successfully"}}}
    context.compose["services"] |= {"completing": {"image": OWN_IMAGE}, "late": {"image": OWN_IMAGE, **waits}}


def _side_file(context: BuildContext) -> None:
    context.files[_SIDE] = "A=b"
    context.compose["services"]["side"] = {"image": OWN_IMAGE, "env_file": "side.env"}


def _png(context: BuildContext) -> None:
    context.metadata["icon"] = "icon.png"
    context.files[_PNG_ICON] = b"\x89PNG\r\n\x1a\n"


def _script(name: str, text: str, *also: str) -> Fault:
    """One more script; another one has the client's name."""
    path = f"/ui/{name}.js"
    return replace(
        file(path, text), shares=frozenset({METADATA, SCRIPT}) | _TAB, also=tuple((each, path) for each in also)
    )


_DOCUMENTS = {
    "rancher-desktop-icon-missing": replace(
        no_metadata("icon"), owns=frozenset({"icon", ICON}), also=(("metadata-icon-missing", METADATA),)
    ),
    "rancher-desktop-vm-image": Fault(
        METADATA, _other_image, owns=_VM | {COMPOSE}, also=(("podman-desktop-vm-image", METADATA),)
    ),
    "rancher-desktop-ui-root": Fault(METADATA, _deep_root, owns=_TAB),
    "rancher-desktop-composefile-root": Fault(METADATA, _compose_at_root, owns=_VM | {COMPOSE}),
    "podman-desktop-ui-missing": replace(no_metadata("ui"), owns=_TAB),
    "podman-desktop-icon-format": Fault(_PNG_ICON, _png, owns=frozenset({"icon", ICON})),
}
_SERVICES = {
    "rancher-desktop-service-socket-unexposed": Fault(
        COMPOSE, _unexposed, owns=_VM | _TAB, also=(("docker-desktop-service-socket-unexposed", COMPOSE),)
    ),
    "rancher-desktop-guest-services-mount": Fault(COMPOSE, _own_mount, shares=_VM | {COMPOSE}),
    "rancher-desktop-service-ends": service("once", restart="no"),
    "podman-desktop-service-completes": Fault(
        COMPOSE, _completes, shares=_VM | {COMPOSE}, also=(("docker-desktop-service-completes", COMPOSE),)
    ),
    "podman-desktop-plugin-image": replace(service("naming", environment=[f"IMAGE={OWN_IMAGE}"]), says="IMAGE="),
    "podman-desktop-side-file": Fault(COMPOSE, _side_file, shares=_VM | {COMPOSE}),
    "podman-desktop-engine-socket": replace(
        service("raw", volumes=["/var/run/docker.sock.raw:/var/run/docker.sock"]),
        also=(("compose-engine-socket", COMPOSE),),
    ),
}
_SCRIPTS = {
    "rancher-desktop-theme": _script("theme", "window.__ddMuiV6Themes.light\n", "podman-desktop-theme"),
    "rancher-desktop-navigate": _script(
        "navigation", "a.desktopUI.navigate.viewContainers()\n", "podman-desktop-navigate"
    ),
    "rancher-desktop-client-v0": _script(
        "first", "a.toastWarning('x')\n", "podman-desktop-client-v0", "api-member-obsolete"
    ),
    "rancher-desktop-request-data": _script("request", "a.extension.vm.service.request({url: '/', data: {b: 1}})\n"),
    "podman-desktop-text-body": _script("body", "a.extension.vm.service.post('/', 'text')\n"),
    "podman-desktop-extension-image": _script("image", "a.extension.image\n"),
    "podman-desktop-exec-options": _script("options", "a.docker.cli.exec('ps', [], {cwd: '/'})\n"),
    "podman-desktop-stream-close": _script("stream", "b = a.docker.cli.exec('ps', [], {stream: {}})\nb.close()\n"),
}
_LABELS = {
    # The image as a whole is not an extension there, whichever label it lacks.
    "podman-desktop-label-missing": Fault(
        labels.VENDOR,
        lambda context: context.labels.pop(labels.VENDOR),
        owns=frozenset({labels.VENDOR}),
        also=(("label-missing", labels.VENDOR),),
    ),
    "api-version-incompatible": replace(
        label(labels.API_VERSION, ">= 0.3.4, < 0.4.0"), also=(("api-version-refuses-newest", labels.API_VERSION),)
    ),
    "api-version-doubtful": replace(
        label(labels.API_VERSION, "0.3.4"), also=(("api-version-exact", labels.API_VERSION),)
    ),
}
OPTIONAL_FAULTS: Mapping[str, Fault] = {**_DOCUMENTS, **_SERVICES, **_SCRIPTS, **_LABELS}
"""By code of the rule, or of the first of those that the same fault breaks."""
