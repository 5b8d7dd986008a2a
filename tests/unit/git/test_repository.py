from __future__ import annotations

import shutil
import subprocess
import traceback
from subprocess import CompletedProcess
from typing import TYPE_CHECKING

import pytest

from dext_tasks.config.repository import OF_ANOTHER_REPOSITORY
from dext_tasks.errors import DextError, DirtyTreeError, GitError, PreflightError, ReleaseRacedError
from dext_tasks.git import Git, WorkTree, environment
from dext_tasks.git.command import TERMINAL, in_words
from dext_tasks.project_files import STATE_FOLDER
from dext_tasks.release.journal import Journal, Journals
from tests.unit.real_git import commit, git

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from tests.unit.conftest import Told

pytestmark = pytest.mark.allow_processes

WORD = "sesame-7f3a"


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

    @pytest.mark.parametrize("name", ["smoke.html", "reports/größe of a test.xml", "a\nb.html"], ids=ascii)
    def test_reports_of_ours_are_none(self, root: Path, name: str) -> None:
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_text('<meta name="generator" content="dext-tasks 1.0">', encoding="utf-8")
        assert Git(root).changes() == ()
        Git(root).require_committed()
        (root / "other.html").write_text("<title>mine</title>", encoding="utf-8")
        assert Git(root).changes() == ("?? other.html",)

    def test_a_report_that_git_knows_is_a_file_like_any_other(self, root: Path) -> None:
        (root / "smoke.html").write_text('<meta name="generator" content="dext-tasks 1.0">', encoding="utf-8")
        git(root, "add", "smoke.html")
        assert Git(root).changes() == ("A  smoke.html",)

    def test_names_are_shown_as_they_are_in_one_line_each(self, root: Path) -> None:
        commit(root, "before")
        git(root, "mv", "before", "after that")
        (root / 'größe "x"\n').touch()
        assert Git(root).changes() == ("R  before -> after that", '?? größe "x"\\n')

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
        git(root, "tag", "--annotate", "--message", "x", "v1.2.0", "v1.1.0")
        commit(root, "later")
        assert Git(root).tags() == dict.fromkeys(("v1.0.0", "v1.1.0", "v1.2.0"), git(root, "rev-parse", "HEAD~1"))

    def test_none(self, root: Path) -> None:
        assert Git(root).tags() == {}

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
        assert Git(root).text_of("v1.0.0") == "v1.0.0\n\nacme/demo:1.0.0@sha256:aa"
        git(root, "tag", "v1.0.1", first)
        assert [Git(root).text_of(name) for name in ("v1.0.1", "v1.0.2")] == ["", ""]
        git(root, "tag", "--delete", "v1.0.1")
        assert Git(root).commit_of("v1.0.0") == first
        assert git(root, "cat-file", "-t", "v1.0.0") == "tag"
        assert "acme/demo:1.0.0@sha256:aa" in git(root, "tag", "--list", "-n9", "v1.0.0")

    def test_a_tag_says_all_of_a_long_text(self, root: Path) -> None:
        # More than an argument may have, and with a line that git takes for a comment by default.
        text = "v1.0.0\n\n# a\n" + "- a line\n" * 30_000 + "\nacme/demo:1.0.0@sha256:aa"
        Git(root).create_tag("v1.0.0", Git(root).head(), text)
        assert Git(root).text_of("v1.0.0") == text

    def test_the_same_commit_message_and_identity_give_the_same_tag(self, root: Path, tmp_path: Path) -> None:
        head = Git(root).head()
        git(root, "push", "--quiet", "origin", "HEAD:refs/heads/main")
        git(tmp_path, "clone", "--quiet", str(tmp_path / "remote.git"), "clone")
        for machine in (root, tmp_path / "clone"):
            Git(machine).create_tag("v1.0.0", head, "v1.0.0\n\nacme/demo:1.0.0@sha256:7")
            # The second is no news to the remote.
            Git(machine).push_tag("origin", "v1.0.0")
        made = {git(machine, "rev-parse", "v1.0.0") for machine in (root, tmp_path / "clone")}
        assert len(made) == 1
        assert git(root, "for-each-ref", "--format=%(taggerdate:raw)", "refs/tags/v1.0.0") == git(
            root, "log", "-1", "--format=%cd", "--date=raw"
        )

    def test_a_lightweight_one_of_the_commit_is_replaced(self, root: Path) -> None:
        head = Git(root).head()
        git(root, "tag", "v1.0.0")
        assert Git(root).is_lightweight("v1.0.0")
        Git(root).require_tag("v1.0.0", head)
        Git(root).create_tag("v1.0.0", head, "annotated")
        assert not Git(root).is_lightweight("v1.0.0")
        assert Git(root).commit_of("v1.0.0") == head
        assert not Git(root).is_lightweight("v2.0.0")

    def test_a_lightweight_one_of_another_commit_is_not(self, root: Path) -> None:
        git(root, "tag", "v1.0.0")
        later = commit(root, "later")
        with pytest.raises(PreflightError, match="already exists"):
            Git(root).require_tag("v1.0.0", later)
        with pytest.raises(GitError):
            Git(root).create_tag("v1.0.0", later, "annotated")
        assert Git(root).is_lightweight("v1.0.0")

    def test_an_existing_tag_is_never_moved(self, root: Path) -> None:
        first = Git(root).head()
        Git(root).create_tag("v1.0.0", first, "x")
        later = commit(root, "later")
        with pytest.raises(GitError, match="git tag failed") as caught:
            Git(root).create_tag("v1.0.0", later, "x")
        assert "already exists" in caught.value.detail
        assert Git(root).commit_of("v1.0.0") == first


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


class TestEnvironment:
    def test_messages_are_english_and_nothing_prompts(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        program = tmp_path / "bin" / "git"
        program.parent.mkdir()
        program.write_text('#!/bin/sh\necho "$LC_ALL-$GIT_TERMINAL_PROMPT"\n', encoding="utf-8")
        program.chmod(0o755)
        monkeypatch.setenv("PATH", str(program.parent))
        monkeypatch.setenv("LC_ALL", "de_DE.UTF-8")
        assert Git(tmp_path).head() == "C-0"

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
        program.write_text('#!/bin/sh\n[ "$1" != ls-remote ] || exec /bin/sleep 30\n', encoding="utf-8")
        program.chmod(0o755)
        monkeypatch.setenv("PATH", str(program.parent))
        monkeypatch.setattr("dext_tasks.git.remote.GIT_REMOTE", 0.2)
        with pytest.raises(GitError, match="git ls-remote did not end within"):
            Git(tmp_path).remote_tag("origin", "v1.0.0")


class TestWorkTree:
    def test_a_committed_tree_is_its_commit(self, root: Path) -> None:
        assert Git(root).work_tree() == WorkTree(Git(root).head())

    def test_what_differs_is_listed(self, root: Path) -> None:
        (root / "new").write_text("", encoding="utf-8")
        assert Git(root).work_tree() == WorkTree(Git(root).head(), ("?? new",))

    def test_outside_of_a_repository_nothing_is_asked(self, nowhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PATH", str(nowhere))
        assert Git(nowhere).work_tree() == WorkTree()

    def test_a_repository_that_git_refuses_is_unknown(self, tmp_path: Path) -> None:
        (tmp_path / ".git").write_text("gitdir: nowhere\n", encoding="utf-8")
        found = Git(tmp_path).work_tree()
        why = f"not a git repository: {tmp_path / 'nowhere'}"
        assert found.unknown.startswith(f"git cannot use the repository at {tmp_path}: {why}; repair it")
        assert (found.commit, found.uncommitted) == ("", ())

    def test_a_repository_of_another_user_is_unknown_and_says_what_to_do(
        self, root: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (root / "new").write_text("", encoding="utf-8")
        monkeypatch.setenv(*OTHER_OWNER)
        found = Git(root).work_tree()
        assert "belongs to another user" in found.unknown
        assert f"git config --global --add safe.directory {root}" in found.unknown


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

    def test_a_repository_of_another_user_is_no_reason_to_build_what_nobody_committed(
        self, root: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (root / "new").write_text("", encoding="utf-8")
        monkeypatch.setenv(*OTHER_OWNER)
        with pytest.raises(GitError, match="belongs to another user"):
            Git(root).require_committed()


# Git's own tests say so: https://github.com/git/git/blob/master/setup.c (ensure_valid_ownership)
OTHER_OWNER = ("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")


class TestRepositoryThatGitDoesNotUse:
    """Not the same as none: nothing is known of what is committed there."""

    @pytest.mark.parametrize("ask", ["head", "changes", "tags", "is_repository", "require_committed"])
    def test_of_another_user(self, root: Path, monkeypatch: pytest.MonkeyPatch, ask: str) -> None:
        monkeypatch.setenv(*OTHER_OWNER)
        with pytest.raises(
            GitError, match=f"does not read the repository {root}, because it belongs to another"
        ) as caught:
            getattr(Git(root), ask)()
        assert caught.value.remedy == f"if you trust it: git config --global --add safe.directory {root}"

    def test_its_remedy_works(self, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv(*OTHER_OWNER)
        settings = tmp_path / "gitconfig"
        settings.write_text(f"[safe]\n\tdirectory = {root}\n", encoding="utf-8")
        monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(settings))
        assert Git(root).head() == git(root, "rev-parse", "HEAD")

    def test_a_folder_with_a_space_can_be_pasted(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        root = tmp_path / "my work"
        git(tmp_path, "init", "--quiet", str(root))
        monkeypatch.setenv(*OTHER_OWNER)
        with pytest.raises(GitError) as caught:
            Git(root).head()
        assert caught.value.remedy.endswith(f"safe.directory '{root}'")

    def test_the_words_of_an_older_git(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        words = "fatal: unsafe repository ('/srv/demo' is owned by someone else)"
        program(tmp_path, f'echo "{words}" >&2; exit 128', monkeypatch)
        with pytest.raises(GitError, match="does not read the repository /srv/demo,"):
            Git(tmp_path).head()

    @pytest.mark.parametrize(
        "spoil",
        [
            lambda root: (root / ".git" / "HEAD").unlink(),
            lambda root: (root / ".git" / "config").write_text("[[", encoding="utf-8"),
            lambda root: git(root, "config", "core.repositoryFormatVersion", "99"),
            lambda root: (root / ".git").rename(root / "elsewhere") and (root / ".git").mkdir(),
            lambda root: (root / ".git").rename(root / "elsewhere") and (root / ".git").write_text("gitdir: /nowhere"),
            lambda root: (root / ".git").rename(root / "elsewhere") and (root / ".git").write_text("garbage"),
        ],
        ids=["no HEAD", "settings", "version", "empty", "a worktree of nothing", "no link"],
    )
    def test_broken(self, root: Path, spoil: Callable[[Path], object]) -> None:
        spoil(root)
        for ask in (Git(root).head, Git(root).require_committed):
            with pytest.raises(GitError, match=f"git cannot use the repository at {root}"):
                ask()

    def test_in_a_folder_below(self, root: Path) -> None:
        (root / "below").mkdir()
        (root / ".git" / "HEAD").unlink()
        with pytest.raises(GitError, match=f"git cannot use the repository at {root}: "):
            Git(root / "below").require_committed()

    def test_none_is_none(self, nowhere: Path) -> None:
        assert not Git(nowhere).is_repository()

    def test_one_without_a_commit_is_one(self, nowhere: Path) -> None:
        git(nowhere, "init", "--quiet")
        assert Git(nowhere).is_repository()


def program(folder: Path, script: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put a script in git's place."""
    made = folder / "bin" / "git"
    made.parent.mkdir()
    made.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    made.chmod(0o755)
    monkeypatch.setenv("PATH", str(made.parent))


class TestOtherRepository:
    """A hook, an alias or a wrapper of git sets variables by which git would look at its repository."""

    @pytest.fixture
    def other(self, tmp_path: Path) -> Path:
        other = tmp_path / "other"
        git(tmp_path, "init", "--quiet", "other")
        commit(other, "elsewhere")
        git(other, "tag", "v9.0.0")
        return other

    @pytest.mark.parametrize(
        "variables",
        [
            ("GIT_DIR",),
            ("GIT_DIR", "GIT_WORK_TREE"),
            ("GIT_COMMON_DIR",),
            ("GIT_DIR", "GIT_COMMON_DIR"),
            ("GIT_INDEX_FILE",),
            ("GIT_OBJECT_DIRECTORY",),
        ],
        ids="+".join,
    )
    def test_is_never_looked_at(
        self, root: Path, other: Path, monkeypatch: pytest.MonkeyPatch, variables: tuple[str, ...]
    ) -> None:
        head = git(root, "rev-parse", "HEAD")
        values = {
            "GIT_DIR": other / ".git",
            "GIT_COMMON_DIR": other / ".git",
            "GIT_WORK_TREE": other,
            "GIT_INDEX_FILE": other / ".git" / "index",
            "GIT_OBJECT_DIRECTORY": other / ".git" / "objects",
        }
        for name in variables:
            monkeypatch.setenv(name, str(values[name]))
        assert (Git(root).head(), Git(root).changes(), Git(root).tags()) == (head, (), {})
        Git(root).create_tag("v1.0.0", head, "v1.0.0")
        Git(root).push_tag("origin", "v1.0.0")
        assert Git(root).remote_tag("origin", "v1.0.0") == head

    def test_a_namespace_does_not_hide_a_remote_s_tags(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        git(root, "tag", "v1.0.0")
        monkeypatch.setenv("GIT_NAMESPACE", "hidden")
        Git(root).push_tag("origin", "v1.0.0")
        assert Git(root).remote_tag("origin", "v1.0.0")
        monkeypatch.delenv("GIT_NAMESPACE")
        assert Git(root).remote_tag("origin", "v1.0.0")

    def test_a_tag_is_made_in_a_hook_that_quarantines(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("GIT_QUARANTINE_PATH", str(root))
        Git(root).create_tag("v1.0.0", Git(root).head(), "v1.0.0")
        assert Git(root).tags() == {"v1.0.0": Git(root).head()}

    def test_every_variable_that_git_calls_a_repository_s_own_is_left_out(self, nowhere: Path) -> None:
        settings = {"GIT_CONFIG_COUNT", "GIT_CONFIG_PARAMETERS"}
        assert set(git(nowhere, "rev-parse", "--local-env-vars").split()) - OF_ANOTHER_REPOSITORY == settings

    def test_settings_of_the_environment_stay(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        # As a runner gives its identity, its login and safe.directory.
        monkeypatch.delenv("GIT_COMMITTER_NAME")
        for name, value in {"COUNT": "1", "KEY_0": "user.name", "VALUE_0": "Runner"}.items():
            monkeypatch.setenv(f"GIT_CONFIG_{name}", value)
        assert Git(root).committer() == "Runner <ann@example.org>"

    def test_what_is_no_repository_s_stays(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for name in OF_ANOTHER_REPOSITORY:
            monkeypatch.setenv(name, "x")
        kept = environment()
        assert OF_ANOTHER_REPOSITORY.isdisjoint(kept)
        assert kept["GIT_COMMITTER_NAME"] == "Ann"


NO_IDENTITY = ("GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL", "GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL")


class TestCommitter:
    def test_of_the_environment(self, root: Path) -> None:
        assert Git(root).committer() == "Ann <ann@example.org>"

    def test_of_the_settings(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        for name in NO_IDENTITY:
            monkeypatch.delenv(name)
        git(root, "config", "user.name", "Bea Bo")
        git(root, "config", "user.email", "bea@example.org")
        assert Git(root).committer() == "Bea Bo <bea@example.org>"

    def test_only_the_committer_s_counts_for_a_tag(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        for name in NO_IDENTITY[2:]:
            monkeypatch.delenv(name)
        git(root, "config", "user.useConfigOnly", "true")
        with pytest.raises(PreflightError):
            Git(root).committer()

    @pytest.mark.parametrize(
        ("settings", "why"),
        [
            ({"user.useConfigOnly": "true"}, "no email was given"),
            ({"user.useConfigOnly": "true", "user.name": "Bea"}, "no email was given"),
            ({"user.useConfigOnly": "true", "user.email": "b@example.org"}, "no name was given"),
            ({"user.name": "", "user.email": "b@example.org"}, "empty ident name"),
            ({"user.name": ".,;", "user.email": "b@example.org"}, "name consists only of disallowed characters"),
        ],
    )
    def test_git_refuses_the_same_when_it_makes_the_tag(
        self, root: Path, monkeypatch: pytest.MonkeyPatch, settings: dict[str, str], why: str
    ) -> None:
        for name in NO_IDENTITY:
            monkeypatch.delenv(name)
        for key, value in settings.items():
            git(root, "config", key, value)
        with pytest.raises(PreflightError, match="in whose name to make a tag") as caught:
            Git(root).committer()
        assert why in caught.value.message
        assert "GIT_COMMITTER_NAME" in caught.value.remedy
        with pytest.raises(GitError) as refused:
            Git(root).create_tag("v1.0.0", Git(root).head(), "v1.0.0")
        assert why in refused.value.detail

    def test_an_empty_name_in_the_environment_is_none(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("GIT_COMMITTER_NAME", "")
        with pytest.raises(PreflightError):
            Git(root).committer()


class TestSignature:
    @pytest.mark.parametrize(
        ("value", "signs"), [("true", True), ("yes", True), ("1", True), ("false", False), ("", False), (None, False)]
    )
    def test_whether_tags_are_signed(self, root: Path, value: str | None, signs: bool) -> None:  # noqa: FBT001 - a row
        if value is not None:
            git(root, "config", "tag.gpgSign", value)
        assert Git(root).signs_tags() is signs

    def test_a_setting_that_is_neither(self, root: Path) -> None:
        git(root, "config", "tag.gpgSign", "perhaps")
        with pytest.raises(PreflightError, match="bad boolean"):
            Git(root).signs_tags()

    @pytest.mark.parametrize(
        ("settings", "why"),
        [
            ({"gpg.program": "no-such-gpg"}, "no-such-gpg"),
            ({"gpg.program": "false"}, "failed to sign"),
            ({"gpg.format": "ssh", "user.signingKey": ""}, "user.signingkey"),
            ({"gpg.format": "ssh"}, "user.signingkey"),
            ({"gpg.format": "ssh", "user.signingKey": "/nowhere/key"}, "/nowhere/key"),
            ({"gpg.format": "ssh", "user.signingKey": "key::ssh-ed25519 AAAA"}, ""),
            ({"gpg.format": "none"}, "gpg.format"),
        ],
        ids=["no gpg", "a gpg that fails", "empty ssh", "no ssh", "a file that is not there", "a broken key", "format"],
    )
    def test_without_a_key_that_can_be_used(self, root: Path, settings: dict[str, str], why: str) -> None:
        for key, value in settings.items():
            git(root, "config", key, value)
        before = everything(root)
        with pytest.raises(PreflightError, match="git is to sign tags") as caught:
            Git(root).require_signature()
        assert why.lower() in caught.value.message.lower()
        assert "user.signingKey" in caught.value.remedy
        assert everything(root) == before

    def test_a_gpg_without_any_key(self, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        if shutil.which("gpg") is None:
            pytest.skip("there is no gpg")
        (tmp_path / "keys").mkdir(mode=0o700)
        monkeypatch.setenv("GNUPGHOME", str(tmp_path / "keys"))
        with pytest.raises(PreflightError, match="git is to sign tags"):
            Git(root).require_signature()

    def test_with_an_ssh_key(self, root: Path, tmp_path: Path) -> None:
        if shutil.which("ssh-keygen") is None:
            pytest.skip("there is no ssh-keygen")
        key = tmp_path / "key"
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True, timeout=60)  # noqa: S603, S607 - a list of fixed words
        git(root, "config", "gpg.format", "ssh")
        git(root, "config", "user.signingKey", str(key))
        git(root, "config", "tag.gpgSign", "true")
        before = everything(root)
        Git(root).require_signature()
        assert everything(root) == before
        Git(root).create_tag("v1.0.0", Git(root).head(), "v1.0.0")
        assert "SSH SIGNATURE" in git(root, "cat-file", "-p", "v1.0.0")

    def test_with_a_program_of_one_s_own(self, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        signer = tmp_path / "signer"
        signer.write_text(
            "#!/bin/sh\ncat >/dev/null\necho '[GNUPG:] SIG_CREATED ' >&2\necho '-----BEGIN PGP SIGNATURE-----'\n",
            encoding="utf-8",
        )
        signer.chmod(0o755)
        git(root, "config", "gpg.program", str(signer))
        # A tag has no author.
        monkeypatch.delenv("GIT_AUTHOR_NAME")
        git(root, "config", "user.useConfigOnly", "true")
        Git(root).require_signature()


def everything(root: Path) -> set[Path]:
    return set(root.rglob("*"))


class TestRequireTag:
    def test_a_tag_that_can_be_made_is_not_made(self, root: Path) -> None:
        Git(root).require_tag("v1.0.0", Git(root).head())
        Git(root).require_tag("web/v1.0.0", Git(root).head())
        assert Git(root).tags() == {}
        assert list(root.rglob("*.lock")) == []

    @pytest.mark.parametrize(
        ("name", "why"),
        [
            ("v1..0", "invalid ref format"),
            ("v 1.0.0", "invalid ref format"),
            ("v1.0.0.lock", "invalid ref format"),
            ("v~1.0.0", "invalid ref format"),
            ("taken/v1.0.0", "'refs/tags/taken' exists"),
            ("taken", "already exists"),
            ("v1.0.0\ncreate refs/tags/also", "invalid ref format"),
        ],
    )
    def test_one_that_cannot_is_refused(self, root: Path, name: str, why: str) -> None:
        git(root, "tag", "--annotate", "--message", "x", "taken")
        with pytest.raises(PreflightError) as caught:
            Git(root).require_tag(name, Git(root).head())
        assert why in caught.value.message
        assert "release.tag-prefix" in caught.value.remedy
        assert list(Git(root).tags()) == ["taken"]

    def test_a_lock_that_somebody_left(self, root: Path) -> None:
        (root / ".git" / "refs" / "tags" / "v1.0.0.lock").touch()
        with pytest.raises(PreflightError, match=r"v1\.0\.0\.lock"):
            Git(root).require_tag("v1.0.0", Git(root).head())

    def test_an_old_git_is_asked_when_the_tag_is_made(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        program(tmp_path, 'echo "fatal: unknown command: start" >&2; exit 128', monkeypatch)
        Git(tmp_path).require_tag("v1.0.0", "c0ffee")


class TestRequirePush:
    def test_nothing_is_sent(self, root: Path) -> None:
        Git(root).require_push("origin", "v1.0.0", Git(root).head())
        assert git(root, "ls-remote", "origin") == ""

    def test_a_tag_that_another_machine_pushed_meanwhile(self, root: Path) -> None:
        first = Git(root).head()
        git(root, "push", "--quiet", "origin", f"{first}:refs/tags/v1.0.0")
        later = commit(root, "later")
        with pytest.raises(ReleaseRacedError, match=f"the tag v1.0.0 in the meantime, on {first}"):
            Git(root).require_push("origin", "v1.0.0", later)

    def test_a_remote_that_is_not_there(self, root: Path) -> None:
        git(root, "remote", "set-url", "--push", "origin", str(root / "none.git"))
        with pytest.raises(PreflightError, match=r"remote origin would not take the tag v1\.0\.0") as caught:
            Git(root).require_push("origin", "v1.0.0", Git(root).head())
        assert "does not appear to be a git repository" in caught.value.detail

    def test_a_remote_that_does_not_let_this_login_push(
        self, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        # As a read-only deploy key is answered.
        refusing = tmp_path / "ssh"
        refusing.write_text(
            '#!/bin/sh\ncase "$*" in *receive-pack*) echo "ERROR: marked as read only" >&2; exit 1;; esac\n',
            encoding="utf-8",
        )
        refusing.chmod(0o755)
        monkeypatch.setenv("GIT_SSH", str(refusing))
        git(root, "remote", "set-url", "origin", "git@git.example:acme/demo.git")
        with pytest.raises(PreflightError) as caught:
            Git(root).require_push("origin", "v1.0.0", Git(root).head())
        assert "marked as read only" in caught.value.detail

    def test_a_hook_of_one_s_own_that_refuses_is_asked(self, root: Path) -> None:
        hook = root / ".git" / "hooks" / "pre-push"
        hook.parent.mkdir(exist_ok=True)
        hook.write_text("#!/bin/sh\necho 'no tags on Fridays' >&2\nexit 1\n", encoding="utf-8")
        hook.chmod(0o755)
        with pytest.raises(PreflightError) as caught:
            Git(root).require_push("origin", "v1.0.0", Git(root).head())
        assert "no tags on Fridays" in caught.value.detail

    def test_credentials_are_not_shown(self, root: Path) -> None:
        git(root, "remote", "set-url", "origin", f"http://ann:{WORD}@127.0.0.1:1/demo.git")
        with pytest.raises(PreflightError) as caught:
            Git(root).require_push("origin", "v1.0.0", Git(root).head())
        assert not leaks(caught.value)
        assert caught.value.detail

    def test_other_tags_stay_here_whatever_the_settings(self, root: Path) -> None:
        git(root, "config", "push.followTags", "true")
        git(root, "tag", "--annotate", "--message", "x", "draft")
        git(root, "tag", "v1.0.0")
        Git(root).push_tag("origin", "v1.0.0")
        assert git(root, "ls-remote", "origin").split()[1::2] == ["refs/tags/v1.0.0"]


class TestLog:
    def test_each_call_is_told_of_without_passwords(self, root: Path, told: Told) -> None:
        git(root, "remote", "set-url", "origin", f"http://ann:{WORD}@127.0.0.1:1/demo.git")
        with pytest.raises(GitError):
            Git(root).remote_tag("origin", "v1.0.0")
        assert told.lines == [
            "git config --get-all remote.origin.url: exit code 0, N s",
            "git remote get-url --all origin: exit code 0, N s",
            "git config --get-all remote.origin.pushurl: exit code 1, N s",
            "git remote get-url --push --all origin: exit code 0, N s",
            "git ls-remote --tags origin refs/tags/v1.0.0 'refs/tags/v1.0.0^{}': exit code 128, N s",
        ]
        with pytest.raises(GitError):
            Git(root).remote_tag(f"http://ann:{WORD}@127.0.0.1:1/demo.git", "v1.0.0")
        assert told.lines[-1].startswith("git ls-remote --tags 'http://***@127.0.0.1:1/demo.git' refs/tags/v1.0.0 ")


class TestHistory:
    def test_a_file_of_a_commit_whatever_is_there_by_now(self, tmp_path: Path) -> None:
        git(tmp_path, "init", "--quiet")
        (tmp_path / "inner").mkdir()
        first = commit(tmp_path, "inner/a")
        (tmp_path / "inner" / "a").write_text("later", encoding="utf-8")
        inner = Git(tmp_path / "inner")
        assert inner.content(first, "a") == "inner/a"
        assert Git(tmp_path).content(first, "inner/a") == "inner/a"
        for name in ("b", "inner", "", "-a", "../inner"):
            assert inner.content(first, name) is None

    def test_the_date_of_a_commit(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        git(tmp_path, "init", "--quiet")
        monkeypatch.setenv("GIT_COMMITTER_DATE", "2026-01-31T12:00:00+0100")
        assert Git(tmp_path).date(commit(tmp_path)) == "2026-01-31T12:00:00+01:00"

    def test_what_was_committed_since_another_commit(self, tmp_path: Path) -> None:
        git(tmp_path, "init", "--quiet")
        (tmp_path / "inner").mkdir()
        first = commit(tmp_path, "inner/a")
        commit(tmp_path, "outside")
        (tmp_path / "inner" / "b").write_text("b", encoding="utf-8")
        git(tmp_path, "add", "--all")
        git(tmp_path, "commit", "--quiet", "--message", "feat: b\n\nBREAKING CHANGE: c")
        head = git(tmp_path, "rev-parse", "HEAD")
        assert Git(tmp_path / "inner").messages(first, head) == ((head, "feat: b\n\nBREAKING CHANGE: c\n"),)
        assert [message for _, message in Git(tmp_path).messages(first, head)][1:] == ["outside\n"]
        assert Git(tmp_path).messages(head, head) == ()
        assert Git(tmp_path).has_history(first, head)
        assert not Git(tmp_path).has_history("f" * 40, head)

    @pytest.mark.parametrize(("depth", "is_whole"), [(1, False), (2, False), (3, True)])
    def test_a_clone_that_was_cut_may_lack_some(self, tmp_path: Path, depth: int, *, is_whole: bool) -> None:
        origin = tmp_path / "origin"
        origin.mkdir()
        git(origin, "init", "--quiet")
        commit(origin, "zero")
        first, _, last = (commit(origin, name) for name in ("a", "b", "c"))
        git(tmp_path, "clone", "--quiet", "--depth", str(depth), origin.as_uri(), "clone")
        clone = tmp_path / "clone"
        assert Git(clone).has_history(first, last) is is_whole
        git(clone, "fetch", "--quiet", "origin", first)
        # By now the first is there, and what is between is not.
        assert Git(clone).has_history(first, last) is is_whole
        git(clone, "fetch", "--quiet", "--unshallow")
        assert Git(clone).has_history(first, last)

    def test_the_days_of_the_commits_that_are_here(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        git(tmp_path, "init", "--quiet")
        monkeypatch.setenv("GIT_COMMITTER_DATE", "2026-01-31T23:30:00-0500")
        made = commit(tmp_path)
        assert Git(tmp_path).days([made, made, "0" * 39 + "7", "", "HEAD", f"--output={tmp_path / 'x'}"]) == {
            made: "2026-01-31"
        }
        assert Git(tmp_path).days(["HEAD", "--all"]) == Git(tmp_path).days(["0" * 39 + "7"]) == {}
        assert not (tmp_path / "x").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("fetch", "origin"), "git fetch"),
        (("-c", "core.hooksPath=/dev/null", "-c", "a.b=c", "read-tree", "-u"), "git read-tree"),
    ],
)
def test_a_command_is_called_by_its_name(arguments: tuple[str, ...], words: str) -> None:
    assert in_words(arguments) == words


def test_one_command_at_a_time_may_ask_for_a_passphrase(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    turns: list[tuple[str, bool]] = []

    def note(words: Sequence[str], *_: object) -> CompletedProcess[str]:
        turns.append((words[0], TERMINAL.locked()))
        return CompletedProcess(words, 0, "", "")

    monkeypatch.setattr("dext_tasks.git.command._process", note)
    Git(tmp_path).require_push("origin", "v1.0.0", "c0ffee")
    Git(tmp_path).require_signature()
    assert [word for word, is_its_turn in turns if is_its_turn] == ["push", "commit-tree"]
