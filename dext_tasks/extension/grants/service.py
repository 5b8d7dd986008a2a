"""What a service of a compose document asks for."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from dext_tasks.extension.grants.kinds import Grant, capability
from dext_tasks.extension.grants.mounts import of_volumes
from dext_tasks.extension.grants.shapes import OddShapeError, is_nothing, is_true, items, mapping, text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from dext_tasks.extension.grants.machine import HostMachine

# What the engine gives without being asked:
# https://github.com/moby/moby/blob/v26.1.5/oci/caps/defaults.go
DEFAULT_CAPABILITIES: Final = frozenset(
    {
        *("AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD", "NET_BIND_SERVICE"),
        *("NET_RAW", "SETFCAP", "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT"),
    }
)
# Keys that stay inside of the container, or only take something away from it.
_HARMLESS: Final = frozenset(
    {
        *("attach", "cap_drop", "command", "container_name", "cpu_count", "cpu_percent", "cpu_period", "cpu_quota"),
        *("cpu_shares", "cpus", "cpuset", "depends_on", "develop", "dns_opt", "dns_search", "domainname"),
        *("entrypoint", "expose", "extra_hosts", "group_add", "healthcheck", "hostname", "image", "init", "labels"),
        # Replaced by a log that is bounded.
        "logging",
        *("mac_address", "mem_limit", "mem_reservation", "mem_swappiness", "memswap_limit", "pids_limit", "platform"),
        # Bound to 127.0.0.1.
        "ports",
        *("profiles", "read_only", "restart", "shm_size", "stdin_open", "stop_grace_period", "stop_signal", "tmpfs"),
        *("tty", "ulimits", "user", "working_dir"),
    }
)
_HARMLESS_OF_NETWORK: Final = frozenset(
    {"aliases", "ipv4_address", "ipv6_address", "priority", "gw_priority", "mac_address", "interface_name"}
)
_DEPLOY: Final = frozenset(
    {
        *("mode", "labels", "update_config", "rollback_config", "restart_policy", "placement", "endpoint_mode"),
        *("replicas", "resources"),
    }
)
_PULLS: Final = frozenset({"always", "never", "missing", "if_not_present", "daily", "weekly"})
_MOST_REPLICAS = 10
NO_NEW_PRIVILEGES = "no-new-privileges"
_PLAIN_NETWORKS: Final = frozenset({"none"})
_OWN: Final = {
    "pid": frozenset({""}),
    "ipc": frozenset({"", "private", "none", "shareable"}),
    "uts": frozenset({""}),
    "userns_mode": frozenset({""}),
    "cgroup": frozenset({"", "private"}),
}
_HOST: Final = {
    "pid": "host-pid",
    "ipc": "host-ipc",
    "uts": "host-uts",
    "userns_mode": "host-userns",
    "cgroup": "host-cgroup",
}


@dataclass(frozen=True)
class ServicePlace:
    """Where a service stands.

    Attributes:
        machine: That it would run on.
        document: That it is part of.
    """

    machine: HostMachine
    document: Mapping[str, Any]

    def has(self, section: str, name: str) -> bool:
        """Whether the document itself has a service, network or volume of that name."""
        found = self.document.get(section)
        return isinstance(found, dict) and name in found


def of_service(service: object, place: ServicePlace) -> Iterator[tuple[Grant, tuple[str | int, ...]]]:
    """Everything a service asks for, each with the keys and numbers that lead to it.

    A key of another shape than compose gives it counts as unknown.
    """
    try:
        entries = mapping(service)
    except OddShapeError:
        yield Grant("unknown", "services"), ()
        return
    for key, value in entries.items():
        if key in _HARMLESS or key.startswith("x-") or is_nothing(value):
            continue
        for path, piece in _pieces(key, value):
            yield from ((grant, path) for grant in _of_key(key, piece, place))


def _pieces(key: str, value: object) -> Iterator[tuple[tuple[str | int, ...], object]]:
    """A value, or each of a list: what one of them asks for does not depend on the others."""
    if isinstance(value, list):
        yield from (((key, number), [item]) for number, item in enumerate(value))
    else:
        yield (key,), value


def _of_key(key: str, value: object, place: ServicePlace) -> tuple[Grant, ...]:
    check = _CHECKS.get(key)
    try:
        return tuple(check(value, place)) if check else (Grant("unknown", key),)
    except OddShapeError:
        return (Grant("unknown", key),)


def _privileged(value: object, _: ServicePlace) -> Iterator[Grant]:
    if is_true(value):
        yield Grant("privileged")


def _capabilities(value: object, _: ServicePlace) -> Iterator[Grant]:
    names = [capability(text(each)) for each in items(value)]
    yield from (Grant("capability", name) for name in names if name not in DEFAULT_CAPABILITIES)


def _devices(value: object, place: ServicePlace) -> Iterator[Grant]:
    for each in items(value):
        source = text(each.get("source")) if isinstance(each, dict) else text(each).partition(":")[0]
        yield from (Grant("device", path) for path in place.machine.real_paths(source))


def _device_rules(value: object, _: ServicePlace) -> Iterator[Grant]:
    yield from (Grant("device-rule", text(each)) for each in items(value))


def _network_mode(value: object, place: ServicePlace) -> Iterator[Grant]:
    mode = text(value).strip()
    if mode.casefold() == "host":
        yield Grant("host-network")
    elif mode.casefold() in _PLAIN_NETWORKS or not mode:
        return
    elif (found := _joined(mode, place)) is not None:
        yield from found
    else:
        # The engine's default network, too, is shared with containers that are not the extension's.
        yield Grant("external-network", "bridge" if mode.casefold() == "default" else mode)


def _joined(mode: str, place: ServicePlace) -> tuple[Grant, ...] | None:
    """What it takes to join another container; None for what names none."""
    kind, colon, name = mode.partition(":")
    if not colon or kind.casefold() not in {"service", "container"}:
        return None
    is_own = kind.casefold() == "service" and place.has("services", name)
    return () if is_own else (Grant("container", name or mode),)


def _namespace(key: str) -> Callable[[object, ServicePlace], Iterator[Grant]]:
    def of(value: object, place: ServicePlace) -> Iterator[Grant]:
        mode = text(value).strip()
        if mode.casefold() == "host":
            yield Grant(_HOST[key])
        elif (found := _joined(mode, place)) is not None:
            yield from found
        elif mode.casefold() not in _OWN[key]:
            yield Grant("unknown", key)

    return of


def _networks(value: object, place: ServicePlace) -> Iterator[Grant]:
    named = mapping(value) if isinstance(value, dict) else dict.fromkeys(map(text, items(value)))
    for name, how in named.items():
        if name != "default" and not place.has("networks", name):
            yield Grant("external-network", name)
        for key, given in mapping(how).items():
            if key not in _HARMLESS_OF_NETWORK and not key.startswith("x-") and not is_nothing(given):
                yield Grant("network-option", key)


def _volumes_from(value: object, place: ServicePlace) -> Iterator[Grant]:
    for each in items(value):
        name = text(each)
        kind, _, rest = name.partition(":")
        if kind == "container" and rest:
            yield Grant("container", rest.removesuffix(":ro").removesuffix(":rw"))
        elif not place.has("services", kind):
            yield Grant("container", kind or name)


def _links(value: object, place: ServicePlace) -> Iterator[Grant]:
    names = [text(each).partition(":")[0] for each in items(value)]
    yield from (Grant("container", name) for name in names if not place.has("services", name))


def _external_links(value: object, _: ServicePlace) -> Iterator[Grant]:
    yield from (Grant("container", text(each).partition(":")[0]) for each in items(value))


def _security(value: object, _: ServicePlace) -> Iterator[Grant]:
    for each in items(value):
        option = text(each).strip()
        # Whether rights can be gained is the extension's to say, since it gives nothing outside of the container.
        if option.replace("=", ":", 1).partition(":")[0] != NO_NEW_PRIVILEGES:
            yield Grant("security-opt", option.replace("=", ":", 1))


def _sysctls(value: object, _: ServicePlace) -> Iterator[Grant]:
    names = mapping(value) if isinstance(value, dict) else [text(each).partition("=")[0] for each in items(value)]
    yield from (Grant("sysctl", name) for name in names)


def _environment(value: object, _: ServicePlace) -> Iterator[Grant]:
    if isinstance(value, dict):
        given = mapping(value)
    else:
        given = {
            name: rest if equals else None
            for name, equals, rest in (text(each).partition("=") for each in items(value))
        }
    # Without a value it is the caller's.
    yield from (Grant("environment", name) for name, found in given.items() if found is None)


def _files(value: object, place: ServicePlace) -> Iterator[Grant]:
    for each in items(value):
        path = text(each.get("path")) if isinstance(each, dict) else text(each)
        if not place.machine.is_own(path):
            yield Grant("host-file", place.machine.real_path(path))


def _granted_files(section: str) -> Callable[[object, ServicePlace], Iterator[Grant]]:
    def of(value: object, place: ServicePlace) -> Iterator[Grant]:
        for each in items(value):
            name = text(mapping(each).get("source")) if isinstance(each, dict) else text(each)
            if not place.has(section, name):
                yield Grant(f"external-{section.removesuffix('s')}", name)

    return of


def _dns(value: object, _: ServicePlace) -> Iterator[Grant]:
    # The engine, not the container, asks servers at such addresses.
    yield from (Grant("dns", server) for server in map(text, items(value)) if not _is_elsewhere(server))


def _is_elsewhere(server: str) -> bool:
    try:
        address = ipaddress.ip_address(server.strip())
    except ValueError:
        return False
    return not (address.is_loopback or address.is_unspecified or address.is_link_local)


def _deploy(value: object, _: ServicePlace) -> Iterator[Grant]:
    deploy = mapping(value)
    yield from (Grant("unknown", f"deploy.{key}") for key in deploy if key not in _DEPLOY and not key.startswith("x-"))
    yield from _scale(deploy.get("replicas"), _)
    resources = mapping(deploy.get("resources"))
    for key, given in mapping(resources.get("reservations")).items():
        if key == "devices" and given:
            yield Grant("gpus")
        elif key not in {"cpus", "memory", "devices"} and not is_nothing(given):
            yield Grant("unknown", f"deploy.reservations.{key}")
    for key, given in resources.items():
        if key not in {"limits", "reservations"} and not is_nothing(given):
            yield Grant("unknown", f"deploy.resources.{key}")


def _scale(value: object, _: ServicePlace) -> Iterator[Grant]:
    number = text(value)
    if number and not (number.isdecimal() and int(number) <= _MOST_REPLICAS):
        yield Grant("replicas", number)


def _pull_policy(value: object, _: ServicePlace) -> Iterator[Grant]:
    policy = text(value).strip().casefold()
    if policy == "build":
        yield Grant("build")
    elif policy not in _PULLS and not policy.startswith("every_"):
        yield Grant("unknown", "pull_policy")


def _isolation(value: object, _: ServicePlace) -> Iterator[Grant]:
    if text(value).strip().casefold() != "default":
        yield Grant("unknown", "isolation")


def _hook(key: str) -> Callable[[object, ServicePlace], Iterator[Grant]]:
    def of(value: object, place: ServicePlace) -> Iterator[Grant]:
        yield Grant("hook", key)
        for each in items(value):
            yield from _privileged(mapping(each).get("privileged"), place)

    return of


def _provider(value: object, _: ServicePlace) -> Iterator[Grant]:
    yield Grant("provider", text(mapping(value).get("type")) or "unnamed")


def _always(name: str) -> Callable[[object, ServicePlace], Iterator[Grant]]:
    def of(value: object, _: ServicePlace) -> Iterator[Grant]:
        if is_true(value):
            yield Grant(name)

    return of


def _valued(kind: str) -> Callable[[object, ServicePlace], Iterator[Grant]]:
    def of(value: object, _: ServicePlace) -> Iterator[Grant]:
        yield Grant(kind, text(value).strip())

    return of


_CHECKS: Final[Mapping[str, Callable[[object, ServicePlace], Iterator[Grant]]]] = {
    "build": _always("build"),
    "cap_add": _capabilities,
    "cgroup_parent": _valued("cgroup-parent"),
    **{key: _namespace(key) for key in _OWN},
    "configs": _granted_files("configs"),
    "deploy": _deploy,
    "device_cgroup_rules": _device_rules,
    "devices": _devices,
    "dns": _dns,
    "env_file": _files,
    "environment": _environment,
    "external_links": _external_links,
    "gpus": _always("gpus"),
    "isolation": _isolation,
    "label_file": _files,
    "links": _links,
    "models": _always("models"),
    "network_mode": _network_mode,
    "networks": _networks,
    "post_start": _hook("post_start"),
    "pre_stop": _hook("pre_stop"),
    "privileged": _privileged,
    "provider": _provider,
    "pull_policy": _pull_policy,
    "runtime": _valued("runtime"),
    "scale": _scale,
    "secrets": _granted_files("secrets"),
    "security_opt": _security,
    "sysctls": _sysctls,
    "use_api_socket": _always("api-socket"),
    "volumes": lambda value, place: of_volumes(value, place.document, place.machine),
    "volumes_from": _volumes_from,
}
