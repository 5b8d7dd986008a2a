"""Text that people are shown: made fit for one line, shortened, counted, and the name that was probably meant."""

from __future__ import annotations

import unicodedata
from difflib import get_close_matches
from itertools import islice
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable


_MOST = 80
# Control and format characters, surrogates, unassigned code points and line separators: they move the cursor,
# change colours or turn the direction of what follows (https://trojansource.codes).
_UNSHOWN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def excerpt(text: str, most: int = _MOST) -> str:
    """The beginning of a text on one line: runs of white space as one space, what does not print as escapes.

    Args:
        text: Any text.
        most: Characters at most, with the ellipsis that stands for the rest.
    """
    # Twice as much leaves enough after white space shrinks, and bounds the time that a long text takes.
    shown = on_one_line(" ".join(text[: most * 2].split()))
    return shown if len(shown) <= most and len(text) <= most * 2 else f"{shown[: most - 1]}…"


def on_one_line(text: str) -> str:
    """All of a text, with escapes for line feeds and whatever else does not print."""
    return text if text.isprintable() else "".join(map(_visible, text))


def _visible(char: str) -> str:
    return char.encode("unicode_escape").decode() if unicodedata.category(char) in _UNSHOWN else char


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
