"""The report as JUnit XML: a test case for each rule and source.

Format: https://github.com/testmoapp/junitxml
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET  # only writes XML, never reads any

from dext_tasks.checks.rule import Severity
from dext_tasks.console.xml import clean, document, suite

if TYPE_CHECKING:
    from dext_tasks.checks.report import Report
    from dext_tasks.checks.rule import Finding, Rule
    from dext_tasks.checks.run import Checked
    from dext_tasks.errors import DextError

_NAME = "dext check"


def junit(checked: Checked) -> str:
    """One ``testsuites`` document."""
    failing = {Severity.ERROR, Severity.WARNING} if checked.strict else {Severity.ERROR}
    return document([suite(_NAME, _cases(checked.report, failing), [("checked", said) for said in checked.said])])


def junit_failure(error: DextError) -> str:
    """The document of a check that could not be made."""
    case = ET.Element("testcase", {"classname": _NAME, "name": type(error).__name__})
    told = ET.SubElement(case, "error", {"message": clean(error.message)})
    told.text = clean("\n".join(filter(None, (error.remedy, error.detail))))
    return document([suite(_NAME, [case])])


def _cases(report: Report, failing: set[Severity]) -> list[ET.Element]:
    silent = {(each.rule.code, each.source): each.reason for each in report.not_run}
    found: dict[tuple[str, str], list[Finding]] = {}
    for finding in report.findings:
        found.setdefault((finding.rule.code, finding.source), []).append(finding)
    sources = dict.fromkeys([*(source for _, source in silent), *(source for _, source in found)])
    return [
        _case(rule, source, found.get((rule.code, source), []), silent.get((rule.code, source)), failing)
        for source in sources or ("everything",)
        for rule in report.rules
    ]


def _case(rule: Rule, source: str, findings: list[Finding], silence: str | None, failing: set[Severity]) -> ET.Element:
    case = ET.Element("testcase", {"classname": clean(source), "name": rule.code})
    if rule.severity in failing:
        for finding in findings:
            failure = ET.SubElement(case, "failure", {"message": clean(finding.what)})
            failure.text = clean(f"{finding.place}\n{rule.why}\n{finding.fix}")
    elif findings:
        out = ET.SubElement(case, "system-out")
        out.text = clean("\n".join(f"{rule.severity}: {each.what} ({each.place})" for each in findings))
    if silence is not None:
        ET.SubElement(case, "skipped", {"message": clean(silence)})
    return case
