from __future__ import annotations

import re

import pytest

from dext_tasks.extension.tags import described, resolve, setting_for, strays, uncounted, version_of, versions_of
from dext_tasks.extension.version_line import TAG_PATTERN


@pytest.mark.parametrize("tag", ["1.2.3", "v1.2.3", "1.0.0-rc.1"])
def test_versions(tag: str) -> None:
    assert str(version_of(tag)) == tag.removeprefix("v")


@pytest.mark.parametrize("tag", ["latest", "vv1.2.3", "V1.2.3", "1.2", "v", "", "01.2.3"])
def test_no_versions(tag: str) -> None:
    assert version_of(tag) is None


@pytest.mark.parametrize(
    ("tags", "winner"),
    [
        ({"1.0.1", "2.6.5", "latest"}, "2.6.5"),
        ({"1.9.0", "1.10.0"}, "1.10.0"),
        ({"1.0.0-rc.1", "1.0.0"}, "1.0.0"),
        ({"1.0.0", "1.1.0-rc.1"}, "1.1.0-rc.1"),
        ({"v1.0.0", "1.0.0"}, "1.0.0"),
        ({"v1.0.1", "1.0.0"}, "v1.0.1"),
    ],
)
def test_the_greatest_is_chosen(tags: set[str], winner: str) -> None:
    found = resolve(tags)
    assert found
    assert found.tag == winner


@pytest.mark.parametrize("tags", [set(), {"latest", "1.2"}])
def test_there_may_be_none(tags: set[str]) -> None:
    assert resolve(tags) is None


def test_says_what_it_was_chosen_among() -> None:
    assert str(resolve({"1.0.0", "0.9.0", "latest"})) == (
        "greatest semver tag resolved: 1.0.0, greater than 0.9.0; no versions: latest"
    )
    assert str(resolve({"1.0.0"})) == "greatest semver tag resolved: 1.0.0"
    assert str(resolve({f"1.{number}.0" for number in range(9)})) == (
        "greatest semver tag resolved: 1.8.0, greater than 1.7.0, 1.6.0, 1.5.0, 1.4.0 and 4 more"
    )


@pytest.mark.parametrize(
    ("tag", "pattern"),
    [
        ("2.1.0-amd64", "*-amd64"),
        ("2.1.0-linux-arm64", "*-linux-arm64"),
        ("2.1.0-rc.1-arm64", "*-rc.1-arm64"),
        ("1.0.0-3-gabc1234", "*-3-gabc1234"),
        ("20240101.0.0", "20240101.0.0"),
        ("202401.0.0", "202401.0.0"),
    ],
)
def test_what_looks_like_no_version_is_told_with_what_ignores_it(tag: str, pattern: str) -> None:
    [stray] = strays([tag, "1.0.0", "1.1.0-rc.1", "2024.1.0", "202413.0.0", "latest", f"v{tag}"])
    assert (stray.tag, stray.pattern) == (tag, pattern)
    assert tag in described([stray])
    assert setting_for([stray], ["1.*"]) == f'release.ignore-tags: ["1.*", "{pattern}"]'
    assert re.fullmatch(TAG_PATTERN, pattern)
    assert strays([tag], [pattern]) == ()
    assert versions_of([tag, "1.0.0"], [pattern]) == versions_of(["1.0.0"])


@pytest.mark.parametrize(
    ("tag", "why"),
    [
        ("1.8.1+build", "with build metadata, which no image tag can hold"),
        ("2147483648.0.0", "with a number that is too large"),
        ("1.2147483648.0", "with a number that is too large"),
        ("20240131120000.0.0", "with a number that is too large"),
        ("1.0.0-rc.1234567890123456789", "with a number that is too large"),
    ],
)
def test_what_no_release_can_be_of_counts_as_no_version_and_is_named(tag: str, why: str) -> None:
    assert (versions_of([tag]), strays([tag])) == (frozenset(), ())
    assert uncounted([tag, "1.0.0", "latest", "v9"]) == (
        f"tags that are semver and do not count as versions: {tag} ({why})"
    )
    assert uncounted([tag], ["*"]) == ""


def test_what_is_too_long_for_a_tag_is_named_by_its_beginning() -> None:
    tag = f"1.0.0-{'a' * 200}"
    assert versions_of([tag]) == frozenset()
    assert uncounted([tag]).endswith(f": {tag[:79]}… (too long for the tag of an image)")


def test_the_greatest_numbers_and_times_of_pre_releases_count() -> None:
    tags = ["2147483647.0.0", "1.2.0-rc.20240131120000", "1.2.0-rc.123456789012345678", f"1.0.0-{'a' * 40}1"]
    assert {str(version) for version in versions_of(tags)} == set(tags)
    assert uncounted(tags) == ""


@pytest.mark.parametrize("pattern", ["", "*", "**?", "a b", "1.0.0/", "1,2"])
def test_a_pattern_of_every_tag_and_of_what_no_tag_can_be_is_none(pattern: str) -> None:
    assert not re.fullmatch(TAG_PATTERN, pattern)


def test_versions_are_those_tags_that_no_pattern_ignores() -> None:
    tags = ["latest", "v1.0.0", "1.0.0", "1.0.0-amd64", "9.0.0"]
    assert {str(version) for version in versions_of(tags)} == {"1.0.0", "1.0.0-amd64", "9.0.0"}
    assert {str(version) for version in versions_of(tags, ["*-amd64", "[8-9].*"])} == {"1.0.0"}
