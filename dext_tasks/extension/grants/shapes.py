"""Values of a compose document, of the shape that is asked for or refused."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class OddShapeError(Exception):
    """A value has not the shape it has in every document that compose resolved."""


def mapping(value: object) -> dict[str, Any]:
    """A mapping; nothing is an empty one.

    Raises:
        OddShapeError: It is not one.
    """
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise OddShapeError
    return {str(key): item for key, item in value.items()}


def items(value: object) -> list[Any]:
    """A list; a single text is a list of one, and nothing an empty one.

    Raises:
        OddShapeError: It is neither.
    """
    if value is None:
        return []
    if isinstance(value, str):
        return [value]
    if not isinstance(value, list | tuple):
        raise OddShapeError
    return list(value)


def text(value: object) -> str:
    """A string; nothing is an empty one.

    Raises:
        OddShapeError: It is a list or a mapping.
    """
    if value is None:
        return ""
    if isinstance(value, list | tuple | Mapping):
        raise OddShapeError
    return str(value)


def is_true(value: object) -> bool:
    """Whether a value switches something on; anything but a plain no does."""
    return value not in (None, False, 0, "") and str(value).strip().lower() not in {"false", "no", "off", "0"}


def is_nothing(value: object) -> bool:
    """Whether a value is there and says nothing."""
    return value is None or value is False or value in ("", [], {})
