"""Why Compose would refuse a compose file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dext_tasks.formats.compose import consistency, references, short_forms, structure, variables
from dext_tasks.formats.compose.tree import Mapping, Value, walk
from dext_tasks.formats.excerpt import excerpt

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dext_tasks.formats.compose.model import Fault


def faults(root: Value | None) -> Iterator[Fault]:
    """Every reason, those first that have to be corrected first."""
    yield from structure.faults(root)
    if isinstance(root, Mapping):
        yield from _variables(root)
        services = root.get("services")
        if isinstance(services, Mapping):
            yield from short_forms.faults(services)
        yield from references.faults(root)
        yield from consistency.faults(root)


def _variables(root: Mapping) -> Iterator[Fault]:
    for each in walk(root):
        wrong = variables.wrong(each.text) if "$" in each.text else ""
        if wrong:
            yield structure.fault(f"{excerpt(each.text)!r} {wrong}", each.line)
