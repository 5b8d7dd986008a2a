"""Which files of the host a service is shown: by binds, by volumes that are binds, by secrets and configs."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from dext_tasks.extension.compose.model import Mount
from dext_tasks.extension.compose.mounts import leaves_folder, mounts
from dext_tasks.extension.compose.tree import Mapping, Scalar, Sequence, Value
from dext_tasks.extension.compose.variables import with_defaults

if TYPE_CHECKING:
    from collections.abc import Iterator

# Where each is found in a container: https://github.com/compose-spec/compose-spec/blob/main/09-secrets.md
_GRANTS: Final = {"secrets": "/run/secrets/", "configs": "/"}
# File systems whose device is a path elsewhere: https://docs.docker.com/engine/storage/volumes/#create-a-service-which-creates-an-nfs-volume
_REMOTE = ("nfs", "cifs", "smb")


class HostFiles:
    """Files of the host as the sections at the top of a compose file name them.

    Args:
        document: The whole file.
    """

    def __init__(self, document: Mapping) -> None:
        self._devices = {name: _device(each) for name, each in _entries(document, "volumes")}
        self._files = {
            key: {name: _text(each.get("file")) for name, each in _entries(document, key)} for key in _GRANTS
        }

    def mounts(self, service: Mapping) -> Iterator[Mount]:
        """Everything that is mounted into a service's container."""
        for mount in mounts(service.get("volumes")):
            device = self._devices.get(mount.source, "") if mount.is_named else ""
            yield replace(mount, source=device, is_bind=True, is_named=False) if device else mount
        for key, folder in _GRANTS.items():
            yield from self._granted(service.get(key), self._files[key], folder)

    def _granted(self, grants: Value | None, files: dict[str, str], folder: str) -> Iterator[Mount]:
        for item in grants.items if isinstance(grants, Sequence) else ():
            name = _text(item.get("source") if isinstance(item, Mapping) else item)
            path = files.get(name, "")
            if leaves_folder(path):
                yield Mount(path, f"{folder}{name}", read_only=True, is_bind=True, is_short=False, line=item.line)


def _device(volume: Mapping) -> str:
    """The path of the host that a volume is; empty if it is one of its own."""
    options = volume.get("driver_opts")
    found = options.entries if isinstance(options, Mapping) else {}
    device, kind = (_text(found.get(key)) for key in ("device", "type"))
    return device if leaves_folder(device) and not kind.lower().startswith(_REMOTE) else ""


def _entries(document: Mapping, section: str) -> Iterator[tuple[str, Mapping]]:
    found = document.get(section)
    for name, entry in found.entries.items() if isinstance(found, Mapping) else ():
        if isinstance(entry, Mapping):
            yield name, entry


def _text(value: Value | None) -> str:
    return with_defaults(value.text) if isinstance(value, Scalar) else ""
