"""The ``volumes`` of a service.

Syntax: https://github.com/compose-spec/compose-spec/blob/main/05-services.md#volumes
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dext_tasks.extension.compose.model import Mount
from dext_tasks.extension.compose.tree import Mapping, Scalar, Sequence, Value
from dext_tasks.extension.compose.variables import with_defaults

if TYPE_CHECKING:
    from collections.abc import Iterator

# A variable without default before a path, such as ${HOME}/.kube, is a path on the host, too.
_HOST_PATH = re.compile(r"[/.~\\]|[A-Za-z]:[\\/]|\$\{?[^}/\\]*\}?[/\\]")
# A colon behind a drive letter or inside ${...} separates nothing.
_PART = re.compile(r"(?:(?<![^:])[A-Za-z]:(?=[\\/])|\$\{[^{}]*\}|[^:])+")


def mounts(value: Value | None) -> Iterator[Mount]:
    """What is mounted, entries of the wrong shape left out."""
    for item in value.items if isinstance(value, Sequence) else ():
        if isinstance(item, Mapping):
            yield _long(item)
        elif isinstance(item, Scalar) and item.text:
            yield _short(with_defaults(item.text), item.line)


def _short(text: str, line: int) -> Mount:
    parts = _PART.findall(text)
    if len(parts) < 2:  # noqa: PLR2004 - source and target
        return Mount("", text, read_only=False, is_bind=False, is_short=True, line=line)
    source, target, *options = parts
    flags = ",".join(options).split(",")
    return Mount(source, target, "ro" in flags, bool(_HOST_PATH.match(source)), is_short=True, line=line)


def _long(item: Mapping) -> Mount:
    source, target, kind = (_field(item, key) for key in ("source", "target", "type"))
    read_only = _field(item, "read_only").lower() == "true"
    return Mount(source, target, read_only, is_bind=kind == "bind", is_short=False, line=item.line)


def _field(item: Mapping, key: str) -> str:
    value = item.get(key)
    return with_defaults(value.text) if isinstance(value, Scalar) else ""
