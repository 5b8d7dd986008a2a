"""What the mounts of a service ask for."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from dext_tasks.extension.grants.kinds import Grant
from dext_tasks.extension.grants.sections import bind
from dext_tasks.extension.grants.shapes import OddShapeError, is_nothing, is_true, items, mapping, text
from dext_tasks.formats.compose.mounts import HOST_KINDS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from dext_tasks.extension.grants.machine import HostMachine

_KEYS: Final = frozenset({"type", "source", "target", "read_only", "consistency", "bind", "volume", "tmpfs"})
_PRIVATE: Final = frozenset({"", "private", "rprivate"})
_BIND: Final = frozenset({"create_host_path", "propagation", "selinux", "recursive"})
_VOLUME: Final = frozenset({"nocopy", "subpath", "labels"})
_TMPFS: Final = frozenset({"size", "mode"})


def shared_folders(document: Mapping[str, Any], machine: HostMachine) -> Iterator[str]:
    """Real paths of the folders in which a container can put a symbolic link.

    What is not of the shape of a mount is refused for that, and mounts nothing.
    """
    with suppress(OddShapeError):
        for service in mapping(document.get("services")).values():
            with suppress(OddShapeError):
                for each in items(mapping(service).get("volumes")):
                    with suppress(OddShapeError):
                        yield from _written_to(mapping(each), machine)


def _written_to(mount: Mapping[str, Any], machine: HostMachine) -> Iterator[str]:
    source = text(mount.get("source"))
    if source and text(mount.get("type")).strip().casefold() in HOST_KINDS and not is_true(mount.get("read_only")):
        yield machine.real_path(source)


def of_volumes(value: object, document: Mapping[str, Any], machine: HostMachine) -> Iterator[Grant]:
    """Everything that the volumes of a service ask for."""
    for each in items(value):
        # Compose resolves the short form into the long one; what did not go that way is not judged by its looks.
        mount = mapping(each)
        yield from (
            Grant("unknown", f"volumes.{key}") for key in mount if key not in _KEYS and not key.startswith("x-")
        )
        kind, source = text(mount.get("type")).strip().casefold(), text(mount.get("source"))
        if kind in HOST_KINDS:
            yield from _of_bind(source, mount, machine)
        elif kind == "volume":
            if source and source not in mapping(document.get("volumes")):
                yield Grant("external-volume", source)
            yield from _others(mount.get("volume"), _VOLUME)
        elif kind == "tmpfs":
            yield from _others(mount.get("tmpfs"), _TMPFS)
        else:
            yield Grant("unknown", f"volumes.type={kind}")


def _of_bind(source: str, mount: Mapping[str, Any], machine: HostMachine) -> Iterator[Grant]:
    options = mapping(mount.get("bind"))
    if not machine.is_own(source):
        yield from bind("host-mount", source, machine, is_read_only=is_true(mount.get("read_only")))
        if label := text(options.get("selinux")):
            yield Grant("mount-option", f"selinux={label}")
    propagation = text(options.get("propagation")).strip().casefold()
    if propagation not in _PRIVATE:
        yield Grant("mount-option", f"propagation={propagation}")
    yield from _others(options, _BIND)


def _others(value: object, known: frozenset[str]) -> Iterator[Grant]:
    for key, given in mapping(value).items():
        if key not in known and not key.startswith("x-") and not is_nothing(given):
            yield Grant("mount-option", key)
