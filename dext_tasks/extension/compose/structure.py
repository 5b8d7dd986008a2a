"""Whether a compose file has the structure that Compose asks for, down to its services' keys."""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import TYPE_CHECKING

from dext_tasks.extension.compose import keys
from dext_tasks.extension.compose.keys import Shape
from dext_tasks.extension.compose.model import Fault, FaultKind
from dext_tasks.extension.compose.tree import Mapping, Scalar, Sequence, Value
from dext_tasks.extension.excerpt import excerpt

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dext_tasks.extension.compose.keys import Table

_SERVICE_NAME = re.compile(r"[a-zA-Z0-9._-]+")
_LONGEST_COMPARED = 40


def faults(root: Value | None) -> Iterator[Fault]:
    """Everything that Compose would refuse in the tree."""
    if not isinstance(root, Mapping):
        yield _fault("the file is empty" if root is None else f"the file is {_said(root)}, not a mapping", root)
        return
    yield from _keys(root, keys.TOP_LEVEL, "")
    yield from _services(root)


def _services(root: Mapping) -> Iterator[Fault]:
    services = root.get("services")
    if services is None and "include" not in root.entries:
        yield _fault("there are no services", root)
    if not isinstance(services, Mapping):
        return
    if not services.entries:
        yield _fault("there are no services", services)
    yield from _duplicates(services, "services")
    for name, service in services.entries.items():
        yield from _service(name, service, services.lines.get(name, service.line))


def _service(name: str, service: Value, line: int) -> Iterator[Fault]:
    path = _below("services", name)
    if not _SERVICE_NAME.fullmatch(name):
        yield Fault(FaultKind.STRUCTURE, f"{path}: a service's name has letters, digits, '.', '_' and '-' only", line)
    if not isinstance(service, Mapping):
        yield Fault(FaultKind.STRUCTURE, f"{path} is {_said(service)}, not a mapping", line)
        return
    yield from _keys(service, keys.SERVICE, path)
    yield from _source(service, path, line)
    yield from _parts(service, path)


def _source(service: Mapping, path: str, line: int) -> Iterator[Fault]:
    # "service X has neither an image nor a build context specified"
    # https://github.com/compose-spec/compose-go/blob/main/loader/validate.go
    if not any(service.get(key) for key in ("image", "build", "extends", "provider")):
        yield Fault(FaultKind.STRUCTURE, f"{path} has neither an image nor a build context specified", line)


def _parts(service: Mapping, path: str) -> Iterator[Fault]:
    yield from _table(service.get("healthcheck"), keys.HEALTHCHECK, f"{path}.healthcheck")
    dependencies = service.get("depends_on")
    if isinstance(dependencies, Mapping):
        for name, dependency in dependencies.entries.items():
            yield from _table(dependency, keys.DEPENDENCY, f"{path}.depends_on.{excerpt(name)}")
    for key, known in (("volumes", keys.MOUNT), ("ports", keys.PORT)):
        entries = service.get(key)
        for index, entry in enumerate(entries.items if isinstance(entries, Sequence) else ()):
            yield from _table(entry, known, f"{path}.{key}.{index}")


def _table(value: Value | None, known: Table, path: str) -> Iterator[Fault]:
    if isinstance(value, Mapping):
        yield from _keys(value, known, path)


def _keys(mapping: Mapping, known: Table, path: str) -> Iterator[Fault]:
    yield from _duplicates(mapping, path)
    for key, value in mapping.entries.items():
        line = mapping.lines.get(key, value.line)
        shape = known.get(key)
        if shape is None and not key.startswith("x-"):
            what = f"{_below(path, key)}: Additional property {excerpt(key)} is not allowed{_nearest(key, known)}"
            yield Fault(FaultKind.STRUCTURE, what, line)
        elif shape is not None and value.kind != "null" and _shape(value) not in shape:
            yield Fault(FaultKind.STRUCTURE, f"{_below(path, key)} is {_said(value)}, not {shape}", line)


def _nearest(key: str, known: Table) -> str:
    found = get_close_matches(key[:_LONGEST_COMPARED], known, n=1)
    return f"; did you mean {found[0]}?" if found else ""


def _shape(value: Value) -> Shape:
    if isinstance(value, Scalar):
        return Shape.SCALAR
    return Shape.MAPPING if isinstance(value, Mapping) else Shape.LIST


def _duplicates(mapping: Mapping, path: str) -> Iterator[Fault]:
    for key, line in mapping.duplicates:
        yield Fault(FaultKind.STRUCTURE, f"{_below(path, key)} is there twice", line)


def _below(path: str, key: str) -> str:
    return f"{path}.{excerpt(key)}" if path else excerpt(key)


def _said(value: Value) -> str:
    return {"mapping": "a mapping", "list": "a list"}.get(value.kind, f"a {value.kind}")


def _fault(what: str, value: Value | None) -> Fault:
    return Fault(FaultKind.STRUCTURE, what, value.line if value else 0)
