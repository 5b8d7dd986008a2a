"""Progress of several platforms at once: a line a platform that changes on a terminal, plain lines elsewhere."""

from __future__ import annotations

import threading
import time
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from dext_tasks.console.output import STYLES, visible
from dext_tasks.console.progress import Progress
from dext_tasks.console.smoke import SIGNS

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.table import Table

    from dext_tasks.console.output import Output
    from dext_tasks.extension.platform import Platform
    from dext_tasks.smoke.candidate import Candidate
    from dext_tasks.smoke.result import Outcome, ProbeResult

_FRAMES = ("⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏", "|/-\\")
_FRAMES_A_SECOND = 8


@dataclass
class Lane:
    """What is known of one platform.

    Attributes:
        began: When it was first heard of, seconds of the board's clock.
        doing: The build or the probe that goes on, or that ended last.
        said: The last line it wrote.
        outcome: Of the probe that ended last, None while something goes on.
        ended: When that was.
    """

    began: float
    doing: str = ""
    said: str = ""
    outcome: Outcome | None = None
    ended: float = 0.0


class Board:
    """Tells people what goes on, from any thread; a context manager.

    On a terminal, ended probes move up as lines, and below them stays a line a platform with what goes on
    now. Elsewhere, and outside of its block, there are plain lines, each with its platform.

    Args:
        output: Where to.
        clock: Seconds that only grow.
    """

    def __init__(self, output: Output, clock: Callable[[], float] = time.monotonic) -> None:
        self._output = output
        self._clock = clock
        self._progress = Progress(output)
        self._lanes: dict[str, Lane] = {}
        # A signal's handler speaks, too, in a thread that may hold either at that moment.
        self._lock = threading.RLock()
        self._speaking = threading.RLock()
        self._shown = ExitStack()
        self._is_live = False

    def __enter__(self) -> Self:
        if self._output.can_be_live:
            self._shown.enter_context(self._output.live(self.render))
            self._is_live = True
        return self

    def __exit__(self, *_: object) -> None:
        self._is_live = False
        self._shown.close()

    def line(self, platform: Platform, text: str) -> None:
        """A line of a build's log."""
        if not self._is_live:
            self._progress.line(platform, text)
        elif text.strip():
            with self._lock:
                lane = self._lane(platform)
                lane.doing, lane.said, lane.outcome = lane.doing or "build", text.strip(), None

    def started(self, platform: Platform, probe_name: str) -> None:
        """A probe of a smoke test begins."""
        if not self._is_live:
            self._progress.line(platform, f"{probe_name}: started")
            return
        with self._lock:
            lane = self._lane(platform)
            lane.doing, lane.said, lane.outcome = probe_name, "", None

    def probed(self, candidate: Candidate, result: ProbeResult) -> None:
        """A probe of a smoke test has ended."""
        if self._is_live:
            with self._lock:
                lane = self._lane(candidate.platform)
                lane.doing, lane.said, lane.outcome = result.name, result.detail, result.outcome
                lane.ended = self._clock()
        # Held together: another platform's lines must not come between a failure and its evidence.
        with self._speaking:
            self._progress.probed(candidate, result)

    def _lane(self, platform: Platform) -> Lane:
        return self._lanes.setdefault(str(platform), Lane(self._clock()))

    def render(self) -> Table:
        """The board as it is now."""
        from rich.table import Table  # noqa: PLC0415 - 60 ms that only a terminal pays
        from rich.text import Text  # noqa: PLC0415

        grid = Table.grid(padding=(0, 1), expand=True)
        for width in (None, None, None, None, 1):
            grid.add_column(no_wrap=True, overflow="ellipsis", ratio=width)
        now = self._clock()
        with self._lock:
            for platform, lane in self._lanes.items():
                grid.add_row(*(Text(text, style) for text, style in self._cells(platform, lane, now)))
        return grid

    def _cells(self, platform: str, lane: Lane, now: float) -> list[tuple[str, str]]:
        style = STYLES[lane.outcome] if lane.outcome else "cyan"
        elapsed = (lane.ended if lane.outcome else now) - lane.began
        return [
            (self._sign(lane, elapsed), style),
            (platform, "bold"),
            (f"{elapsed:.0f} s", "dim"),
            (visible(lane.doing), style),
            (visible(" ".join(lane.said.split())), "dim"),
        ]

    def _sign(self, lane: Lane, elapsed: float) -> str:
        if lane.outcome:
            return SIGNS[lane.outcome][self._output.is_ascii]
        frames = _FRAMES[self._output.is_ascii]
        return frames[int(elapsed * _FRAMES_A_SECOND) % len(frames)]
