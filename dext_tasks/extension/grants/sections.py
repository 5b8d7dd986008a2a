"""What volumes, networks, configs and secrets of a compose document ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from dext_tasks.extension.grants.kinds import Grant
from dext_tasks.extension.grants.shapes import is_nothing, is_true, mapping, text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from dext_tasks.extension.grants.machine import HostMachine

# https://docs.docker.com/engine/storage/volumes/#create-a-service-which-creates-an-nfs-volume
_REMOTE: Final = ("nfs", "cifs", "smb")
_TMPFS_OPTIONS: Final = frozenset(
    {"size", "mode", "uid", "gid", "nr_inodes", "nr_blocks", "noexec", "nosuid", "nodev", "rw", "ro"}
)
_TMPFS_KEYS: Final = frozenset({"type", "o", "device"})
_VOLUME: Final = frozenset({"name", "labels", "driver", "driver_opts", "external"})
_NETWORK: Final = frozenset(
    {*_VOLUME, "internal", "attachable", "enable_ipv4", "enable_ipv6", "ipam"},
)
_CONTENT: Final = frozenset({"name", "content", "labels", "file", "environment", "external"})
_OWN_DRIVERS: Final = frozenset({"", "local"})
_OWN_NETWORKS: Final = frozenset({"", "default", "bridge", "none", "null"})
_OWN_ADDRESSES: Final = frozenset({"", "default"})
_NETWORK_OPTIONS: Final = frozenset(
    {
        "com.docker.network.bridge.enable_icc",
        "com.docker.network.bridge.enable_ip_masquerade",
        "com.docker.network.driver.mtu",
    }
)


def bind(kind: str, path: str, machine: HostMachine, *, is_read_only: bool = False) -> Iterator[Grant]:
    """What a path of the machine gives; an engine's socket has a name of its own."""
    if machine.is_engine(path):
        yield Grant("engine-socket")
        return
    if machine.holds_engine(path):
        yield Grant("engine-socket")
    yield from (Grant(kind, real, is_read_only) for real in machine.real_paths(path))


def _others(entry: Mapping[str, Any], known: frozenset[str]) -> Iterator[Grant]:
    for key, value in entry.items():
        if key not in known and not key.startswith("x-") and not is_nothing(value):
            yield Grant("unknown", key)


def external_name(name: str, entry: Mapping[str, Any]) -> str:
    """The name of something external to the document; empty if it is the document's own."""
    external = entry.get("external")
    if isinstance(external, dict):
        return text(external.get("name")) or text(entry.get("name")) or name
    return (text(entry.get("name")) or name) if is_true(external) else ""


def _volume(name: str, entry: Mapping[str, Any], machine: HostMachine) -> Iterator[Grant]:
    yield from _others(entry, _VOLUME)
    if theirs := external_name(name, entry):
        yield Grant("external-volume", theirs)
        return
    driver = text(entry.get("driver")).strip()
    if driver.casefold() not in _OWN_DRIVERS:
        yield Grant("volume-driver", driver)
    yield from _device(mapping(entry.get("driver_opts")), machine)


def _device(options: Mapping[str, Any], machine: HostMachine) -> Iterator[Grant]:
    """What a volume of the local driver is; every option is one of mount(8)'s.

    https://docs.docker.com/reference/cli/docker/volume/create/#driver-specific-options
    """
    if not options:
        return
    by_key = {key.casefold(): text(value).strip() for key, value in options.items()}
    kind, device = by_key.get("type", "").casefold(), by_key.get("device", "")
    flags = {part.partition("=")[0].strip().casefold() for part in by_key.get("o", "").split(",")} - {""}
    # A bind is one whatever type it says it is of: https://man7.org/linux/man-pages/man2/mount.2.html
    is_bind = any("bind" in flag for flag in flags)
    if kind == "tmpfs" and flags <= _TMPFS_OPTIONS and by_key.keys() <= _TMPFS_KEYS:
        return
    if kind.startswith(_REMOTE) and not is_bind:
        yield Grant("volume-remote", device or kind)
    elif device:
        yield from bind("volume-bind", device, machine)
    else:
        yield Grant("unknown", "driver_opts")


def _network(name: str, entry: Mapping[str, Any], _: HostMachine) -> Iterator[Grant]:
    yield from _others(entry, _NETWORK)
    theirs, driver = external_name(name, entry), text(entry.get("driver")).strip()
    if theirs:
        yield Grant("host-network") if theirs.casefold() == "host" else Grant("external-network", theirs)
        return
    if driver.casefold() == "host":
        yield Grant("host-network")
    elif driver.casefold() not in _OWN_NETWORKS:
        yield Grant("network-driver", driver)
    for key in mapping(entry.get("driver_opts")):
        if key.casefold() not in _NETWORK_OPTIONS:
            yield Grant("network-option", key)
    yield from _addresses(mapping(entry.get("ipam")))


def _addresses(ipam: Mapping[str, Any]) -> Iterator[Grant]:
    """Ranges of its own choice: the engine routes each of them into the network, whatever it led to before."""
    driver = text(ipam.get("driver")).strip()
    if driver.casefold() not in _OWN_ADDRESSES:
        yield Grant("network-driver", driver)
    if mapping(ipam.get("options")):
        yield Grant("network-option", "ipam")
    yield from _others(ipam, frozenset({"driver", "options", "config"}))
    for each in ipam.get("config") or []:
        given = {key: value for key, value in mapping(each).items() if not is_nothing(value)}
        if given:
            yield Grant("network-address", text(given.get("subnet")) or " ".join(sorted(given)))


def _content(kind: str) -> Callable[[str, Mapping[str, Any], HostMachine], Iterator[Grant]]:
    def of(name: str, entry: Mapping[str, Any], machine: HostMachine) -> Iterator[Grant]:
        yield from _others(entry, _CONTENT)
        if theirs := external_name(name, entry):
            yield Grant(f"external-{kind}", theirs)
        if variable := text(entry.get("environment")):
            yield Grant("environment", variable)
        file = text(entry.get("file"))
        if file and not machine.is_own(file):
            yield from bind("host-file", file, machine)

    return of


SECTIONS: Final[Mapping[str, Callable[[str, Mapping[str, Any], HostMachine], Iterator[Grant]]]] = {
    "volumes": _volume,
    "networks": _network,
    "configs": _content("config"),
    "secrets": _content("secret"),
}
