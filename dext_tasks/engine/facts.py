"""What an engine, an image in it and a container of it say of themselves."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from posixpath import normpath
from typing import TYPE_CHECKING, Any, NamedTuple

from dext_tasks.formats.oci.platform import Platform

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


# What runc looks through where an image sets none:
# https://github.com/moby/moby/blob/v26.1.5/oci/defaults.go
_PATH = ("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin")


class Store(StrEnum):
    """How the engine keeps images.

    The classic store holds one platform a tag and names an image by its configuration's digest, the
    containerd store holds whole indexes and names it by its manifest's:
    https://docs.docker.com/engine/storage/containerd/
    """

    CLASSIC = "classic"
    CONTAINERD = "containerd"


class ClientFacts(NamedTuple):
    """The docker client.

    Attributes:
        version: Its own version; empty if it does not say.
        buildx: Version of its buildx plugin; empty if there is none.
        compose: Version of its compose plugin; empty if there is none.
    """

    version: str = ""
    buildx: str = ""
    compose: str = ""


@dataclass(frozen=True)
class EngineFacts:
    """The engine that answers.

    Attributes:
        version: Version of the engine.
        api: Version of its API.
        platform: The platform it runs without emulation.
        store: Its image store.
        identity: What it calls itself among all engines; empty if it does not say.
        folder: Where its machine has its data; empty if it does not say.
    """

    version: str
    api: str
    platform: Platform
    store: Store
    identity: str = ""
    folder: str = ""


@dataclass(frozen=True)
class ImageFacts:
    """An image in the engine.

    Attributes:
        reference: What it was asked for by.
        id: Digest the engine knows it by.
        platform: From its configuration, not from what was asked for.
        labels: From its configuration.
        size: Bytes, as the engine counts them.
        command: What it runs: entry point and arguments, from its configuration.
        path: Folders a bare command is looked for in; empty if not known.
        folder: Working folder; empty if not set.
        user: Who runs it; empty for root.
        tags: Its names, each with a tag.
    """

    reference: str
    id: str
    platform: Platform
    labels: Mapping[str, str]
    size: int
    command: tuple[str, ...] = ()
    path: tuple[str, ...] = _PATH
    folder: str = "/"
    user: str = ""
    tags: tuple[str, ...] = ()

    @property
    def pinned(self) -> ImageFacts:
        """The same image, asked for by its id, which nobody can give to another one."""
        return replace(self, reference=self.id)

    @property
    def programs(self) -> tuple[str, ...]:
        """Absolute paths at which the program that it runs may be; the first one that exists is the program."""
        return ContainerProcess(self.command, self.path, self.folder).programs


@dataclass(frozen=True)
class ContainerProcess:
    """What is run, and where it is looked for.

    Attributes:
        command: A program and its arguments.
        path: Folders a bare command is looked for in.
        folder: Working folder.
    """

    command: tuple[str, ...] = ()
    path: tuple[str, ...] = _PATH
    folder: str = "/"

    @property
    def programs(self) -> tuple[str, ...]:
        """Where the program may be, by absolute path; the first one that is there is it."""
        return self.places(self.command[0]) if self.command else ()

    def places(self, program: str) -> tuple[str, ...]:
        """Where a program of that name may be, by absolute path."""
        if not program:
            return ()
        if "/" in program:
            return (normpath(program if program.startswith("/") else f"{self.folder.rstrip('/')}/{program}"),)
        return tuple(normpath(f"{folder.rstrip('/')}/{program}") for folder in self.path)


class HealthStatus(StrEnum):
    """What an engine makes of a container's health checks."""

    UNCHECKED = ""
    STARTING = "starting"
    HEALTHY = "healthy"
    UNHEALTHY = "unhealthy"


@dataclass(frozen=True)
class Health:
    """A container's health check.

    Attributes:
        status: What the engine makes of it.
        said: How the last check ended, in one line; empty before the first.
        has_passed: Whether one of those passed that the engine remembers, which are the last five.
        command: What is run to check; empty if there is no check.
        timeout: For how long it may run, seconds.
    """

    status: HealthStatus = HealthStatus.UNCHECKED
    said: str = ""
    has_passed: bool = False
    command: tuple[str, ...] = ()
    timeout: float = 30.0


@dataclass(frozen=True)
class ContainerFacts:
    """A container's state.

    Attributes:
        name: Without the leading slash.
        status: ``running``, ``exited``, ``restarting`` and so on.
        exit_code: Of its last end; 0 while it never ended.
        restarts: How often the engine restarted it.
        service: Of the compose project; empty outside of one.
        health: Its health check.
        process: What it runs.
        image: Digest the engine knows its image by.
    """

    name: str
    status: str
    exit_code: int
    restarts: int
    service: str = ""
    health: Health = Health()
    process: ContainerProcess = ContainerProcess()
    image: str = ""

    @property
    def is_running(self) -> bool:
        """Whether it runs now."""
        return self.status == "running"


_SERVICE = "com.docker.compose.service"
PROJECT_LABEL = "com.docker.compose.project"
"""Label that Compose gives to all that it makes of a project."""
# What only the answer of one kind has.
_OF_IMAGE, _OF_NETWORK, _OF_VOLUME = "RootFS", "IPAM", "Mountpoint"
_SHELL = ("/bin/sh", "-c")
_NANO = 1e9
# Of a check that names none: https://docs.docker.com/reference/dockerfile/#healthcheck
_TIMEOUT = 30.0
_STATUSES = {status.value: status for status in HealthStatus}
_PASSED = 0
# Of a check that could not be started or took too long, which its output says.
_NOT_RUN = -1


def container(data: Mapping[str, Any]) -> ContainerFacts:
    """What an element of the answer says."""
    state, config = data.get("State") or {}, data.get("Config") or {}
    return ContainerFacts(
        name=str(data.get("Name", "")).lstrip("/"),
        status=str(state.get("Status", "")),
        exit_code=int(state.get("ExitCode") or 0),
        restarts=int(data.get("RestartCount") or 0),
        service=str((config.get("Labels") or {}).get(_SERVICE, "")),
        health=_health(state.get("Health") or {}, config),
        process=_process(data, config),
        image=str(data.get("Image") or ""),
    )


def foreigner(found: Sequence[Mapping[str, Any]], project: str) -> str:
    """What among the answers of ``docker inspect`` may hold secrets and is not of a compose project; empty if nothing.

    Images, networks and volumes of others may be inspected; parts of a swarm, plugins and the rest may not.
    """
    for data in found:
        if "HostConfig" in data:
            labels = (data.get("Config") or {}).get("Labels") or {}
            if labels.get(PROJECT_LABEL) != project:
                return "a container"
        elif not data.keys() & {_OF_IMAGE, _OF_NETWORK, _OF_VOLUME}:
            return "something of a swarm, or a plugin"
    return ""


def _process(data: Mapping[str, Any], config: Mapping[str, Any]) -> ContainerProcess:
    command = tuple(filter(None, (data.get("Path"), *(data.get("Args") or ()))))
    folder = config.get("WorkingDir") or "/"
    paths = [text.removeprefix("PATH=") for text in config.get("Env") or () if text.startswith("PATH=")]
    if not paths:
        return ContainerProcess(command, folder=folder)
    return ContainerProcess(command, tuple(filter(None, paths[-1].split(":"))), folder)


def _health(state: Mapping[str, Any], config: Mapping[str, Any]) -> Health:
    check = config.get("Healthcheck") or {}
    # An engine says "none" where there is no check.
    status = _STATUSES.get(str(state.get("Status")), HealthStatus.UNCHECKED)
    if status is HealthStatus.UNCHECKED:
        return Health()
    log = [each for each in state.get("Log") or () if isinstance(each, dict)]
    return Health(
        status,
        _said(log),
        any(each.get("ExitCode") == _PASSED for each in log) or status is HealthStatus.HEALTHY,
        _command(check.get("Test") or (), config.get("Shell") or _SHELL),
        (check.get("Timeout") or 0) / _NANO or _TIMEOUT,
    )


def _said(log: Sequence[Mapping[str, Any]]) -> str:
    if not log:
        return ""
    code, output = log[-1].get("ExitCode"), " ".join(str(log[-1].get("Output") or "").split())
    return output if code == _NOT_RUN and output else ": ".join(filter(None, (f"exit code {code}", output)))


def _command(test: Sequence[str], shell: Sequence[str]) -> tuple[str, ...]:
    kind, *rest = test or ("NONE",)
    if kind == "CMD":
        return tuple(rest)
    return (*shell, *rest) if kind == "CMD-SHELL" else ()


def image_facts(reference: str, found: Mapping[str, Any]) -> ImageFacts:
    """What an element of ``docker image inspect`` says."""
    config = found.get("Config") or {}
    facts = ImageFacts(
        reference=reference,
        id=str(found["Id"]),
        platform=Platform.of(found.get("Os", ""), found.get("Architecture", ""), found.get("Variant") or ""),
        labels={str(name): str(value) for name, value in (config.get("Labels") or {}).items()},
        size=int(found.get("Size") or 0),
        command=tuple(map(str, (*(config.get("Entrypoint") or ()), *(config.get("Cmd") or ())))),
        folder=str(config.get("WorkingDir") or "/"),
        user=str(config.get("User") or ""),
        tags=tuple(map(str, found.get("RepoTags") or ())),
    )
    paths = [text.removeprefix("PATH=") for text in config.get("Env") or () if text.startswith("PATH=")]
    return replace(facts, path=tuple(filter(None, paths[-1].split(":")))) if paths else facts


def client_facts(info: Mapping[str, Any]) -> ClientFacts:
    """What the docker client says of itself: ``ClientInfo`` of ``docker info``."""
    plugins = {plugin.get("Name"): plugin.get("Version", "unknown") for plugin in info.get("Plugins") or ()}
    return ClientFacts(info.get("Version", ""), buildx=plugins.get("buildx", ""), compose=plugins.get("compose", ""))


def engine_facts(version: Mapping[str, Any], info: Mapping[str, Any]) -> EngineFacts:
    """What an engine says of itself."""
    containerd = any("io.containerd.snapshotter" in str(value) for value in info.get("DriverStatus") or ())
    return EngineFacts(
        version=str(version.get("Version", "")),
        api=str(version.get("ApiVersion", "0")),
        platform=Platform.of(info.get("OSType", "linux"), info.get("Architecture", "")),
        store=Store.CONTAINERD if containerd else Store.CLASSIC,
        identity=str(info.get("ID", "")),
        folder=str(info.get("DockerRootDir", "")),
    )
