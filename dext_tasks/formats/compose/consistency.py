"""Whether what a compose file says in several places goes together.

Follows https://github.com/compose-spec/compose-go: loader/validate.go and validation/validation.go
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dext_tasks.formats.compose.structure import below, fault, is_active, line_of
from dext_tasks.formats.compose.tree import Mapping, Scalar, Sequence, Value
from dext_tasks.formats.compose.variables import is_resolved, with_defaults
from dext_tasks.formats.excerpt import excerpt

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dext_tasks.formats.compose.model import Fault

_CONTENTS: Final = {"secrets": ("file", "environment"), "configs": ("file", "environment", "content")}


def faults(root: Mapping) -> Iterator[Fault]:
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


def _networks(service: Mapping, path: str) -> Iterator[Fault]:
    mode, networks = _text(service.get("network_mode")), service.get("networks")
    named = (
        networks.entries if isinstance(networks, Mapping) else networks.items if isinstance(networks, Sequence) else ()
    )
    if mode and is_resolved(mode) and named:
        what = f"{path} has network_mode and networks, which exclude each other"
        yield fault(what, line_of(service, "network_mode"))


def _mounts(service: Mapping, path: str) -> Iterator[Fault]:
    mounts = service.get("volumes")
    for index, mount in enumerate(mounts.items if isinstance(mounts, Sequence) else ()):
        if isinstance(mount, Mapping) and _text(mount.get("type")) == "bind" and not mount.get("source"):
            yield fault(f"{path}.volumes.{index} is a bind without source", mount.line)


def _copies(service: Mapping, path: str) -> Iterator[Fault]:
    deploy = service.get("deploy")
    scale = _text(service.get("scale"))
    replicas = _text(deploy.get("replicas")) if isinstance(deploy, Mapping) else ""
    if scale.isdecimal() and replicas.isdecimal() and scale != replicas:
        yield fault(
            f"{path} has scale {excerpt(scale)} and deploy.replicas {excerpt(replicas)}", line_of(service, "scale")
        )
    elif service.get("container_name") and (_is_many(scale) or _is_many(replicas)):
        yield fault(f"{path} has container_name, but more than one container", line_of(service, "container_name"))


def _is_many(number: str) -> bool:
    return number.isdecimal() and len(number) < 10 and int(number) > 1  # noqa: PLR2004 - beyond any machine


def _contents(entry: Mapping, keys: tuple[str, ...], path: str) -> Iterator[Fault]:
    given = [key for key in keys if key in entry.entries]
    if len(given) > 1:
        yield fault(f"{path}: {' and '.join(given)} exclude each other", entry.line)
    elif not given and not _is_external(entry) and "driver" not in entry.entries:
        yield fault(f"{path} has none of {', '.join(keys)} and external", entry.line)


def _is_external(entry: Mapping) -> bool:
    external = entry.get("external")
    return external is not None and _text(external).lower() != "false"


def _external(entry: Mapping, path: str) -> Iterator[Fault]:
    if _text(entry.get("external")).lower() == "true":
        for key in ("driver", "driver_opts", "labels"):
            if key in entry.entries:
                yield fault(f"{path}: external and {key} exclude each other", line_of(entry, key))


def _text(value: Value | None) -> str:
    return with_defaults(value.text) if isinstance(value, Scalar) else ""


def _entries(root: Mapping, section: str) -> Iterator[tuple[str, Mapping]]:
    found = root.get(section)
    for name, entry in found.entries.items() if isinstance(found, Mapping) else ():
        if isinstance(entry, Mapping):
            yield name, entry
