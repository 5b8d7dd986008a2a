"""Arguments as Docker Desktop hands them on: without the quotes that pages put around them.

Docker's own samples quote (``'"{{json .}}"'``). An exec that waits for its end takes quotes away like a shell, one
that streams does not: https://github.com/docker/extensions-sdk/issues/303. Rancher Desktop takes one pair around a
whole argument away in both cases, which is what pages that quote while streaming rely on.
"""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_QUOTES = frozenset("\"'")
# Two quotes.
_SHORTEST_QUOTED = 2


def unquoted(program: str, args: Sequence[str], *, streaming: bool) -> tuple[str, ...]:
    """The command line that a page means.

    Args:
        program: First argument of ``exec``.
        args: The list after it.
        streaming: Whether the page asked for a stream.
    """
    words = (program, *args)
    return tuple(map(_bare, words)) if streaming else _as_by_a_shell(words)


def _as_by_a_shell(words: tuple[str, ...]) -> tuple[str, ...]:
    try:
        split = shlex.split(" ".join(map(_whole, words)))
    except ValueError:
        return words
    return tuple(split) or words


def _whole(word: str) -> str:
    """A Go template that nobody quoted stays one word: Rancher Desktop's own test passes ``{{ json . }}``."""
    return shlex.quote(word) if "{{" in word and not _QUOTES & set(word) else word


def _bare(word: str) -> str:
    quoted = len(word) >= _SHORTEST_QUOTED and word[0] in _QUOTES and word[0] == word[-1]
    return word[1:-1] if quoted else word
