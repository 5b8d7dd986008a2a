"""Kinds of option values: how each is read from text and from data, and how it is described."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Generic, TypeVar

from dext_tasks.extension.exchange import SCHEMA, Exchange
from dext_tasks.extension.json_syntax import loads
from dext_tasks.extension.platform import Platform

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

T = TypeVar("T")
_YES = frozenset({"1", "true", "yes", "on"})
_NO = frozenset({"0", "false", "no", "off"})


class When(StrEnum):
    """Whether to do something that not every machine can or needs to do."""

    AUTO = "auto"
    ALWAYS = "always"
    NEVER = "never"


@dataclass(frozen=True)
class Kind(Generic[T]):
    """What values an option takes.

    Attributes:
        expects: The kind in words, for messages: "a number of seconds".
        schema: JSON schema of the value in a settings file.
        from_text: Reads an environment variable or a flag; raises ValueError, or an error that says more.
        from_data: Reads a value of a settings file; raises the same.
    """

    expects: str
    schema: Mapping[str, object]
    from_text: Callable[[str], T]
    from_data: Callable[[object], T]


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError  # noqa: TRY004 - every refusal of a value is a ValueError, whatever it was
    return value


def _bool_text(text: str) -> bool:
    # Strict on purpose: invoke's own INVOKE_* layer reads "false" as True.
    # https://github.com/pyinvoke/invoke/issues/844
    if text.strip().lower() not in _YES | _NO:
        raise ValueError
    return text.strip().lower() in _YES


def _bool(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError  # noqa: TRY004 - as in _text
    return value


def _seconds(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError  # noqa: TRY004 - as in _text
    if not 0 <= value <= sys.float_info.max:
        raise ValueError
    return float(value)


def _split(text: str, separators: str = ",") -> list[str]:
    # A flag that is given several times arrives with a line a value.
    return [part.strip() for part in re.split(f"[{separators}\n]", text) if part.strip()]


def _platforms(value: object) -> tuple[Platform, ...]:
    if not isinstance(value, list) or not value:
        raise ValueError
    return tuple(dict.fromkeys(Platform.parse(_text(name)) for name in value))


def _pairs(value: object) -> tuple[tuple[str, str], ...]:
    if not isinstance(value, dict):
        raise ValueError  # noqa: TRY004 - as in _text
    return tuple(sorted((_text(key), _text(item)) for key, item in value.items()))


def _pairs_text(text: str) -> tuple[tuple[str, str], ...]:
    pairs = [part.partition("=") for part in _split(text)]
    if not all(key and equals for key, equals, _ in pairs):
        raise ValueError
    return tuple(sorted((key, value) for key, _, value in pairs))


def _texts(value: object) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise ValueError  # noqa: TRY004 - as in _text
    return tuple(dict.fromkeys(map(_text, value)))


def _reasons(value: object) -> tuple[tuple[str, str], ...]:
    pairs = _pairs(value)
    if not all(reason.strip() for _, reason in pairs):
        raise ValueError
    return pairs


def _reasons_text(text: str) -> tuple[tuple[str, str], ...]:
    # A reason is a sentence, and may hold a comma.
    return _reasons({code.strip(): reason for code, _, reason in (each.partition("=") for each in _split(text, ";"))})


def _exchanges(value: object) -> tuple[Exchange, ...]:
    if not isinstance(value, list):
        raise ValueError  # noqa: TRY004 - as in _text
    return tuple(map(Exchange.of, value))


TEXT = Kind("text", {"type": "string"}, str, _text)
BOOL = Kind("true or false", {"type": "boolean"}, _bool_text, _bool)
SECONDS = Kind(
    "a number of seconds, 0 or more",
    {"type": "number", "minimum": 0},
    lambda text: _seconds(float(text)),
    _seconds,
)
PLATFORMS = Kind(
    "a list of platforms such as linux/arm64",
    {"type": "array", "items": {"type": "string"}, "minItems": 1},
    lambda text: _platforms(_split(text)),
    _platforms,
)
PAIRS = Kind(
    "a mapping of names to texts (KEY=VALUE,KEY=VALUE as text)",
    {"type": "object", "additionalProperties": {"type": "string"}},
    _pairs_text,
    _pairs,
)
TEXTS = Kind(
    "a list of texts",
    {"type": "array", "items": {"type": "string"}},
    lambda text: _texts(_split(text)),
    _texts,
)
REASONS = Kind(
    "a reason for each code (CODE=reason; CODE=reason as text)",
    {"type": "object", "additionalProperties": {"type": "string", "minLength": 1}},
    _reasons_text,
    _reasons,
)
WHEN = Kind(
    "auto, always or never",
    {"type": "string", "enum": [each.value for each in When]},
    lambda text: When(text.strip().lower()),
    lambda value: When(_text(value)),
)
EXCHANGES = Kind(
    "a list of requests, each with method, path, body, status, json and text (JSON as text)",
    {"type": "array", "items": SCHEMA},
    lambda text: _exchanges(loads(text)),
    _exchanges,
)
