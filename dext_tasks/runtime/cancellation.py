"""The asked-for end of all work, seen by every thread; clean-up runs shielded from it."""

from __future__ import annotations

import signal
import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from dext_tasks.errors import InterruptedError as Interrupted

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    import psutil

SHIELD = "SHIELDED_BY_DEXT_TASKS"
"""Variable in the environment of a command that is not to be ended when a run is."""


class Cancellation:
    """One per run: set once by Ctrl-C or SIGTERM, checked before each command and in each wait.

    Args:
        bystanders: Child processes of this one that were there before, and that the end of the run does not concern.
    """

    def __init__(self, bystanders: Collection[psutil.Process] = ()) -> None:
        self.bystanders = bystanders
        self._asked = threading.Event()
        self._local = threading.local()

    def cancel(self) -> None:
        """Ask every thread to stop at its next check."""
        self._asked.set()

    @property
    def asked(self) -> bool:
        """Whether this thread should stop: asked to, and not inside ``shielded``."""
        return self._asked.is_set() and not self.is_shielded

    @property
    def was_asked(self) -> bool:
        """Whether the run is to end, also seen by what is shielded from it."""
        return self._asked.is_set()

    @property
    def is_shielded(self) -> bool:
        """Whether this thread is inside ``shielded``, and so are the commands it starts."""
        return bool(getattr(self._local, "shielded", False))

    def check(self) -> None:
        """Stop here if asked to.

        Raises:
            InterruptedError: This thread should stop.
        """
        if self.asked:
            raise interrupted()

    def sleep(self, seconds: float) -> None:
        """Wait, but no longer than until asked to stop.

        Raises:
            InterruptedError: This thread should stop.
        """
        if self.is_shielded:
            threading.Event().wait(seconds)
        else:
            self._asked.wait(seconds)
        self.check()

    @contextmanager
    def shielded(self) -> Iterator[None]:
        """Let this thread, and every command it starts, run to its end: clean-up, and what clean-up relies on."""
        before = self.is_shielded
        self._local.shielded = True
        try:
            yield
        finally:
            self._local.shielded = before

    @contextmanager
    def starting(self) -> Iterator[None]:
        """Start commands that Ctrl-C does not end either, if this thread is shielded.

        A terminal sends it to every process of its group, and a command that is to have a group of its own is in this
        one until it has got that far. So it has SIGINT blocked from its first instruction on, which is inherited:
        https://man7.org/linux/man-pages/man2/execve.2.html, https://pkg.go.dev/os/signal. SIGTERM still ends it.
        """
        if sys.platform == "win32" or not self.is_shielded:
            yield
            return
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            yield
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)


def interrupted() -> Interrupted:
    """The error that says a run was ended on request."""
    return Interrupted("interrupted", remedy="run the same command again; what was finished is kept")
