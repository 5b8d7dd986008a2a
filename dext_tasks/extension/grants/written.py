"""What a compose file asks for as it is written, before anybody resolves it and on whatever machine.

The file is put into the form that ``docker compose config`` would give it, where that follows from the file alone,
and judged by the same model.
"""

from __future__ import annotations

import re
from functools import lru_cache
from posixpath import join
from typing import TYPE_CHECKING, Any, Final

from dext_tasks.extension.grants.files import UnreadableError, Variables, asked_by_files
from dext_tasks.extension.grants.machine import GUEST_SERVICES, HostMachine, is_engine_path
from dext_tasks.extension.grants.model import every
from dext_tasks.formats.compose.mounts import leaves_folder, mounts, parts
from dext_tasks.formats.compose.structure import is_active, line_of
from dext_tasks.formats.compose.tree import Mapping, Scalar, Sequence, TreeError, Value, read
from dext_tasks.formats.compose.variables import with_defaults
from dext_tasks.regex import regex

if TYPE_CHECKING:
    from dext_tasks.extension.grants.kinds import Asked

# Stands for the folder of the compose file, wherever that is.
_FOLDER: Final = "/extension"
_FILE: Final = f"{_FOLDER}/docker-compose.yaml"
_MACHINE: Final = HostMachine(_FOLDER, given=(GUEST_SERVICES,))
# What desktops and compose set themselves.
_DEFINED: Final = frozenset({"DESKTOP_PLUGIN_IMAGE", "COMPOSE_PROJECT_NAME"})
_OWN_VARIABLE = regex(rf"(?<!\$)\$(?:\{{(?:{'|'.join(_DEFINED)})[^{{}}]*\}}|(?:{'|'.join(_DEFINED)})\b)")
# Whose absence is as good: https://github.com/compose-spec/compose-spec/blob/main/12-interpolation.md
_ALTERNATIVE = regex(r"\$\{[A-Za-z_]\w*:?\+[^{}]*\}", re.ASCII)
# Looked for in the files themselves, see asked_by_files.
_OF_FILES: Final = frozenset({"env_file", "extends", "label_file"})
# https://docs.docker.com/engine/storage/bind-mounts/#options-for---volume
_FLAGS: Final = {
    "propagation": frozenset({"private", "rprivate", "rshared", "rslave", "shared", "slave"}),
    "selinux": frozenset({"z", "Z"}),
}
_SECTIONS: Final = frozenset({"configs", "networks", "secrets", "volumes"})


# One rule after another asks for the same file.
@lru_cache(maxsize=16)
def as_written(content: bytes) -> tuple[tuple[Asked, int], ...]:
    """Everything that a compose file asks for, each time with its line, 0 if that is unknown.

    Of what is not YAML that is nothing, and neither is it known of other files that it names.
    """
    try:
        root = read(content)
        of_files = asked_by_files(_FILE, Variables(defined=_DEFINED), _MACHINE, {_FILE: content}.get)
    except (TreeError, UnreadableError):
        return ()
    if not isinstance(root, Mapping):
        return ()
    found = [*of_files, *every(_document(root), _MACHINE)]
    # Variables are found in the file and in what it becomes.
    kept = {(each.grant, each.by, each.path): each for each in found}
    return tuple((each, _line(root, each.path)) for each in kept.values())


def _line(root: Value, path: tuple[str | int, ...]) -> int:
    value: Value | None = root
    line = 0
    for key in path:
        if isinstance(value, Mapping) and key in value.entries:
            line = line_of(value, str(key))
            value = value.entries[str(key)]
        elif isinstance(value, Sequence) and isinstance(key, int) and key < len(value.items):
            value = value.items[key]
            line = value.line
    return line


def _document(root: Mapping) -> dict[str, Any]:
    services = root.get("services")
    entries = services.entries if isinstance(services, Mapping) else {}
    active = {
        name: _service(each) for name, each in entries.items() if not isinstance(each, Mapping) or is_active(each)
    }
    document = {key: _plain(value) for key, value in root.entries.items() if key not in {"include", "services"}}
    for section in document.keys() & _SECTIONS:
        document[section] = _used(document[section], section, active)
    return {**document, "services": active}


def _service(value: Value) -> Any:  # noqa: ANN401 - whatever is there
    if not isinstance(value, Mapping):
        return _plain(value)
    made = {key: _plain(each) for key, each in value.entries.items() if key not in _OF_FILES}
    volumes = value.get("volumes")
    if isinstance(volumes, Sequence):
        made["volumes"] = [_mount(each) for each in volumes.items]
    return made


def _mount(item: Value) -> Any:  # noqa: ANN401 - whatever is there
    """A mount in the long form."""
    mount = next(mounts(Sequence((item,), item.line)), None)
    if mount is None:
        return _plain(item)
    written = _plain(item) if isinstance(item, Mapping) else {"type": "bind" if mount.is_bind else "volume"}
    if not mount.is_bind:
        return {**written, "source": mount.source, "read_only": mount.read_only}
    source = _path(_text(mount.source))
    target = mount.target.replace("\\", "/").rstrip("/")
    if "$" in source and is_engine_path(target):
        # Whatever the variable is for, it leads to what is expected there.
        source = target
    return {"bind": _options(item), **written, "source": source, "read_only": mount.read_only}


def _options(item: Value) -> dict[str, str]:
    """What the short form says besides, as options of a bind."""
    flags = ",".join(parts(item.text)[2:]).split(",") if isinstance(item, Scalar) else ()
    named = ((name, flag) for flag in flags for name, known in _FLAGS.items() if flag in known)
    return dict(named)


def _used(entries: Any, section: str, services: dict[str, Any]) -> Any:  # noqa: ANN401 - whatever is there
    """The entries of a section that a service names; of others Compose makes and asks nothing."""
    if not isinstance(entries, dict):
        return entries
    named = {name for service in services.values() if isinstance(service, dict) for name in _named(service, section)}
    return {name: _entry(entry, section) for name, entry in entries.items() if name in named}


def _named(service: dict[str, Any], section: str) -> set[str]:
    value = service.get(section)
    if section == "networks" and not value:
        return {"default"}
    items = [*value] if isinstance(value, dict | list) else []
    return {str(each.get("source") if isinstance(each, dict) else each) for each in items}


def _entry(entry: Any, section: str) -> Any:  # noqa: ANN401 - whatever is there
    """An entry with its path as Compose resolves it."""
    if not isinstance(entry, dict):
        return entry
    if section == "volumes":
        options = entry.get("driver_opts")
        if isinstance(options, dict) and isinstance(options.get("device"), str):
            return {**entry, "driver_opts": {**options, "device": _path(options["device"])}}
        return entry
    return {**entry, "file": _path(entry["file"])} if isinstance(entry.get("file"), str) else entry


def _path(path: str) -> str:
    """A path from the folder of the compose file on; one that leads out of that stays as it is."""
    return path if leaves_folder(path) or path.startswith((_FOLDER, ":")) else join(_FOLDER, path)


def _plain(value: Value | None) -> Any:  # noqa: ANN401 - any part of a document
    if isinstance(value, Mapping):
        return {_text(key): _plain(each) for key, each in value.entries.items()}
    if isinstance(value, Sequence):
        return [_plain(each) for each in value.items]
    if value is None or value.kind == "null":
        return None
    return value.text.lower() == "true" if value.kind == "boolean" else _text(value.text)


def _text(text: str) -> str:
    """A string as Compose writes it: what has a default is that, and ``$$`` still stands for ``$``."""
    kept = _ALTERNATIVE.sub("", with_defaults(text.replace("$$", "$$$$")))
    return _OWN_VARIABLE.sub("own", kept)
