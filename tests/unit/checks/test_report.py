from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dext_tasks.checks.report import Report, check
from dext_tasks.checks.rule import Problem, Rule, Severity
from dext_tasks.checks.selection import Selection
from dext_tasks.errors import ChecksFailedError, DockerfileMissingError, NothingCheckedError
from dext_tasks.formats.oci.platform import REQUIRED
from dext_tasks.sources.facts import Place
from dext_tasks.sources.source import AbsentSource, NotOfferedError, PartNotOfferedError, Source
from tests.unit.checks.fake_source import FakeSource

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

TREE, IMAGES = AbsentSource("source tree", "no source tree"), AbsentSource("built images", "nothing is built yet")
# Has no labels, and says so.
LABELLED = FakeSource(name="built images", labels=[])


def rule(ask: Callable[[Source], Iterable[Problem]], code: str = "a-rule", **changes: str) -> Rule:
    return Rule(
        code=code,
        title="it is so",
        severity=Severity(changes.get("severity", "error")),
        docker=changes.get("docker", ""),
        why="because",
        fix="do it",
        source="https://docs.docker.com/",
        ask=ask,
        images_decide=code == "label-missing",
    )


def nothing(_: Source) -> list[Problem]:
    return []


def something(_: Source) -> list[Problem]:
    return [Problem("wrong", Place(file="Dockerfile", line=3))]


def labels(source: Source) -> list[Problem]:
    return [Problem("empty", each.place) for each in source.labels]


def late(source: Source) -> Iterable[Problem]:
    yield Problem("first", Place())
    yield from labels(source)


class TestCheck:
    def test_a_finding_has_rule_source_and_place(self) -> None:
        (finding,) = check([TREE], [rule(something)]).findings
        assert (finding.rule.code, finding.source, finding.what, str(finding.place)) == (
            "a-rule",
            "source tree",
            "wrong",
            "Dockerfile:3",
        )

    def test_every_rule_is_asked_of_every_source(self) -> None:
        report = check([TREE, IMAGES], [rule(something, "a-a"), rule(nothing, "b-b"), rule(something, "c-c")])
        assert [(each.source, each.rule.code) for each in report.findings] == [
            ("source tree", "a-a"),
            ("source tree", "c-c"),
            ("built images", "a-a"),
            ("built images", "c-c"),
        ]
        assert (report.answered, report.not_run) == (6, ())

    def test_not_asked_is_another_thing_than_clean(self) -> None:
        report = check([IMAGES], [rule(labels), rule(nothing, "b-b")])
        assert [(each.rule.code, each.source, each.reason) for each in report.not_run] == [
            ("a-rule", "built images", "nothing is built yet")
        ]
        assert (report.findings, report.answered) == ((), 1)

    def test_what_a_rule_found_before_it_could_not_be_answered_is_not_half_told(self) -> None:
        report = check([IMAGES], [rule(late)])
        assert (report.findings, len(report.not_run)) == ((), 1)

    def test_what_was_found_holds_where_only_another_part_is_not_known(self) -> None:
        def ask(_: Source) -> Iterator[Problem]:
            yield Problem("wrong", Place(), fix="correct it")
            raise PartNotOfferedError("the rest")

        report = check([IMAGES], [rule(ask)])
        assert ([(each.what, each.fix) for each in report.findings], report.not_run) == ([("wrong", "correct it")], ())
        assert report.answered == 1

    def test_nothing_found_is_no_answer_where_a_part_is_not_known(self) -> None:
        def ask(_: Source) -> list[Problem]:
            raise PartNotOfferedError("a part")

        report = check([IMAGES], [rule(ask)])
        assert ([each.reason for each in report.not_run], report.answered) == (["a part"], 0)

    def test_an_error_is_no_absence(self) -> None:
        def ask(_: Source) -> list[Problem]:
            raise DockerfileMissingError("no Dockerfile", remedy="make one")

        with pytest.raises(DockerfileMissingError):
            check([TREE], [rule(ask)])

    def test_a_source_that_raises_is_not_taken_for_a_clean_one(self) -> None:
        def ask(_: Source) -> list[Problem]:
            raise NotOfferedError("why")

        assert check([TREE], [rule(ask)]).answered == 0


class TestRequireClean:
    def test_clean(self) -> None:
        check([TREE], [rule(nothing)]).require_clean()

    @pytest.mark.parametrize(
        "report", [check([], [rule(nothing)]), check([TREE, IMAGES], [rule(labels)]), check([TREE], [])]
    )
    def test_nothing_answered_is_a_failure(self, report: Report) -> None:
        with pytest.raises(NothingCheckedError, match="nothing was checked") as raised:
            report.require_clean()
        assert raised.value.exit_code == 5

    @pytest.mark.parametrize("sources", [[TREE], [TREE, IMAGES]])
    def test_a_fault_counts_once_wherever_it_is(self, sources: list[Source]) -> None:
        with pytest.raises(ChecksFailedError, match=r"^1 error found$"):
            check(sources, [rule(something)]).require_clean()

    def test_errors(self) -> None:
        with pytest.raises(ChecksFailedError, match=r"^2 errors found$"):
            check([TREE], [rule(something, "a-rule"), rule(something, "b-rule")]).require_clean()

    def test_a_warning_stops_nothing(self) -> None:
        report = check([TREE], [rule(something, severity="warning")])
        report.require_clean()
        assert (len(report.findings), report.errors) == (1, ())


class TestAccepted:
    @pytest.fixture
    def report(self) -> Report:
        rules = [rule(something, "a-rule", docker="says so"), rule(something, "b-rule"), rule(something, "c-rule")]
        return check([TREE], rules, Selection(ignore={"a-*": "known, see #12", "c-rule": "ours"}))

    def test_what_is_accepted_is_kept_apart_with_its_reason(self, report: Report) -> None:
        assert [finding.rule.code for finding in report.findings] == ["b-rule"]
        assert [(each.finding.rule.code, each.reason) for each in report.accepted] == [
            ("a-rule", "known, see #12"),
            ("c-rule", "ours"),
        ]

    def test_docker_accepts_nothing(self, report: Report) -> None:
        assert report.docker_rules == ("a-rule",)

    def test_with_everything_accepted_it_is_clean(self) -> None:
        check([TREE], [rule(something)], Selection(ignore={"a-rule": "known"})).require_clean(strict=True)


class TestStrict:
    def test_warnings_count(self) -> None:
        report = check([TREE], [rule(something), rule(something, "b-rule", severity="warning")])
        with pytest.raises(ChecksFailedError, match=r"^1 error and 1 warning found$"):
            report.require_clean(strict=True)

    def test_warnings_alone_count(self) -> None:
        with pytest.raises(ChecksFailedError, match=r"^1 warning found$"):
            check([TREE, IMAGES], [rule(something, severity="warning")]).require_clean(strict=True)


class TestSummaries:
    def test_dockers_own_rules_are_named_once_and_sorted(self) -> None:
        report = check(
            [TREE, IMAGES],
            [
                rule(something, "z-docker", docker="says so"),
                rule(something, "a-docker", docker="says so"),
                rule(something, "ours"),
                rule(nothing, "clean", docker="says so"),
            ],
        )
        assert report.docker_rules == ("a-docker", "z-docker")

    def test_a_rule_that_some_source_answered_is_answered(self) -> None:
        def ask(source: Source) -> list[Problem]:
            return nothing(source) if source is TREE else labels(source)

        assert check([TREE, IMAGES], [rule(ask)]).unanswered == {}

    def test_a_rule_that_no_source_answered_has_each_ones_reason(self) -> None:
        assert check([TREE, IMAGES], [rule(labels)]).unanswered == {
            "a-rule": ("no source tree", "nothing is built yet")
        }


class TestDocker:
    """What its validator, which sees images alone, would make of labels that a Dockerfile lacks."""

    @staticmethod
    def report(images: Source, code: str = "label-missing", *, there: bool = False) -> Report:
        def ask(source: Source) -> list[Problem]:
            if source is TREE:
                return [Problem("label x is missing", Place(file="Dockerfile", line=1))]
            if source is not images or not there:
                return labels(source)
            return [Problem("label x is missing", Place(platform=REQUIRED[0]))]

        return check([TREE, images], [rule(ask, code, docker="says so")])

    def test_what_the_image_has_from_its_base_is_there(self) -> None:
        report = self.report(LABELLED)
        assert (report.docker_rules, len(report.errors)) == ((), 1)

    def test_what_the_image_lacks_is_missing(self) -> None:
        assert self.report(LABELLED, there=True).docker_rules == ("label-missing",)

    def test_without_an_image_the_dockerfile_is_believed(self) -> None:
        assert self.report(IMAGES).docker_rules == ("label-missing",)

    def test_of_other_rules_both_count(self) -> None:
        assert self.report(LABELLED, "label-empty").docker_rules == ("label-empty",)

    def test_rules_left_out_or_unanswered_are_silent(self) -> None:
        rules = [
            rule(nothing, "a-a", docker="x"),
            rule(labels, "b-b", docker="x"),
            rule(nothing, "c-c", docker="x"),
            rule(labels, "d-d"),
        ]
        assert check([TREE], rules, Selection(select=("a-a", "b-b"))).docker_silent == ("b-b", "c-c")
        assert check([], rules).docker_silent == ("a-a", "b-b", "c-c")
        assert check([TREE], rules[:1]).docker_silent == ()


class TestBounds:
    """Whoever has one mistake many times reads the first of it, and how much more there is."""

    @staticmethod
    def many(count: int) -> Rule:
        return rule(lambda _: (Problem(f"wrong {number}", Place(file="x", line=number)) for number in range(count)))

    @pytest.mark.parametrize(("count", "others"), [(50, ""), (51, "1 more"), (9000, "8950 more")])
    def test_different_ones(self, count: int, others: str) -> None:
        report = check([TREE], [self.many(count)])
        told = [finding.what for finding in report.findings]
        assert told[:50] == [f"wrong {number}" for number in range(50)]
        assert told[50:] == ([f"and {others} like these"] if others else [])
        assert report.count(Severity.ERROR) == len(told)
        assert all(finding.place.file == "x" for finding in report.findings)

    def test_looking_for_others_ends(self) -> None:
        asked = []

        def endless(_: Source) -> Iterator[Problem]:
            while True:
                asked.append(1)
                yield Problem(str(len(asked)), Place())

        *_, last = check([TREE], [rule(endless)]).findings
        assert last.what == "and 10000 or more like these"
        assert len(asked) == 10_050

    def test_the_same_in_many_places(self) -> None:
        same = rule(lambda _: (Problem("wrong", Place(line=number)) for number in range(2000)))
        report = check([TREE], [same])
        assert [(fault.what, len(fault.findings)) for fault in report.faults] == [
            ("wrong", 1000),
            ("and 1000 more like these", 1),
        ]

    def test_what_could_not_be_answered_afterwards_hides_nothing(self) -> None:
        def part(_: Source) -> Iterator[Problem]:
            yield from self.many(60).ask(TREE)
            raise PartNotOfferedError("the rest is not known")

        report = check([TREE], [rule(part)])
        assert (len(report.findings), report.not_run) == (51, ())
