"""Rules on what a compose file lets the backend do to the user's machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dext_tasks.checks.evidence import at, services
from dext_tasks.checks.rule import Problem, Rule, Severity
from dext_tasks.extension import permissions
from dext_tasks.extension.excerpt import excerpt

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dext_tasks.extension.compose import Service, Text
    from dext_tasks.sources.subject import Document, Subject

_SERVICES = "https://github.com/compose-spec/compose-spec/blob/main/05-services.md"
# Each is a way out of the container: https://man7.org/linux/man-pages/man7/capabilities.7.html
_FAR_REACHING = frozenset(
    {"ALL", "BPF", "DAC_READ_SEARCH", "MAC_ADMIN", "NET_ADMIN", "SYS_ADMIN", "SYS_MODULE", "SYS_PTRACE", "SYS_RAWIO"}
)


def _privileged(subject: Subject) -> Iterator[Problem]:
    for document, service in services(subject):
        if service.privileged:
            yield _about(document, service, service.privileged, "runs privileged")


def _mounts(subject: Subject) -> Iterator[Problem]:
    for document, service in services(subject):
        for mount in service.mounts:
            if permissions.is_host_mount(mount):
                how = "read-only" if mount.read_only else "read-write"
                what = f"service {excerpt(service.name)} mounts {excerpt(mount.source)} of the host {how}"
                yield at(document, mount.line, what)


def _namespaces(subject: Subject) -> Iterator[Problem]:
    for document, service in services(subject):
        for text in service.host_namespaces:
            yield _about(document, service, text, f"has {text.value}: host")


def _capabilities(subject: Subject) -> Iterator[Problem]:
    for document, service in services(subject):
        for text in service.capabilities:
            # Whoever drops all and adds some of these has fewer than a container that says nothing.
            if text.value not in _FAR_REACHING | permissions.DEFAULT_CAPABILITIES:
                yield _about(document, service, text, f"has the capability {excerpt(text.value)}")


def _far_reaching(subject: Subject) -> Iterator[Problem]:
    for document, service in services(subject):
        for text in service.capabilities:
            if text.value in _FAR_REACHING:
                yield _about(document, service, text, f"has the capability {text.value}")


def _devices(subject: Subject) -> Iterator[Problem]:
    for document, service in services(subject):
        for text in service.devices:
            yield _about(document, service, text, f"uses the device {excerpt(text.value)}")


def _unconfined(subject: Subject) -> Iterator[Problem]:
    for document, service in services(subject):
        for text in service.security_options:
            if permissions.is_unconfined(text.value):
                yield _about(document, service, text, f"has security_opt {excerpt(text.value)}")


def _sockets(subject: Subject) -> Iterator[Problem]:
    for document, service in services(subject):
        if service.api_socket:
            yield _about(document, service, service.api_socket, "has use_api_socket")
        for mount in service.mounts:
            if permissions.is_engine_socket(mount):
                what = f"service {excerpt(service.name)} mounts {excerpt(mount.source)}"
                yield at(document, mount.line, what)


def _about(document: Document, service: Service, text: Text, what: str) -> Problem:
    return at(document, text.line, f"service {excerpt(service.name)} {what}")


RULES = (
    Rule(
        code="compose-privileged",
        title="no service runs privileged",
        severity=Severity.WARNING,
        docker="",
        why="users cannot see it before they install, and a fault in the service gives the whole machine away",
        fix="remove privileged:, and add the one capability or device that is needed",
        source=f"{_SERVICES}#privileged",
        ask=_privileged,
    ),
    Rule(
        code="compose-host-mount",
        title="no service mounts files of the host",
        severity=Severity.WARNING,
        docker="",
        why="the path may be missing or private on a user's machine, and differs between operating systems",
        fix="use a named volume, or mount read-only just what is needed",
        source=f"{_SERVICES}#volumes",
        ask=_mounts,
    ),
    Rule(
        code="compose-host-namespace",
        title="no service joins a namespace of the host",
        severity=Severity.WARNING,
        docker="",
        why="the service sees and reaches what every other container does; the host is the desktop's virtual machine",
        fix="remove the key; containers of one compose file reach each other by service name",
        source=f"{_SERVICES}#network_mode",
        ask=_namespaces,
    ),
    Rule(
        code="compose-capability",
        title="no service has an added capability",
        severity=Severity.NOTE,
        docker="",
        why="it is part of what users agree to when they install, and nothing shows it to them",
        fix="keep it if the service needs it, and say so in the detailed description",
        source=f"{_SERVICES}#cap_add",
        ask=_capabilities,
    ),
    Rule(
        code="compose-capability-far-reaching",
        title="no service has a capability that leads out of its container",
        severity=Severity.WARNING,
        docker="",
        why="with it a service is as good as privileged",
        fix="name the narrowest capability that does",
        source="https://man7.org/linux/man-pages/man7/capabilities.7.html",
        ask=_far_reaching,
    ),
    Rule(
        code="compose-device",
        title="no service uses a device of the host",
        severity=Severity.WARNING,
        docker="",
        why="where the desktop's virtual machine has no such device, installation fails",
        fix="do without the device, or find out at run time whether it is there",
        source=f"{_SERVICES}#devices",
        ask=_devices,
    ),
    Rule(
        code="compose-unconfined",
        title="no service runs unconfined",
        severity=Severity.WARNING,
        docker="",
        why="without seccomp and its like a fault in the service is a fault of the machine",
        fix="remove the option, or write a profile that allows what is needed",
        source="https://docs.docker.com/engine/security/seccomp/",
        ask=_unconfined,
    ),
    Rule(
        code="compose-engine-socket",
        title="no service controls the engine",
        severity=Severity.NOTE,
        docker="",
        why="with the engine's socket a service can do anything to every container and volume, whatever else it has",
        fix="call docker.cli.exec from the UI where that is enough; otherwise say so in the detailed description",
        source="https://docs.docker.com/extensions/extensions-sdk/guides/use-docker-socket-from-backend/",
        ask=_sockets,
    ),
)
