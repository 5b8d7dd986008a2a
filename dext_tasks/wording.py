"""Parts of sentences that many messages share: a count with its noun, a beginning, the name that was probably meant."""

from __future__ import annotations

from difflib import get_close_matches
from itertools import islice
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

# Comparing takes time in the product of both lengths, for each known name; what is compared may be hostile.
_LONGEST_COMPARED: Final = 100
_MOST_COMPARED: Final = 200
_SIMILAR: Final = 0.6


def counted(number: int, noun: str, plural: str = "") -> str:
    """A number with its noun: ``1 rule``, ``2 rules``.

    Args:
        number: How many.
        noun: In the singular.
        plural: Of the noun, if it is not made by an s.
    """
    return f"{number} {noun if number == 1 else plural or f'{noun}s'}"


def shortened(text: str, most: int) -> str:
    """The text, or its beginning with an ellipsis where it has more characters than ``most``."""
    return text if len(text) <= most else f"{text[: most - 1]}…"


def nearest(name: str, known: Iterable[str], similarity: float = _SIMILAR) -> str:
    """The known name that an unknown one is most like; empty if none is like it.

    Args:
        name: What was written, of any length.
        known: What could have been; the first 200 are compared.
        similarity: How alike they have to be, from 0 to 1, as :func:`difflib.get_close_matches` measures it.
    """
    found = get_close_matches(name[:_LONGEST_COMPARED], islice(known, _MOST_COMPARED), n=1, cutoff=similarity)
    return found[0] if found else ""


def did_you_mean(name: str) -> str:
    """A question after a known name, to follow a message that names an unknown one; empty without a name."""
    return f"; did you mean {name}?" if name else ""
