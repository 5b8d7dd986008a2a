from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dext_tasks.config.repository import folder_in_repository, own_tag_prefix, repository_top
from dext_tasks.config.resolve import Layers, resolve

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def top(tmp_path: Path) -> Path:
    """The top of a repository."""
    made = tmp_path / "repository"
    (made / ".git").mkdir(parents=True)
    return made


def below(top: Path, name: str) -> Path:
    folder = top / name
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def test_the_nearest_repository_counts(top: Path) -> None:
    inner = below(top, "a/b")
    assert repository_top(inner) == top.resolve()
    # A linked working tree or a submodule.
    (inner / ".git").write_text("gitdir: elsewhere\n", encoding="utf-8")
    assert repository_top(inner) == inner.resolve()


def test_outside_of_one_there_is_no_folder_in_it(tmp_path: Path) -> None:
    assert (repository_top(tmp_path), folder_in_repository(tmp_path), own_tag_prefix(tmp_path, "v")) == (None, "", "v")


@pytest.mark.parametrize(
    ("folder", "prefix"),
    [
        (".", "v"),
        ("a", "a/v"),
        ("extensions/my-tool_2", "extensions/my-tool_2/v"),
        ("my tool/é", "my-tool/_/v"),
        ("-x/..y/a.lock", "x/y/a-lock/v"),
    ],
)
def test_each_folder_has_a_prefix_that_git_takes(top: Path, folder: str, prefix: str) -> None:
    assert own_tag_prefix(below(top, folder), "v") == prefix


class TestSetting:
    def test_below_the_top_the_default_is_the_folders_own(self, top: Path) -> None:
        resolved = resolve(Layers(below(top, "extensions/a")))
        assert resolved.settings.release_tag_prefix == "extensions/a/v"
        assert resolved.origins["release.tag-prefix"] == "default in extensions/a"

    @pytest.mark.parametrize("value", ["", "v", "a-v"])
    def test_what_is_written_counts_as_it_is(self, top: Path, value: str) -> None:
        folder = below(top, "extensions/a")
        assert resolve(Layers(folder, {"DEXT_RELEASE_TAG_PREFIX": value})).settings.release_tag_prefix == value

    def test_at_the_top_it_is_as_it_was(self, top: Path) -> None:
        resolved = resolve(Layers(top))
        assert (resolved.settings.release_tag_prefix, resolved.origins["release.tag-prefix"]) == ("v", "default")
