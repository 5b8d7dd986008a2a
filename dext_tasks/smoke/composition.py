"""The compose document Docker Desktop would start, as data.

What it adds to an author's file was read off generated files that users published; docs/smoke.md lists it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dext_tasks.engine.client import RUN_LABEL
from dext_tasks.errors import ReferenceInvalidError
from dext_tasks.extension.grants.machine import GUEST_SERVICES, is_engine_path
from dext_tasks.extension.grants.service import NO_NEW_PRIVILEGES
from dext_tasks.formats.compose.variables import IMAGE_VARIABLE
from dext_tasks.formats.oci.reference import Reference

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

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


ENGINE_SOCKET = "/var/run/docker.sock"
PROXY = "dext-proxy"
# Policies under which compose pulls nothing that is there: https://docs.docker.com/reference/compose-file/services/
_IF_MISSING = (None, "missing", "if_not_present")
_GUEST_VOLUME = "dext-guest-services"
# Of a container's log on disk, twice.
LOG_SIZE = "10m"
# Of socat, to wait for its end: nothing is ever written to a pipe of its own.
IDLE = ("-u", "PIPE", "/dev/null")
"""Arguments with which the helper's socat waits until it is stopped."""


@dataclass(frozen=True)
class ProxyContainer:
    """A container that has the folder of the backend's socket, in which programs connect to it.

    Attributes:
        image: With socat as its entry point.
        platform: The engine's own.
    """

    image: str
    platform: Platform

    @staticmethod
    def name(project: str) -> str:
        """What it is called beside a project."""
        return f"{project}-proxy"


@dataclass(frozen=True)
class ContainerLimits:
    """What each container may use, where its service does not say so itself.

    Attributes:
        memory: As docker writes it, such as ``4g``; empty or 0 for no limit.
        pids: Most processes and threads; 0 for no limit.
        new_privileges: Whether setuid programs give rights.
    """

    memory: str = ""
    pids: int = 0
    new_privileges: bool = False


@dataclass(frozen=True)
class Installation:
    """What the document is made for.

    Attributes:
        names: Names to use.
        title: Title label of the image.
        image: Local reference of the extension's image.
        platform: Platform every service runs as, unless it says otherwise.
        mark: Value of the label that says which run everything belongs to.
        guest_services: Folder on the host to mount at /run/guest-services; empty to mount nothing.
        proxy: What is started besides, with a volume in place of the folder; None for nothing.
        limits: What each container may use.
        there: Services whose image the engine has, for the platform they run as.
    """

    names: Names
    title: str
    image: str
    platform: Platform
    mark: str
    guest_services: str = ""
    proxy: ProxyContainer | None = None
    limits: ContainerLimits = ContainerLimits()
    there: Collection[str] = ()


def services(document: Mapping[str, Any]) -> Mapping[str, Mapping[str, Any]]:
    """Each service, by its name."""
    return _mapping(document, "services")


def of_image(image: str) -> dict[str, Any]:
    """The document for ``vm.image``: one service."""
    return {"services": {"service": {"image": image}}}


def substitute(image: str, own: str) -> str:
    """The value of ``vm.image`` with the extension's own image filled in."""
    return image.replace(f"${{{IMAGE_VARIABLE}}}", own).replace(f"${IMAGE_VARIABLE}", own)


def installed(document: Mapping[str, Any], installation: Installation) -> dict[str, Any]:
    """The document with all that Docker Desktop adds to it, and the label of the run on all of it."""
    services = _mapping(document, "services")
    main = main_service(document, installation.image)
    made = {name: _service(name, service, installation, is_main=name == main) for name, service in services.items()}
    volumes = _mapping(document, "volumes")
    if installation.proxy:
        made[PROXY] = _proxy(installation, installation.proxy)
        volumes[_GUEST_VOLUME] = {}
    return {
        **document,
        "name": installation.names.project,
        "services": made,
        "networks": _marked({"default": None, **_mapping(document, "networks")}, installation),
        "volumes": _marked(volumes, installation),
    }


def main_service(document: Mapping[str, Any], image: str) -> str:
    """The first service that runs the extension's image, or else the first one."""
    services = _mapping(document, "services")
    own = [name for name, service in services.items() if _normal(service.get("image")) == _normal(image)]
    return next(iter([*own, *services]), "")


def images(document: Mapping[str, Any]) -> list[str]:
    """What the services run, each once."""
    return list(
        dict.fromkeys(str(image) for each in _mapping(document, "services").values() if (image := each.get("image")))
    )


def awaited(document: Mapping[str, Any]) -> frozenset[str]:
    """Services that others wait for until they have ended well."""
    return frozenset(
        name
        for service in _mapping(document, "services").values()
        for name, how in _dependencies(service).items()
        if (how or {}).get("condition") == "service_completed_successfully"
    )


def _dependencies(service: Mapping[str, Any]) -> dict[str, Any]:
    """In the long form; the short one waits for nothing to end."""
    found = service.get("depends_on")
    return dict(found) if isinstance(found, dict) else {}


def published(document: Mapping[str, Any]) -> list[str]:
    """Ports of this machine that the services of an installed document listen on, in order."""
    ports = (port for service in _mapping(document, "services").values() for port in service.get("ports") or [] if port)
    return [str(port["published"]) for port in ports if port.get("published")]


def pinned(document: Mapping[str, Any], real_path: Callable[[str], str]) -> dict[str, Any]:
    """The document with each path of the machine as it was judged, so that links made since lead nowhere.

    Args:
        document: As compose resolved it.
        real_path: Follows the links of a path.
    """

    def pin(path: str) -> str:
        return real_path(path.replace("$$", "$")).replace("$", "$$")

    def mount(volume: Mapping[str, Any]) -> dict[str, Any]:
        source = volume.get("source")
        is_pinned = volume.get("type") == "bind" and isinstance(source, str) and not is_engine_path(source)
        return {**volume, "source": pin(str(source))} if is_pinned else dict(volume)

    def entry(thing: Mapping[str, Any] | None) -> dict[str, Any]:
        made = dict(thing or {})
        return {**made, "file": pin(str(made["file"]))} if made.get("file") else made

    services = {
        name: {**service, "volumes": [*map(mount, _volumes(service))]}
        for name, service in _mapping(document, "services").items()
    }
    files = {
        key: {name: entry(each) for name, each in _mapping(document, key).items()}
        for key in ("configs", "secrets")
        if document.get(key)
    }
    return {**document, "services": services, **files}


def _marked(things: Mapping[str, Any], installation: Installation) -> dict[str, Any]:
    """Networks or volumes with the label of the run and names of its own; those of others stay as they are.

    A fixed name may be that of something that was there before, which would be used and, at the end, removed.
    """
    return {
        name: thing if (thing or {}).get("external") else _own(name, thing or {}, installation)
        for name, thing in things.items()
    }


def _own(name: str, thing: Mapping[str, Any], installation: Installation) -> dict[str, Any]:
    made = {**thing, "labels": {**_labels(thing.get("labels")), RUN_LABEL: installation.mark}}
    return {**made, "name": f"{installation.names.project}_{name}"} if "name" in thing else made


def _labels(labels: Any) -> dict[str, Any]:  # noqa: ANN401 - as compose writes them
    if isinstance(labels, list):
        return {key: value for key, _, value in (str(label).partition("=") for label in labels)}
    return dict(labels or {})


def _service(name: str, service: Mapping[str, Any], installation: Installation, *, is_main: bool) -> dict[str, Any]:
    made = dict(service)
    made["labels"] = {
        **_labels(service.get("labels")),
        "com.docker.desktop.extension": "true",
        # Compose replaces variables in labels, too.
        "com.docker.desktop.extension.name": installation.title.replace("$", "$$"),
        RUN_LABEL: installation.mark,
    }
    made["deploy"] = {**(service.get("deploy") or {}), "restart_policy": {"condition": "always"}}
    made["volumes"] = [*map(_mapped, _volumes(service)), *_guest_services(installation)]
    made.setdefault("platform", str(installation.platform))
    is_own = _normal(service.get("image")) == _normal(installation.image)
    if is_own or (name in installation.there and service.get("pull_policy") in _IF_MISSING):
        # Of an image for several platforms compose sees one only, and would pull the others.
        # https://github.com/docker/compose/blob/v2.26.1/pkg/compose/build.go (getLocalImagesDigests)
        made["pull_policy"] = "never"
    if is_main:
        made.setdefault("container_name", installation.names.own_container)
    return _beside_native(_limited(made, installation.limits), installation.names.suffix)


def _limited(service: dict[str, Any], limits: ContainerLimits) -> dict[str, Any]:
    """The service with limits where it has none, a log that is bounded, and ports that only this machine reaches."""
    deploy = service.get("deploy") or {}
    resources = deploy.get("resources") or {}
    said = resources.get("limits") or {}
    service["logging"] = {"driver": "json-file", "options": {"max-size": LOG_SIZE, "max-file": "2"}}
    if _is_limit(limits.memory) and not (_is_limit(service.get("mem_limit")) or _is_limit(said.get("memory"))):
        service["mem_limit"] = limits.memory
    if limits.pids and not (_is_limit(service.get("pids_limit")) or _is_limit(said.get("pids"))):
        service["pids_limit"] = limits.pids
        if "pids" in said:
            # Both must say the same: https://github.com/compose-spec/compose-go/blob/main/loader/validate.go
            limited = {**said, "pids": limits.pids}
            service["deploy"] = {**deploy, "resources": {**resources, "limits": limited}}
    options = [str(option) for option in service.get("security_opt") or []]
    says = any(option.startswith(NO_NEW_PRIVILEGES) for option in options)
    if not (limits.new_privileges or says or service.get("privileged")):
        service["security_opt"] = [*options, f"{NO_NEW_PRIVILEGES}:true"]
    if service.get("ports"):
        ports = [{**port, "host_ip": "127.0.0.1"} for port in service["ports"] if isinstance(port, dict)]
        # One port at two addresses is one at this address.
        service["ports"] = [port for index, port in enumerate(ports) if port not in ports[:index]]
    return service


def _is_limit(value: object) -> bool:
    """Whether a value limits anything; compose writes sizes as strings, and 0 and -1 are not limits."""
    return bool(value) and not str(value).startswith(("-", "0"))


def _normal(image: object) -> str:
    """An image's name as docker completes it, so that ``a/b`` is ``docker.io/a/b:latest``."""
    try:
        parsed = Reference.parse(str(image))
    except ReferenceInvalidError:
        return str(image)
    complete = parsed if parsed.tag or parsed.digest else parsed.with_tag("latest")
    return f"{complete.registry}/{complete.repository}:{complete.tag}@{complete.digest}"


def _proxy(installation: Installation, proxy: ProxyContainer) -> dict[str, Any]:
    """It is given nothing but the folder: what the backend puts at the socket's place leads to nothing else."""
    return {
        "image": proxy.image,
        "platform": str(proxy.platform),
        "labels": {RUN_LABEL: installation.mark},
        "command": [*IDLE],
        "network_mode": "none",
        "read_only": True,
        # A socket in a file system that cannot be written to can be connected to.
        "volumes": [{**mount, "read_only": True} for mount in _guest_services(installation)],
        # Whoever made the socket may forbid it to others.
        "user": "0:0",
        "cap_drop": ["ALL"],
        "cap_add": ["DAC_OVERRIDE"],
        "security_opt": [f"{NO_NEW_PRIVILEGES}:true"],
        "container_name": proxy.name(installation.names.project),
    }


def _beside_native(service: dict[str, Any], suffix: str) -> dict[str, Any]:
    """Fixed names and host ports are unique in an engine: only the native platform's installation keeps them."""
    if not suffix:
        return service
    if "container_name" in service:
        service["container_name"] += suffix
    if "ports" in service:
        service["ports"] = [{**port, "published": ""} for port in service["ports"]]
    return service


def _guest_services(installation: Installation) -> list[dict[str, Any]]:
    if installation.proxy:
        return [{"type": "volume", "source": _GUEST_VOLUME, "target": GUEST_SERVICES}]
    if not installation.guest_services:
        return []
    return [{"type": "bind", "source": installation.guest_services, "target": GUEST_SERVICES}]


# Docker Desktop's unfiltered socket; a plain engine would bind-mount an empty folder in its place.
def _mapped(volume: Mapping[str, Any]) -> dict[str, Any]:
    is_raw = str(volume.get("source")).endswith("/docker.sock.raw")
    return {**volume, "source": ENGINE_SOCKET} if is_raw else dict(volume)


def _mapping(document: Mapping[str, Any], key: str) -> dict[str, Any]:
    return dict(document.get(key) or {})


def _volumes(service: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [volume for volume in service.get("volumes") or [] if isinstance(volume, dict)]
