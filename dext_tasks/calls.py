"""Calls of other programs and servers, reported through ``logging``: what was called, how it ended, how long it took.

Each adapter logs its own calls at INFO, to the logger of its module; decisions and their reasons are logged at DEBUG,
and at WARNING that a call failed for a moment and is tried once more, which is shown to everybody.
Nothing is shown unless somebody adds a handler: https://docs.python.org/3/howto/logging.html#library-config
"""

from __future__ import annotations

import logging
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dext_tasks.redaction import address, command_line, image, without_secrets
from dext_tasks.wording import on_one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

PACKAGE = "dext_tasks"
"""Name of the logger above all others of ours."""

logging.getLogger(PACKAGE).addHandler(logging.NullHandler())


@dataclass
class Call:
    """One call under way.

    Attributes:
        outcome: How it ended; empty as long as that is not known.
    """

    outcome: str = ""

    def exited(self, code: int) -> None:
        """A command ended with an exit code."""
        self.outcome = f"exit code {code}"

    def answered(self, status: int, length: int | None, tries: int = 1) -> None:
        """A server answered.

        Args:
            status: HTTP status.
            length: Of the body, bytes; None if the server did not say.
            tries: How often it was asked, failures included.
        """
        again = f" at the try number {tries}" if tries > 1 else ""
        self.outcome = f"{status}{again}, {'length unknown' if length is None else f'{length} bytes'}"


@contextmanager
def command(logger: logging.Logger, words: Sequence[str], secrets: Iterable[str] = ()) -> Iterator[Call]:
    """Tell of the command that the block runs.

    Args:
        logger: Of the adapter.
        words: The program and its arguments.
        secrets: Values that are never shown.
    """
    with _told(logger, lambda: command_line(words, secrets)) as call:
        yield call


@contextmanager
def request(logger: logging.Logger, method: str, url: str) -> Iterator[Call]:
    """Tell of the HTTP request that the block sends.

    Args:
        logger: Of the adapter.
        method: Of HTTP.
        url: The address; its login and query are not shown.
    """
    with _told(logger, lambda: f"{method} {address(url)}") as call:
        yield call


def decided(logger: logging.Logger, text: str, *values: object) -> None:
    """Tell what was decided and why.

    Args:
        logger: Of the module that decides.
        text: A sentence, with ``%s`` for each value.
        values: Anything; logins and what may be a password are not shown.
    """
    if logger.isEnabledFor(logging.DEBUG):
        logger.debug("%s", on_one_line(without_secrets(text % values)))


def repeated(logger: logging.Logger, what: str, why: str, pause: float = 0.0) -> None:
    """Tell everybody, by a warning, that a call that failed is tried once more.

    Args:
        logger: Of the adapter.
        what: The call in a few words.
        why: What came and went.
        pause: Seconds until then; 0 where nobody notices.
    """
    when = f"trying again in {pause:.2g} s" if pause else "trying once more"
    logger.warning("%s", on_one_line(f"{image(what)}: {why}; {when}"))


@contextmanager
def _told(logger: logging.Logger, what: Callable[[], str]) -> Iterator[Call]:
    call, began = Call(), time.monotonic()
    try:
        yield call
    except BaseException as error:
        call.outcome = call.outcome or type(error).__name__
        raise
    finally:
        if logger.isEnabledFor(logging.INFO):
            # What another program made up, such as the name of a file, stays in its line of the log.
            logger.info("%s: %s, %.3f s", on_one_line(what()), call.outcome or "done", time.monotonic() - began)
