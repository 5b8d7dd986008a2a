"""What is known of a path of an image before the image is built."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from pathlib import Path


class OriginKind(StrEnum):
    """What will be at a path."""

    FILE = "file"
    FOLDER = "folder"
    OTHER = "other"
    ABSENT = "nothing"


class Origin(NamedTuple):
    """What will be at a path, and where it comes from.

    Attributes:
        kind: What will be there; unknown where nothing shows it.
        file: The file, pipe or device of the tree that it is a copy of; None if there is none, or it is not known.
        text: What a heredoc of the Dockerfile makes it say; None if that does not make it.
        line: 1-based number of that heredoc's first line.
        doubt: Why it may be otherwise: a command, a foreign image, something that is made before the build; empty
            where it is certain.
        blur: Why nobody knows what it will say, though it will be there; empty where that is known.
        why: Of what is absent, what leaves it out; empty if there is nothing to say.
        is_presumed: Whether it is absent because Docker's official images are taken not to hold such a file.
        is_guess: Whether the doubt is only that something whose content is unknown is copied to a folder above: it may
            hold what is not found anywhere else, and is not taken to replace what is.
    """

    kind: OriginKind
    file: Path | None = None
    text: bytes | None = None
    line: int = 0
    doubt: str = ""
    blur: str = ""
    why: str = ""
    is_presumed: bool = False
    is_guess: bool = False

    @property
    def is_sure(self) -> bool:
        """Whether nothing else can have made, changed or removed it."""
        return not self.doubt

    @property
    def is_lacking(self) -> bool:
        """Whether it is certain that nothing will be there."""
        return self.kind is OriginKind.ABSENT and self.is_sure

    def under(self, above: Origin) -> Origin:
        """The same, where what comes later leaves it as it is, or may make something else of it.

        Args:
            above: What comes later; absent is what nothing is known to make.
        """
        if above is NOTHING and not self.is_guess:
            return self
        doubts = [each for each in (above, self) if each.doubt]
        if self.kind is not OriginKind.ABSENT:
            doubts = [each for each in doubts if not each.is_guess]
        firm = next((each for each in doubts if not each.is_guess), None)
        return self._replace(
            doubt=(firm or doubts[0]).doubt if doubts else "",
            why=above.why or self.why,
            is_presumed=above.is_presumed or self.is_presumed,
            is_guess=bool(doubts) and firm is None,
        )


NOTHING = Origin(OriginKind.ABSENT)
FOLDER = Origin(OriginKind.FOLDER)


def doubtful(why: str, *, is_guess: bool = False) -> Origin:
    """What may be there or not."""
    return Origin(OriginKind.ABSENT, doubt=why, is_guess=is_guess)


def below(path: str, folder: str) -> str | None:
    """A path relative to a folder it is in, empty for the folder itself; None if it is outside.

    Args:
        path: Absolute.
        folder: Absolute, without a slash at its end.
    """
    if path == folder:
        return ""
    inside = f"{folder.rstrip('/')}/"
    return path[len(inside) :] if path.startswith(inside) else None
