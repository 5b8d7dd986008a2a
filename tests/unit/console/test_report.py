from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest

from dext_tasks.console import Output
from dext_tasks.console.progress import Progress
from dext_tasks.console.report import findings_table, labels_table, offers_table, report_lines, summary_lines, verdict
from dext_tasks.extension import sdk
from dext_tasks.extension.platform import REQUIRED

if TYPE_CHECKING:
    from dext_tasks.checks.run import Checked

AMD64, ARM64 = REQUIRED


def test_the_same_problem_on_two_platforms_is_one_row(checked: Checked) -> None:
    table = findings_table(checked.report)
    assert {len(row) for row in table.rows} == {len(table.columns)}
    assert [row[:3] for row in table.rows] == [
        ("Dockerfile:3", "error", "label-odd"),
        ("a,b:c.md", "note", "note-odd"),
        ("source tree: /icon.svg", "warning", "path-odd"),
    ]


def test_dockers_verdict_comes_first_then_ours(checked: Checked) -> None:
    lines = report_lines(checked.report)
    assert lines[0] == "Docker's validator: would fail, 1 rule (label-odd)"
    assert lines[1] == "dext-tasks: 1 error, 2 warnings, 1 note; 4 rules asked"
    assert lines[2] == "not checked: file-odd: a tree shows no files"


def test_what_is_accepted_is_told_with_its_reason(accepting: Checked) -> None:
    assert "accepted: label-odd, label x.y is [empty] (reason: known, and harmless)" in report_lines(accepting.report)


def test_a_clean_report(clean: Checked) -> None:
    assert verdict(clean.report) == "Docker's validator: no objection found"


def test_permissions_are_sentences(checked: Checked) -> None:
    assert summary_lines(checked.summary) == ["permission: runs privileged"]


def test_desktops_and_their_verdicts(checked: Checked) -> None:
    object.__setattr__(checked.summary, "offers", sdk.offers(">= 0.3.4"))
    rows = offers_table(checked.summary).rows
    assert {row[2] for row in rows} == {"allowed", "refused"}


def test_platforms_that_agree_on_a_label_share_a_row() -> None:
    table = labels_table({AMD64: {"same": "1", "other": "a"}, ARM64: {"same": "1", "other": "b"}})
    assert list(table.rows) == [
        ("other", "linux/amd64", "a"),
        ("other", "linux/arm64", "b"),
        ("same", "linux/amd64, linux/arm64", "1"),
    ]


@pytest.mark.parametrize("fixture", ["checked", "clean"])
def test_progress_shows_a_report(fixture: str, request: pytest.FixtureRequest) -> None:
    people = io.StringIO()
    Progress(Output(err=people, out=io.StringIO())).checked(request.getfixturevalue(fixture).report)
    assert ("label x.y is [empty]" in people.getvalue()) is (fixture == "checked")
    assert "Docker's validator: " in people.getvalue()
