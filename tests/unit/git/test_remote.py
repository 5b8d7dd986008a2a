from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dext_tasks.errors import GitError
from dext_tasks.git import Git, RemoteRefs
from tests.unit.real_git import commit, git

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.allow_processes


class TestRemote:
    def test_is_there(self, root: Path) -> None:
        assert Git(root).has_remote("origin")
        assert not Git(root).has_remote("origi")
        assert not Git(root).has_remote("upstream")

    def test_one_that_is_not_configured_has_nothing(self, root: Path) -> None:
        assert Git(root).remote_refs("upstream") == RemoteRefs(is_configured=False)

    @pytest.mark.parametrize("kind", [(), ("--annotate", "--message", "x")], ids=["lightweight", "annotated"])
    def test_a_pushed_tag_stands_for_its_commit(self, root: Path, kind: tuple[str, ...]) -> None:
        git(root, "tag", *kind, "v1.0.0")
        assert Git(root).remote_tag("origin", "v1.0.0") == ""
        Git(root).push_tag("origin", "v1.0.0")
        assert Git(root).remote_tag("origin", "v1.0.0") == Git(root).head()

    def test_what_an_annotated_tag_says_is_read_without_having_it(self, root: Path) -> None:
        Git(root).create_tag("v1.0.0", Git(root).head(), "v1.0.0\n\nacme/demo:1.0.0@sha256:abc")
        git(root, "tag", "v2.0.0")
        for name in ("v1.0.0", "v2.0.0"):
            Git(root).push_tag("origin", name)
            git(root, "tag", "--delete", name)
        assert Git(root).remote_text_of("origin", "v1.0.0").endswith("acme/demo:1.0.0@sha256:abc")
        assert Git(root).remote_text_of("origin", "v2.0.0") == ""
        assert Git(root).remote_text_of("origin", "v3.0.0") == ""
        assert dict(Git(root).tags()) == {}
        assert not (root / ".git" / "FETCH_HEAD").exists()

    def test_a_tag_of_a_similar_name_is_another(self, root: Path) -> None:
        for name in ("v1.0.0-rc.1", "x/v1.0.0", "v1.0"):
            git(root, "tag", name)
            Git(root).push_tag("origin", name)
        assert Git(root).remote_tag("origin", "v1.0.0") == ""

    def test_only_the_tag_is_pushed(self, root: Path) -> None:
        git(root, "tag", "v1.0.0")
        git(root, "tag", "v2.0.0")
        Git(root).push_tag("origin", "v1.0.0")
        assert git(root, "ls-remote", "origin").split()[1::2] == ["refs/tags/v1.0.0"]

    def test_a_tag_that_is_there_already_may_be_pushed_again(self, root: Path) -> None:
        Git(root).create_tag("v1.0.0", Git(root).head(), "x")
        Git(root).push_tag("origin", "v1.0.0")
        Git(root).push_tag("origin", "v1.0.0")

    def test_a_tag_that_stands_elsewhere_is_never_moved(self, root: Path) -> None:
        first = Git(root).head()
        git(root, "tag", "v1.0.0")
        Git(root).push_tag("origin", "v1.0.0")
        git(root, "tag", "--delete", "v1.0.0")
        commit(root, "later")
        git(root, "tag", "v1.0.0")
        with pytest.raises(GitError, match="git push failed"):
            Git(root).push_tag("origin", "v1.0.0")
        assert Git(root).remote_tag("origin", "v1.0.0") == first

    def test_not_there_and_could_not_ask_differ(self, root: Path) -> None:
        git(root, "remote", "set-url", "origin", str(root / "none.git"))
        with pytest.raises(GitError, match="git ls-remote failed"):
            Git(root).remote_tag("origin", "v1.0.0")

    @pytest.mark.parametrize(
        ("asked", "command"),
        [
            (lambda git: git.remote_refs("origin"), "ls-remote"),
            (lambda git: git.remote_text_of("origin", "v1.0.0"), "ls-remote"),
            (lambda git: git.push_tag("origin", "v1.0.0"), "push"),
        ],
    )
    def test_one_that_cannot_be_used_is_named_with_its_setting_and_the_reason(
        self, root: Path, asked: Callable[[Git], object], command: str
    ) -> None:
        git(root, "tag", "v1.0.0")
        git(root, "remote", "set-url", "origin", str(root / "none.git"))
        with pytest.raises(GitError) as caught:
            asked(Git(root))
        why = f"{str(root / 'none.git')!r} does not appear to be a git repository"
        assert caught.value.message == f"git {command} failed for the git remote origin: {why}"
        assert "git remote get-url origin" in caught.value.remedy
        assert "release.remote" in caught.value.remedy

    def test_of_no_repository_is_an_error(self, nowhere: Path) -> None:
        with pytest.raises(GitError):
            Git(nowhere).has_remote("origin")


class TestRemoteRefs:
    def test_every_tag_is_the_commit_that_it_stands_for(self, root: Path) -> None:
        first = Git(root).head()
        git(root, "tag", "v1.0.0")
        git(root, "tag", "--annotate", "--message", "x", "v2.0.0")
        git(root, "tag", "--annotate", "--message", "x", "nested", "v2.0.0")
        later = commit(root, "later")
        git(root, "tag", "web/v3.0.0")
        git(root, "push", "--quiet", "--tags", "origin", "HEAD:refs/heads/main")
        git(root, "push", "--quiet", "origin", "HEAD:refs/other/refs/tags/v9.0.0")
        git(root, "tag", "--delete", "v1.0.0", "v2.0.0", "nested", "web/v3.0.0")
        assert Git(root).remote_refs("origin").lightweight == {"v1.0.0", "web/v3.0.0"}
        assert Git(root).remote_refs("origin").tags == {
            **dict.fromkeys(("v1.0.0", "v2.0.0", "nested"), first),
            "web/v3.0.0": later,
        }

    def test_none(self, root: Path) -> None:
        assert Git(root).remote_refs("origin").tags == {}

    def test_could_not_ask_is_no_answer(self, root: Path) -> None:
        git(root, "remote", "set-url", "origin", str(root / "none.git"))
        with pytest.raises(GitError, match="git ls-remote failed"):
            Git(root).remote_refs("origin")
