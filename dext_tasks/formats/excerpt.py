"""Text of unknown origin, made fit to be shown: on one line."""

from __future__ import annotations

import unicodedata

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
    shown = "".join(_visible(char) for char in " ".join(text[: most * 2].split()))
    return shown if len(shown) <= most and len(text) <= most * 2 else f"{shown[: most - 1]}…"


def _visible(char: str) -> str:
    return char.encode("unicode_escape").decode() if unicodedata.category(char) in _UNSHOWN else char
