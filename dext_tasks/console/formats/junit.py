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
    from dext_tasks.checks.rule import Finding
    from dext_tasks.checks.run import Checked


def junit(checked: Checked) -> str:
    """One ``testsuites`` document."""
    return document([suite("dext check", _cases(checked.report))])


def _cases(report: Report) -> list[ET.Element]:
    silent = {(each.rule.code, each.subject): each.reason for each in report.not_run}
    found: dict[tuple[str, str], list[Finding]] = {}
    for finding in report.findings:
        found.setdefault((finding.rule.code, finding.subject), []).append(finding)
    subjects = dict.fromkeys([*(subject for _, subject in silent), *(subject for _, subject in found)])
    return [
        _case(rule.code, subject, found.get((rule.code, subject), []), silent.get((rule.code, subject)))
        for subject in subjects or ("everything",)
        for rule in report.rules
    ]


def _case(code: str, subject: str, findings: list[Finding], silence: str | None) -> ET.Element:
    case = ET.Element("testcase", {"classname": clean(subject), "name": code})
    errors = [each for each in findings if each.rule.severity is Severity.ERROR]
    for finding in errors:
        failure = ET.SubElement(case, "failure", {"message": clean(finding.what)})
        failure.text = clean(f"{finding.place}\n{finding.rule.why}\n{finding.rule.fix}")
    rest = [each for each in findings if each.rule.severity is not Severity.ERROR]
    if rest:
        out = ET.SubElement(case, "system-out")
        out.text = clean("\n".join(f"{each.rule.severity}: {each.what} ({each.place})" for each in rest))
    if silence is not None:
        ET.SubElement(case, "skipped", {"message": clean(silence)})
    return case
