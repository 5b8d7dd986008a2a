"""What a compose document asks for, by what its containers would have.

The document is the one that compose resolved (``docker compose config --format json``). What is on no list here counts
as asked for, so that a key of a compose to come is refused until somebody says what it gives:
https://github.com/compose-spec/compose-spec/blob/main/schema/compose-spec.json
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from dext_tasks.extension.grants.kinds import Asked, Grant, once
from dext_tasks.extension.grants.mounts import shared_folders
from dext_tasks.extension.grants.sections import SECTIONS
from dext_tasks.extension.grants.service import ServicePlace, of_service
from dext_tasks.extension.grants.shapes import OddShapeError, is_nothing, mapping
from dext_tasks.regex import regex

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from dext_tasks.extension.grants.machine import HostMachine

_HARMLESS: Final = frozenset({"name", "version"})
# Limits are a container's own, and the engine starts a program on the machine for each published port:
# https://docs.docker.com/engine/network/packet-filtering-firewalls/#port-publishing-and-mapping
_MOST_SERVICES = 50
_MOST_PORTS = 100
_VARIABLE = regex(r"\$(?:(?P<escaped>\$)|(?P<bare>[A-Za-z_]\w*)|\{(?P<name>[A-Za-z_]\w*))", re.ASCII)


def asked(document: Mapping[str, Any], machine: HostMachine) -> tuple[Asked, ...]:
    """Everything a resolved compose document asks for, each once and in its order.

    Args:
        document: As compose resolved it; ``$`` is written ``$$`` in it.
        machine: Where it would run.
    """
    return once(every(document, machine))


def every(document: Mapping[str, Any], machine: HostMachine) -> tuple[Asked, ...]:
    """The same, as often as it is asked for.

    Args:
        document: As ``asked``.
        machine: As ``asked``.
    """
    plain = _unescaped(document)
    judged = replace(machine, shared=(*machine.shared, *shared_folders(plain, machine)))
    return (*_of_variables(document), *_of_document(plain, judged))


def _of_document(document: Mapping[str, Any], machine: HostMachine) -> Iterator[Asked]:
    for key, value in document.items():
        if key in _HARMLESS or key.startswith("x-") or is_nothing(value):
            continue
        try:
            entries = mapping(value)
        except OddShapeError:
            yield Asked(Grant("unknown", key))
            continue
        if key == "services":
            place = ServicePlace(machine, document)
            yield from _of_numbers(entries)
            yield from (
                Asked(grant, f"service {name}", (key, name, *path))
                for name, each in entries.items()
                for grant, path in of_service(each, place)
            )
        elif key in SECTIONS:
            yield from _of_section(key, entries, machine)
        else:
            yield Asked(Grant("models") if key == "models" else Grant("unknown", key), path=(key,))


def _of_numbers(services: Mapping[str, Any]) -> Iterator[Asked]:
    """What many services ask for that each of them may have."""
    lists = [service.get("ports") for service in services.values() if isinstance(service, dict)]
    ports = sum(len(each) for each in lists if isinstance(each, list))
    for kind, number, most in (("services", len(services), _MOST_SERVICES), ("ports", ports, _MOST_PORTS)):
        if number > most:
            yield Asked(Grant(kind, str(number)), path=("services",))


def _of_section(key: str, entries: Mapping[str, Any], machine: HostMachine) -> Iterator[Asked]:
    for name, entry in entries.items():
        by = f"{key.removesuffix('s')} {name}"
        try:
            grants = tuple(SECTIONS[key](name, mapping(entry), machine))
        except OddShapeError:
            grants = (Grant("unknown", key),)
        yield from (Asked(grant, by, (key, name)) for grant in grants)


def _of_variables(value: object) -> Iterator[Asked]:
    """Variables that compose would replace when it starts the document."""
    if isinstance(value, str):
        names = (found["bare"] or found["name"] for found in _VARIABLE.finditer(value))
        yield from (Asked(Grant("environment", name)) for name in names if name)
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _of_variables(key)
            yield from _of_variables(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _of_variables(item)


def _unescaped(value: Any) -> Any:  # noqa: ANN401 - any part of a document
    if isinstance(value, str):
        return value.replace("$$", "$")
    if isinstance(value, dict):
        return {_unescaped(key): _unescaped(item) for key, item in value.items()}
    return [_unescaped(item) for item in value] if isinstance(value, list | tuple) else value
