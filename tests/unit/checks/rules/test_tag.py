from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dext_tasks.checks import catalogue
from dext_tasks.checks.rule import Severity
from dext_tasks.checks.selection import Selection
from dext_tasks.sources.source import NotOfferedError
from tests.unit.checks.fake_source import BY_CODE, Facets, FakeSource, found, whats

TAG_RULES = Selection(("tag-*",)).chosen(catalogue.RULES)


def tagged(tag: str | None, *tags: str) -> FakeSource:
    """An image under a tag, in a repository with others."""
    facets = Facets(silence="not said")
    if tag is not None:
        facets["tag"] = tag
    if tags:
        facets["tags"] = frozenset({*filter(None, [tag]), *tags})
    return FakeSource(**facets)


def codes(tag: str) -> dict[str, str]:
    asked = {rule.code: whats(rule.code, tagged(tag)) for rule in TAG_RULES if rule.code != "tag-not-greatest"}
    return {code: what[0] for code, what in asked.items() if what}


@pytest.mark.parametrize("tag", ["1.2.3", "0.0.1", "10.20.30"])
def test_a_version(tag: str) -> None:
    assert codes(tag) == {}


@pytest.mark.parametrize(
    ("tag", "said"),
    [
        ("latest", "tag 'latest' moves from version to version and is not one itself"),
        ("stable", "tag 'stable' is not a semver version"),
        ("1.2", "tag '1.2' is not a semver version"),
        ("V1.2.3", "tag 'V1.2.3' is not a semver version"),
        ("01.2.3", "tag '01.2.3' is not a semver version"),
        ("", "tag '' is not a semver version"),
        (
            "1.2.3_build.5",
            "tag '1.2.3_build.5' is not a semver version: build metadata cannot be part of a tag; release 1.2.3",
        ),
        (
            "1.2.3+5",
            "tag '1.2.3+5' is not a semver version: build metadata cannot be part of a tag; release 1.2.3",
        ),
        (
            "v1.2.3-rc.1_5",
            "tag 'v1.2.3-rc.1_5' is not a semver version: build metadata cannot be part of a tag; release 1.2.3-rc.1",
        ),
    ],
)
def test_no_version(tag: str, said: str) -> None:
    assert codes(tag) == {"tag-not-semver": said}


def test_a_prefix() -> None:
    assert codes("v1.2.3") == {"tag-v-prefix": "tag 'v1.2.3' is not strict semver; '1.2.3' would be"}
    assert BY_CODE["tag-v-prefix"].severity is Severity.WARNING


@pytest.mark.parametrize("tag", ["1.2.3-rc.1", "1.2.3-alpha", "1.2.3-beta2", "1.2.3-20240101", "1.2.3-1"])
def test_a_prerelease(tag: str) -> None:
    assert codes(tag) == {"tag-prerelease": f"tag {tag!r} is a pre-release of 1.2.3"}
    assert BY_CODE["tag-prerelease"].severity is Severity.NOTE


@pytest.mark.parametrize(
    "tag",
    [
        "1.2.3-amd64",
        "1.2.3-linux-arm64",
        "1.2.3-rc.1-arm64",
        "1.2.3-staging",
        "1.2.3-9f86d08",
        "1.2.3-g9f86d08",
        "1.2.3-riscv64",
        "1.2.3-arm64v8",
    ],
)
def test_a_suffix_that_reads_as_a_prerelease(tag: str) -> None:
    assert codes(tag) == {"tag-suffix-as-prerelease": f"tag {tag!r} reads as a pre-release of 1.2.3"}
    assert BY_CODE["tag-suffix-as-prerelease"].severity is Severity.WARNING


@pytest.mark.parametrize(
    ("tag", "others", "winner"),
    [
        ("1.0.1", ["2.6.5", "latest"], "2.6.5"),
        ("2.0.1", ["3.0.1", "1.0.0"], "3.0.1"),
        ("1.0.0", ["1.1.0-amd64"], "1.1.0-amd64"),
        ("1.9.0", ["1.10.0"], "1.10.0"),
        ("1.0.0", ["v1.0.1"], "v1.0.1"),
    ],
)
def test_a_greater_tag_is_named(tag: str, others: list[str], winner: str) -> None:
    assert whats("tag-not-greatest", tagged(tag, *others)) == [
        f"{winner!r} is the greatest tag of the repository, not {tag!r}"
    ]


@pytest.mark.parametrize(
    ("tag", "others"), [("1.0.0", ["0.9.0", "latest"]), ("v1.0.0", ["1.0.0"]), ("latest", ["1.0.0"]), ("1.0.0", ["x"])]
)
def test_the_greatest_tag(tag: str, others: list[str]) -> None:
    assert whats("tag-not-greatest", tagged(tag, *others)) == []


def test_without_other_tags_the_greatest_is_not_known() -> None:
    with pytest.raises(NotOfferedError):
        whats("tag-not-greatest", tagged("1.0.0"))


def test_tags_are_not_asked_for_where_the_tag_is_no_version() -> None:
    assert whats("tag-not-greatest", tagged("latest")) == []


@pytest.mark.parametrize("code", [rule.code for rule in TAG_RULES])
def test_without_a_tag_nothing_is_said(code: str) -> None:
    with pytest.raises(NotOfferedError):
        whats(code, tagged(None))


@given(st.text(max_size=150), st.lists(st.text(max_size=20), min_size=1, max_size=5))
def test_any_tags(tag: str, others: list[str]) -> None:
    assert all(isinstance(whats(rule.code, tagged(tag, *others)), list) for rule in TAG_RULES)


class TestTag:
    @pytest.mark.parametrize("tag", ["1.2.3", "0.0.1", "1.0.0-rc.1"])
    def test_a_version(self, tag: str) -> None:
        assert found("tag-not-semver", FakeSource(tag=tag)) == []

    @pytest.mark.parametrize("tag", ["latest", "linux-amd64", "1.2", ""])
    def test_no_version(self, tag: str) -> None:
        ((what, _),) = found("tag-not-semver", FakeSource(tag=tag))
        assert repr(tag) in what
