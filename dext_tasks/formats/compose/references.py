"""Whether what the parts of a compose file refer to by name is there, and whether services wait for each other.

Follows checkConsistency in https://github.com/compose-spec/compose-go/blob/main/loader/validate.go
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dext_tasks.formats.compose.cycles import cycles
from dext_tasks.formats.compose.mounts import mounts
from dext_tasks.formats.compose.structure import below, fault, is_active, line_of, nearest
from dext_tasks.formats.compose.tree import Mapping, Scalar, Sequence, Value
from dext_tasks.formats.compose.variables import is_resolved, with_defaults
from dext_tasks.formats.excerpt import excerpt

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dext_tasks.formats.compose.model import Fault

# Each can name a service whose namespace is shared.
_SHARED = ("network_mode", "ipc", "pid", "uts", "cgroup")
_SERVICE = "service:"
_CONTAINER = "container:"


def faults(root: Mapping) -> Iterator[Fault]:
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


def _undefined(service: Mapping, path: str, services: Mapping) -> Iterator[Fault]:
    for name, line in _dependencies(service):
        if name not in services.entries:
            yield fault(f"{path} depends on undefined service {excerpt(name)}{nearest(name, services.entries)}", line)


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


def _resources(service: Mapping, path: str, root: Mapping) -> Iterator[Fault]:
    used = {
        "volume": ((each.source, each.line) for each in mounts(service.get("volumes")) if each.is_named),
        "network": ((name, line) for name, line in _networks(service) if name != "default"),
        "secret": _granted(service.get("secrets")),
        "config": _granted(service.get("configs")),
    }
    for what, names in used.items():
        known = _mapping(root, f"{what}s").entries
        for name, line in names:
            if is_resolved(name) and name not in known:
                yield fault(f"{path} refers to undefined {what} {excerpt(name)}{nearest(name, known)}", line)


def _networks(service: Mapping) -> Iterator[tuple[str, int]]:
    value = service.get("networks")
    if isinstance(value, Mapping):
        yield from ((name, line_of(value, name)) for name in value.entries)
    yield from _texts(value)


def _granted(value: Value | None) -> Iterator[tuple[str, int]]:
    for item in value.items if isinstance(value, Sequence) else ():
        source = item.get("source") if isinstance(item, Mapping) else item
        if isinstance(source, Scalar) or source is None:
            yield (with_defaults(source.text) if source else ""), item.line


def _extended(services: Mapping) -> Iterator[Fault]:
    bases: dict[str, list[str]] = {}
    for name, service in services.entries.items():
        base = _base(service)
        if base is None or not is_resolved(base.text):
            continue
        bases[name] = [base.text]
        if base.text not in services.entries:
            what = f"{below('services', name)} extends undefined service {excerpt(base.text)}"
            yield fault(f"{what}{nearest(base.text, services.entries)}", base.line)
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
