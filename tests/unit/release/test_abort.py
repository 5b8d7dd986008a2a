"""What a release that is not to go on has left."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from dext_tasks.errors import (
    DextError,
    GitError,
    LoginMissingError,
    RegistryResponseError,
    RegistryUnreachableError,
    ReleaseRacedError,
)
from dext_tasks.extension.version import parse_release
from dext_tasks.registry.answers import Response
from dext_tasks.release.abort import LeftBehind, abort, left_behind, require_removed
from dext_tasks.release.claim import Claim
from dext_tasks.runtime.cancellation import Cancellation
from dext_tasks.runtime.lease import Lease
from tests.unit.release.conftest import FakeTransport

if TYPE_CHECKING:
    from tests.unit.release.conftest import Machine


VERSION, TAG = "0.1.0", "v0.1.0"


def left(machine: Machine) -> LeftBehind:
    return left_behind(machine.world(), parse_release(VERSION))


def stopped(machine: Machine) -> None:
    """Have a release stopped while its index is on its way: claimed, staged, written down, and not published."""
    machine.stop_at(f"before index {VERSION}")
    with pytest.raises(Exception, match="before index"):
        machine.release()


def test_everything_goes_that_was_left(machine: Machine) -> None:
    stopped(machine)
    found = left(machine)
    assert found.claim is not None
    assert sorted(found.staged) == sorted(machine.tags)
    assert (len(found.staged), found.journal, found.published) == (2, True, "")
    assert [each.refused for each in abort(machine.world(), found)] == [""] * 4
    assert (machine.claims, machine.tags, machine.journal(VERSION)) == ({}, {}, None)
    assert left(machine).is_nothing


def test_afterwards_another_commit_can_be_released(machine: Machine) -> None:
    stopped(machine)
    machine.head = "decaf" + "0" * 35
    with pytest.raises(ReleaseRacedError, match=r"is claimed on origin"):
        machine.release(VERSION)
    abort(machine.world(), left(machine))
    machine.release(VERSION)
    assert machine.remote_tags == {TAG: machine.head}


def test_looking_changes_nothing(machine: Machine) -> None:
    stopped(machine)
    before = (dict(machine.claims), dict(machine.tags), list(machine.events))
    left(machine)
    assert (machine.claims, machine.tags, machine.events) == before


def test_nothing_that_is_published_goes(machine: Machine) -> None:
    machine.release(VERSION)
    theirs = Claim(machine.project.image.name, machine.head, "sha256:7", {}, "elsewhere.1", "abc", int(time.time()))
    machine.claims[TAG] = machine.world().git.new_claim(theirs.text, 1)
    before, journal = dict(machine.tags), machine.journal(VERSION)
    found = left(machine)
    assert (found.published, found.staged, found.journal) == (machine.tags[VERSION], (), False)
    (removal,) = abort(machine.world(), found)
    assert removal.what == "the claim of v0.1.0 on origin"
    assert (machine.claims, machine.tags, machine.journal(VERSION)) == ({}, before, journal)
    assert machine.remote_tags == {TAG: machine.head}


def test_what_was_published_meanwhile_keeps_its_images(machine: Machine) -> None:
    stopped(machine)
    found = left(machine)
    machine.publish(VERSION)
    before = dict(machine.tags)
    with pytest.raises(ReleaseRacedError, match="was published meanwhile"):
        abort(machine.world(), found)
    assert machine.tags == before
    assert machine.journal(VERSION) is not None


def test_a_claim_that_changed_since_it_was_seen_stays(machine: Machine) -> None:
    stopped(machine)
    found = left(machine)
    machine.claims[TAG] = machine.world().git.new_claim("another", 1)
    assert abort(machine.world(), found)[0].refused == "stale info"
    assert TAG in machine.claims


def test_a_claim_that_the_remote_does_not_let_be_removed_is_an_error(machine: Machine) -> None:
    stopped(machine)
    machine.claim_refusal = "pre-receive hook declined"
    removals = abort(machine.world(), left(machine))
    assert TAG in machine.claims
    with pytest.raises(GitError, match=f"the claim of {TAG} on origin was not removed: pre-receive hook declined"):
        require_removed(removals)
    machine.claim_refusal = ""
    require_removed(abort(machine.world(), left(machine)))
    assert machine.claims == {}


@pytest.mark.parametrize(
    "answer",
    [
        Response(405, {}, b""),
        Response(403, {}, b'{"errors": [{"code": "UNSUPPORTED"}]}'),
        Response(400, {}, b'{"errors": [{"code": "DIGEST_INVALID"}]}'),
    ],
)
def test_a_registry_that_deletes_no_tags_is_told(machine: Machine, answer: Response) -> None:
    stopped(machine)
    machine.kept = answer
    removals = abort(machine.world(), left(machine))
    assert [bool(each.refused) for each in removals] == [False, True, True, False]
    require_removed(removals)
    assert str(answer.status) in removals[1].refused
    assert len(machine.deletions) == 2
    assert machine.journal(VERSION) is None
    assert left(machine).is_nothing


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (Response(401, {}, b""), LoginMissingError),
        (Response(403, {}, b'{"errors": [{"code": "DENIED"}]}'), LoginMissingError),
        (Response(404, {}, b"<html>"), RegistryResponseError),
        (Response(400, {}, b"<html>"), RegistryResponseError),
        (Response(500, {}, b'{"errors": [{"code": "UNSUPPORTED"}]}'), RegistryUnreachableError),
        (Response(429, {}, b""), RegistryUnreachableError),
    ],
)
def test_what_may_be_deleted_later_keeps_its_journal(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, answer: Response, error: type[DextError]
) -> None:
    monkeypatch.setattr(Cancellation, "sleep", lambda *_: None)
    stopped(machine)
    machine.kept = answer
    found = left(machine)
    removals = abort(machine.world(), found)
    assert [bool(each.refused) for each in removals] == [False, True, True, True]
    with pytest.raises(error, match=f"{removals[1].what} was not removed: ") as caught:
        require_removed(removals)
    assert "run the same command again" in caught.value.remedy
    assert str(machine.journals.file(VERSION)) in caught.value.remedy
    assert machine.journals.file(VERSION).is_file()
    # The same command takes away what is left.
    machine.kept = None
    again = left(machine)
    assert (again.claim, again.staged) == (None, found.staged)
    require_removed(abort(machine.world(), again))
    assert (machine.tags, left(machine).is_nothing) == ({}, True)


def test_a_bad_moment_of_the_registry_keeps_nothing(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Cancellation, "sleep", lambda *_: setattr(machine, "kept", None))
    stopped(machine)
    machine.kept = Response(403, {}, b"")
    require_removed(abort(machine.world(), left(machine)))
    assert (machine.tags, left(machine).is_nothing) == ({}, True)


def test_a_registry_that_cannot_be_reached_keeps_the_journal(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(*_: object) -> None:
        raise RegistryUnreachableError("nobody answers", remedy="wait")

    stopped(machine)
    found = left(machine)
    monkeypatch.setattr(FakeTransport, "delete", gone)
    removals = abort(machine.world(), found)
    with pytest.raises(RegistryUnreachableError, match="was not removed: nobody answers"):
        require_removed(removals)
    assert machine.claims == {}
    assert machine.journal(VERSION) is not None


def test_while_a_release_runs_on_this_machine_nothing_goes(machine: Machine) -> None:
    stopped(machine)
    found, lease = left(machine), Lease(f"release of {machine.project.name}")
    assert lease.take()
    try:
        with pytest.raises(ReleaseRacedError, match="is running on this machine"):
            abort(machine.world(), found)
    finally:
        lease.give_back()
    assert TAG in machine.claims
    assert machine.journal(VERSION) is not None


def test_a_remote_that_cannot_be_asked_is_not_one_without_a_claim(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreachable(*_: object) -> None:
        raise GitError("git ls-remote failed", remedy="wait")

    stopped(machine)
    monkeypatch.setattr(type(machine.world().git), "remote_refs", unreachable)
    with pytest.raises(GitError):
        left(machine)
