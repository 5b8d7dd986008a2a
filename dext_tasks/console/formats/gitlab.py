"""The report as GitLab shows it beside the changes of a merge request, for an artifact of the kind ``codequality``.

Format: https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format
"""

from __future__ import annotations

import json
from collections import Counter
from hashlib import sha256
from typing import TYPE_CHECKING

from dext_tasks.checks.rule import Severity

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dext_tasks.checks.rule import Finding
    from dext_tasks.checks.run import Checked
    from dext_tasks.errors import DextError

_SEVERITIES = {Severity.ERROR: "major", Severity.WARNING: "minor", Severity.NOTE: "info"}


def gitlab(checked: Checked) -> str:
    """One entry per finding."""
    seen: Counter[tuple[str, ...]] = Counter()
    return _document([_entry(finding, checked, seen) for finding in checked.report.findings])


def gitlab_failure(error: DextError) -> str:
    """The document of a check that could not be made: without an entry it would look clean."""
    what = f"{error.message}: {error.remedy}"
    return _document([_issue(what, type(error).__name__, "blocker", ".", 1, (what,))])


def _document(entries: Sequence[dict[str, object]]) -> str:
    return json.dumps(entries, indent=2) + "\n"


def _entry(finding: Finding, checked: Checked, seen: Counter[tuple[str, ...]]) -> dict[str, object]:
    place, rule = finding.place, finding.rule
    # For what is in an image, the image stands for the file, as GitLab takes no entry without one.
    path = checked.file(place) or place.path.lstrip("/") or checked.reference or "image"
    # Not by the line, so that a finding stays the same one when lines are added above it.
    same = (rule.code, path, place.label, str(place.platform or ""), finding.what)
    seen[same] += 1
    told = f"{finding.what}. {finding.fix}"
    return _issue(told, rule.code, _SEVERITIES[rule.severity], path, max(1, place.line), (*same, str(seen[same])))


def _issue(  # noqa: PLR0913, PLR0917 - a member each
    what: str, name: str, severity: str, path: str, line: int, same: tuple[str, ...]
) -> dict[str, object]:
    return {
        "description": what,
        "check_name": name,
        "fingerprint": sha256("\0".join(same).encode("utf-8", "surrogatepass")).hexdigest(),
        "severity": severity,
        "location": {"path": path, "lines": {"begin": line}},
    }
