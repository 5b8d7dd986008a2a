"""Rules on what fails in Podman Desktop, as read from its source."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dext_tasks.checks import portability, portable_calls
from dext_tasks.checks.evidence import at, at_key, compose_documents, file_sets, metadata_documents, services
from dext_tasks.checks.label_lookup import require_known
from dext_tasks.checks.portability import ENTRYPOINT_FIX, SEND_FIX, THEME, V0_FIX
from dext_tasks.checks.rule import Problem, Severity, rule
from dext_tasks.extension import labels
from dext_tasks.formats import pictures
from dext_tasks.formats.compose import PLUGIN_IMAGE
from dext_tasks.sources.facts import Place
from dext_tasks.wording import excerpt

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dext_tasks.sources.source import Source


_PODMAN = "https://github.com/podman-desktop/podman-desktop/blob/main/packages/main/src/plugin"
_PODMAN_INSTALL = f"{_PODMAN}/install/extension-installer.ts"
_CONTRIBUTIONS = f"{_PODMAN}/contribution-manager.ts"
_PRELOAD = "https://github.com/containers/podman-desktop/blob/main/packages/preload-docker-extension/src/index.ts"
_ADAPTER = f"{_PODMAN}/docker-extension/docker-plugin-adapter.ts"
_INSTALLATION = f"{_PODMAN}/docker-extension/docker-desktop-installation.ts"
_NEEDED = (labels.TITLE, labels.DESCRIPTION, labels.VENDOR)
_API_VERSIONS = (labels.API_VERSION, "io.podman-desktop.api.version")


@rule(
    code="podman-desktop-label-missing",
    title="title, description, vendor and API version are labels",
    severity=Severity.ERROR,
    why="Podman Desktop does not take the image for an extension",
    fix="add the label to the final stage of the Dockerfile",
    source=_PODMAN_INSTALL,
)
def _label_missing(source: Source) -> Iterator[Problem]:
    for found in source.labels:
        for key in _NEEDED:
            if not found.values.get(key) and key not in found.unknown:
                yield portability.lacking(found, key)
        if not any(found.values.get(key) or key in found.unknown for key in _API_VERSIONS):
            yield portability.lacking(found, labels.API_VERSION)
    require_known(source.labels, (*_NEEDED, *_API_VERSIONS))


@rule(
    code="podman-desktop-vm-image",
    title="the backend is a compose file",
    severity=Severity.ERROR,
    why="Podman Desktop starts compose files only, and says nothing about it",
    fix="name a compose file with one service in its place",
    source=_CONTRIBUTIONS,
)
def _vm_image(source: Source) -> Iterator[Problem]:
    for document, metadata in metadata_documents(source):
        if metadata.vm and metadata.vm.image and not metadata.vm.composefile:
            yield at_key(document, ["vm", "image"], f"metadata.json: vm.image is {excerpt(metadata.vm.image)}")


@rule(
    code="podman-desktop-plugin-image",
    title="the variable of the extension's image stands alone as a service's image",
    severity=Severity.ERROR,
    why="Podman Desktop replaces the exact text only; anywhere else the variable is empty",
    fix="write image: ${DESKTOP_PLUGIN_IMAGE} and nothing else with it",
    source=_CONTRIBUTIONS,
)
def _plugin_image(source: Source) -> Iterator[Problem]:
    for document, compose in compose_documents(source):
        images = {(service.image.value, service.image.line) for service in compose.services if service.image}
        for text in compose.plugin_image_uses:
            if text.value != PLUGIN_IMAGE or (text.value, text.line) not in images:
                yield at(document, text.line, f"{excerpt(text.value)} is more than image: {PLUGIN_IMAGE}")


@rule(
    code="podman-desktop-side-file",
    title="the compose file needs no files beside it",
    severity=Severity.ERROR,
    why="Podman Desktop copies the compose file alone out of the image",
    fix="put the file into the image that uses it",
    source=_CONTRIBUTIONS,
)
def _side_file(source: Source) -> Iterator[Problem]:
    for document, compose in compose_documents(source):
        for text in compose.side_files:
            yield at(document, text.line, f"{excerpt(text.value)} is a file that the compose file needs")
        for service in compose.services:
            mounts = [(mount.source, mount.line) for mount in service.mounts if mount.is_relative]
            for name, line in [*((text.value, text.line) for text in service.side_files), *mounts]:
                yield at(document, line, f"service {excerpt(service.name)} needs the file {excerpt(name)}")


@rule(
    code="podman-desktop-service-completes",
    title="no service waits until another one has completed",
    severity=Severity.ERROR,
    why="Podman Desktop gives every service restart: always, so that none completes, and compose up hangs",
    fix=ENTRYPOINT_FIX,
    source=_CONTRIBUTIONS,
)
def _service_completes(source: Source) -> Iterator[Problem]:
    return portability.awaited_completion(source)


@rule(
    code="podman-desktop-engine-socket",
    title="no service mounts Docker Desktop's own engine socket",
    severity=Severity.ERROR,
    why="Podman has none: an empty folder is mounted, and every call of the engine fails",
    fix="mount /var/run/docker.sock",
    source=_CONTRIBUTIONS,
)
def _engine_socket(source: Source) -> Iterator[Problem]:
    for document, service in services(source):
        for mount in service.mounts:
            if mount.source.endswith("/docker.sock.raw"):
                yield at(document, mount.line, f"service {excerpt(service.name)} mounts {excerpt(mount.source)}")


@rule(
    code="podman-desktop-icon-format",
    title="the icon is SVG",
    severity=Severity.WARNING,
    why="Podman Desktop shows every icon as SVG, so that another kind is an empty square",
    fix="COPY an SVG",
    source=_CONTRIBUTIONS,
)
def _icon_format(source: Source) -> Iterator[Problem]:
    for files, metadata in file_sets(source):
        head = files.read(metadata.icon, pictures.HEAD) if metadata.icon else b""
        if head and pictures.format_of(head) is not pictures.PictureFormat.SVG:
            what = f"{excerpt(metadata.icon)} is {pictures.format_of(head)}"
            yield Problem(what, Place(path=metadata.icon, platform=files.platform))


@rule(
    code="podman-desktop-ui-missing",
    title="there is a UI",
    severity=Severity.WARNING,
    why="Podman Desktop lists extensions by their UI; others cannot even be removed there",
    fix="add a page that says what the extension does",
    source=_CONTRIBUTIONS,
)
def _ui_missing(source: Source) -> Iterator[Problem]:
    for document, metadata in metadata_documents(source):
        if not metadata.ui:
            yield at_key(document, [], "metadata.json: there is no ui")


@rule(
    code="podman-desktop-theme",
    title="the UI does without globals of Docker Desktop",
    severity=Severity.ERROR,
    why="Podman Desktop does not set them, and the tab is blank",
    fix="stay with docker-mui-theme 0.0.11, which has colours of its own, or set the globals before it is loaded",
    source=THEME,
)
def _theme(source: Source) -> Iterator[Problem]:
    return portable_calls.theme_globals(source)


@rule(
    code="podman-desktop-navigate",
    title="the UI does without the dashboard's navigation",
    severity=Severity.NOTE,
    why="Podman Desktop does nothing when it is called",
    fix="hide what leads there",
    source=_PODMAN,
)
def _navigate(source: Source) -> Iterator[Problem]:
    return portable_calls.navigation(source)


@rule(
    code="podman-desktop-client-v0",
    title="the UI does without the first version of the client",
    severity=Severity.ERROR,
    why="Podman Desktop has toastError of it and nothing else: the call throws a TypeError",
    fix=V0_FIX,
    source=_PRELOAD,
)
def _client_v0(source: Source) -> Iterator[Problem]:
    return portable_calls.first_client(source, "toastError")


@rule(
    code="podman-desktop-extension-image",
    title="the UI does without extension.image",
    severity=Severity.WARNING,
    why="Podman Desktop leaves it empty",
    fix="name the image in the UI where the text is empty",
    source=_PRELOAD,
)
def _extension_image(source: Source) -> Iterator[Problem]:
    return portable_calls.members(source, "extension.image")


@rule(
    code="podman-desktop-exec-options",
    title="commands need neither cwd nor env",
    severity=Severity.WARNING,
    why="Podman Desktop ignores them, and runs the command where and with what it runs itself",
    fix="give the command flags that say the same",
    source=_ADAPTER,
)
def _exec_options(source: Source) -> Iterator[Problem]:
    return portable_calls.members(source, "cli.exec option cwd", "cli.exec option env")


@rule(
    code="podman-desktop-stream-close",
    title="processes end without being closed",
    severity=Severity.WARNING,
    why="nothing in Podman Desktop answers close(): the process runs on, and its output keeps coming",
    fix="let the command end by itself, and ignore output after close()",
    source=_ADAPTER,
)
def _stream_close(source: Source) -> Iterator[Problem]:
    return portable_calls.closed_streams(source)


@rule(
    code="podman-desktop-text-body",
    title="the backend is sent objects, not strings",
    severity=Severity.WARNING,
    why="Podman Desktop makes JSON of every body: a string that is JSON already becomes a JSON string in quotes",
    fix=SEND_FIX,
    source=_INSTALLATION,
)
def _text_body(source: Source) -> Iterator[Problem]:
    return portable_calls.text_bodies(source)
