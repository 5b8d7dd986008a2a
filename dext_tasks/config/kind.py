"""Kinds of option values: how each is read from text and from data, and how it is described."""

from __future__ import annotations

import os
import re
import sys
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Generic, TypeVar

from dext_tasks.config.repository import TAG_PREFIX
from dext_tasks.config.runners import runners_of, runners_of_flags, runners_of_text
from dext_tasks.extension.exchange import SCHEMA, Exchange
from dext_tasks.extension.version_line import LINE, TAG_PATTERN, Floating
from dext_tasks.formats.oci.platform import Platform

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

T = TypeVar("T")
_YES = frozenset({"1", "true", "yes", "on"})
_NO = frozenset({"0", "false", "no", "off"})
# As docker writes sizes; without it there is no limit: https://docs.docker.com/reference/compose-file/extension/#specifying-byte-values
_SIZE = re.compile(r"\d{1,15}[bkmg]?", re.ASCII)
# As docker takes names of contexts: https://github.com/docker/cli/blob/v28.2.2/cli/context/store/store.go
_CONTEXT = r"^[a-zA-Z0-9][a-zA-Z0-9_.+-]+$"
# Process numbers of a 64-bit Linux end here.
_MOST = 4194304


class When(StrEnum):
    """Whether to do something that not every machine can or needs to do."""

    AUTO = "auto"
    ALWAYS = "always"
    NEVER = "never"


@dataclass(frozen=True)
class OptionKind(Generic[T]):
    """What values an option takes.

    Attributes:
        expects: The kind in words, for messages: "a number of seconds".
        schema: JSON schema of the value in a settings file.
        from_text: Reads an environment variable, or a flag that is given once; raises ValueError, or an error that
            says more.
        from_data: Reads a value of a settings file or of a Python caller; raises the same.
        annotation: What a Python caller may give, as a type.
        from_flags: Reads a flag that is given once a value, each as it is; None if the flag is given once. Raises the
            same.
        text_form: How a variable spells a value, where that is not plain.
        flag_form: What stands for the value of a flag.
        hidden_as: What one part of a value is called where none is shown, as it may hold secrets; empty if it may be.
    """

    expects: str
    schema: Mapping[str, object]
    from_text: Callable[[str], T]
    from_data: Callable[[object], T]
    annotation: str = "str"
    from_flags: Callable[[Sequence[str]], T] | None = None
    text_form: str = ""
    flag_form: str = "TEXT"
    hidden_as: str = ""

    def read_flag(self, given: object) -> T:
        """Read what a command line or a Python caller gave for a flag.

        Raises:
            ValueError: It is not of this kind; or an error that says more.
        """
        value = os.fspath(given) if isinstance(given, os.PathLike) else given
        if isinstance(value, str):
            return self.from_flags([value]) if self.from_flags else self.from_text(value)
        if not isinstance(value, list | tuple):
            return self.from_data(value)
        if self.from_flags and all(isinstance(each, str) for each in value):
            return self.from_flags(value)
        return self.from_data(list(value))


def _json(text: str) -> object:
    # Few values are written so, and a list of verbs reads none.
    from dext_tasks.formats.json_syntax import loads

    return loads(text)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError  # noqa: TRY004 - every refusal of a value is a ValueError, whatever it was
    return value


def is_bool(text: str) -> bool:
    """Whether a string is read as true or false."""
    return text.strip().lower() in _YES | _NO


def is_true(text: str) -> bool:
    """Whether a string is read as true."""
    return text.strip().lower() in _YES


def _bool_text(text: str) -> bool:
    # Strict on purpose: invoke's own INVOKE_* layer reads "false" as True.
    # https://github.com/pyinvoke/invoke/issues/844
    if not is_bool(text):
        raise ValueError
    return is_true(text)


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


def _filled(value: object) -> str:
    text = _text(value)
    if not text.strip():
        raise ValueError
    return text


def _tag_prefix(value: object) -> str:
    text = _text(value)
    if not re.fullmatch(TAG_PREFIX, text):
        raise ValueError
    return text


def _line(value: object) -> str:
    # Without quotes 1.10 is 1.1 in YAML, so that a number with a point is no answer.
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else _text(value)
    if text and not re.fullmatch(LINE, text):
        raise ValueError
    return text


def _tag_patterns(value: object) -> tuple[str, ...]:
    patterns = _texts(value)
    if not all(re.fullmatch(TAG_PATTERN, pattern) for pattern in patterns):
        raise ValueError
    return patterns


def _floating(value: object) -> tuple[Floating, ...]:
    return tuple(dict.fromkeys(Floating(each) for each in _texts(value)))


def _split(text: str, separator: str = ",") -> list[str]:
    """The parts of a variable: by line where there are several, so that a part may hold the separator."""
    lines = _stripped(text.split("\n"))
    return lines if len(lines) > 1 else _stripped(text.split(separator))


def _words(text: str) -> list[str]:
    """The parts of a string, none of which can hold a comma."""
    return _stripped(text.replace("\n", ",").split(","))


def _stripped(parts: list[str]) -> list[str]:
    return [part.strip() for part in parts if part.strip()]


def _each_word(values: Sequence[str]) -> list[str]:
    """The same of a flag that is given once a value; an empty one is a mistake, never a word."""
    found = [_words(value) for value in values]
    if not all(found):
        raise ValueError
    return [word for words in found for word in words]


def _platforms(value: object) -> tuple[Platform, ...]:
    if not isinstance(value, list) or not value:
        raise ValueError
    return tuple(dict.fromkeys(Platform.parse(_text(name)) for name in value))


def _contexts(value: object) -> tuple[tuple[Platform, str], ...]:
    # A platform has several names, and which of two contexts is meant is not known.
    found = {(Platform.parse(name), context.strip()) for name, context in _pairs(value)}
    if len(dict(found)) < len(found) or not all(re.fullmatch(_CONTEXT, context) for _, context in found):
        raise ValueError
    return tuple(sorted(found))


def _contexts_text(text: str) -> tuple[tuple[Platform, str], ...]:
    return _contexts(dict(_pairs_text(text)))


def _pairs(value: object) -> tuple[tuple[str, str], ...]:
    if not isinstance(value, dict):
        raise ValueError  # noqa: TRY004 - as in _text
    return tuple(sorted((_text(key), _text(item)) for key, item in value.items()))


def _pair_flags(values: Sequence[str]) -> tuple[tuple[str, str], ...]:
    # The last one wins, as with docker's own: https://docs.docker.com/reference/cli/docker/buildx/build/#build-arg
    pairs = {}
    for name, equals, value in (each.partition("=") for each in values):
        if not name.strip() or not equals:
            raise ValueError
        pairs[name.strip()] = value
    return tuple(sorted(pairs.items()))


def _pairs_text(text: str) -> tuple[tuple[str, str], ...]:
    return _pairs(_json(text)) if text.lstrip().startswith("{") else _pair_flags(_split(text))


def _texts(value: object) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise ValueError  # noqa: TRY004 - as in _text
    return tuple(dict.fromkeys(map(_text, value)))


# An IPv6 address is in brackets, as in a URL: https://www.rfc-editor.org/rfc/rfc3986#section-3.2.2
_HOST = r"^(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9_.-]+)(:[0-9]{1,5})?$"


def _hosts(value: object) -> tuple[str, ...]:
    hosts = _texts(value)
    if not all(re.fullmatch(_HOST, host) for host in hosts):
        raise ValueError
    return hosts


def _reasons(value: object) -> tuple[tuple[str, str], ...]:
    pairs = _pairs(value)
    if not all(reason.strip() for _, reason in pairs):
        raise ValueError
    return pairs


def _reason_flags(values: Sequence[str]) -> tuple[tuple[str, str], ...]:
    return _reasons(dict(_pair_flags(values)))


def _reasons_text(text: str) -> tuple[tuple[str, str], ...]:
    # A reason is a sentence, and may hold a comma.
    return _reasons(_json(text)) if text.lstrip().startswith("{") else _reason_flags(_split(text, ";"))


def _grants(value: object) -> tuple[str, ...]:
    """Names of grants; an unknown name is refused, so that a misspelt one is noticed."""
    from dext_tasks.extension.grants.kinds import ALL, Grant

    names = tuple(dict.fromkeys(name.strip() for name in _texts(value)))
    for name in names:
        if name != ALL:
            Grant.parse(name)
    return names


def _grants_text(text: str) -> tuple[str, ...]:
    return _grants(_json(text) if text.lstrip().startswith("[") else _split(text))


def _size(value: object) -> str:
    text = _text(value).strip().lower()
    if not _SIZE.fullmatch(text):
        raise ValueError
    return text


def _count(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= _MOST:
        raise ValueError
    return value


def _text_flags(values: Sequence[str]) -> tuple[str, ...]:
    if not all(values):
        raise ValueError
    return _texts(list(values))


def _texts_text(text: str) -> tuple[str, ...]:
    return _texts(_json(text)) if text.lstrip().startswith("[") else _texts(_split(text))


def _exchanges(value: object) -> tuple[Exchange, ...]:
    if not isinstance(value, list):
        raise ValueError  # noqa: TRY004 - as in _text
    return tuple(map(Exchange.of, value))


_SEVERAL = "str | Sequence[str]"
_MAPPED = "str | Sequence[str] | Mapping[str, str]"

TEXT = OptionKind("a string", {"type": "string"}, str, _text)
FILLED = OptionKind("a string that is not empty", {"type": "string", "minLength": 1}, _filled, _filled)
# A file may say that it is not set, as `inv config --json` does.
IMAGE = OptionKind(FILLED.expects, {"type": "string"}, _filled, _text)
PREFIX = OptionKind(
    "the beginning of a git tag's name: no blank, none of ~ ^ : ? * [ \\, no .. or // or @{, "
    "and no - or / or . in front",
    {"type": "string", "pattern": TAG_PREFIX},
    _tag_prefix,
    _tag_prefix,
    flag_form="PREFIX",
)
LINE_OF_VERSIONS = OptionKind(
    'a line of versions: MAJOR or MAJOR.MINOR, such as "1" or "1.0", in quotes',
    {"type": ["string", "integer"], "pattern": f"^$|{LINE}"},
    lambda text: _line(_filled(text)),
    _line,
    flag_form="LINE",
)
BOOL = OptionKind("true or false", {"type": "boolean"}, _bool_text, _bool, "bool | str", flag_form="yes|no")
SECONDS = OptionKind(
    "a number of seconds, 0 or more",
    {"type": "number", "minimum": 0},
    lambda text: _seconds(float(text)),
    _seconds,
    "float | str",
    flag_form="SECONDS",
)
PLATFORMS = OptionKind(
    "a list of platforms such as linux/arm64",
    {"type": "array", "items": {"type": "string"}, "minItems": 1},
    lambda text: _platforms(_words(text)),
    _platforms,
    _SEVERAL,
    lambda values: _platforms(_each_word(values)),
    text_form="PLATFORM,PLATFORM",
    flag_form="PLATFORM",
)
CONTEXTS = OptionKind(
    "a mapping of platforms to names of docker contexts",
    {"type": "object", "additionalProperties": {"type": "string", "pattern": _CONTEXT}},
    _contexts_text,
    _contexts,
    _MAPPED,
    lambda values: _contexts(dict(_pair_flags(values))),
    text_form="PLATFORM=CONTEXT,PLATFORM=CONTEXT, or a JSON object",
    flag_form="PLATFORM=CONTEXT",
)
PAIRS = OptionKind(
    "a mapping of names to strings",
    {"type": "object", "additionalProperties": {"type": "string"}},
    _pairs_text,
    _pairs,
    _MAPPED,
    _pair_flags,
    text_form="NAME=TEXT,NAME=TEXT; one NAME=TEXT per line, or a JSON object, if a value has a comma",
    flag_form="NAME=TEXT",
)
NAMES = OptionKind(
    "a list of names",
    {"type": "array", "items": {"type": "string"}},
    lambda text: _texts(_words(text)),
    _texts,
    _SEVERAL,
    lambda values: _texts(_each_word(values)),
    text_form="NAME,NAME",
    flag_form="NAME",
)
TEXTS = OptionKind(
    "a list of strings",
    {"type": "array", "items": {"type": "string"}},
    _texts_text,
    _texts,
    _SEVERAL,
    _text_flags,
    text_form="TEXT,TEXT; one TEXT per line, or a JSON array, if one has a comma",
    flag_form="TEXT",
)
HOSTS = OptionKind(
    "a list of HOST or HOST:PORT",
    {"type": "array", "items": {"type": "string", "pattern": _HOST}},
    lambda text: _hosts(_words(text)),
    _hosts,
    _SEVERAL,
    lambda values: _hosts(_each_word(values)),
    text_form="HOST,HOST:PORT",
    flag_form="HOST",
)
TAG_PATTERNS = OptionKind(
    "a list of patterns of tags such as *-amd64, which are not wildcards alone",
    {"type": "array", "items": {"type": "string", "pattern": TAG_PATTERN}},
    lambda text: _tag_patterns(_words(text)),
    _tag_patterns,
    _SEVERAL,
    lambda values: _tag_patterns(_each_word(values)),
    text_form="PATTERN,PATTERN",
    flag_form="PATTERN",
)
FLOATING = OptionKind(
    f"a list of {' and '.join(Floating)}",
    {"type": "array", "items": {"enum": list(Floating)}},
    lambda text: _floating(_words(text)),
    _floating,
    _SEVERAL,
    lambda values: _floating(_each_word(values)),
    text_form="PART,PART",
    flag_form="major|minor",
)
REASONS = OptionKind(
    "a mapping of codes to reasons",
    {"type": "object", "additionalProperties": {"type": "string", "minLength": 1}},
    _reasons_text,
    _reasons,
    _MAPPED,
    _reason_flags,
    text_form="CODE=REASON; CODE=REASON; one CODE=REASON per line, or a JSON object, if a reason has a semicolon",
    flag_form="CODE=REASON",
)
GRANTS = OptionKind(
    "a list of grants such as engine-socket, or host-mount:/var/lib/x (`dext manual security` lists them), or all",
    {"type": "array", "items": {"type": "string"}},
    _grants_text,
    _grants,
    _SEVERAL,
    lambda values: _grants(list(values)),
    text_form="NAME,NAME; one NAME per line, or a JSON array, if one has a comma",
    flag_form="NAME",
)
SIZE = OptionKind(
    "a size such as 512m or 4g, or 0 for no limit",
    {"type": "string", "pattern": "^[0-9]{1,15}[bkmgBKMG]?$"},
    _size,
    _size,
    flag_form="SIZE",
)
COUNT = OptionKind(
    "a whole number, 0 or more",
    {"type": "integer", "minimum": 0, "maximum": _MOST},
    lambda text: _count(int(text)),
    _count,
    "int | str",
    flag_form="NUMBER",
)
WHEN = OptionKind(
    "auto, always or never",
    {"type": "string", "enum": [each.value for each in When]},
    lambda text: When(text.strip().lower()),
    lambda value: When(_text(value)),
    flag_form="|".join(When),
)
RUNNERS = OptionKind(
    "a runner's label, a list of labels, or a mapping of platforms to these",
    {"type": ["string", "array", "object"]},
    runners_of_text,
    runners_of,
    "str | Sequence[str] | Mapping[str, object]",
    runners_of_flags,
    text_form="PLATFORM=LABEL,PLATFORM=LABEL; LABEL or default=LABEL for all others; or JSON",
    flag_form="PLATFORM=LABEL",
)
EXCHANGES = OptionKind(
    "a list of requests, each with method, path, body, status, json and text",
    {"type": "array", "items": SCHEMA},
    lambda text: _exchanges(_json(text)),
    _exchanges,
    "str | Sequence[Mapping[str, object]]",
    text_form="a JSON array",
    flag_form="JSON",
    hidden_as="request",
)
