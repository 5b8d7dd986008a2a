"""The report in SARIF 2.1.0, as code scanning services read it.

Format: https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from dext_tasks._version import __version__

if TYPE_CHECKING:
    from dext_tasks.checks.rule import Finding, Rule
    from dext_tasks.checks.run import Checked
    from dext_tasks.sources.subject import Place

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def sarif(checked: Checked) -> str:
    """One SARIF document with one run."""
    report = checked.report
    codes = [rule.code for rule in report.rules]
    results = [_result(finding, codes) for finding in report.findings]
    results += [
        {**_result(each.finding, codes), "suppressions": [_suppression(each.reason)]} for each in report.accepted
    ]
    driver = {"name": "dext-tasks", "version": __version__, "rules": [_rule(rule) for rule in report.rules]}
    run = {"tool": {"driver": driver}, "results": results, "columnKind": "unicodeCodePoints"}
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _rule(rule: Rule) -> dict[str, object]:
    return {
        "id": rule.code,
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": rule.why},
        "help": {"text": rule.fix},
        "helpUri": rule.source,
        "defaultConfiguration": {"level": rule.severity.value},
    }


def _result(finding: Finding, codes: list[str]) -> dict[str, object]:
    return {
        "ruleId": finding.rule.code,
        "ruleIndex": codes.index(finding.rule.code),
        "level": finding.rule.severity.value,
        "message": {"text": f"{finding.what}. {finding.rule.fix}"},
        "locations": [_location(finding.place)],
    }


def _location(place: Place) -> dict[str, object]:
    logical = [part for part in (place.path, place.label, str(place.platform or "")) if part]
    location: dict[str, object] = {}
    if place.file:
        physical: dict[str, object] = {"artifactLocation": {"uri": place.file}}
        if place.line:
            physical["region"] = {"startLine": place.line}
        location["physicalLocation"] = physical
    if logical:
        location["logicalLocations"] = [{"fullyQualifiedName": " ".join(logical)}]
    return location


def _suppression(reason: str) -> dict[str, str]:
    return {"kind": "external", "justification": reason}
