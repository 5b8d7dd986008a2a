"""The rules on platforms, asked of a Dockerfile that is not built."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from dext_tasks.checks import catalogue
from dext_tasks.checks.selection import Selection
from dext_tasks.formats.oci.platform import REQUIRED
from dext_tasks.sources.source import NotOfferedError
from dext_tasks.sources.tree import TreeSource

if TYPE_CHECKING:
    from tests.unit.conftest import MakeProject

RULES = Selection(("platform-*", "final-*", "program-wrong-architecture")).chosen(catalogue.RULES)
AMD64, ARM64 = REQUIRED


def asked(make_project: MakeProject, dockerfile: str, **settings: Any) -> list[tuple[str, str, str]]:  # noqa: ANN401 - any setting
    tree = TreeSource(make_project({"Dockerfile": dockerfile}, **settings))
    said = []
    for rule in RULES:
        try:
            said += [(rule.code, problem.what, str(problem.place)) for problem in rule.ask(tree)]
        except NotOfferedError:
            continue
    return said


class TestFinalStage:
    @pytest.mark.parametrize(
        ("dockerfile", "written", "fixed", "place"),
        [
            ("FROM --platform=$BUILDPLATFORM alpine", "$BUILDPLATFORM", "linux/amd64", "1, linux/arm64"),
            ("FROM --platform=linux/amd64 alpine", "linux/amd64", "linux/amd64", "1, linux/arm64"),
            ("FROM --platform=arm64 alpine", "arm64", "linux/arm64", "1, linux/amd64"),
            ("ARG P=$BUILDPLATFORM\nFROM --platform=$P alpine", "$P", "linux/amd64", "2, linux/arm64"),
            ("FROM --platform=amd64 alpine AS base\nFROM base", "amd64", "linux/amd64", "1, linux/arm64"),
            ("FROM scratch\nFROM --platform=linux/arm64/v8 a", "linux/arm64/v8", "linux/arm64", "2, linux/amd64"),
        ],
    )
    def test_a_fixed_platform(
        self, dockerfile: str, written: str, fixed: str, place: str, make_project: MakeProject
    ) -> None:
        what = f"the final stage begins with FROM --platform={written}: {fixed}, whatever is built"
        assert asked(make_project, dockerfile) == [("final-stage-platform", what, f"Dockerfile:{place}")]

    def test_one_that_is_neither_is_one_fault_on_both(self, make_project: MakeProject) -> None:
        said = asked(make_project, "FROM --platform=linux/s390x alpine")
        assert [place for _, _, place in said] == ["Dockerfile:1, linux/amd64", "Dockerfile:1, linux/arm64"]
        assert len({what for _, what, _ in said}) == 1

    @pytest.mark.parametrize(
        ("dockerfile", "platforms"),
        [
            ("FROM alpine", REQUIRED),
            ("FROM --platform=$TARGETPLATFORM alpine", REQUIRED),
            ("FROM --platform=linux/$TARGETARCH alpine", REQUIRED),
            ("FROM --platform=$BUILDPLATFORM node AS ui\nFROM alpine\nCOPY --from=ui /a /a", REQUIRED),
            ("FROM --platform=linux/amd64 alpine", (AMD64,)),
            # Alone, it may be built on a machine of its own platform.
            ("FROM --platform=$BUILDPLATFORM alpine", (ARM64,)),
        ],
    )
    def test_what_follows_the_target(
        self, dockerfile: str, platforms: tuple[object, ...], make_project: MakeProject
    ) -> None:
        assert asked(make_project, dockerfile, platforms=platforms) == []

    def test_a_fixed_one_for_the_only_other_platform(self, make_project: MakeProject) -> None:
        said = asked(make_project, "FROM --platform=linux/amd64 alpine", platforms=(ARM64,))
        assert [code for code, *_ in said] == ["final-stage-platform"]

    @pytest.mark.parametrize("platform", ["$BUILDPLATFORM", "linux/amd64"])
    def test_from_scratch_it_is_only_odd(self, platform: str, make_project: MakeProject) -> None:
        said = asked(make_project, f"FROM --platform={platform} scratch")
        assert [code for code, *_ in said] == ["final-stage-platform-scratch"]


class TestArguments:
    @pytest.mark.parametrize(
        ("dockerfile", "what", "place"),
        [
            ("FROM scratch\nARG TARGETARCH=amd64\nCOPY $TARGETARCH /", "TARGETARCH is 'amd64'", "2, linux/arm64"),
            ("FROM a\nARG TARGETARCH=arm64\nRUN GOARCH=$TARGETARCH make", "TARGETARCH is 'arm64'", "2, linux/amd64"),
            (
                "FROM a\nARG TARGETARCH=${TARGETARCH:-amd64}\nRUN x ${TARGETARCH}",
                "TARGETARCH is 'amd64'",
                "2, linux/arm64",
            ),
            (
                "FROM a\nARG TARGETPLATFORM=linux/amd64\nRUN x $TARGETPLATFORM",
                "TARGETPLATFORM is 'linux/amd64'",
                "2, linux/arm64",
            ),
            (
                "FROM a\nARG TARGETARCH\nENV TARGETARCH=amd64\nRUN x $TARGETARCH",
                "TARGETARCH is 'amd64'",
                "3, linux/arm64",
            ),
            (
                "FROM a AS b\nARG TARGETARCH=amd64\nFROM b\nCOPY $TARGETARCH /",
                "TARGETARCH is 'amd64'",
                "2, linux/arm64",
            ),
            ("FROM a\nARG TARGETARCH=amd64\nRUN <<E\nmake $TARGETARCH\nE", "TARGETARCH is 'amd64'", "2, linux/arm64"),
            ("FROM a\nARG TARGETARCH=amd64\nARG X=$TARGETARCH\nCOPY $X /", "TARGETARCH is 'amd64'", "2, linux/arm64"),
            ("ARG TARGETARCH=amd64\nFROM a-$TARGETARCH", "TARGETARCH is 'amd64'", "1, linux/arm64"),
            # One fault, though the final stage's platform is another for it, too.
            (
                "ARG TARGETARCH=amd64\nFROM --platform=linux/${TARGETARCH} a",
                "TARGETARCH is 'amd64'",
                "1, linux/arm64",
            ),
            (
                "ARG TARGETPLATFORM=linux/amd64\nFROM --platform=$TARGETPLATFORM scratch",
                "TARGETPLATFORM is 'linux/amd64'",
                "1, linux/arm64",
            ),
        ],
    )
    def test_a_value_of_ones_own(self, dockerfile: str, what: str, place: str, make_project: MakeProject) -> None:
        assert asked(make_project, dockerfile) == [
            ("platform-argument-fixed", f"{what}, whatever is built", f"Dockerfile:{place}")
        ]

    def test_a_value_from_before_the_first_from(self, make_project: MakeProject) -> None:
        said = asked(make_project, "ARG TARGETARCH=amd64\nFROM a\nARG TARGETARCH\nCOPY $TARGETARCH /")
        assert said == [
            ("platform-argument-fixed", "TARGETARCH is 'amd64', whatever is built", "Dockerfile:3, linux/arm64")
        ]

    def test_two_faults_are_two(self, make_project: MakeProject) -> None:
        said = asked(make_project, "ARG TARGETARCH=amd64\nFROM --platform=linux/amd64 a-$TARGETARCH")
        assert [code for code, *_ in said] == ["final-stage-platform", "platform-argument-fixed"]

    def test_a_value_that_is_passed(self, make_project: MakeProject) -> None:
        said = asked(make_project, "FROM a\nARG TARGETARCH\nCOPY $TARGETARCH /", build_args=(("TARGETARCH", "amd64"),))
        assert [place for _, _, place in said] == ["Dockerfile:2, linux/arm64"]

    @pytest.mark.parametrize(
        "dockerfile",
        [
            "FROM a\nARG TARGETARCH\nCOPY $TARGETARCH /",
            "FROM a\nARG TARGETOS=linux\nRUN x $TARGETOS",
            "FROM a\nARG TARGETVARIANT=\nRUN x $TARGETVARIANT",
            # Nothing uses it, or what uses it is not built.
            "FROM a\nARG TARGETARCH=amd64\nRUN make",
            "FROM a AS b\nARG TARGETARCH=amd64\nRUN x $TARGETARCH\nFROM a",
            "FROM a\nENV TARGETARCH=amd64\nARG TARGETARCH\nCOPY $TARGETARCH /",
            "FROM a\nARG ARCH=amd64\nCOPY $ARCH /",
        ],
    )
    def test_what_is_as_buildkit_sets_it(self, dockerfile: str, make_project: MakeProject) -> None:
        assert asked(make_project, dockerfile) == []

    @pytest.mark.parametrize(
        ("dockerfile", "is_told"),
        [
            ("ARG TARGETARCH\nFROM a\nARG TARGETARCH\nCOPY $TARGETARCH /", True),
            ("ARG X TARGETARCH\nFROM a\nARG TARGETARCH\nCOPY $TARGETARCH /", True),
            ("ARG TARGETARCH\nFROM a-$TARGETARCH", False),
            ("ARG X\nFROM a\nARG X\nCOPY $X /", False),
        ],
    )
    def test_one_that_older_versions_empty(self, dockerfile: str, *, is_told: bool, make_project: MakeProject) -> None:
        said = asked(make_project, dockerfile)
        what = "ARG TARGETARCH before the first FROM takes its value away from every stage"
        assert said == ([("platform-argument-emptied", what, "Dockerfile:1")] if is_told else [])
