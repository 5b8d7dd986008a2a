"""Variables that a word names on purpose without having them replaced."""

from __future__ import annotations

import re
from functools import cache


def escaped_variables(word: str, escape: str) -> frozenset[str]:
    r"""Names of the variables whose ``$`` is escaped, as in ``"\$HOME"``.

    Between single quotes nothing is replaced either, but there it is as likely a mistake as it is meant.

    Args:
        word: As written, with its quotes and escapes.
        escape: The escape character, ``\`` or `````.
    """
    names: set[str] = set()
    at, is_quoted = 0, False
    while escape in word[at:] and (found := _pattern(escape).search(word, at)):
        at = found.end()
        if found["quote"] == '"':
            is_quoted = not is_quoted
        elif found["quote"] and not is_quoted:
            # Nothing is special up to the next one.
            at = word.find("'", at) + 1 or len(word)
        elif found["name"]:
            names.add(found["name"])
    return frozenset(names)


@cache
def _pattern(escape: str) -> re.Pattern[str]:
    mark = re.escape(escape)
    return re.compile(rf"{mark}(?:\$\{{?(?P<name>[A-Za-z_]\w*)|.)|(?P<quote>['\"])", re.ASCII | re.DOTALL)
