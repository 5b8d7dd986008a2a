"""The words of ARG, ENV and LABEL, still quoted, and the key-value pairs they make.

Follows https://github.com/moby/buildkit/blob/master/frontend/dockerfile/parser/line_parsers.go
"""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple

from dext_tasks.formats.dockerfile.refusals import RefusalError, quoted
from dext_tasks.formats.dockerfile.shellwords import BLANK_RUN, SPACES


class Word(NamedTuple):
    """A word as written, with its quotes and escapes.

    Attributes:
        text: The word.
        offset: Where it begins in the text it was split from.
    """

    text: str
    offset: int


class Pair(NamedTuple):
    """A key and a value as written, with their quotes and escapes.

    Attributes:
        key: What stands before the first ``=``.
        value: What stands behind it; nothing for an ``ARG NAME``.
        offset: Where the key begins in the arguments.
    """

    key: str
    value: str | None
    offset: int


def words(text: str, escape: str) -> list[Word]:
    """Split at spaces outside of quotes; an unclosed quote reaches to the end."""
    found = (
        # An escape character at the very end escapes nothing and is dropped.
        Word(match[0][:-1] if match["last"] or match["last_quoted"] else match[0], match.start())
        for match in _word_pattern(escape).finditer(text)
    )
    return [word for word in found if word.text]


def key_values(keyword: str, text: str, escape: str) -> list[Pair]:
    """The pairs of an ENV or LABEL, in the form ``key=value ...`` or the old form ``key value``.

    Raises:
        RefusalError: There is no pair, a word has no ``=``, or a key is empty.
    """
    found = words(text, escape)
    if not found:
        raise RefusalError(
            f"{keyword} requires at least one argument", remedy=f"write {keyword} name=value, or remove the line"
        )
    if "=" not in found[0].text:
        return [_old_form(keyword, text)]
    pairs = [_pair(word) for word in found]
    for pair in pairs:
        _require_key(keyword, pair)
    return pairs


def arguments(text: str, escape: str) -> list[Pair]:
    """The declarations of an ARG, each with or without a default.

    Raises:
        RefusalError: There is none, or a name is empty.
    """
    found = words(text, escape)
    if not found:
        raise RefusalError("ARG requires at least one argument", remedy="write ARG NAME or ARG NAME=default")
    declared = []
    for word in found:
        name, equals, value = word.text.partition("=")
        declared.append(Pair(name, value if equals else None, word.offset))
        _require_key("ARG", declared[-1])
    return declared


def _pair(word: Word) -> Pair:
    key, equals, value = word.text.partition("=")
    if not equals:
        raise RefusalError(
            f"Syntax error - can't find = in {quoted(word.text)}. Must be of the form: name=value",
            remedy="put values with spaces in quotes, and escape quotes inside of them; "
            "a line that ends in \\ goes on in the next one",
            offset=word.offset,
        )
    return Pair(key, value, word.offset)


def _old_form(keyword: str, text: str) -> Pair:
    key, *values = BLANK_RUN.split(text, maxsplit=1)
    if not values:
        raise RefusalError(
            f"{keyword} must have two arguments", remedy=f"write {keyword} {key}=VALUE, or remove the line"
        )
    return Pair(key, values[0], 0)


def _require_key(keyword: str, pair: Pair) -> None:
    if not pair.key:
        raise RefusalError(f"{keyword} names can not be blank", remedy="write a name before the =", offset=pair.offset)


@cache
def _word_pattern(escape: str) -> re.Pattern[str]:
    # Atomic, so that no text makes it backtrack. Nothing can be escaped between single quotes.
    mark = re.escape(escape)
    return re.compile(
        rf"""(?>(?:
            {mark}.
          | (?P<last>{mark}\Z)
          | '[^']*+(?:'|\Z)
          | "(?>(?:[^"{mark}]++|{mark}.)*)(?:"|(?P<last_quoted>{mark})?\Z)
          | [^{SPACES}'"{mark}]
        )+)""",
        re.VERBOSE | re.DOTALL,
    )
