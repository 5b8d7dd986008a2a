"""inv check."""

from __future__ import annotations

from dext_tasks.tasks.verb import Run, verb


@verb(options=("platforms", "image", "dockerfile", "metadata"))
def check(run: Run) -> None:
    """Check the source tree and the built images against Docker's rules."""
    from dext_tasks.checks.project import check_project
    from dext_tasks.console.progress import Progress
    from dext_tasks.console.tables import report_data, unanswered

    report = check_project(run.engine, run.project)
    Progress(run.output).checked(report)
    for line in unanswered(report):
        run.output.say(line, style="dim")
    run.output.data(report_data(report))
    report.require_clean()
