from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dext_tasks.formats.oci.platform import Platform
from dext_tasks.sources.facts import PlatformSet
from dext_tasks.sources.source import NotOfferedError
from tests.unit.checks.extension_tree import asked_per_platform
from tests.unit.checks.fake_source import AMD64, ARM64, BY_CODE, FakeSource, found, problems, whats

if TYPE_CHECKING:
    from tests.unit.conftest import MakeProject


def said(code: str, source: FakeSource) -> list[str]:
    """What Docker's validator says of it."""
    return [problem.docker for problem in problems(code, source)]


class TestPlatforms:
    def test_both(self) -> None:
        assert found("platform-missing", FakeSource(platforms=PlatformSet({AMD64: AMD64, ARM64: ARM64}))) == []

    def test_an_image_for_newer_processors_only_is_told(self) -> None:
        newer = Platform.parse("linux/amd64/v2")
        ((what, _),) = found("platform-missing", FakeSource(platforms=PlatformSet({newer: newer, ARM64: ARM64})))
        assert what == "there is no image for linux/amd64, only for linux/amd64/v2, which older processors do not run"

    @pytest.mark.parametrize(
        ("platforms", "missing"),
        [([AMD64], [ARM64]), ([ARM64], [AMD64]), ([], [AMD64, ARM64]), ([Platform("linux", "s390x")], [AMD64, ARM64])],
    )
    def test_missing(self, platforms: list[Platform], missing: list[Platform]) -> None:
        said = {platform: platform for platform in platforms}
        assert found("platform-missing", FakeSource(platforms=PlatformSet(said))) == [
            (f"there is no image for {platform}", str(platform)) for platform in missing
        ]

    def test_what_was_not_built_yet_is_not_missing(self) -> None:
        rule = BY_CODE["platform-missing"]
        with pytest.raises(NotOfferedError, match="linux/arm64 was not built yet"):
            list(rule.ask(FakeSource(platforms=PlatformSet({AMD64: AMD64}, unbuilt=frozenset({ARM64})))))
        # What nobody is going to build is missing all the same.
        s390x = Platform("linux", "s390x")
        found = list(rule.ask(FakeSource(platforms=PlatformSet({AMD64: AMD64}, unbuilt=frozenset({s390x})))))
        assert [each.what for each in found] == ["there is no image for linux/arm64"]

    def test_as_it_says(self) -> None:
        assert found("platform-mismatch", FakeSource(platforms=PlatformSet({AMD64: AMD64, ARM64: ARM64}))) == []

    def test_another_than_it_says(self) -> None:
        assert found("platform-mismatch", FakeSource(platforms=PlatformSet({AMD64: AMD64, ARM64: AMD64}))) == [
            ("the image for linux/arm64 says it is for linux/amd64", "linux/arm64")
        ]


def platforms(found: dict[Platform, Platform], *repeated: Platform, unsure: str = "") -> FakeSource:
    """An image for some platforms."""
    return FakeSource(platforms=PlatformSet(found, frozenset(repeated), unsure))


class TestPlatformsOfTags:
    def test_repeated(self) -> None:
        both = {AMD64: AMD64, ARM64: ARM64}
        assert whats("platform-repeated", platforms(both)) == []
        assert whats("platform-repeated", platforms(both, ARM64)) == ["the index lists linux/arm64 more than once"]

    def test_a_mismatch_is_told_also_where_another_platform_is_unsure(self) -> None:
        source = platforms({AMD64: ARM64, ARM64: ARM64}, unsure="not shown")
        assert whats("platform-mismatch", source) == ["the image for linux/amd64 says it is for linux/arm64"]

    def test_where_the_source_is_unsure_it_is_not_answered(self) -> None:
        with pytest.raises(NotOfferedError, match="not shown"):
            whats("platform-mismatch", platforms({AMD64: AMD64, ARM64: ARM64}, unsure="not shown"))


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
        assert asked_per_platform(make_project, dockerfile) == [
            ("platform-argument-fixed", f"{what}, whatever is built", f"Dockerfile:{place}")
        ]

    def test_a_value_from_before_the_first_from(self, make_project: MakeProject) -> None:
        said = asked_per_platform(make_project, "ARG TARGETARCH=amd64\nFROM a\nARG TARGETARCH\nCOPY $TARGETARCH /")
        assert said == [
            ("platform-argument-fixed", "TARGETARCH is 'amd64', whatever is built", "Dockerfile:3, linux/arm64")
        ]

    def test_two_faults_are_two(self, make_project: MakeProject) -> None:
        said = asked_per_platform(make_project, "ARG TARGETARCH=amd64\nFROM --platform=linux/amd64 a-$TARGETARCH")
        assert [code for code, *_ in said] == ["final-stage-platform", "platform-argument-fixed"]

    def test_a_value_that_is_passed(self, make_project: MakeProject) -> None:
        said = asked_per_platform(
            make_project, "FROM a\nARG TARGETARCH\nCOPY $TARGETARCH /", build_args=(("TARGETARCH", "amd64"),)
        )
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
        assert asked_per_platform(make_project, dockerfile) == []

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
        said = asked_per_platform(make_project, dockerfile)
        what = "ARG TARGETARCH before the first FROM takes its value away from every stage"
        assert said == ([("platform-argument-emptied", what, "Dockerfile:1")] if is_told else [])


def test_docker_says_which_platform() -> None:
    (problem,) = problems("platform-missing", FakeSource(platforms=PlatformSet({AMD64: AMD64})))
    assert problem.docker == 'the image for platform "linux/arm64" is not pushed to DockerHub'
