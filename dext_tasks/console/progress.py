"""Progress of builds, smoke tests and releases as plain lines, each with its platform."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dext_tasks.console.report import detail_lines, findings_table, report_lines
from dext_tasks.smoke.result import Outcome

if TYPE_CHECKING:
    from dext_tasks.checks.report import Report
    from dext_tasks.console.output import Output
    from dext_tasks.errors import BuildFailedError, EmulatorCrashedError
    from dext_tasks.formats.oci.platform import Platform
    from dext_tasks.release.steps.step import Step
    from dext_tasks.smoke.installation import Candidate
    from dext_tasks.smoke.result import ProbeResult


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
        if report.findings:
            self._output.table(findings_table(report))
        for line in report_lines(report):
            self._output.say(line)
        for line in detail_lines(report):
            self._output.detail(line)
