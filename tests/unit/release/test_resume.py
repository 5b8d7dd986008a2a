"""Which release that was begun is continued."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from dext_tasks.errors import UsageError
from dext_tasks.release.claim import Claim
from dext_tasks.release.resume import begun
from dext_tasks.release.run import carry_out
from dext_tasks.workspace import Workspace
from tests.unit.release.conftest import HEAD, IMAGE, StoppedError

if TYPE_CHECKING:
    from dext_tasks.release.observe import World
    from dext_tasks.release.run import PlannedRelease
    from tests.unit.release.conftest import Machine

OTHER = "decaf" + "0" * 35


def stopped(machine: Machine, boundary: str, version: str = "0.1.0") -> None:
    machine.stop_at(f"{boundary} {version}" if boundary.endswith("index") else boundary)
    with pytest.raises(StoppedError):
        machine.release(version)


def found(machine: Machine, named: str = "") -> PlannedRelease:
    return begun(machine.world(), machine.head, named=named)


@pytest.mark.parametrize("boundary", ["after journal tested", "before index", "after index", "after git tag v0.1.0"])
def test_what_was_stopped_goes_on_and_is_not_built_anew(machine: Machine, boundary: str) -> None:
    stopped(machine, boundary)
    builds = machine.count("build")
    planned = found(machine)
    assert (str(planned.intent.version), planned.intent.commit) == ("0.1.0", HEAD)
    carry_out(machine.world(), planned, machine.silent())
    assert machine.remote_tags == {"v0.1.0": HEAD}
    assert machine.count("build") == builds
    machine.require_rules("0.1.0")


def test_resumed_twice_it_has_nothing_left_to_do(machine: Machine) -> None:
    machine.release("0.1.0")
    planned = found(machine)
    assert (str(planned.intent.version), planned.plan.todo) == ("0.1.0", ())


def test_one_that_is_done_does_not_hide_the_one_that_is_not(machine: Machine) -> None:
    machine.release("0.1.0-rc.1")
    stopped(machine, "before index")
    assert str(found(machine).intent.version) == "0.1.0"


def test_what_the_remote_or_the_registry_only_refused_is_not_unfinished_and_is_tried_again(machine: Machine) -> None:
    """As where the remote lets no claim be removed, of a pre-release and of the version that it became."""
    for version in ("0.1.0-rc.1", "0.1.0"):
        machine.hooks[f"before unclaim v{version}"] = lambda: setattr(machine, "claim_refusal", "prohibited")
        machine.release(version)
        machine.claim_refusal = ""
    assert set(machine.claims) == {"v0.1.0-rc.1", "v0.1.0"}
    planned = found(machine)
    assert str(planned.intent.version) == "0.1.0"
    assert [step.title for step in planned.plan.todo] == ["claim"]


def test_without_a_journal_the_claim_says_the_version(machine: Machine) -> None:
    stopped(machine, "before index")
    machine.journals.remove("0.1.0")
    claim = Claim(IMAGE, OTHER, "sha256:7", {}, "elsewhere.1", "abc", int(time.time()))
    machine.claims["v7.0.0"] = machine.world().git.new_claim(claim.text, 1)
    machine.claims["web-v8.0.0"] = machine.claims["v7.0.0"]
    assert str(found(machine).intent.version) == "0.1.0"


def test_of_several_one_has_to_be_named(machine: Machine) -> None:
    for version in ("0.1.0", "0.2.0"):
        stopped(machine, "after journal tested", version)
    with pytest.raises(UsageError, match=r"were begun: 0\.1\.0, 0\.2\.0$") as caught:
        found(machine)
    assert "inv release --version 0.2.0" in caught.value.remedy
    assert str(found(machine, "0.1.0").intent.version) == "0.1.0"


def test_the_commit_to_check_out_is_named(machine: Machine) -> None:
    stopped(machine, "before index")
    machine.claims.clear()
    machine.head = OTHER
    with pytest.raises(UsageError, match=r"0\.1\.0 from commit c0ffee000000") as caught:
        found(machine)
    assert "git checkout c0ffee000000" in caught.value.remedy
    assert "inv release.abort --version 0.1.0" in caught.value.remedy


def test_a_release_of_another_commit_that_is_done_is_not_named(machine: Machine) -> None:
    machine.release("0.1.0")
    machine.head = OTHER
    with pytest.raises(UsageError, match="no release of commit decaf0000000 was begun") as caught:
        found(machine)
    assert "inv release --bump" in caught.value.remedy


@pytest.mark.parametrize("remotes", [("origin",), ()])
def test_where_there_is_nothing_it_says_what_to_do(machine: Machine, remotes: tuple[str, ...]) -> None:
    machine.remotes = remotes
    machine.publish("1.0.0")
    with pytest.raises(UsageError, match="no release of commit c0ffee000000 was begun"):
        found(machine)
    stopped(machine, "after smoke linux/arm64", "2.0.0")
    with pytest.raises(UsageError, match="stopped before its images were tested") as caught:
        found(machine)
    assert caught.value.remedy.startswith("run the inv release command that was stopped once more")
    assert "inv release --bump major|minor|patch, or --version X.Y.Z" in caught.value.remedy
    machine.head = ""
    with pytest.raises(UsageError, match="nothing is committed here"):
        found(machine)


def test_looking_changes_nothing(machine: Machine) -> None:
    stopped(machine, "before index")
    before = (dict(machine.claims), dict(machine.tags), list(machine.events))
    found(machine)
    assert (machine.claims, machine.tags, machine.events) == before


def test_a_python_program_finds_it_and_sees_it_listed(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    def world(_: Workspace, *, push: bool) -> World:
        assert not push
        return machine.world()

    monkeypatch.setattr(Workspace, "world", world)
    machine.publish("0.0.1")
    stopped(machine, "before index")
    extension = Workspace(folder=machine.project.root)
    assert str(extension.begun_release().intent.version) == "0.1.0"
    listed = extension.list_releases(all=True)
    assert [str(each.known.version) for each in listed.entries] == ["0.1.0", "0.0.1"]
