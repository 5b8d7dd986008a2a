"""Rules on what fails in Docker Desktop alone, whose documentation and logs stand in for its closed source."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dext_tasks.checks import portability
from dext_tasks.checks.documentation import BACKEND_DOCS, LABEL_DOCS
from dext_tasks.checks.label_lookup import require_known
from dext_tasks.checks.portability import ENTRYPOINT_FIX, EXPOSE_FIX
from dext_tasks.checks.rule import Problem, Severity, rule
from dext_tasks.extension import labels

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dext_tasks.sources.source import Source


@rule(
    code="docker-desktop-api-version-missing",
    title="the API version is a label",
    severity=Severity.ERROR,
    why="Docker Desktop installs only what says which version of the extension API it is for",
    fix="add the label com.docker.desktop.extension.api.version to the final stage of the Dockerfile",
    source=LABEL_DOCS,
)
def _api_version_missing(source: Source) -> Iterator[Problem]:
    for found in source.labels:
        if not found.values.get(labels.API_VERSION, "").strip() and labels.API_VERSION not in found.unknown:
            yield portability.lacking(found, labels.API_VERSION)
    require_known(source.labels, [labels.API_VERSION])


@rule(
    code="docker-desktop-socket-unexposed",
    title="the socket that the backend makes is exposed",
    severity=Severity.WARNING,
    why="without vm.exposes.socket Docker Desktop need not mount the folder of the socket",
    fix=EXPOSE_FIX,
    source=BACKEND_DOCS,
)
def _socket_unexposed(source: Source) -> Iterator[Problem]:
    return portability.unexposed_in_dockerfile(source)


@rule(
    code="docker-desktop-service-socket-unexposed",
    title="a socket that a service is started on is exposed",
    severity=Severity.WARNING,
    why="without vm.exposes.socket Docker Desktop need not mount the folder of the socket",
    fix=EXPOSE_FIX,
    source=BACKEND_DOCS,
)
def _service_socket_unexposed(source: Source) -> Iterator[Problem]:
    return portability.unexposed_in_compose(source)


@rule(
    code="docker-desktop-user",
    title="a backend that makes a socket is run by root",
    severity=Severity.NOTE,
    why="an engine makes folders for mounts as root; whether Docker Desktop opens this one to others is not documented",
    fix="let root make the socket, or try the extension in Docker Desktop",
    source="https://docs.docker.com/engine/storage/bind-mounts/",
)
def _user(source: Source) -> Iterator[Problem]:
    return portability.user_with_socket(source)


@rule(
    code="docker-desktop-service-completes",
    title="no service waits until another one has completed",
    severity=Severity.NOTE,
    why="Docker Desktop is reported to start again whatever ends: nothing completes, and compose up hangs",
    fix=ENTRYPOINT_FIX,
    source="https://github.com/docker/compose/blob/main/pkg/compose/convergence.go",
)
def _service_completes(source: Source) -> Iterator[Problem]:
    return portability.awaited_completion(source)
