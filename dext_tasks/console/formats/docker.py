"""The part of the report that Docker's validator would print, in its own order and wording.

Wording: https://github.com/docker/extensions-submissions (test/validation_outputs) and the issues the rules name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dext_tasks.checks.rule import Finding
    from dext_tasks.checks.run import Checked

_PASSES = "The extension passes the validation checks."
_FAILS = (
    "The extension hasn't passed the checks to be published.\n"
    "Please fix the errors above and run the validate command again."
)


def docker(checked: Checked) -> str:
    """One line an error the validator would report, then its verdict."""
    report = checked.report
    found = [*report.findings, *(each.finding for each in report.accepted)]
    lines = dict.fromkeys(_line(finding) for finding in found if finding.rule.docker)
    return "".join(f"{line}\n" for line in (*lines, _FAILS if lines else _PASSES))


def _line(finding: Finding) -> str:
    label = finding.place.label or finding.what.removeprefix("label ").split(" ")[0]
    said = finding.rule.docker.replace("KEY", label).replace("PLATFORM", str(finding.place.platform or ""))
    exact = said != finding.rule.docker or "KEY" not in finding.rule.docker
    return f"ERRO {said}" if exact and said else f"ERRO {finding.what}"
