"""Lines of work that goes on at once, folded by a pipeline into groups, which cannot be nested or mixed there."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from dext_tasks.console.pipeline import PipelineKind

if TYPE_CHECKING:
    from collections.abc import Callable

    from dext_tasks.console.output import Output


class Groups:
    """Shows the lines of one group as they come, and keeps those of others until it has ended; from any thread.

    Where no pipeline folds lines, each is shown at once.

    Args:
        output: Where to.
        clock: Seconds since 1970.
    """

    def __init__(self, output: Output, clock: Callable[[], float] = time.time) -> None:
        self._output = output
        self._clock = clock
        self._open = ""
        self._number = 0
        # By title, in the order in which they came; and those of them that have ended already.
        self._waiting: dict[str, list[Callable[[], None]]] = {}
        self._ended: set[str] = set()
        # A signal's handler speaks, too, in a thread that may hold it at that moment.
        self._lock = threading.RLock()

    @property
    def are_shown(self) -> bool:
        """Whether the pipeline folds lines."""
        return self._output.pipeline.kind is not PipelineKind.NONE

    def add(self, title: str, show: Callable[[], None]) -> None:
        """Show something in a group, now or when it is its turn.

        Args:
            title: Of the group, which begins if it has not.
            show: Writes lines.
        """
        if not self.are_shown:
            show()
            return
        with self._lock:
            if not self._open:
                self._begin(title)
            if title == self._open:
                show()
            else:
                self._waiting.setdefault(title, []).append(show)

    def end(self, title: str) -> None:
        """A group has ended; if it waits, it is shown when it is its turn."""
        with self._lock:
            if title != self._open:
                self._ended.update({title} & self._waiting.keys())
                return
            self._close()
            while self._waiting and not self._open:
                following = next(iter(self._waiting))
                self._begin(following)
                for show in self._waiting.pop(following):
                    show()
                if following in self._ended:
                    self._ended.remove(following)
                    self._close()

    def close(self) -> None:
        """Everything has ended, well or not."""
        with self._lock:
            self._ended.update(self._waiting)
            self.end(self._open)

    def _begin(self, title: str) -> None:
        self._open, self._number = title, self._number + 1
        self._output.command(self._output.pipeline.opening(title, self._name, self._clock()))

    def _close(self) -> None:
        if self._open:
            self._output.command(self._output.pipeline.closing(self._name, self._clock()))
        self._open = ""

    @property
    def _name(self) -> str:
        return f"dext_{id(self):x}_{self._number}"
