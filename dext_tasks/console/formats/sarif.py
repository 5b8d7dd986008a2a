"""The report in SARIF 2.1.0, as code scanning services read it.

Format: https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from urllib.parse import quote

from dext_tasks._version import __version__

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dext_tasks.checks.rule import Finding, Rule
    from dext_tasks.checks.run import Checked
    from dext_tasks.errors import DextError
    from dext_tasks.sources.facts import Place

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def sarif(checked: Checked) -> str:
    """One SARIF document with one run."""
    report = checked.report
    codes = [rule.code for rule in report.rules]
    results = [_result(finding, codes, checked) for finding in report.findings]
    results += [
        {**_result(each.finding, codes, checked), "suppressions": [{"kind": "external", "justification": each.reason}]}
        for each in report.accepted
    ]
    run = {"results": results, "properties": {"checked": checked.said}} if checked.said else {"results": results}
    return _document({"rules": [_rule(rule) for rule in report.rules]}, run)


def sarif_failure(error: DextError) -> str:
    """The document of a check that could not be made."""
    said = {"level": "error", "message": {"text": f"{error.message}\n{error.remedy}"}}
    invocation = {
        "executionSuccessful": False,
        "exitCode": error.exit_code,
        "toolExecutionNotifications": [said],
    }
    return _document({}, {"invocations": [invocation], "results": []})


def _document(driver: Mapping[str, object], run: Mapping[str, object]) -> str:
    tool = {"driver": {"name": "dext-tasks", "version": __version__, **driver}}
    runs = [{"tool": tool, **run, "columnKind": "unicodeCodePoints"}]
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": runs}, indent=2) + "\n"


def _rule(rule: Rule) -> dict[str, object]:
    return {
        "id": rule.code,
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": rule.why},
        "help": {"text": rule.fix},
        "helpUri": rule.source,
        "defaultConfiguration": {"level": rule.severity.value},
    }


def _result(finding: Finding, codes: list[str], checked: Checked) -> dict[str, object]:
    return {
        "ruleId": finding.rule.code,
        "ruleIndex": codes.index(finding.rule.code),
        "level": finding.rule.severity.value,
        "message": {"text": f"{finding.what}. {finding.fix}"},
        "locations": [_location(finding.place, checked)],
    }


def _location(place: Place, checked: Checked) -> dict[str, object]:
    # GitHub takes no result without a file; for what is in an image, the image stands for the folder.
    # https://docs.github.com/code-security/reference/code-scanning/sarif-files/sarif-support-for-code-scanning
    where = checked.file(place) or place.path.lstrip("/") or checked.reference or "image"
    location: dict[str, object] = {
        "physicalLocation": {
            "artifactLocation": {"uri": quote(where)},
            "region": {"startLine": max(1, place.line)},
        }
    }
    logical = [part for part in (place.path, place.label, str(place.platform or "")) if part]
    if logical:
        location["logicalLocations"] = [{"fullyQualifiedName": " ".join(logical)}]
    return location
