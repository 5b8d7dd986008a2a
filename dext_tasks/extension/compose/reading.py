"""From the bytes of a compose file to its facts."""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING

from dext_tasks.extension.compose.model import Compose, Fault, FaultKind, Service, Text
from dext_tasks.extension.compose.mounts import mounts
from dext_tasks.extension.compose.ports import ports
from dext_tasks.extension.compose.structure import faults
from dext_tasks.extension.compose.tree import Mapping, Scalar, Sequence, TreeError, Value, read, walk
from dext_tasks.extension.compose.variables import names_plugin_image, with_defaults

if TYPE_CHECKING:
    from collections.abc import Iterator

# https://github.com/compose-spec/compose-spec/blob/main/05-services.md: each can join the host's.
_NAMESPACES = ("network_mode", "pid", "ipc", "userns_mode", "uts", "cgroup")
_TRUE = re.compile("true|yes|on|y|1", re.IGNORECASE)
_MOST_FAULTS = 50
_FINISHED = "service_completed_successfully"


# A file is read by one rule after another.
@lru_cache(maxsize=16)
def parse(content: bytes) -> Compose:
    """Read a compose file; whatever is wrong with it is among the facts, and nothing is raised."""
    try:
        root = read(content)
    except TreeError as error:
        return Compose(faults=(Fault(FaultKind.SYNTAX, str(error), error.line),))
    document = root if isinstance(root, Mapping) else Mapping({}, 1)
    services = document.get("services")
    entries = services.entries if isinstance(services, Mapping) else {}
    finished = frozenset(name for service in entries.values() for name in _finished(service))
    return Compose(
        services=tuple(
            _service(name, service, services.lines.get(name, service.line), ends=name in finished)
            for name, service in entries.items()
            if isinstance(services, Mapping) and isinstance(service, Mapping)
        ),
        faults=tuple(islice(faults(root), _MOST_FAULTS)),
        plugin_image_uses=tuple(Text(each.text, each.line) for each in walk(root) if names_plugin_image(each.text)),
        side_files=tuple(_shared_files(document)),
    )


def _service(name: str, service: Mapping, line: int, *, ends: bool) -> Service:
    return Service(
        name=name,
        line=line,
        image=_text(service.get("image"), resolved=False),
        build=_first(service.get("build")),
        is_defined_elsewhere=bool(service.get("extends") or service.get("provider")),
        container_name=_text(service.get("container_name")),
        privileged=_true(service.get("privileged")),
        mounts=tuple(mounts(service.get("volumes"))),
        ports=tuple(ports(service.get("ports"))),
        host_namespaces=tuple(_host_namespaces(service)),
        capabilities=tuple(_capabilities(service)),
        devices=tuple(_devices(service)),
        security_options=tuple(_texts(service.get("security_opt"))),
        api_socket=_true(service.get("use_api_socket")),
        starting=tuple(
            Text(each.text, each.line) for key in ("entrypoint", "command") for each in walk(service.get(key))
        ),
        side_files=tuple(_side_files(service)),
        ends=_ends(service, finished=ends),
    )


def _text(value: Value | None, *, resolved: bool = True) -> Text | None:
    if not isinstance(value, Scalar) or value.kind == "null":
        return None
    return Text(with_defaults(value.text) if resolved else value.text, value.line)


def _texts(value: Value | None) -> Iterator[Text]:
    for item in value.items if isinstance(value, Sequence) else (value,):
        if (text := _text(item)) is not None:
            yield text


def _first(value: Value | None) -> Text | None:
    """A value of any shape, as far as it is there."""
    return next((Text(each.text, value.line) for each in walk(value)), Text("", value.line)) if value else None


def _true(value: Value | None) -> Text | None:
    text = _text(value)
    return text if text and _TRUE.fullmatch(text.value) else None


def _host_namespaces(service: Mapping) -> Iterator[Text]:
    for key in _NAMESPACES:
        text = _text(service.get(key))
        if text and text.value == "host":
            yield Text(key, text.line)


def _capabilities(service: Mapping) -> Iterator[Text]:
    for text in _texts(service.get("cap_add")):
        yield Text(text.value.upper().removeprefix("CAP_"), text.line)


def _devices(service: Mapping) -> Iterator[Text]:
    devices = service.get("devices")
    for item in devices.items if isinstance(devices, Sequence) else ():
        source = _text(item.get("source") if isinstance(item, Mapping) else item)
        if source:
            yield Text(source.value.partition(":")[0], source.line)
    for rule in _texts(service.get("device_cgroup_rules")):
        yield Text(f"cgroup rule {rule.value}", rule.line)


def _side_files(service: Mapping) -> Iterator[Text]:
    for key in ("env_file", "label_file"):
        for item in _items(service.get(key)):
            text = _text(item.get("path") if isinstance(item, Mapping) else item)
            if text:
                yield text
    extends = service.get("extends")
    if isinstance(extends, Mapping) and (text := _text(extends.get("file"))):
        yield text


def _shared_files(document: Mapping) -> Iterator[Text]:
    for section in ("configs", "secrets"):
        entries = document.get(section)
        for entry in entries.entries.values() if isinstance(entries, Mapping) else ():
            text = _text(entry.get("file")) if isinstance(entry, Mapping) else None
            if text:
                yield text
    for item in _items(document.get("include")):
        yield from _texts(item.get("path") if isinstance(item, Mapping) else item)


def _items(value: Value | None) -> tuple[Value, ...]:
    if isinstance(value, Sequence):
        return value.items
    return (value,) if value else ()


def _finished(service: Value) -> Iterator[str]:
    dependencies = service.get("depends_on") if isinstance(service, Mapping) else None
    for name, dependency in dependencies.entries.items() if isinstance(dependencies, Mapping) else ():
        condition = _text(dependency.get("condition")) if isinstance(dependency, Mapping) else None
        if condition and condition.value == _FINISHED:
            yield name


def _ends(service: Mapping, *, finished: bool) -> str:
    restart = _text(service.get("restart"))
    if finished:
        return "another service waits until it has completed"
    return 'it has restart: "no"' if restart and restart.value in {"no", "false"} else ""
