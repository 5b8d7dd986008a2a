from __future__ import annotations

import io
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import pytest

from dext_tasks.checks.catalogue import declared_in
from dext_tasks.checks.report import check
from dext_tasks.checks.rule import Problem, Repair, Rule, Severity
from dext_tasks.checks.rules import dockerfile
from dext_tasks.checks.selection import Selection
from dext_tasks.checks.summary import Summary
from dext_tasks.console import Output
from dext_tasks.console.board import Progress
from dext_tasks.console.report import (
    detail_lines,
    findings_table,
    label_lines,
    labels_table,
    offer_lines,
    offers_table,
    permission_lines,
    repair_lines,
    report_lines,
    verdict,
)
from dext_tasks.extension import sdk
from dext_tasks.formats.oci.platform import REQUIRED, Platform
from dext_tasks.sources.facts import Place, Refusal
from dext_tasks.sources.source import AbsentSource, Source

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dext_tasks.checks.run import Checked

DOCKERFILE_RULES = [rule for rule in declared_in(dockerfile) if not rule.code.startswith("final-")]
AMD64, ARM64 = REQUIRED


def test_the_same_problem_on_two_platforms_is_one_row(checked: Checked) -> None:
    table = findings_table(checked.report)
    assert {len(row) for row in table.rows} == {len(table.columns)}
    assert [row[:3] for row in table.rows] == [
        ("Dockerfile:3", "error", "label-odd"),
        ("a,b:c.md", "note", "note-odd"),
        ("source tree: /icon.svg", "warning", "path-odd"),
    ]


def _wrong(place: Place, _: Source) -> list[Problem]:
    return [Problem("wrong", place)]


def _found(*found: tuple[Place, Severity]) -> list[tuple[str, ...]]:
    rules = [
        replace(_rule(f"rule-{number}", ""), severity=severity, ask=partial(_wrong, place))
        for number, (place, severity) in enumerate(found)
    ]
    return [row[:2] for row in findings_table(check([AbsentSource("an image", "silent")], rules)).rows]


def test_people_are_told_what_can_be_fixed_for_them() -> None:
    tree = [AbsentSource("source tree", "silent")]
    in_file, in_image = partial(_wrong, Place(file="Dockerfile", line=3)), partial(_wrong, Place(path="/ui"))
    repairs = {"sure": Repair.SURE, "choice": Repair.CHOICE, "by-hand": Repair.BY_HAND}
    rules = [replace(_rule(name, ""), repair=repair, ask=in_file) for name, repair in repairs.items()]
    elsewhere = [replace(_rule("elsewhere", ""), repair=Repair.SURE, ask=in_image)]
    assert repair_lines(check(tree, [*rules, *elsewhere])) == [
        "dext fix --dry-run shows whether it can fix sure, choice"
    ]
    assert repair_lines(check(tree, elsewhere)) == []
    many = [replace(_rule(f"r{number}", ""), repair=Repair.SURE, ask=in_file) for number in range(5)]
    assert repair_lines(check(tree, many)) == ["dext fix --dry-run shows whether it can fix r0, r1, r2 and 2 more"]


def test_one_fault_is_one_row_with_every_place_and_the_counts_agree() -> None:
    def ask(source: Source) -> list[Problem]:
        if source.name == "source tree":
            return [Problem("label x is empty", Place(file="Dockerfile", line=line, label="x")) for line in (7, 3)]
        return [Problem("label x is empty", Place(label="x", platform=each)) for each in (ARM64,)]

    sources = [AbsentSource("source tree", "silent"), AbsentSource("built images", "silent")]
    report = check(sources, [replace(_rule("label-empty", ""), ask=ask)])
    assert [row[0] for row in findings_table(report).rows] == ["Dockerfile:7; Dockerfile:3; built images (linux/arm64)"]
    assert (len(report.findings), len(report.faults), report.count(Severity.ERROR)) == (3, 1, 1)
    assert report_lines(report)[-1] == "1 error; 1 rule asked"


@pytest.mark.parametrize(
    ("platforms", "where"),
    [([None], "x:3"), ([ARM64], "x:3 (linux/arm64)"), ([AMD64, ARM64], "x:3"), ([None, ARM64], "x:3")],
)
def test_a_line_of_a_file_may_matter_on_some_platforms(platforms: list[Platform | None], where: str) -> None:
    problems = [Problem("odd", Place(file="x", line=3, platform=each)) for each in platforms]
    report = check([AbsentSource("source tree", "silent")], [replace(_rule("a-rule", ""), ask=lambda _: problems)])
    assert [row[0] for row in findings_table(report).rows] == [where]


def test_of_many_places_some_are_named() -> None:
    problems = [Problem("odd", Place(file=f"{number}.js")) for number in range(9)]
    report = check([AbsentSource("source tree", "silent")], [replace(_rule("a-rule", ""), ask=lambda _: problems)])
    assert [row[0] for row in findings_table(report).rows] == ["0.js; 1.js; 2.js; and 6 more"]


def test_places_are_in_the_order_of_files_and_lines() -> None:
    lines = [Place(file=file, line=line) for file, line in (("b", 1), ("a", 10), ("a", 9), ("a", 0), ("a", 9))]
    severities = [Severity.ERROR, Severity.ERROR, Severity.NOTE, Severity.NOTE, Severity.ERROR]
    assert _found((Place(), Severity.ERROR), *zip(lines, severities, strict=True)) == [
        ("a", "note"),
        ("a:9", "error"),
        ("a:9", "note"),
        ("a:10", "error"),
        ("b:1", "error"),
        ("an image", "error"),
    ]


@pytest.mark.parametrize(
    ("platforms", "where"),
    [
        ((), "an image: /icon.svg"),
        ((ARM64,), "an image (linux/arm64): /icon.svg"),
        ((AMD64, ARM64), "an image: /icon.svg"),
        ((AMD64, Platform("linux", "s390x")), "an image (linux/amd64, linux/s390x): /icon.svg"),
    ],
)
def test_what_is_so_on_some_platforms_names_them(platforms: tuple[Platform, ...], where: str) -> None:
    problems = [Problem("absent", Place(path="/icon.svg", platform=each)) for each in platforms or (None,)]
    report = check([AbsentSource("an image", "silent")], [replace(_rule("a-rule", ""), ask=lambda _: problems)])
    assert [row[0] for row in findings_table(report).rows] == [where]


class Refused(Source):
    """A tree that BuildKit refuses."""

    refusal = Refusal("LABEL a has no =", Place(file="Dockerfile", line=2))


def test_what_cannot_be_built_does_not_pass() -> None:
    answered = replace(_rule("label-odd", "says so"), ask=lambda _: [])
    report = check([Refused()], [*DOCKERFILE_RULES, answered])
    assert (report.docker_silent, report.would_pass) == ((), None)
    assert verdict(report) == "Docker's validator: cannot tell, for the tree cannot be built as it is"


def test_of_many_rules_that_were_not_checked_there_is_the_number() -> None:
    report = check([AbsentSource("source tree", "silent")], [_rule(f"file-{number}", "says so") for number in range(9)])
    assert verdict(report) == "Docker's validator: cannot tell, 9 of its 9 rules not checked"


def test_all_that_docker_asks_was_answered() -> None:
    report = check([Source()], [replace(_rule("label-odd", "says so"), ask=lambda _: [])])
    assert report.would_pass is True


def test_dockers_verdict_comes_first_then_ours(checked: Checked) -> None:
    assert report_lines(checked.report) == [
        "Docker's validator: would fail, 1 rule (label-odd)",
        "1 error, 1 warning, 1 note; 3 rules asked",
    ]
    assert detail_lines(checked.report) == ["not checked: file-odd: a tree shows no files"]


def test_what_is_accepted_is_told_with_its_reason(accepting: Checked) -> None:
    assert "accepted: label-odd, label x.y is [empty] (reason: known, and harmless)" in detail_lines(accepting.report)


def test_a_clean_check_ends_with_one_good_line() -> None:
    silent = _rule("file-a", "says so")
    good = replace(_rule("label-a", "says so"), ask=lambda _: [])
    source = AbsentSource("source tree", "nothing is built yet")
    assert report_lines(check([source], [good])) == [
        "ok: nothing found; 1 rule asked; Docker's validator: no objection found"
    ]
    half = check([source], [good, silent])
    assert report_lines(half) == ["ok: nothing found; 1 rule asked (of 2, -v says why)"]
    assert detail_lines(half) == [
        "Docker's validator: cannot tell, 1 of its 2 rules not checked (file-a)",
        "not checked: file-a: nothing is built yet",
    ]


def test_a_reason_that_was_told_already_is_not_repeated() -> None:
    tree, images = AbsentSource("source tree", "a tree shows no files"), AbsentSource("images", "nothing is built")
    report = check([tree, images], [_rule("file-a", "")])
    assert detail_lines(report, [images.note])[-1] == "not checked: file-a: a tree shows no files"


def test_a_clean_report(clean: Checked) -> None:
    assert verdict(clean.report) == "Docker's validator: no objection found"


def _files(source: Source) -> Iterable[Problem]:
    return [Problem("", Place()) for _ in source.files]


def _rule(code: str, docker: str) -> Rule:
    return Rule(code, "title", Severity.ERROR, docker, "why", "fix", "https://one.example/", _files)


@pytest.mark.parametrize(
    ("select", "said"),
    [
        ((), "cannot tell, 1 of its 2 rules not checked (file-a)"),
        (("file-*",), "cannot tell, 2 of its 2 rules not checked (note-a, file-a)"),
        (("our-*",), "cannot tell, 2 of its 2 rules not checked (note-a, file-a)"),
        (("file-*", "note-*"), "cannot tell, 1 of its 2 rules not checked (file-a)"),
        (("note-*",), "cannot tell, 1 of its 2 rules not checked (file-a)"),
    ],
)
def test_what_was_not_asked_is_told(select: tuple[str, ...], said: str) -> None:
    note = replace(_rule("note-a", "says so"), ask=lambda _: [])
    rules = (note, _rule("file-a", "says so"), replace(_rule("our-a", ""), ask=lambda _: []))
    report = check([AbsentSource("source tree", "silent")], rules, Selection(select))
    assert verdict(report) == f"Docker's validator: {said}"


def test_rules_that_nobody_answered_were_not_asked() -> None:
    report = check([AbsentSource("source tree", "silent")], [_rule("file-a", "says so")])
    assert report_lines(report) == ["0 rules asked"]
    assert detail_lines(report)[0] == "Docker's validator: cannot tell, 1 of its 1 rule not checked (file-a)"


def test_permissions_are_sentences(checked: Checked) -> None:
    assert permission_lines(checked.summary) == ["permission: runs privileged"]


def test_desktops_and_their_verdicts() -> None:
    rows = offers_table(Summary(api=">= 0.3.4", offers=sdk.offers(">= 0.3.4"))).rows
    assert {row[2] for row in rows} == {"allowed", "refused"}
    known = {row[0]: row[3] for row in rows}
    assert known["4.18.0"] == "stated"
    assert known["4.13.0"].startswith("inferred: its release notes")


def test_desktops_are_told_in_one_line() -> None:
    assert offer_lines(Summary(api=">= 0.3.4", offers=sdk.offers(">= 0.3.4"))) == [
        (
            "Docker Desktop and '>= 0.3.4': refused: 4.8.0*, 4.11.0, 4.12.0, 4.13.0*, 4.16.0; "
            "allowed: 4.18.0, 4.48.0* (* inferred)"
        )
    ]


def test_labels_for_programs_are_whole_lines() -> None:
    long = "x" * 500
    lines = label_lines({AMD64: {"a": f'[{{"alt": "\\n"}}]\r\n\t{long}'}, ARM64: {"b": "1"}})
    assert lines == [f'a\tlinux/amd64\t[{{"alt": "\\n"}}]\\r\\n\\t{long}', "b\tlinux/arm64\t1"]


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
    assert people.getvalue().splitlines()[-1].endswith("asked")
