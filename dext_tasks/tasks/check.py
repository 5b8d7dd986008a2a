"""inv check."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from dext_tasks.config.settings import CHECK, names_in
from dext_tasks.errors import DextError, UsageError
from dext_tasks.runtime.cancellation import interrupted
from dext_tasks.tasks.verb import verb

if TYPE_CHECKING:
    from dext_tasks.checks.run import Checked
    from dext_tasks.console.formats import ReportFormat
    from dext_tasks.tasks.run import Run


_OPTIONS = (
    "platforms",
    "contexts",
    "dockerfile",
    "metadata",
    "build_args",
    "build_target",
    *names_in(CHECK),
)
_HELP = {
    "image": "check an image in the engine instead of the project",
    "remote": "check an image in a registry instead; nothing is pulled",
    "deep": "with --remote, read the layers that hold what metadata.json names",
    "sdk": "also check that it can be installed with this version of the extension API, such as 0.3.4",
    "desktop": "also check that it can be installed on this version of Docker Desktop, such as 4.40",
    "format": "print the report on standard output as json, sarif, junit, github, gitlab or docker",
    "output": "write the report of --format to this file, and show people the findings",
    "explain": "print one rule in full, and check nothing",
}


@verb(options=_OPTIONS, help=_HELP, example="--strict --ignore label-duplicate='kept for old desktops'")
def check(  # noqa: PLR0913, PLR0917 - one flag each
    run: Run,
    image: str = "",
    remote: str = "",
    deep: bool = False,
    sdk: str = "",
    desktop: str = "",
    format: str = "",  # noqa: A002 - the flag's name
    output: str = "",
    explain: str = "",
) -> None:
    """Check against Docker's rules, and for what they miss."""
    from dext_tasks.tasks.check_document import CheckDocument

    wanted = CheckDocument.wanted(format, output, as_json=run.output.as_json)
    if explain:
        _explain(run, explain, wanted.format)
        return
    wanted.require_place()
    # One of each finding is enough.
    run.output.annotates = run.output.annotates and not wanted.has_annotations
    try:
        checked = _checked(run, image, remote, deep, sdk, desktop)
    except (DextError, KeyboardInterrupt) as error:
        wanted.tell_failure(run.output, error if isinstance(error, DextError) else interrupted())
        raise
    _show(run, checked, offers=bool(sdk or desktop), result=not wanted.is_printed)
    wanted.tell(run.output, checked)
    checked.report.require_clean(strict=checked.strict)


def _checked(run: Run, image: str, remote: str, deep: bool, sdk: str, desktop: str) -> Checked:  # noqa: PLR0913, PLR0917 - as above
    if not (image or remote):
        # While the engine answers, the rules are loaded.
        for engine in run.engines.each_of(run.project.settings.platforms):
            engine.prefetch_tagged(run.project.local_repository)
    # Files are shown beside what is in the repository, not in the folder that a step of a workflow runs in:
    # https://docs.github.com/actions/reference/workflows-and-actions/variables#default-environment-variables
    # https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format
    workspace = Path(run.output.pipeline.workspace or ".")
    return run.check(image=image, remote=remote, deep=deep, sdk=sdk, desktop=desktop, relative_to=workspace)


def _show(run: Run, checked: Checked, *, offers: bool, result: bool) -> None:
    from dext_tasks.console.report import (
        check_summary,
        detail_lines,
        findings_table,
        offer_lines,
        offers_table,
        permission_lines,
        repair_lines,
        report_lines,
    )

    output = run.output
    for said in checked.said:
        output.say(f"checked: {said}", style="dim", result=result)
    for note in checked.notes:
        output.say(note, result=result)
    if checked.report.findings:
        output.table(findings_table(checked.report), result=result)
    if offers:
        output.table(offers_table(checked.summary), result=result)
    for line in (*detail_lines(checked.report, checked.notes), *offer_lines(checked.summary)):
        output.detail(line, result=result)
    for line in permission_lines(checked.summary):
        output.say(line, style="dim", result=result)
    for line in (*repair_lines(checked.report), *report_lines(checked.report)):
        output.say(line, result=result)
    output.summarise(check_summary(checked))
    if output.annotates:
        from dext_tasks.console.formats.github import annotated

        for each in annotated(checked.report, checked.file):
            output.annotate(each)


def _explain(run: Run, code: str, wanted: ReportFormat | None) -> None:
    from dext_tasks.checks.catalogue import RULES
    from dext_tasks.checks.explanation import explain, find, rule_data
    from dext_tasks.checks.run import optional_rules

    rule = find([*RULES, *optional_rules()], code)
    if not wanted:
        run.output.result(explain(rule))
    elif wanted == "json":
        run.output.document(json.dumps(rule_data(rule), indent=2) + "\n")
    else:
        raise UsageError(f"a rule is not explained as {wanted}", remedy="leave out --format, or give json")
