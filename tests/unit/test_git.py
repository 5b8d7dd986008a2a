from __future__ import annotations

import subprocess
import traceback
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dext_tasks.errors import DextError, DirtyTreeError, GitError
from dext_tasks.git import Git, _without_credentials
from dext_tasks.project import STATE_FOLDER
from dext_tasks.release.journal import Journal, Journals

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.allow_processes

WORD = "sesame-7f3a"


@pytest.fixture(autouse=True)
def _isolated(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "GIT_CONFIG_GLOBAL": "/dev/null",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_AUTHOR_NAME": "Ann",
        "GIT_AUTHOR_EMAIL": "ann@example.org",
        "GIT_COMMITTER_NAME": "Ann",
        "GIT_COMMITTER_EMAIL": "ann@example.org",
        # No repository above the temporary folder is ever found.
        "GIT_CEILING_DIRECTORIES": "/",
    }.items():
        monkeypatch.setenv(name, value)


def git(root: Path, *args: str) -> str:
    done = subprocess.run(  # noqa: S603 - the real git, with a list of fixed words
        ["git", *args],  # noqa: S607 - the git of whoever runs the tests
        cwd=root,
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    )
    return done.stdout.strip()


def commit(root: Path, name: str = "file") -> str:
    (root / name).write_text(name, encoding="utf-8")
    git(root, "add", name)
    git(root, "commit", "--quiet", "--message", name)
    return git(root, "rev-parse", "HEAD")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A repository with one commit and the remote ``origin``."""
    git(tmp_path, "init", "--quiet", "--bare", "remote.git")
    git(tmp_path, "init", "--quiet", "work")
    work = tmp_path / "work"
    git(work, "remote", "add", "origin", str(tmp_path / "remote.git"))
    commit(work)
    return work


@pytest.fixture
def nowhere(tmp_path: Path) -> Path:
    """A folder in no repository."""
    folder = tmp_path / "nowhere"
    folder.mkdir()
    return folder


def leaks(error: DextError) -> bool:
    faces = (str(error), repr(error), error.remedy, error.detail, *traceback.format_exception(error))
    return any(WORD in face for face in faces)


class TestHead:
    def test_is_the_commit_checked_out(self, root: Path) -> None:
        assert Git(root).head() == git(root, "rev-parse", "HEAD")

    def test_is_empty_before_the_first_commit(self, nowhere: Path) -> None:
        git(nowhere, "init", "--quiet")
        assert Git(nowhere).head() == ""

    def test_is_empty_without_a_repository(self, nowhere: Path) -> None:
        assert Git(nowhere).head() == ""

    def test_is_the_same_in_a_folder_below(self, root: Path) -> None:
        below = root / "below"
        below.mkdir()
        assert Git(below).head() == Git(root).head()


class TestChanges:
    def test_none(self, root: Path) -> None:
        assert Git(root).changes() == ()

    def test_every_kind(self, root: Path) -> None:
        commit(root, "gone")
        commit(root, "kept")
        (root / "file").write_text("changed", encoding="utf-8")
        (root / "gone").unlink()
        (root / "folder").mkdir()
        (root / "folder" / "new").touch()
        (root / "staged").touch()
        git(root, "add", "staged")
        assert sorted(Git(root).changes()) == [" D gone", " M file", "?? folder/new", "A  staged"]

    def test_what_is_ignored_is_none(self, root: Path) -> None:
        (root / ".gitignore").write_text("*.log\n", encoding="utf-8")
        git(root, "add", ".gitignore")
        git(root, "commit", "--quiet", "--message", "ignore")
        (root / "x.log").touch()
        assert Git(root).changes() == ()

    def test_what_a_release_remembers_is_none(self, root: Path) -> None:
        # Without this a release that was stopped could not go on where .gitignore does not name the folder.
        Journals(root / STATE_FOLDER / "releases").write(Journal("1.0.0", "acme/demo", "c0ffee"))
        assert Git(root).changes() == ()

    def test_of_a_project_below_are_its_own(self, root: Path) -> None:
        below = root / "below"
        below.mkdir()
        commit(root, "below/file")
        (root / "beside").touch()
        assert Git(below).changes() == ()
        (below / "new").touch()
        assert len(Git(below).changes()) == 1

    def test_without_a_repository_is_an_error(self, nowhere: Path) -> None:
        with pytest.raises(GitError, match=r"git status failed with exit code 128") as caught:
            Git(nowhere).changes()
        assert "not a git repository" in caught.value.detail


class TestTags:
    def test_are_listed(self, root: Path) -> None:
        git(root, "tag", "v1.0.0")
        git(root, "tag", "--annotate", "--message", "x", "v1.1.0")
        assert sorted(Git(root).tags()) == ["v1.0.0", "v1.1.0"]

    def test_none(self, root: Path) -> None:
        assert Git(root).tags() == ()

    @pytest.mark.parametrize("kind", [(), ("--annotate", "--message", "x")], ids=["lightweight", "annotated"])
    def test_the_commit_of_either_kind(self, root: Path, kind: tuple[str, ...]) -> None:
        first = Git(root).head()
        git(root, "tag", *kind, "v1.0.0")
        commit(root, "later")
        assert Git(root).commit_of("v1.0.0") == first

    def test_the_commit_of_none_is_empty(self, root: Path) -> None:
        assert Git(root).commit_of("v1.0.0") == ""

    def test_a_branch_of_the_same_name_is_no_tag(self, root: Path) -> None:
        git(root, "branch", "v1.0.0")
        assert Git(root).commit_of("v1.0.0") == ""

    def test_a_new_tag_is_annotated_and_at_the_commit(self, root: Path) -> None:
        first = Git(root).head()
        commit(root, "later")
        Git(root).create_tag("v1.0.0", first, "v1.0.0\n\nacme/demo:1.0.0@sha256:aa")
        assert Git(root).commit_of("v1.0.0") == first
        assert git(root, "cat-file", "-t", "v1.0.0") == "tag"
        assert "acme/demo:1.0.0@sha256:aa" in git(root, "tag", "--list", "-n9", "v1.0.0")

    def test_an_existing_tag_is_never_moved(self, root: Path) -> None:
        first = Git(root).head()
        Git(root).create_tag("v1.0.0", first, "x")
        later = commit(root, "later")
        with pytest.raises(GitError, match="git tag failed") as caught:
            Git(root).create_tag("v1.0.0", later, "x")
        assert "already exists" in caught.value.detail
        assert Git(root).commit_of("v1.0.0") == first


class TestRemote:
    def test_is_there(self, root: Path) -> None:
        assert Git(root).has_remote("origin")
        assert not Git(root).has_remote("origi")
        assert not Git(root).has_remote("upstream")

    @pytest.mark.parametrize("kind", [(), ("--annotate", "--message", "x")], ids=["lightweight", "annotated"])
    def test_a_pushed_tag_stands_for_its_commit(self, root: Path, kind: tuple[str, ...]) -> None:
        git(root, "tag", *kind, "v1.0.0")
        assert Git(root).remote_tag("origin", "v1.0.0") == ""
        Git(root).push_tag("origin", "v1.0.0")
        assert Git(root).remote_tag("origin", "v1.0.0") == Git(root).head()

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

    def test_of_no_repository_is_an_error(self, nowhere: Path) -> None:
        with pytest.raises(GitError):
            Git(nowhere).has_remote("origin")


class TestSecrets:
    @pytest.mark.parametrize("ask", ["remote_tag", "push_tag"])
    def test_credentials_in_the_remote_s_address_are_not_shown(self, root: Path, ask: str) -> None:
        # Port 1 of this machine refuses at once, and git quotes the address it could not reach.
        git(root, "remote", "set-url", "origin", f"http://ann:{WORD}@127.0.0.1:1/demo.git")
        git(root, "tag", "v1.0.0")
        with pytest.raises(GitError) as caught:
            getattr(Git(root), ask)("origin", "v1.0.0")
        assert not leaks(caught.value)
        assert caught.value.detail

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("", ""),
            ("fatal: 'https://host/x.git/'", "fatal: 'https://host/x.git/'"),
            ("to https://ann:pw@host/x", "to https://***@host/x"),
            ("to https://token@host/x and ssh://git@host/y", "to https://***@host/x and ssh://***@host/y"),
            ("https://ann:p@ss@host/x", "https://***@host/x"),
            ("https://ann:@host", "https://***@host"),
            ("https://host/a@b", "https://host/a@b"),
            ("git@github.com:a/b.git", "git@github.com:a/b.git"),
            ("https://a:b@h1\nhttps://c:d@h2", "https://***@h1\nhttps://***@h2"),
        ],
    )
    def test_without_credentials(self, text: str, expected: str) -> None:
        assert _without_credentials(text) == expected

    @given(
        user=st.text(st.characters(categories=["L", "N"]), max_size=8),
        password=st.text(
            st.sampled_from("@:#?%'\"") | st.characters(categories=["L", "N", "P", "S"], exclude_characters="/"),
            max_size=8,
        ),
    )
    def test_no_password_survives(self, user: str, password: str) -> None:
        text = f"fatal: unable to access 'https://{user}:{password}@host.example/x.git/': refused"
        assert _without_credentials(text) == "fatal: unable to access 'https://***@host.example/x.git/': refused"


class TestEnvironment:
    def test_messages_are_english_and_nothing_prompts(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        program = tmp_path / "bin" / "git"
        program.parent.mkdir()
        program.write_text('#!/bin/sh\necho "$LC_ALL $GIT_TERMINAL_PROMPT"\n', encoding="utf-8")
        program.chmod(0o755)
        monkeypatch.setenv("PATH", str(program.parent))
        monkeypatch.setenv("LC_ALL", "de_DE.UTF-8")
        assert Git(tmp_path).tags() == ("C", "0")

    def test_without_git(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PATH", str(tmp_path))
        with pytest.raises(GitError, match="git is not on PATH") as caught:
            Git(tmp_path).head()
        assert caught.value.remedy == "install git"

    def test_output_that_is_no_text_is_no_crash(self, root: Path) -> None:
        (root / "na\udcffme").touch()
        git(root, "config", "core.quotePath", "false")
        (change,) = Git(root).changes()
        assert "\ufffd" in change

    def test_a_remote_that_hangs_is_given_up(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        program = tmp_path / "bin" / "git"
        program.parent.mkdir()
        program.write_text("#!/bin/sh\nexec /bin/sleep 30\n", encoding="utf-8")
        program.chmod(0o755)
        monkeypatch.setenv("PATH", str(program.parent))
        monkeypatch.setattr("dext_tasks.git._REMOTE", 0.2)
        with pytest.raises(GitError, match="git ls-remote did not end within"):
            Git(tmp_path).remote_tag("origin", "v1.0.0")


class TestRequireCommitted:
    def test_a_committed_tree_may_be_built(self, root: Path) -> None:
        Git(root).require_committed()

    def test_outside_of_a_repository_there_is_nothing_to_hold(self, nowhere: Path) -> None:
        Git(nowhere).require_committed()

    def test_a_change_is_named_with_what_allows_it(self, root: Path) -> None:
        (root / "new").write_text("", encoding="utf-8")
        with pytest.raises(DirtyTreeError, match="1 file is not committed") as caught:
            Git(root).require_committed()
        assert "new" in caught.value.detail
        assert "--allow-dirty" in caught.value.remedy
