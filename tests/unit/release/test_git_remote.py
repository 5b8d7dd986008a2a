"""What a release takes from the git remote, and leaves there."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import pytest
from semver import Version

from dext_tasks.errors import GitError, VersionNotGreaterError
from dext_tasks.extension.version import Bump
from dext_tasks.git import Git
from dext_tasks.release.journal import Journals
from dext_tasks.release.run import carry_out, look
from tests.unit.real_git import git, isolate, made
from tests.unit.release.conftest import BY_ROOT, FakeJournals, Machine

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from dext_tasks.release.observe import World
    from dext_tasks.release.run import Released


class TestGitRemote:
    def test_is_asked_once_in_a_look(self, machine: Machine) -> None:
        machine.look()
        assert machine.remote_looks == 1
        machine.release()
        # Before, and once more when everything is done.
        assert machine.remote_looks == 3
        machine.release()
        assert machine.remote_looks == 4

    def test_its_tags_count_where_none_are_here(self, machine: Machine) -> None:
        machine.remote_tags = {"v3.0.0": "decaf" + "0" * 35}
        with pytest.raises(VersionNotGreaterError, match=r"3\.0\.0"):
            machine.release("1.0.0")
        assert machine.events == []

    def test_one_that_cannot_be_asked_is_not_one_without_tags(
        self, machine: Machine, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def unreachable(*_: object) -> None:
            raise GitError("git ls-remote failed", remedy="wait")

        monkeypatch.setattr(type(machine.world().git), "remote_refs", unreachable)
        with pytest.raises(GitError, match="git ls-remote failed"):
            machine.release("1.0.0")
        assert machine.events == []

    def test_a_clone_without_tags_has_nothing_to_do_for_what_is_released(self, machine: Machine) -> None:
        machine.release("1.0.0")
        machine.git_tags.clear()
        before = list(machine.events)
        machine.release("", Bump.MINOR)
        assert machine.events == before
        assert machine.git_tags == {}


class TestTagBeforeRelease:
    """As in a pipeline that starts on a tag."""

    @pytest.mark.parametrize("is_pushed", [True, False])
    def test_it_stays_and_that_it_names_no_digest_is_told_once(self, machine: Machine, *, is_pushed: bool) -> None:
        machine.git_tags, machine.git_texts = {"v1.0.0": machine.head}, {"v1.0.0": "Version 1.0.0"}
        machine.remote_tags = {"v1.0.0": machine.head} if is_pushed else {}
        _, planned = machine.look("1.0.0")
        (note,) = (note for note in planned.plan.notes if "git tag" in note)
        assert note == (
            "git tag v1.0.0 was there before this release, so it does not name the published digest; it stays as it "
            "is, and inv release.verify cannot compare the digest with it"
        )
        machine.release("1.0.0")
        assert machine.git_texts == {"v1.0.0": "Version 1.0.0"}

    def test_of_a_release_that_made_it_nothing_is_told(self, machine: Machine) -> None:
        machine.release("1.0.0")
        _, planned = machine.look("1.0.0")
        assert not [note for note in planned.plan.notes if "before this release" in note]


class TestLightweightTag:
    def test_here_it_is_replaced_before_it_is_pushed(self, machine: Machine) -> None:
        machine.git_tags, machine.light_tags = {"v1.0.0": machine.head}, {"v1.0.0"}
        _, planned = machine.look("1.0.0")
        reasons = {step.title: (step.status.value, step.reason) for step in planned.plan.steps}
        assert reasons["git tag"] == ("todo", f"annotated, at {machine.head[:12]}, in place of the lightweight one")
        machine.release("1.0.0")
        assert machine.light_tags == set()
        assert machine.remote_tags == {"v1.0.0": machine.head}

    def test_of_another_commit_it_is_an_obstacle(self, machine: Machine) -> None:
        machine.git_tags, machine.light_tags = {"v1.0.0": "decaf" + "0" * 35}, {"v1.0.0"}
        with pytest.raises(GitError, match="stands for decaf"):
            machine.release("1.0.0")

    def test_on_the_remote_it_stays_and_is_told(self, machine: Machine) -> None:
        machine.remote_tags, machine.light_remote_tags = {"v1.0.0": machine.head}, {"v1.0.0"}
        machine.git_tags, machine.light_tags = {"v1.0.0": machine.head}, {"v1.0.0"}
        released = machine.release("1.0.0")
        assert machine.light_tags == {"v1.0.0"}
        assert any("on origin is lightweight" in note for note in released.notes)


@dataclass(frozen=True)
class RealGit(Git):
    """The real git on a machine whose engine and registry are not."""

    machine: Machine
    before_push: list[Callable[[], object]] = field(default_factory=list)

    def export(self, commit: str, folder: Path) -> Path:
        BY_ROOT[folder] = self.machine
        return super().export(commit, folder)

    def push_tag(self, remote: str, name: str) -> None:
        while self.before_push:
            self.before_push.pop()()
        super().push_tag(remote, name)


@pytest.mark.allow_processes
class TestTwoIdentities:
    """Tags that two people make of one commit are two objects, and a remote keeps the first."""

    @pytest.fixture
    def clones(self, machine: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[World, World]:
        """Of Ann and Ben."""
        isolate(monkeypatch)
        for name in ("GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL", "GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL"):
            monkeypatch.delenv(name)
        ann, ben, bare = machine.project.root, tmp_path / "ben", tmp_path / "remote.git"
        git(tmp_path, "init", "--quiet", "--bare", str(bare))
        git(ann, "init", "--quiet")
        for key, value in (("user.name", "Ann"), ("user.email", "ann@example.org")):
            git(ann, "config", key, value)
        machine.head = made(ann, {})
        git(ann, "remote", "add", "origin", str(bare))
        git(ann, "push", "--quiet", "origin", "HEAD:refs/heads/main")
        git(tmp_path, "clone", "--quiet", "--branch", "main", str(bare), str(ben))
        for key, value in (("user.name", "Ben"), ("user.email", "ben@example.org")):
            git(ben, "config", key, value)
        return self.world(machine, ann), self.world(machine, ben)

    @staticmethod
    def world(machine: Machine, root: Path) -> World:
        BY_ROOT[root], project = machine, replace(machine.project, root=root)
        journals = FakeJournals(Journals.of(project).folder, machine)
        return replace(machine.world(), project=project, git=RealGit(root, machine), journals=journals)

    @staticmethod
    def released(world: World) -> Released:
        world.refs.clear()
        planned = look(world, Version(1, 0, 0), world.git.head())
        assert isinstance(world.git, RealGit)
        return carry_out(world, planned, world.git.machine.silent())

    @pytest.mark.parametrize("at_once", [True, False])
    def test_both_releases_of_the_commit_end_well(self, clones: tuple[World, World], *, at_once: bool) -> None:
        ann, ben = clones
        seen: list[Released] = []
        if at_once:
            assert isinstance(ann.git, RealGit)
            ann.git.before_push.append(lambda: seen.append(self.released(ben)))
            seen.append(self.released(ann))
        else:
            seen = [self.released(ben), self.released(ann)]
        assert len({str(each.reference) for each in seen}) == 1
        assert [each.plan.todo for each in seen] == [(), ()]
        # Once more, both find everything done.
        assert [self.released(each).took for each in clones] == [{}, {}]
        bare = git(ann.git.root, "remote", "get-url", "origin")
        assert git(ann.git.root, "-C", bare, "for-each-ref", "--format=%(refname) %(taggername)").splitlines()[1:] == [
            "refs/tags/v1.0.0 Ben"
        ]
