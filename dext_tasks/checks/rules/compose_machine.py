"""Rules on what a compose file takes of the user's machine, and lets the backend do to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dext_tasks.checks.documentation import SERVICE_DOCS
from dext_tasks.checks.evidence import asked, at, services
from dext_tasks.checks.rule import Problem, Repair, Severity, rule
from dext_tasks.extension.grants.kinds import told
from dext_tasks.wording import excerpt

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from dext_tasks.extension.grants.kinds import Grant
    from dext_tasks.sources.source import Source

# Each is a way out of the container: https://man7.org/linux/man-pages/man7/capabilities.7.html
_FAR_REACHING = frozenset(
    {"ALL", "BPF", "DAC_READ_SEARCH", "MAC_ADMIN", "NET_ADMIN", "SYS_ADMIN", "SYS_MODULE", "SYS_PTRACE", "SYS_RAWIO"}
)
_UNCONFINED = frozenset({"seccomp:unconfined", "apparmor:unconfined", "label:disable", "systempaths:unconfined"})


@rule(
    code="compose-port-published",
    title="no service takes a fixed port of the user's machine",
    severity=Severity.WARNING,
    why="where the port is in use, installation fails and is rolled back; others in the network may reach it",
    fix="serve the UI through a socket under /run/guest-services, or leave the host port out",
    source=f"{SERVICE_DOCS}#ports",
)
def _port_published(source: Source) -> Iterator[Problem]:
    for document, service in services(source):
        for port in service.ports:
            if port.published:
                where = f" of {excerpt(port.host_ip)}" if port.host_ip else " of every address"
                what = f"service {excerpt(service.name)} takes port {excerpt(port.published)}{where}"
                yield at(document, port.line, what)


@rule(
    code="compose-container-name",
    title="no container has a fixed name",
    severity=Severity.WARNING,
    why="where a container of that name exists, installation fails and is rolled back",
    fix="leave container_name out, and find the container by its compose labels",
    source=f"{SERVICE_DOCS}#container_name",
    repair=Repair.SURE,
)
def _container_name(source: Source) -> Iterator[Problem]:
    for document, service in services(source):
        name = service.container_name
        if name:
            yield at(document, name.line, f"service {excerpt(service.name)} has the fixed name {excerpt(name.value)}")


def _asked(source: Source, *kinds: str, is_meant: Callable[[Grant], bool] = lambda _: True) -> Iterator[Problem]:
    """What is asked of the machine, by the model that a smoke test grants by."""
    for document, found, line in asked(source):
        if found.grant.kind in kinds and is_meant(found.grant):
            yield at(document, line, f"{excerpt(found.by)} {told([found.grant])[0]}")


def _is_unconfined(grant: Grant) -> bool:
    return grant.value.replace(" ", "").lower() in _UNCONFINED


@rule(
    code="compose-privileged",
    title="no service runs privileged",
    severity=Severity.WARNING,
    why="users cannot see it before they install, and a fault in the service gives the whole machine away",
    fix="remove privileged:, and add the one capability or device that is needed",
    source=f"{SERVICE_DOCS}#privileged",
)
def _privileged(source: Source) -> Iterator[Problem]:
    return _asked(source, "privileged")


@rule(
    code="compose-host-mount",
    title="no service mounts files of the host",
    severity=Severity.WARNING,
    why="the path may be missing or private on a user's machine, and differs between operating systems",
    fix="use a named volume, or mount read-only just what is needed",
    source=f"{SERVICE_DOCS}#volumes",
)
def _host_mount(source: Source) -> Iterator[Problem]:
    return _asked(source, "host-mount", "volume-bind", "host-file")


@rule(
    code="compose-host-namespace",
    title="no service joins a namespace of the host",
    severity=Severity.WARNING,
    why="the service sees and reaches what every other container does; the host is the desktop's virtual machine",
    fix="remove the key; containers of one compose file reach each other by service name",
    source=f"{SERVICE_DOCS}#network_mode",
)
def _host_namespace(source: Source) -> Iterator[Problem]:
    return _asked(source, "host-network", "host-pid", "host-ipc", "host-uts", "host-userns", "host-cgroup")


@rule(
    code="compose-capability",
    title="no service has an added capability",
    severity=Severity.NOTE,
    why="it is part of what users agree to when they install, and nothing shows it to them",
    fix="keep it if the service needs it, and say so in the detailed description",
    source=f"{SERVICE_DOCS}#cap_add",
)
def _capability(source: Source) -> Iterator[Problem]:
    # Whoever drops all and adds some of the usual ones has fewer than a container that says nothing.
    return _asked(source, "capability", is_meant=lambda grant: grant.value not in _FAR_REACHING)


@rule(
    code="compose-capability-far-reaching",
    title="no service has a capability that leads out of its container",
    severity=Severity.WARNING,
    why="with it a service is as good as privileged",
    fix="name the narrowest capability that does",
    source="https://man7.org/linux/man-pages/man7/capabilities.7.html",
)
def _capability_far_reaching(source: Source) -> Iterator[Problem]:
    return _asked(source, "capability", is_meant=lambda grant: grant.value in _FAR_REACHING)


@rule(
    code="compose-device",
    title="no service uses a device of the host",
    severity=Severity.WARNING,
    why="where the desktop's virtual machine has no such device, installation fails",
    fix="do without the device, or find out at run time whether it is there",
    source=f"{SERVICE_DOCS}#devices",
)
def _device(source: Source) -> Iterator[Problem]:
    return _asked(source, "device", "device-rule", "gpus")


@rule(
    code="compose-unconfined",
    title="no service runs unconfined",
    severity=Severity.WARNING,
    why="without seccomp and its like a fault in the service is a fault of the machine",
    fix="remove the option, or write a profile that allows what is needed",
    source="https://docs.docker.com/engine/security/seccomp/",
)
def _unconfined(source: Source) -> Iterator[Problem]:
    return _asked(source, "security-opt", is_meant=_is_unconfined)


@rule(
    code="compose-engine-socket",
    title="no service controls the engine",
    severity=Severity.NOTE,
    why="with the engine's socket a service can do anything to every container and volume, whatever else it has",
    fix="call docker.cli.exec from the UI where that is enough; otherwise say so in the detailed description",
    source="https://docs.docker.com/extensions/extensions-sdk/guides/use-docker-socket-from-backend/",
)
def _engine_socket(source: Source) -> Iterator[Problem]:
    return _asked(source, "engine-socket", "api-socket")
