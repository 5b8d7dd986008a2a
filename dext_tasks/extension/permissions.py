"""What an extension may do to a user's machine, in sentences a user can read.

Desktops ask once, for all of it: "Extensions can install binaries, invoke commands, access files on your machine
and connect to remote URLs" (https://docs.docker.com/extensions/non-marketplace/).
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from dext_tasks.extension.excerpt import excerpt
from dext_tasks.extension.grants.machine import is_engine_path

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dext_tasks.extension.compose import Compose, Mount, Service
    from dext_tasks.extension.metadata import Metadata

GUEST_SERVICES: Final = "/run/guest-services"
"""Where desktops mount the folder of backend sockets."""

DEFAULT_CAPABILITIES: Final = frozenset(
    {
        *("AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD", "NET_BIND_SERVICE", "NET_RAW"),
        *("SETFCAP", "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT"),
    }
)
"""What every container has: https://github.com/moby/moby/blob/v26.1.5/oci/caps/defaults.go"""

_NAMESPACES = {
    "network_mode": "network",
    "pid": "processes",
    "ipc": "shared memory",
    "userns_mode": "users",
    "uts": "host name",
    "cgroup": "control groups",
}


def permissions(composes: Iterable[Compose], metadata: Metadata) -> tuple[str, ...]:
    """What the backend and the host binaries are given, the furthest-reaching first; empty if it is nothing special.

    Args:
        composes: The compose files, one a platform; what two of them say alike is said once.
        metadata: What metadata.json names.
    """
    said = [line for compose in composes for service in compose.services for line in _of_service(service)]
    return tuple(dict.fromkeys([*said, *_of_host(metadata)]))


def is_engine_socket(mount: Mount) -> bool:
    """Whether a mount gives control of the engine."""
    return mount.is_bind and any(map(is_engine_path, (mount.path, mount.target.replace("\\", "/").rstrip("/"))))


def is_host_mount(mount: Mount) -> bool:
    """Whether a mount shows files of the machine that are not the extension's own."""
    own = mount.is_beside or f"{mount.path}/".startswith(f"{GUEST_SERVICES}/")
    return mount.is_bind and not own and not is_engine_socket(mount)


def _of_service(service: Service) -> Iterator[str]:
    rights = list(_rights(service))
    if rights:
        yield f"service {excerpt(service.name)} {', '.join(rights)}"


def _rights(service: Service) -> Iterator[str]:
    if service.privileged:
        yield "runs privileged"
    if service.api_socket or any(map(is_engine_socket, service.mounts)):
        yield "controls the container engine"
    for mount in service.mounts:
        if is_host_mount(mount):
            yield f"mounts {excerpt(mount.source)} {'read-only' if mount.read_only else 'read-write'}"
    shared = [_NAMESPACES[text.value] for text in service.host_namespaces]
    if shared:
        yield f"shares the host's {' and '.join(shared)}"
    added = [text.value for text in service.capabilities if text.value not in DEFAULT_CAPABILITIES]
    if added:
        yield _listed("has the capability", "has the capabilities", added)
    if service.devices:
        yield _listed("uses the device", "uses the devices", [text.value for text in service.devices])
    if any(is_unconfined(text.value) for text in service.security_options):
        yield "runs unconfined"
    published = [port.published for port in service.ports if port.published]
    if published:
        yield f"{_listed('listens on port', 'listens on ports', published)} of the machine"


def _listed(one: str, many: str, values: list[str]) -> str:
    return f"{one if len(values) == 1 else many} {', '.join(map(excerpt, values))}"


def is_unconfined(option: str) -> bool:
    """Whether a security option takes a confinement away."""
    return option.replace("=", ":", 1).replace(" ", "").lower() in {
        "seccomp:unconfined",
        "apparmor:unconfined",
        "label:disable",
        "systempaths:unconfined",
    }


def _of_host(metadata: Metadata) -> Iterator[str]:
    counts = Counter(binary.os for binary in metadata.binaries)
    if counts:
        most = max(counts.values())
        systems = ", ".join(str(os) for os in counts)
        yield f"installs {most} {'binary' if most == 1 else 'binaries'} on the host ({systems})"
