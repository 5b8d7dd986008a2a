from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dext_tasks.scaffold.adoption.found import KnownValue, TagHistory, Unclear
from dext_tasks.scaffold.adoption.history import split_tag, tag_history

if TYPE_CHECKING:
    from pathlib import Path


def alone(tags: list[str], folder: Path) -> TagHistory:
    """The history of the only extension of a repository, called hello."""
    return tag_history(tags, folder, ("hello",), is_alone=True)


def prefix_and_last(history: TagHistory) -> tuple[str, str]:
    assert isinstance(history.prefix, KnownValue)
    return history.prefix.value, history.last.value if history.last else ""


class TestTag:
    @pytest.mark.parametrize(
        ("tag", "prefix", "version"),
        [
            ("1.2.3", "", "1.2.3"),
            ("v1.2.3", "v", "1.2.3"),
            ("V1.2.3", "V", "1.2.3"),
            ("v1.2.3-rc.1", "v", "1.2.3-rc.1"),
            ("name/v1.2.3", "name/v", "1.2.3"),
            ("name-1.2.3", "name-", "1.2.3"),
            ("name-v1.2.3", "name-v", "1.2.3"),
            ("name@1.2.3", "name@", "1.2.3"),
            ("ui2/v1.2.3", "ui2/v", "1.2.3"),
            ("a-2-1.2.3", "a-2-", "1.2.3"),
            ("1.2.3-amd64", "", "1.2.3-amd64"),
        ],
    )
    def test_prefix_and_version(self, tag: str, prefix: str, version: str) -> None:
        found = split_tag(tag)
        assert found is not None
        assert (found.prefix, str(found.version)) == (prefix, version)

    @pytest.mark.parametrize("tag", ["", "latest", "v1.2", "1", "nightly-20240101", "x1.2.3", "-1.2.3", "1" * 300])
    def test_no_version(self, tag: str) -> None:
        assert split_tag(tag) is None

    @given(st.text(max_size=60))
    def test_any_tag_is_its_parts(self, tag: str) -> None:
        found = split_tag(tag)
        assert found is None or f"{found.prefix}{found.version}" == tag


class TestOneExtension:
    @pytest.mark.parametrize(
        ("tags", "expected"),
        [
            ([], ("v", "")),
            (["nightly", "v1"], ("v", "")),
            (["v0.9.0", "v0.10.0"], ("v", "0.10.0")),
            (["1.0.0", "1.1.0"], ("", "1.1.0")),
            (["hello/v1.0.0"], ("hello/v", "1.0.0")),
            (["hello-1.0.0", "other-3.0.0"], ("hello-", "1.0.0")),
            (["v1.0.0", "chart-9.0.0"], ("v", "1.0.0")),
            # The prefix was given up.
            (["v1.0.0", "v1.1.0", "1.2.0", "1.3.0"], ("", "1.3.0")),
        ],
    )
    def test_known(self, tags: list[str], expected: tuple[str, str], tmp_path: Path) -> None:
        assert prefix_and_last(alone(tags, tmp_path)) == expected

    @pytest.mark.parametrize(
        ("tags", "candidates"),
        [(["v1.0.0", "1.1.0", "v1.2.0"], ["v", ""]), (["chart-9.0.0"], ["chart-"])],
    )
    def test_unclear(self, tags: list[str], candidates: list[str], tmp_path: Path) -> None:
        history = alone(tags, tmp_path)
        assert isinstance(history.prefix, Unclear)
        assert [each.value for each in history.prefix.candidates] == candidates
        assert history.last is None

    def test_strays_are_ignored_and_named(self, tmp_path: Path) -> None:
        history = alone(["1.0.0", "1.1.0-amd64", "1.1.0-arm64"], tmp_path)
        assert prefix_and_last(history) == ("", "1.0.0")
        assert history.ignored.value == ("*-amd64", "*-arm64")
        assert "git tag 1.1.0-amd64" in history.ignored.origins[0].how

    def test_what_is_not_counted_is_said(self, tmp_path: Path) -> None:
        (doubt,) = alone(["v1.0.0", "chart-9.0.0"], tmp_path).doubts
        assert "chart-9.0.0" in doubt

    def test_tags_below_the_top_of_a_repository_may_be_plain(self, tmp_path: Path) -> None:
        (tmp_path / ".git").mkdir()
        (tmp_path / "hello").mkdir()
        assert prefix_and_last(alone(["v1.0.0"], tmp_path / "hello")) == ("v", "1.0.0")
        assert prefix_and_last(alone([], tmp_path / "hello")) == ("hello/v", "")


class TestSeveralExtensions:
    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        (tmp_path / ".git").mkdir()
        (tmp_path / "ext" / "hello").mkdir(parents=True)
        return tmp_path / "ext" / "hello"

    @pytest.mark.parametrize("prefix", ["hello/v", "ext/hello/v", "hello-v", "hello-", "hello@"])
    def test_tags_that_name_it(self, prefix: str, folder: Path) -> None:
        tags = [f"{prefix}1.0.0", "other/v2.0.0", "v3.0.0"]
        history = tag_history(tags, folder, ("ext/hello", "hello"), is_alone=False)
        assert prefix_and_last(history) == (prefix, "1.0.0")

    def test_tags_of_the_other_extensions_are_nothing_strange(self, folder: Path) -> None:
        tags = ["hello/v1.0.0", "other/v2.0.0", "chart-9.0.0"]
        (doubt,) = tag_history(tags, folder, ("ext/hello", "hello"), ("ext/other", "other"), is_alone=False).doubts
        assert "chart-9.0.0" in doubt
        assert "other" not in doubt

    def test_tags_of_all_are_of_none(self, folder: Path) -> None:
        history = tag_history(["v3.0.0", "other/v2.0.0"], folder, ("ext/hello", "hello"), is_alone=False)
        assert prefix_and_last(history) == ("ext/hello/v", "")
        (doubt,) = history.doubts
        assert "v3.0.0" in doubt
