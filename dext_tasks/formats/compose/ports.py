"""The ``ports`` of a service.

Syntax: https://github.com/compose-spec/compose-spec/blob/main/05-services.md#ports
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dext_tasks.formats.compose.model import Port
from dext_tasks.formats.compose.tree import Mapping, Scalar, Sequence, Value
from dext_tasks.formats.compose.variables import with_defaults

if TYPE_CHECKING:
    from collections.abc import Iterator


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
