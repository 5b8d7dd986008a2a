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
    template = finding.rule.docker
    if "KEY" in template:
        label = finding.place.label or _named_label(finding.what)
        # Of a rule that is not about labels, our own text has the validator's wording already.
        return f"ERRO {template.replace('KEY', label)}" if label else f"ERRO {finding.what}"
    if "PLATFORM" in template:
        return f"ERRO {template.replace('PLATFORM', str(finding.place.platform or ''))}"
    # Where the validator's failing text was never seen, its step is named and our text says what is wrong.
    return f"ERRO {template}: {finding.what}"


def _named_label(what: str) -> str:
    """The label that a text such as ``label x.y is missing`` is about; empty if it is about none."""
    words = what.split(" ")
    return words[1] if words[0] == "label" and len(words) > 1 else ""
