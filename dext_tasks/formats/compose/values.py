"""Values of a compose file as strings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dext_tasks.formats.compose.model import ComposeText
from dext_tasks.formats.compose.tree import Scalar, Sequence, Value
from dext_tasks.formats.compose.variables import with_defaults

if TYPE_CHECKING:
    from collections.abc import Iterator


def text_of(value: Value | None, *, resolved: bool = True) -> ComposeText | None:
    """A single value, variables that have defaults replaced if asked for; None if there is none."""
    if not isinstance(value, Scalar) or value.kind == "null":
        return None
    return ComposeText(with_defaults(value.text) if resolved else value.text, value.line)


def texts_of(value: Value | None) -> Iterator[ComposeText]:
    """A single value, or each of a list."""
    for item in value.items if isinstance(value, Sequence) else (value,):
        if (found := text_of(item)) is not None:
            yield found


def items_of(value: Value | None) -> tuple[Value, ...]:
    """A single value, or those of a list, of any shape."""
    if isinstance(value, Sequence):
        return value.items
    return (value,) if value else ()
