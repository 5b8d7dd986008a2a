"""Claims, in real repositories: of any number of clones, one gets it."""

from __future__ import annotations

import subprocess
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TYPE_CHECKING

import pytest

from dext_tasks.errors import GitError
from dext_tasks.git import Git
from tests.unit.real_git import commit, git

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.allow_processes

NAME = "v1.0.0"
REF = f"refs/dext/release/{NAME}"
ROUNDS = 20


@pytest.fixture
def clone(root: Path, tmp_path: Path) -> Path:
    """The repository of another machine."""
    git(root, "push", "--quiet", "origin", "HEAD:refs/heads/main")
    git(tmp_path, "clone", "--quiet", str(tmp_path / "remote.git"), "clone")
    return tmp_path / "clone"


def hook(root: Path, name: str, script: str) -> None:
    file = root / "hooks" / name
    file.parent.mkdir(exist_ok=True)
    file.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    file.chmod(0o755)


class TestSwap:
    def test_the_first_gets_it_and_the_second_is_told(self, root: Path, clone: Path) -> None:
        mine, theirs = Git(root).new_claim("mine", 1), Git(clone).new_claim("theirs", 1)
        assert Git(root).swap_claim("origin", NAME, mine, "") == ""
        assert Git(clone).swap_claim("origin", NAME, theirs, "")
        assert Git(clone).claim("origin", NAME) == mine
        assert Git(clone).claim_text("origin", mine) == "mine"

    def test_taken_over_only_from_the_one_that_was_seen(self, root: Path, clone: Path) -> None:
        first, second, third = (Git(root).new_claim(text, 1) for text in ("first", "second", "third"))
        other = Git(clone).new_claim("other", 2)
        Git(root).swap_claim("origin", NAME, first, "")
        assert Git(clone).swap_claim("origin", NAME, other, first) == ""
        assert Git(root).swap_claim("origin", NAME, second, first)
        assert Git(root).swap_claim("origin", NAME, third, "")
        assert Git(root).claim("origin", NAME) == other

    def test_removed_only_by_who_knows_it(self, root: Path, clone: Path) -> None:
        mine, theirs = Git(root).new_claim("mine", 1), Git(clone).new_claim("theirs", 1)
        Git(root).swap_claim("origin", NAME, mine, "")
        assert Git(clone).swap_claim("origin", NAME, "", theirs)
        assert Git(root).claim("origin", NAME) == mine
        assert Git(root).swap_claim("origin", NAME, "", mine) == ""
        assert Git(root).claim("origin", NAME) == ""

    def test_of_another_name_is_another(self, root: Path) -> None:
        for name in ("v1.0.0-rc.1", "x/v1.0.0", "v1.0"):
            assert Git(root).swap_claim("origin", name, Git(root).new_claim(name, 1), "") == ""
        assert Git(root).claim("origin", NAME) == ""

    def test_many_at_once_and_one_gets_it_every_time(self, root: Path, clone: Path) -> None:
        gits = [Git(root), Git(clone)]
        winners = []
        for number in range(ROUNDS):
            name, barrier = f"v{number}.0.0", Barrier(4)

            def take(runner: int, name: str = name, barrier: Barrier = barrier) -> str:
                git_of = gits[runner % 2]
                claim = git_of.new_claim(f"{runner}", 1)
                barrier.wait(60)
                return claim if git_of.swap_claim("origin", name, claim, "") == "" else ""

            with ThreadPoolExecutor(4) as pool:
                won = [claim for claim in pool.map(take, range(4)) if claim]
            assert len(won) == 1
            assert Git(root).claim("origin", name) == won[0]
            winners += won
        assert len(winners) == ROUNDS

    def test_many_take_over_at_once_and_one_gets_it(self, root: Path, clone: Path) -> None:
        gits, barrier = [Git(root), Git(clone)], Barrier(4)
        stale = Git(root).new_claim("stale", 1)
        Git(root).swap_claim("origin", NAME, stale, "")

        def take(runner: int) -> str:
            claim = gits[runner % 2].new_claim(f"{runner}", 2)
            barrier.wait(60)
            return claim if gits[runner % 2].swap_claim("origin", NAME, claim, stale) == "" else ""

        with ThreadPoolExecutor(4) as pool:
            (won,) = [claim for claim in pool.map(take, range(4)) if claim]
        assert Git(root).claim("origin", NAME) == won


class TestObject:
    def test_needs_neither_an_identity_nor_a_key_nor_hooks(
        self, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for name in ("GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL", "GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL"):
            monkeypatch.delenv(name)
        for key in ("commit.gpgSign", "push.gpgSign", "user.useConfigOnly"):
            git(root, "config", key, "true")
        hook(root / ".git", "pre-push", "exit 1")
        assert Git(root).swap_claim("origin", NAME, Git(root).new_claim("mine", 1), "") == ""
        assert git(tmp_path / "remote.git", "log", "-1", "--format=%an %ct %B", REF) == "dext-tasks 1 mine"

    def test_is_what_a_remote_that_checks_objects_takes(self, root: Path, tmp_path: Path) -> None:
        git(tmp_path / "remote.git", "config", "receive.fsckObjects", "true")
        assert Git(root).swap_claim("origin", NAME, Git(root).new_claim("mine", 1), "") == ""

    def test_takes_no_history_along(self, root: Path, tmp_path: Path) -> None:
        Git(root).swap_claim("origin", NAME, Git(root).new_claim("mine", 1), "")
        assert git(tmp_path / "remote.git", "rev-list", "--all", "--objects").count("\n") == 1

    def test_reading_it_changes_nothing_of_the_repository(self, root: Path, clone: Path) -> None:
        mine = Git(root).new_claim("mine", 1)
        Git(root).swap_claim("origin", NAME, mine, "")
        git(root, "tag", "v0.1.0")
        git(root, "push", "--quiet", "origin", "v0.1.0")
        before = git(clone, "for-each-ref")
        assert Git(clone).claim_text("origin", mine) == "mine"
        assert git(clone, "for-each-ref") == before
        assert not (clone / ".git" / "FETCH_HEAD").exists()
        assert not (clone / ".git" / "shallow").exists()

    def test_one_that_is_gone_is_an_error(self, root: Path, clone: Path) -> None:
        with pytest.raises(GitError):
            Git(clone).claim_text("origin", Git(root).new_claim("never there", 1))

    @pytest.mark.parametrize("kind", ["blob", "tree", "tag"])
    def test_of_another_kind_says_nothing_and_can_be_removed(self, root: Path, clone: Path, kind: str) -> None:
        git(root, "tag", "-a", "-m", "x", "x")
        theirs = git(root, "rev-parse", {"blob": "HEAD:file", "tree": "HEAD^{tree}", "tag": "x"}[kind])
        git(root, "push", "--quiet", "origin", f"{theirs}:{REF}")
        assert Git(clone).remote_refs("origin").claims == {NAME: theirs}
        assert Git(clone).claim_text("origin", theirs) == ""
        assert Git(clone).swap_claim("origin", NAME, "", theirs) == ""
        assert Git(clone).claim("origin", NAME) == ""


class TestRemoteThatRefuses:
    @pytest.mark.parametrize("name", ["pre-receive", "update"])
    def test_by_a_rule_of_its_own(self, root: Path, tmp_path: Path, name: str) -> None:
        hook(tmp_path / "remote.git", name, "echo protected >&2; exit 1")
        assert "declined" in Git(root).swap_claim("origin", NAME, Git(root).new_claim("mine", 1), "")
        assert Git(root).claim("origin", NAME) == ""

    def test_that_hides_such_refs(self, root: Path, tmp_path: Path) -> None:
        git(tmp_path / "remote.git", "config", "transfer.hideRefs", "refs/dext")
        assert "hidden ref" in Git(root).swap_claim("origin", NAME, Git(root).new_claim("mine", 1), "")

    def test_to_remove_it(self, root: Path, tmp_path: Path) -> None:
        mine = Git(root).new_claim("mine", 1)
        Git(root).swap_claim("origin", NAME, mine, "")
        hook(tmp_path / "remote.git", "pre-receive", "exit 1")
        assert "declined" in Git(root).swap_claim("origin", NAME, "", mine)

    @pytest.mark.parametrize(
        "words",
        [
            "remote: Permission to acme/demo.git denied to bot.",
            "ERROR: The key you are authenticating with has been marked as read only.",
            "fatal: unable to access 'https://git.invalid/': The requested URL returned error: 403",
            "fatal: remote error: service not enabled: /demo.git",
            "fatal: could not read Username for 'https://git.invalid': terminal prompts disabled",
        ],
    )
    def test_a_login_that_may_only_read(self, root: Path, monkeypatch: pytest.MonkeyPatch, words: str) -> None:
        answered(monkeypatch, words)
        assert Git(root).swap_claim("origin", NAME, "0" * 40, "")

    @pytest.mark.parametrize(
        "words",
        [
            "fatal: unable to access 'https://git.invalid/': Could not resolve host: git.invalid",
            "fatal: unable to access 'https://git.invalid/': The requested URL returned error: 503",
            "fatal: the remote end hung up unexpectedly",
        ],
    )
    def test_one_that_cannot_be_asked_is_not_one_that_refuses(
        self, root: Path, monkeypatch: pytest.MonkeyPatch, words: str
    ) -> None:
        answered(monkeypatch, words)
        with pytest.raises(GitError, match="could not be put on the git remote origin"):
            Git(root).swap_claim("origin", NAME, "0" * 40, "")


class TestRehearsed:
    def test_nothing_is_left_where_a_claim_may_be_made(self, root: Path) -> None:
        head = Git(root).head()
        assert Git(root).claim_refusal("origin", NAME, head) == ""
        assert Git(root).claim("origin", NAME) == ""

    def test_a_login_that_may_only_read_is_known(self, root: Path) -> None:
        # What a host runs for a push ends before it says what it has.
        refuses = "echo 'ERROR: Permission to acme/demo.git denied to bot.' >&2; false"
        git(root, "config", "remote.origin.receivepack", refuses)
        assert "denied to bot" in Git(root).claim_refusal("origin", NAME, Git(root).head())


def answered(monkeypatch: pytest.MonkeyPatch, words: str) -> None:
    """Have every command end with words of a server."""

    def answer(arguments: tuple[str, ...], *_: object) -> subprocess.CompletedProcess[str]:
        return subprocess.CompletedProcess(arguments, 128, "", words)

    monkeypatch.setattr("dext_tasks.git.command._process", answer)


def test_every_claim_is_listed_beside_the_tags(root: Path) -> None:
    git(root, "tag", NAME)
    Git(root).push_tag("origin", NAME)
    claim = Git(root).new_claim("mine", 1)
    Git(root).swap_claim("origin", "web/v2.0.0", claim, "")
    commit(root, "later")
    seen = Git(root).remote_refs("origin")
    assert (seen.claims, list(seen.tags)) == ({"web/v2.0.0": claim}, [NAME])
