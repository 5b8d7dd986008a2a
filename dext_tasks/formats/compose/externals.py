"""What a compose file takes for granted on a user's machine: volumes, networks, secrets and configs made elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dext_tasks.formats.compose.model import External
from dext_tasks.formats.compose.mounts import mounts
from dext_tasks.formats.compose.structure import is_active, line_of
from dext_tasks.formats.compose.tree import Mapping, Scalar, Sequence, Value
from dext_tasks.formats.compose.variables import with_defaults

if TYPE_CHECKING:
    from collections.abc import Iterator

_SECTIONS: Final = {"volumes": "volume", "networks": "network", "secrets": "secret", "configs": "config"}
# Every engine has them: https://docs.docker.com/engine/network/drivers/
_BUILT_IN_NETWORKS: Final = frozenset({"bridge", "host", "none"})
_DEFAULT: Final = "default"


def externals(document: Mapping) -> Iterator[External]:
    """Each that is external and used by a service that is started; Compose asks nothing of the others."""
    services = document.get("services")
    entries = services.entries.values() if isinstance(services, Mapping) else ()
    active = [each for each in entries if isinstance(each, Mapping) and is_active(each)]
    for section, kind in _SECTIONS.items():
        used = {name for service in active for name in _used(service, section)}
        found = document.get(section)
        for key, entry in found.entries.items() if isinstance(found, Mapping) else ():
            name = _external_name(key, entry) if key in used else ""
            if name and not (kind == "network" and name in _BUILT_IN_NETWORKS):
                yield External(kind, name, line_of(found, key) if isinstance(found, Mapping) else 0)


def _external_name(key: str, entry: Value) -> str:
    """What an entry is called on the machine; empty if it is not external."""
    external = entry.get("external") if isinstance(entry, Mapping) else None
    if not isinstance(entry, Mapping) or external is None or _text(external).lower() == "false":
        return ""
    named = external.get("name") if isinstance(external, Mapping) else None
    return _text(named) or _text(entry.get("name")) or key


def _used(service: Mapping, section: str) -> Iterator[str]:
    value = service.get(section)
    if section == "volumes":
        yield from (mount.source for mount in mounts(value) if mount.is_named)
    elif section == "networks":
        yield from _networks(service, value)
    else:
        for item in value.items if isinstance(value, Sequence) else ():
            yield _text(item.get("source") if isinstance(item, Mapping) else item)


def _networks(service: Mapping, value: Value | None) -> Iterator[str]:
    if isinstance(value, Mapping) and value.entries:
        yield from value.entries
    elif isinstance(value, Sequence) and value.items:
        yield from map(_text, value.items)
    elif service.get("network_mode") is None:
        yield _DEFAULT


def _text(value: Value | None) -> str:
    return with_defaults(value.text) if isinstance(value, Scalar) else ""
