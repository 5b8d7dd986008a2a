"""What a build writes, on its way to who listens; and whether it waits for an emulator that is dead."""

from __future__ import annotations

from contextlib import suppress
from threading import Timer
from typing import TYPE_CHECKING, Self

from dext_tasks.engine.emulator import says_crash, step_of, words
from dext_tasks.limits import BUILD_SILENCE

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


class BuildLog:
    """A context manager for as long as the build runs.

    Args:
        on_line: Told of every line.
        end: Ends the build.

    Attributes:
        lines: All that was written.
        hang: What the emulator said before the build was ended for its sake; empty if it was not.
    """

    def __init__(self, on_line: Callable[[str], None], end: Callable[[], None]) -> None:
        self.lines: list[str] = []
        self.hang = ""
        self._on_line = on_line
        self._end = end
        self._step = ""
        self._timer: Timer | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stop_waiting()

    @property
    def has_steps(self) -> bool:
        """Whether BuildKit began; before that, only the docker client says anything."""
        return any(line.startswith("#") for line in self.lines)

    @property
    def waits(self) -> bool:
        """Whether the emulator of a step said that it crashed, and the step nothing since."""
        return self._timer is not None

    def hear(self, text: str) -> None:
        """A line was written."""
        line = text.rstrip()
        self.lines.append(line)
        self._on_line(line)
        if self._timer and step_of(line) == self._step:
            self._stop_waiting()
        if says_crash(line) and step_of(line):
            self._wait(line)

    def _wait(self, line: str) -> None:
        self._stop_waiting()
        self._step = step_of(line)
        self._timer = Timer(BUILD_SILENCE, self._give_up, (words(line),))
        self._timer.daemon = True
        self._timer.start()

    def _stop_waiting(self) -> None:
        if self._timer:
            self._timer.cancel()
        self._timer = None

    def _give_up(self, said: str) -> None:
        self.hang = said
        self._end()


def end_command(argument: Path) -> None:
    """End the command of this process that has a path among its arguments."""
    import psutil

    for child in psutil.Process().children():
        with suppress(psutil.NoSuchProcess, psutil.AccessDenied):
            if str(argument) in child.cmdline():
                child.terminate()
