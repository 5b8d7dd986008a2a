"""Rules on what works in one desktop and fails in another; asked only for the desktops that are chosen.

What each does was read from its source; Docker Desktop's is closed, so its documentation and logs stand in.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dext_tasks.checks import portability, portable_calls
from dext_tasks.checks.rule import Rule, Severity
from dext_tasks.extension.desktops import Desktop

if TYPE_CHECKING:
    from collections.abc import Mapping

_EXTENSIONS = "https://github.com/rancher-sandbox/rancher-desktop/blob/main/pkg/rancher-desktop/main/extensions"
_RANCHER = f"{_EXTENSIONS}/extensions.ts"
_PODMAN = "https://github.com/podman-desktop/podman-desktop/blob/main/packages/main/src/plugin"
_PODMAN_INSTALL = f"{_PODMAN}/install/extension-installer.ts"
_CONTRIBUTIONS = f"{_PODMAN}/contribution-manager.ts"
_PRELOAD = "https://github.com/containers/podman-desktop/blob/main/packages/preload-docker-extension/src/index.ts"
_ADAPTER = f"{_PODMAN}/docker-extension/docker-plugin-adapter.ts"
_INSTALLATION = f"{_PODMAN}/docker-extension/docker-desktop-installation.ts"
_RANCHER_PRELOAD = (
    "https://github.com/rancher-sandbox/rancher-desktop/blob/main/pkg/rancher-desktop/preload/extensions.ts"
)
_THEME = "https://www.npmjs.com/package/@docker/docker-mui-theme"
_V0 = "use what replaced it, which every desktop has"
_SEND = "give post, put or patch an object, which every desktop sends as JSON"
_ENTRYPOINT = "do its work in the entrypoint of the service that waits for it"
_EXPOSE = 'add "exposes": {"socket": "NAME.sock"} to vm in metadata.json'

_DOCKER_DESKTOP = (
    Rule(
        code="docker-desktop-api-version-missing",
        title="the API version is a label",
        severity=Severity.ERROR,
        docker="",
        why="Docker Desktop installs only what says which version of the extension API it is for",
        fix="add the label com.docker.desktop.extension.api.version to the final stage of the Dockerfile",
        source="https://docs.docker.com/extensions/extensions-sdk/extensions/labels/",
        ask=portability.no_api_version,
    ),
    Rule(
        code="docker-desktop-socket-unexposed",
        title="the socket that the backend makes is exposed",
        severity=Severity.WARNING,
        docker="",
        why="without vm.exposes.socket Docker Desktop need not mount the folder of the socket",
        fix=_EXPOSE,
        source="https://docs.docker.com/extensions/extensions-sdk/build/backend-extension-tutorial/",
        ask=portability.unexposed_in_dockerfile,
    ),
    Rule(
        code="docker-desktop-service-socket-unexposed",
        title="a socket that a service is started on is exposed",
        severity=Severity.WARNING,
        docker="",
        why="without vm.exposes.socket Docker Desktop need not mount the folder of the socket",
        fix=_EXPOSE,
        source="https://docs.docker.com/extensions/extensions-sdk/build/backend-extension-tutorial/",
        ask=portability.unexposed_in_compose,
    ),
    Rule(
        code="docker-desktop-user",
        title="a backend that makes a socket is run by root",
        severity=Severity.NOTE,
        docker="",
        why="an engine makes folders for mounts as root; whether Docker Desktop opens this one to others is not told",
        fix="let root make the socket, or try the extension in Docker Desktop",
        source="https://docs.docker.com/engine/storage/bind-mounts/",
        ask=portability.user_with_socket,
    ),
    Rule(
        code="docker-desktop-service-completes",
        title="no service waits until another one has completed",
        severity=Severity.NOTE,
        docker="",
        why="Docker Desktop is reported to start again whatever ends: nothing completes, and compose up hangs",
        fix=_ENTRYPOINT,
        source="https://github.com/docker/compose/blob/main/pkg/compose/convergence.go",
        ask=portability.awaited_completion,
    ),
)

_RANCHER_DESKTOP = (
    Rule(
        code="rancher-desktop-icon-missing",
        title="metadata.json names an icon",
        severity=Severity.ERROR,
        docker="",
        why="Rancher Desktop refuses to install an extension without one",
        fix="COPY an SVG into the image and name it in metadata.json",
        source=_RANCHER,
        ask=portability.no_icon,
    ),
    Rule(
        code="rancher-desktop-vm-image",
        title="the backend is the extension's own image",
        severity=Severity.ERROR,
        docker="",
        why="Rancher Desktop ignores vm.image and runs the extension's own image in its place",
        fix="name the other image in a compose file",
        source=_RANCHER,
        ask=portability.other_image,
    ),
    Rule(
        code="rancher-desktop-ui-root",
        title="the UI's folder is directly below the image's root",
        severity=Severity.WARNING,
        docker="",
        why="Rancher Desktop copies the folder by its last name and looks for it by all of them: the page is not found",
        fix="COPY the UI to /ui and name it as root",
        source=_RANCHER,
        ask=portability.nested_root,
    ),
    Rule(
        code="rancher-desktop-composefile-root",
        title="the compose file has a folder of its own",
        severity=Severity.NOTE,
        docker="",
        why="Rancher Desktop copies everything beside the compose file, here the whole image",
        fix="COPY it to a folder such as /compose",
        source="https://github.com/rancher-sandbox/rancher-desktop/issues/4577",
        ask=portability.compose_at_root,
    ),
    Rule(
        code="rancher-desktop-socket-unexposed",
        title="the socket that the backend makes is exposed",
        severity=Severity.ERROR,
        docker="",
        why="the folder of backend sockets is mounted only for what exposes a socket: the backend fails to bind",
        fix=_EXPOSE,
        source=_RANCHER,
        ask=portability.unexposed_in_dockerfile,
    ),
    Rule(
        code="rancher-desktop-service-socket-unexposed",
        title="a socket that a service is started on is exposed",
        severity=Severity.ERROR,
        docker="",
        why="the folder of backend sockets is mounted only for what exposes a socket: the backend fails to bind",
        fix=_EXPOSE,
        source=_RANCHER,
        ask=portability.unexposed_in_compose,
    ),
    Rule(
        code="rancher-desktop-guest-services-mount",
        title="no service mounts the folder of backend sockets in the short form",
        severity=Severity.WARNING,
        docker="",
        why="Rancher Desktop adds its own mount at the same place, as it knows the long form only",
        fix="remove the mount: every desktop adds it for vm.exposes.socket",
        source=_RANCHER,
        ask=portability.own_mount,
    ),
    Rule(
        code="rancher-desktop-service-ends",
        title="no service ends that no other one waits for",
        severity=Severity.WARNING,
        docker="",
        why="Rancher Desktop runs compose up --wait, which fails where a service ends that no other one waits for",
        fix="let another wait with condition: service_completed_successfully; if it stays, leave restart out",
        source=_RANCHER,
        ask=portability.one_shot,
    ),
    Rule(
        code="rancher-desktop-theme",
        title="the UI does without globals of Docker Desktop",
        severity=Severity.ERROR,
        docker="",
        why="Rancher Desktop does not set them, and the tab is blank",
        fix="stay with docker-mui-theme 0.0.11, which has colours of its own, or set the globals before it is loaded",
        source=_THEME,
        ask=portable_calls.theme_globals,
    ),
    Rule(
        code="rancher-desktop-navigate",
        title="the UI does without the dashboard's navigation",
        severity=Severity.WARNING,
        docker="",
        why="Rancher Desktop has no navigation: the call throws a TypeError",
        fix="catch it, or hide what leads there",
        source=_RANCHER,
        ask=portable_calls.unguarded_navigation,
    ),
    Rule(
        code="rancher-desktop-user",
        title="a backend that makes a socket is run by root",
        severity=Severity.ERROR,
        docker="",
        why="Rancher Desktop mounts a volume of root's for sockets, whatever the image has there: the bind fails",
        fix="let root make the socket: USER root, or user: root for the service",
        source=_RANCHER,
        ask=portability.user_with_socket,
    ),
    Rule(
        code="rancher-desktop-client-v0",
        title="the UI does without the first version of the client",
        severity=Severity.ERROR,
        docker="",
        why="Rancher Desktop has the second version only: the call throws a TypeError",
        fix=_V0,
        source=_RANCHER_PRELOAD,
        ask=portable_calls.first_client(),
    ),
    Rule(
        code="rancher-desktop-request-data",
        title="vm.service.request gets no object as data",
        severity=Severity.WARNING,
        docker="",
        why="Rancher Desktop hands an object to fetch as it is, and the backend reads [object Object]",
        fix=_SEND,
        source=_RANCHER_PRELOAD,
        ask=portable_calls.object_requests,
    ),
)

_PODMAN_DESKTOP = (
    Rule(
        code="podman-desktop-label-missing",
        title="title, description, vendor and API version are labels",
        severity=Severity.ERROR,
        docker="",
        why="Podman Desktop does not take the image for an extension",
        fix="add the label to the final stage of the Dockerfile",
        source=_PODMAN_INSTALL,
        ask=portability.missing_labels,
    ),
    Rule(
        code="podman-desktop-vm-image",
        title="the backend is a compose file",
        severity=Severity.ERROR,
        docker="",
        why="Podman Desktop starts compose files only, and says nothing about it",
        fix="name a compose file with one service in its place",
        source=_CONTRIBUTIONS,
        ask=portability.only_image,
    ),
    Rule(
        code="podman-desktop-plugin-image",
        title="the variable of the extension's image stands alone as a service's image",
        severity=Severity.ERROR,
        docker="",
        why="Podman Desktop replaces the exact text only; anywhere else the variable is empty",
        fix="write image: ${DESKTOP_PLUGIN_IMAGE} and nothing else with it",
        source=_CONTRIBUTIONS,
        ask=portability.inexact_placeholder,
    ),
    Rule(
        code="podman-desktop-side-file",
        title="the compose file needs no files beside it",
        severity=Severity.ERROR,
        docker="",
        why="Podman Desktop copies the compose file alone out of the image",
        fix="put the file into the image that uses it",
        source=_CONTRIBUTIONS,
        ask=portability.side_files,
    ),
    Rule(
        code="podman-desktop-service-completes",
        title="no service waits until another one has completed",
        severity=Severity.ERROR,
        docker="",
        why="Podman Desktop gives every service restart: always, so that none completes, and compose up hangs",
        fix=_ENTRYPOINT,
        source=_CONTRIBUTIONS,
        ask=portability.awaited_completion,
    ),
    Rule(
        code="podman-desktop-engine-socket",
        title="no service mounts Docker Desktop's own engine socket",
        severity=Severity.ERROR,
        docker="",
        why="Podman has none: an empty folder is mounted, and every call of the engine fails",
        fix="mount /var/run/docker.sock",
        source=_CONTRIBUTIONS,
        ask=portability.raw_socket,
    ),
    Rule(
        code="podman-desktop-icon-format",
        title="the icon is SVG",
        severity=Severity.WARNING,
        docker="",
        why="Podman Desktop shows every icon as SVG, so that another kind is an empty square",
        fix="COPY an SVG",
        source=_CONTRIBUTIONS,
        ask=portability.icon_not_svg,
    ),
    Rule(
        code="podman-desktop-ui-missing",
        title="there is a UI",
        severity=Severity.WARNING,
        docker="",
        why="Podman Desktop lists extensions by their UI; others cannot even be removed there",
        fix="add a page that says what the extension does",
        source=_CONTRIBUTIONS,
        ask=portability.no_ui,
    ),
    Rule(
        code="podman-desktop-theme",
        title="the UI does without globals of Docker Desktop",
        severity=Severity.ERROR,
        docker="",
        why="Podman Desktop does not set them, and the tab is blank",
        fix="stay with docker-mui-theme 0.0.11, which has colours of its own, or set the globals before it is loaded",
        source=_THEME,
        ask=portable_calls.theme_globals,
    ),
    Rule(
        code="podman-desktop-navigate",
        title="the UI does without the dashboard's navigation",
        severity=Severity.NOTE,
        docker="",
        why="Podman Desktop does nothing when it is called",
        fix="hide what leads there",
        source=_PODMAN,
        ask=portable_calls.navigation,
    ),
    Rule(
        code="podman-desktop-client-v0",
        title="the UI does without the first version of the client",
        severity=Severity.ERROR,
        docker="",
        why="Podman Desktop has toastError of it and nothing else: the call throws a TypeError",
        fix=_V0,
        source=_PRELOAD,
        ask=portable_calls.first_client("toastError"),
    ),
    Rule(
        code="podman-desktop-extension-image",
        title="the UI does without extension.image",
        severity=Severity.WARNING,
        docker="",
        why="Podman Desktop leaves it empty",
        fix="name the image in the UI where the text is empty",
        source=_PRELOAD,
        ask=portable_calls.members("extension.image"),
    ),
    Rule(
        code="podman-desktop-exec-options",
        title="commands need neither cwd nor env",
        severity=Severity.WARNING,
        docker="",
        why="Podman Desktop ignores them, and runs the command where and with what it runs itself",
        fix="give the command flags that say the same",
        source=_ADAPTER,
        ask=portable_calls.members("cli.exec option cwd", "cli.exec option env"),
    ),
    Rule(
        code="podman-desktop-stream-close",
        title="processes end without being closed",
        severity=Severity.WARNING,
        docker="",
        why="nothing in Podman Desktop answers close(): the process runs on, and its output keeps coming",
        fix="let the command end by itself, and ignore output after close()",
        source=_ADAPTER,
        ask=portable_calls.closed_streams,
    ),
    Rule(
        code="podman-desktop-text-body",
        title="the backend is sent objects, not texts",
        severity=Severity.WARNING,
        docker="",
        why="Podman Desktop makes JSON of every body: of a text that is JSON already, a JSON text in quotes",
        fix=_SEND,
        source=_INSTALLATION,
        ask=portable_calls.text_bodies,
    ),
)

_BY_RUNTIME: Mapping[Desktop, tuple[Rule, ...]] = {
    Desktop.DOCKER_DESKTOP: _DOCKER_DESKTOP,
    Desktop.RANCHER_DESKTOP: _RANCHER_DESKTOP,
    Desktop.PODMAN_DESKTOP: _PODMAN_DESKTOP,
}


def rules_for(runtime: Desktop) -> tuple[Rule, ...]:
    """What an extension has to hold to for one desktop, besides the rules for all."""
    return _BY_RUNTIME[runtime]
