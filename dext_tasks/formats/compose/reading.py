"""From the bytes of a compose file to its facts."""

from __future__ import annotations

from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING, Final

from dext_tasks.formats.compose import ComposeFaultKind, Restart, systems
from dext_tasks.formats.compose.faults import faults
from dext_tasks.formats.compose.model import (
    Compose,
    ComposeFault,
    ComposeText,
    External,
    Port,
    Service,
    VariableGap,
    items_of,
    string_of,
    text_of,
    texts_of,
)
from dext_tasks.formats.compose.mounts import mounts
from dext_tasks.formats.compose.structure import is_active, line_of
from dext_tasks.formats.compose.tree import Mapping, Scalar, Sequence, TreeError, Value, read, walk
from dext_tasks.formats.compose.variables import is_resolved, names_plugin_image, with_defaults
from dext_tasks.regex import regex

if TYPE_CHECKING:
    from collections.abc import Iterator


_MOST_FAULTS = 50
_COMPLETED = "service_completed_successfully"
_RESTARTS = {
    **dict.fromkeys(("no", "none", "false", ""), Restart.NEVER),
    "on-failure": Restart.AFTER_FAILURES,
}
# Keys that put files into a container.
_BRINGING = ("volumes", "volumes_from", "configs", "secrets", "extends")
# A path and nothing that a shell would read otherwise.
_PATH = regex(r"(/[\w./+-]+)(?:\s|$)")


# A file is read by one rule after another.
@lru_cache(maxsize=16)
def parse(content: bytes) -> Compose:
    """Read a compose file; whatever is wrong with it is among the facts, and nothing is raised."""
    try:
        root = read(content)
    except TreeError as error:
        return Compose(faults=(ComposeFault(ComposeFaultKind.SYNTAX, str(error), error.line),))
    document = root if isinstance(root, Mapping) else Mapping({}, 1)
    services = document.get("services")
    entries = services.entries if isinstance(services, Mapping) else {}
    awaited = {each: name for name, service in entries.items() for each in _awaited(service)}
    return Compose(
        services=tuple(
            _service(name, service, services.lines.get(name, service.line), awaited.get(name, ""))
            for name, service in entries.items()
            if isinstance(services, Mapping) and isinstance(service, Mapping)
        ),
        faults=tuple(islice(faults(root), _MOST_FAULTS)),
        plugin_image_uses=tuple(
            ComposeText(each.text, each.line) for each in walk(root) if names_plugin_image(each.text)
        ),
        side_files=tuple(of_file(document)),
        externals=tuple(externals(document)),
        gaps=tuple(_gaps(root)),
    )


def _gaps(root: Value | None) -> Iterator[VariableGap]:
    for each in walk(root):
        for is_required, found in ((True, systems.required(each.text)), (False, systems.missing(each.text))):
            for name, lacking in found.items():
                # One is the other's second half.
                if name != "HOMEPATH" or "HOMEDRIVE" not in found:
                    fix = systems.remedy(name, lacking)
                    yield VariableGap(name, each.text, systems.listed(lacking), each.line, is_required, fix)


def _service(name: str, service: Mapping, line: int, completes_for: str) -> Service:
    return Service(
        name=name,
        line=line,
        image=text_of(service.get("image"), resolved=False),
        build=_first(service.get("build")),
        container_name=text_of(service.get("container_name")),
        mounts=tuple(mounts(service.get("volumes"))),
        ports=tuple(ports(service.get("ports"))),
        starting=tuple(
            ComposeText(each.text, each.line) for key in ("entrypoint", "command") for each in walk(service.get(key))
        ),
        program=_program(service),
        side_files=tuple(of_service(service)),
        restart=_restart(service),
        is_active=is_active(service),
        completes_for=completes_for,
    )


def _first(value: Value | None) -> ComposeText | None:
    """The first string in a value of any shape; None where there is no value."""
    return (
        next((ComposeText(each.text, value.line) for each in walk(value)), ComposeText("", value.line))
        if value
        else None
    )


def _program(service: Mapping) -> ComposeText | None:
    if not is_active(service) or any(service.get(key) for key in _BRINGING):
        return None
    first = next(texts_of(service.get("entrypoint")), None)
    found = _PATH.match(first.value) if first else None
    return ComposeText(found[1], first.line) if first and found else None


def _awaited(service: Value) -> Iterator[str]:
    """The services that have to complete before one is started, if it is."""
    dependencies = service.get("depends_on") if isinstance(service, Mapping) and is_active(service) else None
    for name, dependency in dependencies.entries.items() if isinstance(dependencies, Mapping) else ():
        condition = text_of(dependency.get("condition")) if isinstance(dependency, Mapping) else None
        if condition and condition.value == _COMPLETED:
            yield name


def _restart(service: Mapping) -> Restart | None:
    """What holds of ``restart`` and ``deploy.restart_policy.condition``, of which the latter wins.

    https://github.com/docker/compose/blob/main/pkg/compose/create.go (getRestartPolicy)
    """
    deploy = service.get("deploy")
    policy = deploy.get("restart_policy") if isinstance(deploy, Mapping) else None
    condition = text_of(policy.get("condition")) if isinstance(policy, Mapping) else None
    found = condition or text_of(service.get("restart"))
    if found is None or not is_resolved(found.value):
        return None
    word = found.value.partition(":")[0].lower()
    return _RESTARTS.get(word, Restart.ALWAYS)


_SECTIONS: Final = {"volumes": "volume", "networks": "network", "secrets": "secret", "configs": "config"}
# Every engine has them: https://docs.docker.com/engine/network/drivers/
_BUILT_IN_NETWORKS: Final = frozenset({"bridge", "host", "none"})
_DEFAULT: Final = "default"
# https://github.com/compose-spec/compose-spec/blob/main/05-services.md#network_mode
_JOINING: Final = ("network_mode", "pid", "ipc", "volumes_from")
_CONTAINER: Final = "container"


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
    own = {string_of(each.get("container_name")) for each in active}
    yield from (each for service in active for each in _joined(service) if each.name not in own)


def _joined(service: Mapping) -> Iterator[External]:
    """Containers by their names: those of services are joined as ``service:NAME``, and volumes by NAME alone."""
    for key in _JOINING:
        for found in texts_of(service.get(key)):
            kind, _, rest = found.value.partition(":")
            # What volumes_from names may end with :ro.
            name = rest.partition(":")[0]
            if kind == _CONTAINER and name:
                yield External(_CONTAINER, name, found.line)


def _external_name(key: str, entry: Value) -> str:
    """What an entry is called on the machine; empty if it is not external."""
    external = entry.get("external") if isinstance(entry, Mapping) else None
    if not isinstance(entry, Mapping) or external is None or string_of(external).lower() == "false":
        return ""
    named = external.get("name") if isinstance(external, Mapping) else None
    return string_of(named) or string_of(entry.get("name")) or key


def _used(service: Mapping, section: str) -> Iterator[str]:
    value = service.get(section)
    if section == "volumes":
        yield from (mount.source for mount in mounts(value) if mount.is_named)
    elif section == "networks":
        yield from _networks(service, value)
    else:
        for item in value.items if isinstance(value, Sequence) else ():
            yield string_of(item.get("source") if isinstance(item, Mapping) else item)


def _networks(service: Mapping, value: Value | None) -> Iterator[str]:
    if isinstance(value, Mapping) and value.entries:
        yield from value.entries
    elif isinstance(value, Sequence) and value.items:
        yield from map(string_of, value.items)
    elif service.get("network_mode") is None:
        yield _DEFAULT


def ports(value: Value | None) -> Iterator[Port]:
    """What is published, entries of the wrong shape left out."""
    for item in value.items if isinstance(value, Sequence) else ():
        if isinstance(item, Mapping):
            yield Port(_field(item, "published"), _field(item, "target"), _field(item, "host_ip"), item.line)
        elif isinstance(item, Scalar) and item.text:
            yield _short(with_defaults(item.text), item.line)


def _short(text: str, line: int) -> Port:
    """``[[IP:]HOST:]CONTAINER[/PROTOCOL]``; a range is written as such, an IPv6 address in brackets."""
    rest, _, target = text.partition("/")[0].rpartition(":")
    host_ip, _, published = rest.rpartition(":")
    # "0" asks for any free port, as nothing does.
    return Port(published if published != "0" else "", target, host_ip.strip("[]"), line)


def _field(item: Mapping, key: str) -> str:
    value = item.get(key)
    found = with_defaults(value.text) if isinstance(value, Scalar) else ""
    return "" if key == "published" and found == "0" else found


def of_service(service: Mapping) -> Iterator[ComposeText]:
    """Those that a service needs."""
    for key in ("env_file", "label_file"):
        for item in items_of(service.get(key)):
            text = text_of(item.get("path") if isinstance(item, Mapping) else item)
            if text and not (isinstance(item, Mapping) and _is_false(item.get("required"))):
                yield text
    extends = service.get("extends")
    if isinstance(extends, Mapping) and (text := text_of(extends.get("file"))):
        yield text


def of_file(document: Mapping) -> Iterator[ComposeText]:
    """Those that the file needs as a whole."""
    for section in ("configs", "secrets"):
        entries = document.get(section)
        for entry in entries.entries.values() if isinstance(entries, Mapping) else ():
            text = text_of(entry.get("file")) if isinstance(entry, Mapping) else None
            if text:
                yield text
    for item in items_of(document.get("include")):
        yield from texts_of(item.get("path") if isinstance(item, Mapping) else item)


def _is_false(value: Value | None) -> bool:
    return isinstance(value, Scalar) and value.text.lower() == "false"
