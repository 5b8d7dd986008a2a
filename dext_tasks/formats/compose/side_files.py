"""Files beside a compose file without which Compose does not start."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dext_tasks.formats.compose.tree import Mapping, Scalar, Value
from dext_tasks.formats.compose.values import items_of, text_of, texts_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dext_tasks.formats.compose.model import Text


def of_service(service: Mapping) -> Iterator[Text]:
    """Those that a service needs."""
    for key in ("env_file", "label_file"):
        for item in items_of(service.get(key)):
            text = text_of(item.get("path") if isinstance(item, Mapping) else item)
            if text and not (isinstance(item, Mapping) and _is_false(item.get("required"))):
                yield text
    extends = service.get("extends")
    if isinstance(extends, Mapping) and (text := text_of(extends.get("file"))):
        yield text


def of_file(document: Mapping) -> Iterator[Text]:
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
