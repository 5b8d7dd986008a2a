"""What a value of a compose file may be: of which kind, with which words, and what is below it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from dext_tasks.regex import regex

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_KINDS: Final = ("string", "number", "boolean", "list", "mapping", "null")


@dataclass(frozen=True)
class Form:
    """The values that are allowed at one place.

    Attributes:
        kinds: Kinds of values.
        words: What a string must look like; None if any will do.
        said: The words, for people.
        items: Form of the items of a list.
        keys: Forms of the keys of a mapping.
        others: Form of every other key; None if there must be none.
        required: Keys that must be there.
    """

    kinds: frozenset[str]
    words: re.Pattern[str] | None = None
    said: str = ""
    items: Form | None = None
    keys: Mapping[str, Form] = field(default_factory=dict)
    others: Form | None = None
    required: tuple[str, ...] = ()

    def __str__(self) -> str:
        return " or ".join(f"a {kind}" if kind != "null" else "nothing" for kind in _KINDS if kind in self.kinds)

    def __or__(self, other: Form) -> Form:
        """What either allows; of strings, lists and mappings each is the matter of one of them alone."""
        return Form(
            kinds=self.kinds | other.kinds,
            words=self.words or other.words,
            said=self.said or other.said,
            items=self.items or other.items,
            keys=self.keys or other.keys,
            others=self.others or other.others,
            required=self.required or other.required,
        )


def scalar(*kinds: str) -> Form:
    """One value of these kinds."""
    return Form(frozenset(kinds))


def worded(pattern: str, said: str, *kinds: str) -> Form:
    """A string with certain words, or a value of these kinds."""
    return Form(frozenset({"string", *kinds}), regex(pattern), said)


def one_of(words: str) -> Form:
    """A string that is one of these words."""
    return worded("|".join(map(re.escape, words.split())), f"one of {', '.join(words.split())}")


def list_of(items: Form) -> Form:
    """A list."""
    return Form(frozenset({"list"}), items=items)


def mapping_of(others: Form) -> Form:
    """A mapping with any keys."""
    return Form(frozenset({"mapping"}), others=others)


def mapping(*groups: Mapping[str, Form], required: Iterable[str] = ()) -> Form:
    """A mapping with these keys and no others."""
    keys = {key: form for group in groups for key, form in group.items()}
    return Form(frozenset({"mapping"}), keys=keys, required=tuple(required))


def each(form: Form, names: str) -> dict[str, Form]:
    """Keys that have one form, separated by white space."""
    return dict.fromkeys(names.split(), form)


ANYTHING: Final = Form(frozenset(_KINDS))
NOTHING: Final = scalar("null")
STRING: Final = scalar("string")
NUMBER: Final = scalar("number")
# What Compose makes of a string where it wants something else (toInt, toFloat, toBoolean):
# https://github.com/compose-spec/compose-go/blob/main/loader/interpolate.go
WHOLE: Final = worded(r"[-+]?[0-9]+", "a whole number", "number")
DECIMAL: Final = worded(r"[-+]?(?:[0-9][0-9_]*\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?", "a number", "number")
FLAG: Final = worded(r"(?i:true|false|y|n|yes|no|on|off)", "true or false", "boolean")
# https://github.com/docker/go-units/blob/master/size.go
SIZE: Final = worded(r"(?i:[0-9]+(?:\.[0-9]+)? ?[kmgtp]?i?b?)", "a size such as 512m", "number")
# https://pkg.go.dev/time#ParseDuration
DURATION: Final = worded(
    r"[-+]?(?:0|(?:(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:ns|us|µs|μs|ms|s|m|h))+)", "a duration such as 1m30s"
)
STRINGS: Final = list_of(STRING)
STRING_OR_STRINGS: Final = STRING | STRINGS
COMMAND: Final = STRING_OR_STRINGS | NOTHING
PAIRS: Final = mapping_of(scalar("string", "number", "boolean", "null")) | STRINGS
OPTIONS: Final = mapping_of(scalar("string", "number"))
