"""Progress of several platforms at once: a line a platform that changes on a terminal, plain lines elsewhere.

Whatever is shown, a log is shown once: as it comes where lines stay, as a whole where a build failed on a terminal.
"""

from __future__ import annotations

import threading
import time
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from dext_tasks.console.groups import Groups
from dext_tasks.console.output import STYLES
from dext_tasks.console.smoke import SIGNS
from dext_tasks.console.text import visible
from dext_tasks.errors import EmulatorCrashedError
from dext_tasks.smoke.result import Outcome

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.table import Table

    from dext_tasks.checks.report import Report
    from dext_tasks.console.output import Output
    from dext_tasks.engine.build import Built
    from dext_tasks.errors import BuildFailedError
    from dext_tasks.formats.oci.platform import Platform
    from dext_tasks.release.steps.step import Step
    from dext_tasks.smoke.installation import Candidate
    from dext_tasks.smoke.result import ProbeResult, SmokeResult


class Progress:
    """Tells people what goes on.

    Args:
        output: Where to.
    """

    def __init__(self, output: Output) -> None:
        self._output = output

    def started(self, step: Step) -> None:
        """A step of a release begins."""
        self._output.say(f"-> {step.title} {step.subject}", style="cyan")

    def finished(self, step: Step, seconds: float) -> None:
        """A step of a release has ended well."""
        self._output.say(f"ok {step.title} {step.subject} ({seconds:.1f} s)", style="green")

    def refused(self, step: Step, why: str) -> None:
        """A registry did not let a step be done that the release is whole without."""
        self._output.say(f"refused {step.title} {step.subject}: {why}", style="yellow")

    def line(self, platform: Platform, text: str) -> None:
        """A line of a build's or push's log."""
        if text:
            self._output.say(f"{platform} | {text}", style="dim")

    def build_repeated(self, platform: Platform, error: EmulatorCrashedError) -> None:
        """The emulator crashed in a build, which begins once more."""
        self._output.say(f"{platform} | {error.message}; building once more", style="yellow")

    def build_failed(self, platform: Platform, error: BuildFailedError) -> None:
        """A build has failed whose log nobody saw."""
        self._output.say(f"{platform} | the build failed, and this is all it wrote:", style="red")
        self._output.lines(error.log, style="dim")

    def probed(self, candidate: Candidate, result: ProbeResult) -> None:
        """A probe of a smoke test has ended."""
        style = "yellow" if result.outcome is Outcome.WARNING else "" if result.outcome.is_good else "red"
        text = f"{candidate.platform} | {result.name}: {result.outcome.value}, {result.detail}"
        self._output.say(text, style=style)
        if result.evidence:
            self._output.lines(result.evidence, style="dim")

    def checked(self, report: Report) -> None:
        """The checks have run."""
        # With it come all rules, of which a build and a smoke test ask none.
        from dext_tasks.console.report import detail_lines, findings_table, report_lines

        if report.findings:
            self._output.table(findings_table(report))
        for line in report_lines(report):
            self._output.say(line)
        for line in detail_lines(report):
            self._output.detail(line)


_FRAMES = ("⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏", "|/-\\")
_FRAMES_A_SECOND = 8


@dataclass
class Lane:
    """What is known of one platform, or of the work that is done for all of them.

    Attributes:
        began: When it was first heard of, seconds of the board's clock.
        doing: The build, the probe or the step that goes on, or that ended last.
        said: The last line it wrote.
        outcome: Of what ended last, None while something goes on.
        ended: When that was.
    """

    began: float
    doing: str = ""
    said: str = ""
    outcome: Outcome | None = None
    ended: float = 0.0


class Board:
    """Tells people what goes on, from any thread; a context manager.

    On a terminal, ended probes and failed builds move up as lines, and below them stays a line a platform with what
    goes on now. Elsewhere, and outside of its block, there are plain lines, each with its platform.

    Args:
        output: Where to.
        clock: Seconds that only grow.

    Attributes:
        results: Of the platforms that were smoke-tested so far.
        groups: Of lines that stay, where a pipeline folds them: one for each build and each smoke test.
        steps: The group of the step that a release is at, by platform.
    """

    def __init__(self, output: Output, clock: Callable[[], float] = time.monotonic) -> None:
        self.results: list[SmokeResult] = []
        self.steps: dict[str, str] = {}
        self._output = output
        self._clock = clock
        self._progress = Progress(output)
        self.groups = Groups(output)
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
        self.groups.close()

    @property
    def is_live(self) -> bool:
        """Whether lines change; if not, every line stays."""
        return self._is_live

    def line(self, platform: Platform, text: str) -> None:
        """A line of a build's log."""
        if not self._is_live:
            self.groups.add(self._build(platform), lambda: self._progress.line(platform, text))
        elif text.strip():
            with self._lock:
                lane = self._lane(str(platform))
                lane.doing, lane.said, lane.outcome = lane.doing or "build", text.strip(), None

    def built(self, platform: Platform, built: Built) -> None:
        """A build has ended well."""
        self.groups.end(self._build(platform))
        self.end(str(platform), "build", Outcome.PASSED, f"{built.image.reference} is loaded")

    def build_repeated(self, platform: Platform, error: EmulatorCrashedError) -> None:
        """The emulator crashed, and the build begins once more."""
        self.groups.add(self._build(platform), lambda: self._progress.build_repeated(platform, error))

    def build_failed(self, platform: Platform, error: BuildFailedError) -> None:
        """A build has failed; its log is shown where it was not."""
        outcome = Outcome.EMULATOR_CRASH if isinstance(error, EmulatorCrashedError) else Outcome.FAILED
        self.groups.end(self._build(platform))
        self.end(str(platform), "build", outcome, error.message)
        if self._is_live:
            with self._speaking:
                self._progress.build_failed(platform, error)

    def started(self, platform: Platform, probe_name: str) -> None:
        """A probe of a smoke test begins."""
        if self._is_live:
            self.begin(str(platform), probe_name)
        else:
            self.groups.add(self._test(platform), lambda: self._progress.line(platform, f"{probe_name}: started"))

    def probed(self, candidate: Candidate, result: ProbeResult) -> None:
        """A probe of a smoke test has ended."""
        self.end(str(candidate.platform), result.name, result.outcome, result.detail)
        # Held together: another platform's lines must not come between a failure and its evidence.
        with self._speaking:
            self.groups.add(self._test(candidate.platform), lambda: self._progress.probed(candidate, result))

    def tested(self, result: SmokeResult) -> None:
        """A platform was smoke-tested, well or not."""
        self.results.append(result)
        self.groups.end(self._test(result.platform))

    def _build(self, platform: Platform) -> str:
        return self.steps.get(str(platform), f"Build for {platform}")

    def _test(self, platform: Platform) -> str:
        return self.steps.get(str(platform), f"Smoke test on {platform}")

    def begin(self, name: str, doing: str) -> None:
        """Work begins in the lane of a platform, or in the one for all platforms."""
        if self._is_live:
            with self._lock:
                lane = self._lane(name)
                lane.doing, lane.said, lane.outcome = doing, "", None

    def end(self, name: str, doing: str, outcome: Outcome, said: str) -> None:
        """What went on in a lane has ended."""
        if self._is_live:
            with self._lock:
                lane = self._lane(name)
                lane.doing, lane.said, lane.outcome, lane.ended = doing, said, outcome, self._clock()

    def _lane(self, name: str) -> Lane:
        return self._lanes.setdefault(name, Lane(self._clock()))

    def render(self) -> Table:
        """The board as it is now."""
        from rich.table import Table
        from rich.text import Text

        grid = Table.grid(padding=(0, 1), expand=True)
        for width in (None, None, None, None, 1):
            grid.add_column(no_wrap=True, overflow="ellipsis", ratio=width)
        now = self._clock()
        with self._lock:
            for name, lane in self._lanes.items():
                grid.add_row(*(Text(text, style) for text, style in self._cells(name, lane, now)))
        return grid

    def _cells(self, name: str, lane: Lane, now: float) -> list[tuple[str, str]]:
        style = STYLES[lane.outcome] if lane.outcome else "cyan"
        elapsed = (lane.ended if lane.outcome else now) - lane.began
        return [
            (self._sign(lane, elapsed), style),
            (name, "bold"),
            (f"{elapsed:.0f} s", "dim"),
            (visible(lane.doing), style),
            (visible(" ".join(lane.said.split())), "dim"),
        ]

    def _sign(self, lane: Lane, elapsed: float) -> str:
        if lane.outcome:
            return SIGNS[lane.outcome][self._output.is_ascii]
        frames = _FRAMES[self._output.is_ascii]
        return frames[int(elapsed * _FRAMES_A_SECOND) % len(frames)]
