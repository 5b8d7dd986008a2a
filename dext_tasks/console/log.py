"""What the library logs, as lines beside what goes on."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from typing import TYPE_CHECKING

from dext_tasks.calls import PACKAGE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dext_tasks.console.output import Output


_LEVELS = (logging.WARNING, logging.INFO, logging.DEBUG)


class _Lines(logging.Handler):
    """Says each record where progress is said, so that neither a document nor a live board is torn.

    Args:
        output: Where to.
        level: Of the least that is said.
    """

    def __init__(self, output: Output, level: int) -> None:
        super().__init__(level)
        self._output = output

    def emit(self, record: logging.LogRecord) -> None:
        """Say it."""
        self._output.say(record.getMessage(), "yellow" if record.levelno >= logging.WARNING else "dim")


@contextmanager
def log_lines(output: Output, verbosity: int) -> Iterator[None]:
    """While the block runs, show what is logged.

    Args:
        output: Where to.
        verbosity: 0 for what everybody is to know, 1 for calls of other programs and servers, more for decisions, too.
    """
    logger = logging.getLogger(PACKAGE)
    handler = _Lines(output, _LEVELS[min(verbosity, len(_LEVELS) - 1)])
    before = logger.level
    # Whoever calls a verb from Python may have asked for more than it does.
    logger.setLevel(min(before or handler.level, handler.level))
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(before)
