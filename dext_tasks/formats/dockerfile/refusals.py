"""What BuildKit refuses, and on which line it stands."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from dext_tasks.errors import DockerfileInvalidError

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

_LONGEST_QUOTE = 60


class DockerfileRefusedError(DockerfileInvalidError):
    """A line of the Dockerfile that BuildKit refuses.

    Attributes:
        line: 1-based number of the physical line.
    """

    def __init__(self, message: str, *, remedy: str, line: int) -> None:
        super().__init__(f"Dockerfile line {line}: {message}", remedy=remedy)
        self.line = line


class RefusalError(Exception):
    """A refusal raised where the line is not known; ``located`` adds it.

    Attributes:
        remedy: The next step for the person who reads it.
        offset: Where in an instruction's arguments the trouble begins, nothing when it is all of it.
    """

    def __init__(self, message: str, *, remedy: str, offset: int | None = None) -> None:
        super().__init__(message)
        self.remedy = remedy
        self.offset = offset


class located:  # noqa: N801 - used as a function is; contextlib's would take three times as long, for each instruction
    """Says on which line a refusal inside the block was met.

    Args:
        line: The line of the whole.
        line_at: The line of an offset, for refusals that have one.

    Raises:
        DockerfileRefusedError: Something in the block was refused.
    """

    def __init__(self, line: int, line_at: Callable[[int], int] | None = None) -> None:
        self._line = line
        self._line_at = line_at

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if isinstance(error, RefusalError):
            line = self._line
            if self._line_at and error.offset is not None:
                line = self._line_at(error.offset)
            raise DockerfileRefusedError(str(error), remedy=error.remedy, line=line) from error


def quoted(text: str) -> str:
    """The text as one readable line between double quotes, cut where it gets long."""
    cut = text if len(text) <= _LONGEST_QUOTE else f"{text[:_LONGEST_QUOTE]}…"
    return json.dumps(cut, ensure_ascii=False)
