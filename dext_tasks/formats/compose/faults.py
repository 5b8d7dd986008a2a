"""Why Compose would refuse a compose file."""

from __future__ import annotations

from ipaddress import ip_address
from typing import TYPE_CHECKING, Final

from dext_tasks.formats.compose import structure, variables
from dext_tasks.formats.compose.model import string_of
from dext_tasks.formats.compose.mounts import mounts, parts
from dext_tasks.formats.compose.structure import below, fault, is_active, line_of, meant, said
from dext_tasks.formats.compose.tree import Mapping, Scalar, Sequence, Value, walk
from dext_tasks.formats.compose.variables import as_started, is_resolved, with_defaults
from dext_tasks.regex import regex
from dext_tasks.wording import excerpt

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from dext_tasks.formats.compose.model import ComposeFault


def faults(root: Value | None) -> Iterator[ComposeFault]:
    """Every reason, those first that have to be corrected first."""
    yield from structure.faults(root)
    if isinstance(root, Mapping):
        yield from _variables(root)
        services = root.get("services")
        if isinstance(services, Mapping):
            yield from malformed_short_forms(services)
        yield from broken_references(root)
        yield from inconsistencies(root)


def _variables(root: Mapping) -> Iterator[ComposeFault]:
    for each in walk(root):
        wrong = variables.wrong(each.text) if "$" in each.text else ""
        if wrong:
            yield structure.fault(f"{excerpt(each.text)!r} {wrong}", each.line)


def cycles(graph: dict[str, list[str]]) -> Iterator[tuple[str, ...]]:
    """A circle for each reference that closes one, found depth first; every name is visited once.

    Args:
        graph: What each name refers to; a name that is not a key refers to nothing.
    """
    done: set[str] = set()
    for start in graph:
        path: dict[str, Iterator[str]] = {}
        name: str | None = None if start in done else start
        while name is not None or path:
            if name is not None:
                path[name] = iter(graph.get(name, ()))
            last = next(reversed(path))
            name = next(path[last], None)
            if name is None:
                done.add(last)
                del path[last]
            elif name in path:
                yield tuple(path)[list(path).index(name) :]
                name = None
            elif name in done:
                name = None


_CONTENTS: Final = {"secrets": ("file", "environment"), "configs": ("file", "environment", "content")}


def inconsistencies(root: Mapping) -> Iterator[ComposeFault]:
    """Everything that contradicts itself."""
    for name, service in _entries(root, "services"):
        if is_active(service):
            yield from _networks(service, below("services", name))
            yield from _mounts(service, below("services", name))
            yield from _copies(service, below("services", name))
    for section, keys in _CONTENTS.items():
        for name, entry in _entries(root, section):
            yield from _contents(entry, keys, below(section, name))
    for name, entry in _entries(root, "volumes"):
        yield from _external(entry, below("volumes", name))


def _networks(service: Mapping, path: str) -> Iterator[ComposeFault]:
    mode, networks = string_of(service.get("network_mode")), service.get("networks")
    named = (
        networks.entries if isinstance(networks, Mapping) else networks.items if isinstance(networks, Sequence) else ()
    )
    if mode and is_resolved(mode) and named:
        what = f"{path} has network_mode and networks, which exclude each other"
        yield fault(what, line_of(service, "network_mode"))


def _mounts(service: Mapping, path: str) -> Iterator[ComposeFault]:
    mounts = service.get("volumes")
    for index, mount in enumerate(mounts.items if isinstance(mounts, Sequence) else ()):
        if isinstance(mount, Mapping) and string_of(mount.get("type")) == "bind" and not mount.get("source"):
            yield fault(f"{path}.volumes.{index} is a bind without source", mount.line)


def _copies(service: Mapping, path: str) -> Iterator[ComposeFault]:
    deploy = service.get("deploy")
    scale = string_of(service.get("scale"))
    replicas = string_of(deploy.get("replicas")) if isinstance(deploy, Mapping) else ""
    if scale.isdecimal() and replicas.isdecimal() and scale != replicas:
        yield fault(
            f"{path} has scale {excerpt(scale)} and deploy.replicas {excerpt(replicas)}", line_of(service, "scale")
        )
    elif service.get("container_name") and (_is_many(scale) or _is_many(replicas)):
        yield fault(f"{path} has container_name, but more than one container", line_of(service, "container_name"))


def _is_many(number: str) -> bool:
    return number.isdecimal() and len(number) < 10 and int(number) > 1  # noqa: PLR2004 - beyond any machine


def _contents(entry: Mapping, keys: tuple[str, ...], path: str) -> Iterator[ComposeFault]:
    given = [key for key in keys if key in entry.entries]
    if len(given) > 1:
        yield fault(f"{path}: {' and '.join(given)} exclude each other", entry.line)
    elif not given and not _is_external(entry) and "driver" not in entry.entries:
        yield fault(f"{path} has none of {', '.join(keys)} and external", entry.line)


def _is_external(entry: Mapping) -> bool:
    external = entry.get("external")
    return external is not None and string_of(external).lower() != "false"


def _external(entry: Mapping, path: str) -> Iterator[ComposeFault]:
    if string_of(entry.get("external")).lower() == "true":
        for key in ("driver", "driver_opts", "labels"):
            if key in entry.entries:
                yield fault(f"{path}: external and {key} exclude each other", line_of(entry, key))


def _entries(root: Mapping, section: str) -> Iterator[tuple[str, Mapping]]:
    found = root.get(section)
    for name, entry in found.entries.items() if isinstance(found, Mapping) else ():
        if isinstance(entry, Mapping):
            yield name, entry


# Each can name a service whose namespace is shared.
_SHARED = ("network_mode", "ipc", "pid", "uts", "cgroup")
_SERVICE = "service:"
_CONTAINER = "container:"


def broken_references(root: Mapping) -> Iterator[ComposeFault]:
    """Every name that stands for nothing."""
    services = _mapping(root, "services")
    active = {name: each for name, each in services.entries.items() if isinstance(each, Mapping) and is_active(each)}
    # What other files define is not known here.
    if "include" not in root.entries:
        for name, service in active.items():
            path = below("services", name)
            yield from _undefined(service, path, services)
            yield from _resources(service, path, root)
    yield from _extended(services)
    waits = {name: [other for other, _ in _dependencies(service)] for name, service in active.items()}
    for cycle in cycles(waits):
        yield fault(f"dependency cycle: {_chain(cycle)}", line_of(services, cycle[0]))


def _undefined(service: Mapping, path: str, services: Mapping) -> Iterator[ComposeFault]:
    for name, line in _dependencies(service):
        if name not in services.entries:
            yield fault(f"{path} depends on undefined service {excerpt(name)}{meant(name, services.entries)}", line)


def _dependencies(service: Mapping) -> Iterator[tuple[str, int]]:
    """Services that must be there, with the line that says so."""
    found = [*_depended(service), *_linked(service), *_sharing(service)]
    return ((name, line) for name, line in found if is_resolved(name))


def _depended(service: Mapping) -> Iterator[tuple[str, int]]:
    needed = service.get("depends_on")
    if not isinstance(needed, Mapping):
        yield from _texts(needed)
        return
    for name, how in needed.entries.items():
        required = how.get("required") if isinstance(how, Mapping) else None
        if not (isinstance(required, Scalar) and required.text.lower() == "false"):
            yield name, line_of(needed, name)


def _linked(service: Mapping) -> Iterator[tuple[str, int]]:
    for key in ("links", "volumes_from"):
        for text, line in _texts(service.get(key)):
            if not text.startswith(_CONTAINER):
                yield text.partition(":")[0], line


def _sharing(service: Mapping) -> Iterator[tuple[str, int]]:
    for key in _SHARED:
        value = service.get(key)
        text = with_defaults(value.text) if isinstance(value, Scalar) else ""
        if text.startswith(_SERVICE):
            yield text.removeprefix(_SERVICE), line_of(service, key)


def _resources(service: Mapping, path: str, root: Mapping) -> Iterator[ComposeFault]:
    used = {
        "volume": ((each.source, each.line) for each in mounts(service.get("volumes")) if each.is_named),
        "network": ((name, line) for name, line in _named_networks(service) if name != "default"),
        "secret": _granted(service.get("secrets")),
        "config": _granted(service.get("configs")),
    }
    for what, names in used.items():
        known = _mapping(root, f"{what}s").entries
        for name, line in names:
            if is_resolved(name) and name not in known:
                yield fault(f"{path} refers to undefined {what} {excerpt(name)}{meant(name, known)}", line)


def _named_networks(service: Mapping) -> Iterator[tuple[str, int]]:
    value = service.get("networks")
    if isinstance(value, Mapping):
        yield from ((name, line_of(value, name)) for name in value.entries)
    yield from _texts(value)


def _granted(value: Value | None) -> Iterator[tuple[str, int]]:
    for item in value.items if isinstance(value, Sequence) else ():
        source = item.get("source") if isinstance(item, Mapping) else item
        if isinstance(source, Scalar) or source is None:
            yield (with_defaults(source.text) if source else ""), item.line


def _extended(services: Mapping) -> Iterator[ComposeFault]:
    bases: dict[str, list[str]] = {}
    for name, service in services.entries.items():
        base = _base(service)
        if base is None or not is_resolved(base.text):
            continue
        bases[name] = [base.text]
        if base.text not in services.entries:
            what = f"{below('services', name)} extends undefined service {excerpt(base.text)}"
            yield fault(f"{what}{meant(base.text, services.entries)}", base.line)
    for cycle in cycles(bases):
        yield fault(f"services extend each other: {_chain(cycle)}", line_of(services, cycle[0]))


def _base(service: Value) -> Scalar | None:
    """What of the same file a service extends."""
    extends = service.get("extends") if isinstance(service, Mapping) else None
    if isinstance(extends, Mapping):
        extends = None if extends.get("file") else extends.get("service")
    return extends if isinstance(extends, Scalar) else None


def _texts(value: Value | None) -> Iterator[tuple[str, int]]:
    for item in value.items if isinstance(value, Sequence) else ():
        if isinstance(item, Scalar):
            yield with_defaults(item.text), item.line


def _mapping(root: Mapping, key: str) -> Mapping:
    value = root.get(key)
    return value if isinstance(value, Mapping) else Mapping({}, root.line)


def _chain(cycle: tuple[str, ...]) -> str:
    return excerpt(" -> ".join((*cycle, cycle[0])))


_LAST_PORT = 65535
_RANGE = regex(r"([0-9]{1,5})(?:-([0-9]{1,5}))?")
_PROTOCOLS = frozenset({"", "tcp", "udp", "sctp"})
_MOST_DEVICE_PARTS = 3
_TESTS = frozenset({"CMD", "CMD-SHELL", "NONE"})


def malformed_short_forms(services: Mapping) -> Iterator[ComposeFault]:
    """Every string that Compose would refuse."""
    for name, service in services.entries.items():
        path = below("services", name)
        for key, wrong in _WRONG.items():
            value = service.get(key) if isinstance(service, Mapping) else None
            for index, item in enumerate(value.items if isinstance(value, Sequence) else ()):
                yield from _judged(item, wrong, f"{path}.{key}.{index}")
        if isinstance(service, Mapping):
            yield from _health(service.get("healthcheck"), path)


def _judged(item: Value, wrong: Callable[[str], str], path: str) -> Iterator[ComposeFault]:
    if not isinstance(item, Scalar) or item.kind not in {"string", "number"}:
        return
    text = as_started(item.text)
    why = wrong(text) if is_resolved(text) else ""
    if why:
        yield fault(f"{path}: {said(item.text)} {why}", item.line)


def _port(text: str) -> str:
    """``[[IP:]HOST:]CONTAINER[/PROTOCOL]``."""
    # https://github.com/docker/go-connections/blob/main/nat/nat.go
    spec, _, protocol = text.partition("/")
    host, _, target = spec.rpartition(":")
    address, _, published = host.rpartition(":")
    inside, outside = _range(target), _range(published)
    if not target:
        return "names no port of the container"
    if not inside or not inside[0] or (outside is None and published):
        return "has no port number or range where one should be"
    if len(inside) > 1 and outside and len(inside) != len(outside):
        return "has two ranges of different length"
    if protocol.partition("/")[0].lower() not in _PROTOCOLS:
        return "has a protocol other than tcp, udp and sctp"
    return "" if not address or _is_address(address) else "has a host address that is not an IP address"


def _range(text: str) -> range | None:
    found = _RANGE.fullmatch(text)
    if found is None:
        return None
    first, last = int(found[1]), int(found[2] or found[1])
    return range(first, last + 1) if first <= last <= _LAST_PORT else None


def _is_address(text: str) -> bool:
    bare = text[1:-1] if text.startswith("[") and text.endswith("]") else text
    try:
        return ip_address(bare).version == 4 or bare != text  # noqa: PLR2004 - an IPv6 address is in brackets
    except ValueError:
        return False


def _mount(text: str) -> str:
    if not text:
        return "is empty"
    # Compose looks at nothing in so short a string.
    return "" if len(text) <= 2 or all(parts(text)) else "has nothing between two colons, or beside one"  # noqa: PLR2004


def _device(text: str) -> str:
    return "has too many colons" if text.count(":") >= _MOST_DEVICE_PARTS else ""


def _host(text: str) -> str:
    return "" if ":" in text or "=" in text else "names no address"


_WRONG: Final = {"ports": _port, "volumes": _mount, "devices": _device, "extra_hosts": _host}


def _health(check: Value | None, path: str) -> Iterator[ComposeFault]:
    test = check.get("test") if isinstance(check, Mapping) else None
    first = test.items[0] if isinstance(test, Sequence) and test.items else None
    if isinstance(first, Scalar) and first.text not in _TESTS:
        what = f"{path}.healthcheck.test begins with {excerpt(first.text)!r}, not one of CMD, CMD-SHELL and NONE"
        yield fault(what, first.line)
