"""Rules on what fails in Rancher Desktop, as read from its source."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dext_tasks.checks import portability, portable_calls
from dext_tasks.checks.evidence import at, at_key, metadata_documents, services
from dext_tasks.checks.portability import EXPOSE_FIX, SEND_FIX, THEME, V0_FIX
from dext_tasks.checks.rule import Bearing, Problem, Severity, rule
from dext_tasks.extension.grants.machine import GUEST_SERVICES
from dext_tasks.formats.compose import Restart
from dext_tasks.formats.compose.variables import names_plugin_image
from dext_tasks.regex import regex
from dext_tasks.wording import excerpt

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dext_tasks.formats.compose.model import Service
    from dext_tasks.sources.source import Source


_EXTENSIONS = "https://github.com/rancher-sandbox/rancher-desktop/blob/main/pkg/rancher-desktop/main/extensions"
_RANCHER = f"{_EXTENSIONS}/extensions.ts"
# What keeps a container going that has nothing to do.
_FOR_EVER = regex(r"\bsleep (?:inf|infinity)\b|\btail -[fF]\b")
_RANCHER_PRELOAD = (
    "https://github.com/rancher-sandbox/rancher-desktop/blob/main/pkg/rancher-desktop/preload/extensions.ts"
)


@rule(
    code="rancher-desktop-icon-missing",
    title="metadata.json names an icon",
    severity=Severity.ERROR,
    why="Rancher Desktop refuses to install an extension without one",
    fix="COPY an SVG into the image and name it in metadata.json",
    source=_RANCHER,
)
def _icon_missing(source: Source) -> Iterator[Problem]:
    for document, metadata in metadata_documents(source):
        if not metadata.icon:
            yield at_key(document, [], "metadata.json: there is no icon")


@rule(
    code="rancher-desktop-vm-image",
    title="the backend is the extension's own image",
    severity=Severity.ERROR,
    why="Rancher Desktop ignores vm.image and runs the extension's own image in its place",
    fix="name the other image in a compose file",
    source=_RANCHER,
)
def _vm_image(source: Source) -> Iterator[Problem]:
    for document, metadata in metadata_documents(source):
        image = metadata.vm.image if metadata.vm else ""
        if image and not names_plugin_image(image):
            yield at_key(document, ["vm", "image"], f"metadata.json: vm.image is {excerpt(image)}")


@rule(
    code="rancher-desktop-ui-root",
    title="the UI's folder is directly below the image's root",
    severity=Severity.WARNING,
    why="Rancher Desktop copies the folder by its last name and looks for it by all of them: the page is not found",
    fix="COPY the UI to /ui and name it as root",
    source=_RANCHER,
)
def _ui_root(source: Source) -> Iterator[Problem]:
    for document, metadata in metadata_documents(source):
        if metadata.ui and (metadata.ui.root == "/" or metadata.ui.root.count("/") > 1):
            what = f"metadata.json: ui.dashboard-tab.root is {excerpt(metadata.ui.root)}"
            yield at_key(document, ["ui", "dashboard-tab", "root"], what)


@rule(
    code="rancher-desktop-composefile-root",
    title="the compose file has a folder of its own",
    severity=Severity.NOTE,
    why="Rancher Desktop copies everything beside the compose file, here the whole image",
    fix="COPY it to a folder such as /compose",
    source="https://github.com/rancher-sandbox/rancher-desktop/issues/4577",
)
def _composefile_root(source: Source) -> Iterator[Problem]:
    for document, metadata in metadata_documents(source):
        if metadata.vm and metadata.vm.composefile.count("/") == 1:
            what = f"metadata.json: vm.composefile is {excerpt(metadata.vm.composefile)}"
            yield at_key(document, ["vm", "composefile"], what)


@rule(
    code="rancher-desktop-socket-unexposed",
    title="the socket that the backend makes is exposed",
    severity=Severity.ERROR,
    why="the folder of backend sockets is mounted only for what exposes a socket: the backend fails to bind",
    fix=EXPOSE_FIX,
    source=_RANCHER,
)
def _socket_unexposed(source: Source) -> Iterator[Problem]:
    return portability.unexposed_in_dockerfile(source)


@rule(
    code="rancher-desktop-service-socket-unexposed",
    title="a socket that a service is started on is exposed",
    severity=Severity.ERROR,
    why="the folder of backend sockets is mounted only for what exposes a socket: the backend fails to bind",
    fix=EXPOSE_FIX,
    source=_RANCHER,
)
def _service_socket_unexposed(source: Source) -> Iterator[Problem]:
    return portability.unexposed_in_compose(source)


@rule(
    code="rancher-desktop-guest-services-mount",
    title="no service mounts the folder of backend sockets in the short form",
    severity=Severity.WARNING,
    why="Rancher Desktop adds its own mount at the same place, as it knows the long form only",
    fix="remove the mount: every desktop adds it for vm.exposes.socket",
    source=_RANCHER,
)
def _guest_services_mount(source: Source) -> Iterator[Problem]:
    for document, service in services(source):
        for mount in service.mounts:
            if mount.is_short and mount.target.rstrip("/") == GUEST_SERVICES:
                what = f"service {excerpt(service.name)} mounts {excerpt(mount.source)} at {GUEST_SERVICES}"
                yield at(document, mount.line, what)


@rule(
    code="rancher-desktop-service-ends",
    title="no service ends that no other one waits for",
    severity=Severity.WARNING,
    why="Rancher Desktop runs compose up --wait, which fails where a service ends that no other one waits for",
    fix="let another wait with condition: service_completed_successfully; if it stays, leave restart out",
    source=_RANCHER,
    bearing=Bearing.SUSPECTS,
)
def _service_ends(source: Source) -> Iterator[Problem]:
    for document, service in services(source):
        is_meant_to_end = service.is_active and service.restart is Restart.NEVER and not _stays(service)
        if is_meant_to_end and not service.completes_for:
            what = f'service {excerpt(service.name)} has restart: "no", and no other one waits until it has completed'
            yield at(document, service.line, what)


def _stays(service: Service) -> bool:
    return _FOR_EVER.search(" ".join(text.value for text in service.starting)) is not None


@rule(
    code="rancher-desktop-theme",
    title="the UI does without globals of Docker Desktop",
    severity=Severity.ERROR,
    why="Rancher Desktop does not set them, and the tab is blank",
    fix="stay with docker-mui-theme 0.0.11, which has colours of its own, or set the globals before it is loaded",
    source=THEME,
)
def _theme(source: Source) -> Iterator[Problem]:
    return portable_calls.theme_globals(source)


@rule(
    code="rancher-desktop-navigate",
    title="the UI does without the dashboard's navigation",
    severity=Severity.WARNING,
    why="Rancher Desktop has no navigation: the call throws a TypeError",
    fix="catch it, or hide what leads there",
    source=_RANCHER,
)
def _navigate(source: Source) -> Iterator[Problem]:
    return portable_calls.unguarded_navigation(source)


@rule(
    code="rancher-desktop-user",
    title="a backend that makes a socket is run by root",
    severity=Severity.ERROR,
    why="Rancher Desktop mounts a volume of root's for sockets, whatever the image has there: the bind fails",
    fix="let root make the socket: USER root, or user: root for the service",
    source=_RANCHER,
)
def _user(source: Source) -> Iterator[Problem]:
    return portability.user_with_socket(source)


@rule(
    code="rancher-desktop-client-v0",
    title="the UI does without the first version of the client",
    severity=Severity.ERROR,
    why="Rancher Desktop has the second version only: the call throws a TypeError",
    fix=V0_FIX,
    source=_RANCHER_PRELOAD,
)
def _client_v0(source: Source) -> Iterator[Problem]:
    return portable_calls.first_client(source)


@rule(
    code="rancher-desktop-request-data",
    title="vm.service.request gets no object as data",
    severity=Severity.WARNING,
    why="Rancher Desktop hands an object to fetch as it is, and the backend reads [object Object]",
    fix=SEND_FIX,
    source=_RANCHER_PRELOAD,
)
def _request_data(source: Source) -> Iterator[Problem]:
    return portable_calls.object_requests(source)
