"""The report as JUnit XML: a test case for each rule and source.

Format: https://github.com/testmoapp/junitxml
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET  # only writes XML, never reads any

from dext_tasks.checks.rule import Severity

if TYPE_CHECKING:
    from dext_tasks.checks.report import Report
    from dext_tasks.checks.rule import Finding
    from dext_tasks.checks.run import Checked

# What XML 1.0 cannot hold, not even escaped: https://www.w3.org/TR/xml/#charsets
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit(checked: Checked) -> str:
    """One ``testsuites`` document."""
    report = checked.report
    cases = _cases(report)
    counts = {"tests": str(len(cases)), "failures": str(_failures(cases)), "skipped": str(_skipped(cases))}
    root = ET.Element("testsuites", counts)
    suite = ET.SubElement(root, "testsuite", {"name": "dext check", **counts})
    suite.extend(cases)
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


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
    case = ET.Element("testcase", {"classname": _clean(subject), "name": code})
    errors = [each for each in findings if each.rule.severity is Severity.ERROR]
    for finding in errors:
        failure = ET.SubElement(case, "failure", {"message": _clean(finding.what)})
        failure.text = _clean(f"{finding.place}\n{finding.rule.why}\n{finding.rule.fix}")
    rest = [each for each in findings if each.rule.severity is not Severity.ERROR]
    if rest:
        out = ET.SubElement(case, "system-out")
        out.text = _clean("\n".join(f"{each.rule.severity}: {each.what} ({each.place})" for each in rest))
    if silence is not None:
        ET.SubElement(case, "skipped", {"message": _clean(silence)})
    return case


def _failures(cases: list[ET.Element]) -> int:
    return sum(case.find("failure") is not None for case in cases)


def _skipped(cases: list[ET.Element]) -> int:
    return sum(case.find("skipped") is not None for case in cases)


def _clean(text: str) -> str:
    return _NOT_XML.sub("�", text)
