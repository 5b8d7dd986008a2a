"""Texts of which a part is known only to whoever runs something: the output of a command, a variable of a machine.

Such a part is one private use character in the text, so that whatever reads the text takes it for a letter.
"""

from __future__ import annotations

from typing import Final

# https://www.unicode.org/faq/private_use.html: no text of a program has a meaning for them.
_FIRST: Final = 0xE000
_LAST: Final = 0xF8FF
_PRIVATE: Final = dict.fromkeys(range(_FIRST, _LAST + 1), "�")


class Gaps:
    """The unknown parts of some texts, each with the reason why it is not known."""

    def __init__(self) -> None:
        self._reasons: list[str] = []
        self._known: dict[str, str] = {}

    def mark(self, why: str) -> str:
        """The character that stands for a part.

        Args:
            why: What would have to be run or known, in words: ``$(shell git describe)``.
        """
        if why not in self._known:
            # What has more reasons than there are characters is not read by people anyway.
            code = min(_FIRST + len(self._reasons), _LAST)
            self._known[why] = chr(code)
            self._reasons.append(why)
        return self._known[why]

    def reasons(self, text: str) -> tuple[str, ...]:
        """Why parts of a text are not known, in their order; none if all of it is."""
        if text.isascii():
            return ()
        found = (ord(char) - _FIRST for char in text if _FIRST <= ord(char) <= _LAST)
        return tuple(dict.fromkeys(self._reasons[number] for number in found if number < len(self._reasons)))

    def shown(self, text: str) -> str:
        """The text with each reason in the place of what is not known."""
        return "".join(f"<{self.reasons(char)[0]}>" if self.reasons(char) else char for char in text)


def without_private(text: str) -> str:
    """A text in which no character can be taken for an unknown part."""
    return text if text.isascii() else text.translate(_PRIVATE)
