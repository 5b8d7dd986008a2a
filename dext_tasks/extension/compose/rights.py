"""What a service is allowed beyond the files that are mounted into it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dext_tasks.extension.compose.model import Text
from dext_tasks.extension.compose.tree import Mapping, Sequence, Value
from dext_tasks.extension.compose.values import items_of, text_of, texts_of, true_of

if TYPE_CHECKING:
    from collections.abc import Iterator

# https://github.com/compose-spec/compose-spec/blob/main/05-services.md: each can join the host's.
_NAMESPACES = ("network_mode", "pid", "ipc", "userns_mode", "uts", "cgroup")
# https://github.com/compose-spec/compose-spec/blob/main/05-services.md#post_start
_HOOKS = ("post_start", "pre_stop")
# https://github.com/compose-spec/compose-spec/blob/main/deploy.md#devices
_RESERVED_DEVICES = ("deploy", "resources", "reservations", "devices")


def privileged(service: Mapping) -> Iterator[Text]:
    """Where a service or a hook of it is made privileged."""
    hooks = [hook for key in _HOOKS for hook in items_of(service.get(key)) if isinstance(hook, Mapping)]
    for holder in (service, *hooks):
        if text := true_of(holder.get("privileged")):
            yield text


def host_namespaces(service: Mapping) -> Iterator[Text]:
    """Keys that join a namespace of the host."""
    for key in _NAMESPACES:
        text = text_of(service.get(key))
        if text and text.value == "host":
            yield Text(key, text.line)


def capabilities(service: Mapping) -> Iterator[Text]:
    """Added capabilities, in upper case, without ``CAP_``."""
    for text in texts_of(service.get("cap_add")):
        yield Text(text.value.upper().removeprefix("CAP_"), text.line)


def devices(service: Mapping) -> Iterator[Text]:
    """Devices of the host, and rules that let all of a kind be used."""
    found = service.get("devices")
    for item in found.items if isinstance(found, Sequence) else ():
        source = text_of(item.get("source") if isinstance(item, Mapping) else item)
        if source:
            yield Text(source.value.partition(":")[0], source.line)
    for rule in texts_of(service.get("device_cgroup_rules")):
        yield Text(f"cgroup rule {rule.value}", rule.line)


def accelerators(service: Mapping) -> Iterator[Text]:
    """GPUs and the like, each asked for by what it can do."""
    gpus = service.get("gpus")
    if gpus and not (isinstance(gpus, Sequence) and not gpus.items):
        yield Text("gpu", gpus.line)
    value: Value | None = service
    for key in _RESERVED_DEVICES:
        value = value.get(key) if isinstance(value, Mapping) else None
    for item in items_of(value):
        found = texts_of(item.get("capabilities")) if isinstance(item, Mapping) else ()
        yield Text(" ".join(text.value for text in found) or "any", item.line)
