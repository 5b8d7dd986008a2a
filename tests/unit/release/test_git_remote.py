"""What a release takes from the git remote, and leaves there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dext_tasks.errors import GitError, VersionNotGreaterError
from dext_tasks.extension.version import Bump

if TYPE_CHECKING:
    from tests.unit.release.conftest import Machine


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
