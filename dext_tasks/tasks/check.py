"""inv check."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dext_tasks.tasks.verb import Run, verb

if TYPE_CHECKING:
    from dext_tasks.checks.run import Checked, Request

_OPTIONS = (
    "platforms",
    "dockerfile",
    "metadata",
    "check_select",
    "check_ignore",
    "check_strict",
    "check_online",
    "check_runtimes",
)
_HELP = {
    "image": "check an image in the engine instead of the project",
    "remote": "check an image in a registry instead; nothing is pulled",
    "deep": "with --remote, read the layers that hold what metadata.json names",
    "sdk": "also check that it can be installed with this extension API version",
    "desktop": "also check that it can be installed on this Docker Desktop, such as 4.40",
    "format": "print the report on standard output as json, sarif, junit, github or docker",
    "explain": "print one rule in full, and check nothing",
}


@verb(options=_OPTIONS, help=_HELP)
def check(  # noqa: PLR0913, PLR0917 - one flag each
    run: Run,
    image: str = "",
    remote: str = "",
    deep: bool = False,
    sdk: str = "",
    desktop: str = "",
    format: str = "",  # noqa: A002 - the flag's name
    explain: str = "",
) -> None:
    """Check against Docker's rules, and for what they miss."""
    if not (image or remote or explain):
        # While the engine answers, the rules are loaded.
        run.engine.prefetch_tagged(run.project.local_repository)
    from dext_tasks.checks.run import Place, Request
    from dext_tasks.checks.run import run as run_check
    from dext_tasks.tasks.report_format import format_of

    request = Request(image, remote, deep, sdk, desktop)
    if explain:
        _explain(run, request, explain)
        return
    wanted = format_of(format, as_json=run.output.as_json)
    settings = run.settings_anywhere
    checked = run_check(request, Place(lambda: run.project, run.engine, settings, run.docker_config))
    _show(run, checked, offers=bool(sdk or desktop))
    if wanted:
        run.output.document(wanted(checked))
    checked.report.require_clean(strict=settings.check_strict)


def _show(run: Run, checked: Checked, *, offers: bool) -> None:
    from dext_tasks.console.report import findings_table, offers_table, report_lines, summary_lines

    for note in checked.notes:
        run.output.say(note)
    if checked.report.findings:
        run.output.table(findings_table(checked.report))
    for line in report_lines(checked.report):
        run.output.say(line)
    for line in summary_lines(checked.summary):
        run.output.say(line, style="dim")
    if offers:
        run.output.table(offers_table(checked.summary))


def _explain(run: Run, request: Request, code: str) -> None:
    from dext_tasks.checks.catalogue import PORTABILITY, RULES
    from dext_tasks.checks.explanation import explain, find
    from dext_tasks.checks.run import extra_rules

    portability = [rule for rules in PORTABILITY.values() for rule in rules]
    rule = find([*RULES, *portability, *extra_rules(request, run.settings_anywhere)], code)
    run.output.result(explain(rule))
    run.output.data(
        {"rule": rule.code, "severity": rule.severity, "holds": rule.title, "why": rule.why, "fix": rule.fix}
    )
