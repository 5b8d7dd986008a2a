"""Progress of a release: its steps move up as lines, and the board shows what each platform is at."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Self

from dext_tasks.console.board import Board, Progress
from dext_tasks.smoke.result import Outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rich.table import Table

    from dext_tasks.checks.report import Report
    from dext_tasks.console.output import Output
    from dext_tasks.engine.build import Built
    from dext_tasks.errors import BuildFailedError, EmulatorCrashedError
    from dext_tasks.formats.oci.platform import Platform
    from dext_tasks.release.steps.step import Step
    from dext_tasks.smoke.installation import Candidate
    from dext_tasks.smoke.result import ProbeResult, SmokeResult

_FOR_ALL = "release"


class ReleaseBoard:
    """Tells people what a release does, from any thread; a context manager, as the board it shows.

    Args:
        output: Where to.
        clock: Seconds that only grow.
        smoked: Takes what the smoke test found, for who reports it.
    """

    def __init__(
        self,
        output: Output,
        clock: Callable[[], float] = time.monotonic,
        smoked: Callable[[Sequence[SmokeResult]], object] = tuple,
    ) -> None:
        self._board = Board(output, clock)
        self._progress = Progress(output)
        self._smoked = smoked

    def __enter__(self) -> Self:
        self._board.__enter__()
        return self

    def __exit__(self, *ended: object) -> None:
        self._board.__exit__(*ended)

    def render(self) -> Table:
        """The board as it is now."""
        return self._board.render()

    def started(self, step: Step) -> None:
        """A step begins."""
        self._board.steps[_lane(step)] = _group(step)
        if self._board.is_live:
            self._board.begin(_lane(step), step.title)
        else:
            self._board.groups.add(_group(step), lambda: self._progress.started(step))

    def finished(self, step: Step, seconds: float) -> None:
        """A step has ended well."""
        self._board.end(_lane(step), step.title, Outcome.PASSED, f"{step.subject} ({seconds:.1f} s)")
        self._board.groups.add(_group(step), lambda: self._progress.finished(step, seconds))
        self._ended(step)

    def refused(self, step: Step, why: str) -> None:
        """A registry refused a step that the release is complete without."""
        self._board.end(_lane(step), step.title, Outcome.SKIPPED, why)
        self._board.groups.add(_group(step), lambda: self._progress.refused(step, why))
        self._ended(step)

    def _ended(self, step: Step) -> None:
        self._board.steps.pop(_lane(step), None)
        self._board.groups.end(_group(step))

    def line(self, platform: Platform, text: str) -> None:
        """A line of a build's or push's log."""
        self._board.line(platform, text)

    def built(self, platform: Platform, built: Built) -> None:
        """A build has ended well."""
        # The name that it has meanwhile is of this run alone, and tells nobody anything.
        self._board.end(str(platform), "build", Outcome.PASSED, f"in {built.seconds:.1f} s")

    def build_repeated(self, platform: Platform, error: EmulatorCrashedError) -> None:
        """The emulator crashed, and the build begins once more."""
        self._board.build_repeated(platform, error)

    def build_failed(self, platform: Platform, error: BuildFailedError) -> None:
        """A build has failed."""
        self._board.build_failed(platform, error)

    def probing(self, platform: Platform, probe_name: str) -> None:
        """A probe of a smoke test begins; where lines stay, only its end is shown."""
        self._board.begin(str(platform), probe_name)

    def probed(self, candidate: Candidate, result: ProbeResult) -> None:
        """A probe of a smoke test has ended."""
        self._board.probed(candidate, result)

    def smoked(self, results: Sequence[SmokeResult]) -> None:
        """Every platform was smoke-tested, or as many as there was time for."""
        self._smoked(results)

    def checked(self, report: Report) -> None:
        """The checks have run; what they found is not folded away."""
        self._board.groups.close()
        self._progress.checked(report)


def _group(step: Step) -> str:
    return f"{step.title} {step.subject}"


def _lane(step: Step) -> str:
    return str(step.platform or _FOR_ALL)
