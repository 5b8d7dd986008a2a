"""The claim of a version on the git remote."""

from __future__ import annotations

import json
import shutil
import time
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import pytest
from semver import Version

from dext_tasks.errors import DextError, GitError, LoginMissingError, ReleaseRacedError
from dext_tasks.errors import InterruptedError as Interrupted
from dext_tasks.limits import REGISTRY_LIMITS
from dext_tasks.registry.answers import Response
from dext_tasks.release.claim import STALE, Claim
from dext_tasks.release.run import carry_out, look
from dext_tasks.release.steps.claim import TakeClaim
from dext_tasks.release.steps.index import index_of
from dext_tasks.release.steps.step import StepStatus
from dext_tasks.runtime.cancellation import Cancellation
from dext_tasks.runtime.lease import is_free, this_machine
from tests.unit.release.conftest import FakeTransport, StoppedError

if TYPE_CHECKING:
    from collections.abc import Callable

    from dext_tasks.release.steps.step import ReleaseRun, Step
    from tests.unit.release.conftest import FakeGit, Machine, Silent

TAG = "v0.1.0"
OTHER = "decaf" + "0" * 35


@pytest.fixture(autouse=True)
def _waits_no_longer(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    """A pause takes no time; ``on_sleep`` says what happens in it."""
    monkeypatch.setattr(Cancellation, "sleep", lambda *_: machine.on_sleep())


def claim(machine: Machine, *, host: str = "elsewhere.1", commit: str = "", age: float = 60) -> Claim:
    """That of another release."""
    since = int(time.time() - age)
    return Claim(machine.project.image.name, commit or machine.head, "sha256:theirs", {}, host, "abc", since)


def put(machine: Machine, text: str) -> None:
    machine.claims[TAG] = machine.world().git.new_claim(text, 1)


def step(machine: Machine) -> Step:
    _, planned = machine.look()
    return next(each for each in planned.plan.steps if each.title == "claim")


def released(machine: Machine) -> Silent:
    world, planned = machine.look()
    silent = machine.silent()
    carry_out(world, planned, silent)
    return silent


class TestClaim:
    def test_says_what_is_released_by_whom(self, machine: Machine) -> None:
        machine.release()
        (text,) = machine.claim_texts.values()
        said = json.loads(text)
        assert said["index"] == machine.tags["0.1.0"]
        assert said["platforms"] == machine.platforms_of("0.1.0")
        assert (said["image"], said["commit"]) == (machine.project.image.name, machine.head)
        assert said["machine"] == this_machine()
        assert abs(said["since"] - time.time()) < STALE

    def test_the_lease_is_not_kept_where_the_remote_cannot_be_asked(self, machine: Machine) -> None:
        def gone() -> None:
            raise GitError("no answer", remedy="ask again")

        machine.hooks[f"before claim {TAG}"] = gone
        with pytest.raises(GitError, match="no answer"):
            machine.release()
        (text,) = machine.claim_texts.values()
        assert is_free(f"claim {json.loads(text)['run']}")

    def test_reads_back(self, machine: Machine) -> None:
        one = claim(machine)
        assert Claim.parse(one.text) == one

    @pytest.mark.parametrize("since", [10**30, 10**400, 2**33 + 1, -1, -(10**12), True, 1.5, "1", None])
    def test_with_a_time_that_is_none_is_nobody_s(self, machine: Machine, since: object) -> None:
        put(machine, json.dumps({**json.loads(claim(machine).text), "since": since}))
        _, planned = machine.look()
        seen = planned.state.git.claim
        assert seen is not None
        assert (seen.claim, seen.holder, seen.is_abandoned) == (None, "somebody else", False)

    @pytest.mark.parametrize("since", [0, 2**33])
    def test_with_any_other_time_can_be_named(self, machine: Machine, since: int) -> None:
        text = replace(claim(machine), since=since).text
        assert Claim.parse(text).holder.endswith({0: "1970-01-01 00:00:00 UTC"}.get(since, "2242-03-16 12:56:32 UTC"))

    @pytest.mark.parametrize("text", ["", "hello", "[]", "{}", '{"image": 1}', "[" * 20_000, '{"since": "x"}'])
    def test_of_somebody_else_is_nobody_s(self, machine: Machine, text: str) -> None:
        put(machine, text)
        with pytest.raises(ReleaseRacedError, match="somebody else"):
            machine.release()

    def test_is_there_from_before_the_index_until_the_end(self, machine: Machine) -> None:
        held: list[bool] = []
        for boundary in ("before index 0.1.0", f"after git push {TAG}", "after index latest"):
            machine.hooks[boundary] = lambda: held.append(TAG in machine.claims)
        machine.release()
        assert held == [True] * 3
        assert machine.claims == {}


class TestWhereTheTagIsOnTheRemote:
    """As in a pipeline that starts on a tag, where nothing else is to be pushed to the git remote."""

    WHY = "Permission to acme/demo.git denied to bot"

    def test_that_this_login_may_only_read_is_told_before_the_build(self, machine: Machine) -> None:
        machine.git_tags = machine.remote_tags = {TAG: machine.head}
        machine.reads_only = machine.claim_refusal = self.WHY
        found = step(machine)
        assert found.status is StepStatus.TODO
        assert found.reason == (
            f"origin lets this login take none: {self.WHY}; releases on several machines are told apart by the "
            "registry alone"
        )
        assert machine.events == []
        machine.release()
        assert "0.1.0" in machine.tags

    def test_it_is_asked_only_there_and_only_before_it_is_published(self, machine: Machine) -> None:
        step(machine)
        assert machine.claim_rehearsals == 0
        machine.git_tags = machine.remote_tags = {TAG: machine.head}
        machine.release()
        assert machine.claim_rehearsals == 1
        machine.release()
        assert machine.claim_rehearsals == 1

    def test_a_remote_that_is_gone_ends_the_release_before_the_build(
        self, machine: Machine, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def gone(*_: object) -> str:
            raise GitError("no route to host", remedy="ask again")

        machine.git_tags = machine.remote_tags = {TAG: machine.head}
        monkeypatch.setattr(type(machine.world().git), "claim_refusal", gone)
        with pytest.raises(GitError, match="no route to host"):
            machine.release()
        assert machine.events == []


class TestHeldByAnother:
    def test_the_loser_is_told_and_changes_nothing(self, machine: Machine) -> None:
        theirs = claim(machine)
        put(machine, theirs.text)
        with pytest.raises(ReleaseRacedError) as caught:
            machine.release()
        assert theirs.holder in caught.value.message
        assert "on elsewhere, since 20" in caught.value.message
        assert "15 minutes old" in caught.value.remedy
        assert "inv release.abort --version 0.1.0" in caught.value.remedy
        assert "0.1.0" not in machine.tags
        assert (machine.git_tags, machine.remote_tags, list(machine.claims)) == ({}, {}, [TAG])

    def test_for_another_commit_it_is_found_before_the_build(self, machine: Machine) -> None:
        put(machine, claim(machine, commit=OTHER).text)
        with pytest.raises(ReleaseRacedError, match="from commit decaf"):
            machine.release()
        assert machine.events == []

    def test_the_plan_does_not_take_over_what_the_release_would_not(self, machine: Machine) -> None:
        for text, holder in (
            ("hello", "somebody else"),
            (claim(machine).text, "a release from commit c0ffee"),
            (claim(machine, commit=OTHER, age=STALE + 60).text, "a release from commit decaf"),
        ):
            put(machine, text)
            found = step(machine)
            assert found.status is StepStatus.TODO
            assert found.reason.startswith(f"on origin, where {holder}")
            assert found.reason.endswith(" has it now")

    def test_it_came_in_between(self, machine: Machine) -> None:
        machine.hooks[f"before claim {TAG}"] = lambda: put(machine, claim(machine).text)
        with pytest.raises(ReleaseRacedError, match="is claimed on origin"):
            machine.release()
        assert "0.1.0" not in machine.tags

    def test_with_the_very_same_index_both_go_on(self, machine: Machine) -> None:
        held: list[list[str]] = []

        def same() -> None:
            (mine,) = machine.claim_texts.values()
            put(machine, replace(Claim.parse(mine), machine="elsewhere.1", run="abc").text)

        machine.hooks[f"before claim {TAG}"] = same
        machine.hooks["after index 0.1.0"] = lambda: held.append(list(machine.claims))
        machine.release()
        # It is the other one's to give back until the index was read back, and that one may have ended long ago.
        assert (held, machine.claims) == ([[TAG]], {})
        assert step(machine).status is StepStatus.DONE
        assert machine.remote_tags == {TAG: machine.head}

    def test_with_the_very_same_index_that_was_not_read_back_it_stays(self, machine: Machine) -> None:
        def same() -> None:
            (mine,) = machine.claim_texts.values()
            put(machine, replace(Claim.parse(mine), machine="elsewhere.1", run="abc").text)

        machine.hooks[f"before claim {TAG}"] = same
        machine.stop_at("after index 0.1.0")
        with pytest.raises(StoppedError):
            machine.release()
        assert list(machine.claims) == [TAG]

    def test_for_the_very_index_that_is_published_it_goes(self, machine: Machine) -> None:
        """As where another runner completes what was killed after the index."""
        machine.release()
        (mine,) = machine.claim_texts.values()
        put(machine, replace(Claim.parse(mine), machine="elsewhere.1", run="abc").text)
        assert step(machine).reason.startswith("remove that of")
        machine.release()
        assert machine.claims == {}

    def test_one_that_was_removed_by_who_published_the_very_same_is_done(self, machine: Machine) -> None:
        def publish() -> None:
            index = index_of(running[0]).content
            machine.set_tag("0.1.0", index)
            machine.claims.clear()

        running = []
        real = TakeClaim.run

        def run(self: TakeClaim, run: ReleaseRun, each: Step) -> str | None:
            running.append(run)
            return real(self, run, each)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(TakeClaim, "run", run)
            machine.hooks[f"after claim {TAG}"] = publish
            machine.release()
        assert machine.count("index 0.1.0") == 0
        assert machine.remote_tags == {TAG: machine.head}

    def test_with_the_very_same_index_and_given_back_too_early_it_is_taken(
        self, machine: Machine, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        asked: list[str] = []
        real = type(machine.world().git).claim

        def ask(self: FakeGit, remote: str, name: str) -> str:
            asked.append(name)
            if len(asked) == 2:
                machine.claims.clear()
            return real(self, remote, name)

        def same() -> None:
            del machine.hooks[f"before claim {TAG}"]
            (mine,) = machine.claim_texts.values()
            put(machine, replace(Claim.parse(mine), machine="elsewhere.1", run="abc").text)

        monkeypatch.setattr(type(machine.world().git), "claim", ask)
        machine.hooks[f"before claim {TAG}"] = same
        machine.release()
        assert [event for event in machine.events if TAG in event][:1] == [f"claim {TAG}"]
        assert machine.events[-1] == f"unclaim {TAG}"
        assert machine.claims == {}

    def test_one_that_was_taken_over_publishes_nothing(self, machine: Machine) -> None:
        machine.hooks[f"after claim {TAG}"] = lambda: put(machine, claim(machine).text)
        with pytest.raises(ReleaseRacedError, match="is claimed on origin by"):
            machine.release()
        assert "0.1.0" not in machine.tags
        assert list(machine.claims) == [TAG]

    def test_one_that_was_removed_publishes_nothing(self, machine: Machine) -> None:
        machine.hooks[f"after claim {TAG}"] = machine.claims.clear
        with pytest.raises(ReleaseRacedError, match="was removed from origin"):
            machine.release()
        assert "0.1.0" not in machine.tags

    def test_it_is_given_back_by_who_came_too_late(self, machine: Machine) -> None:
        machine.hooks[f"after claim {TAG}"] = lambda: machine.publish("0.1.0")
        with pytest.raises(ReleaseRacedError, match="published"):
            machine.release()
        assert machine.claims == {}


DENIED = b'{"errors": [{"code": "DENIED", "message": "no"}]}'


class TestIndexThatIsRefused:
    """The claim goes where it is known that no index arrived, and only there."""

    @pytest.mark.parametrize(
        ("status", "body", "tries", "left"),
        [
            (403, DENIED, 1, []),
            (400, b'{"errors": [{"code": "MANIFEST_INVALID"}]}', 1, []),
            (404, b'{"errors": [{"code": "NAME_UNKNOWN"}]}', 1, []),
            # Of the first one nothing is known.
            (403, DENIED, 2, [TAG]),
            # By somebody in between.
            (403, b"<html>", 1, [TAG]),
            (404, b"<html>", 1, [TAG]),
            (503, DENIED, 1, [TAG]),
            (501, DENIED, 1, [TAG]),
        ],
    )
    def test_by_whom(  # noqa: PLR0913, PLR0917 - a row, and what it is tried on
        self,
        machine: Machine,
        monkeypatch: pytest.MonkeyPatch,
        status: int,
        body: bytes,
        tries: int,
        left: list[str],
    ) -> None:
        def put(_: FakeTransport, path: str, __: object, wanted: Callable[[], bool], ___: object) -> Response:
            assert path == "manifests/0.1.0"
            assert all(wanted() for _ in range(tries))
            return Response(status, {}, body)

        monkeypatch.setattr(FakeTransport, "put", put)
        with pytest.raises(DextError, match=str(status)):
            machine.release()
        assert list(machine.claims) == left

    def test_another_machine_goes_on(self, machine: Machine) -> None:
        machine.statuses["0.1.0"] = 403
        with pytest.raises(LoginMissingError):
            machine.release()
        machine.statuses.clear()
        shutil.rmtree(machine.journals.folder)
        machine.release()
        assert machine.remote_tags == {TAG: machine.head}

    @pytest.mark.parametrize(("asked", "left"), [(1, []), (2, [TAG])])
    def test_by_the_token_service(
        self, machine: Machine, monkeypatch: pytest.MonkeyPatch, asked: int, left: list[str]
    ) -> None:
        def put(_: FakeTransport, __: str, ___: object, wanted: Callable[[], bool], ____: object) -> None:
            assert all(wanted() for _ in range(asked))
            raise LoginMissingError("no token", remedy="log in")

        monkeypatch.setattr(FakeTransport, "put", put)
        with pytest.raises(LoginMissingError):
            machine.release()
        assert list(machine.claims) == left


class TestAbandoned:
    def test_of_the_same_commit_it_is_taken_over(self, machine: Machine) -> None:
        put(machine, claim(machine, age=STALE + 60).text)
        assert step(machine).reason.startswith("take over from a release from commit c0ffee")
        machine.release()
        assert machine.claims == {}
        assert machine.remote_tags == {TAG: machine.head}

    def test_of_another_commit_it_is_left_and_the_way_out_is_named(self, machine: Machine) -> None:
        put(machine, claim(machine, commit=OTHER, age=STALE + 60).text)
        with pytest.raises(ReleaseRacedError) as caught:
            machine.release()
        assert "inv release.abort --version 0.1.0" in caught.value.remedy
        assert machine.events == []

    def test_of_this_machine_it_is_taken_over_at_once(self, machine: Machine) -> None:
        put(machine, claim(machine, host=this_machine()).text)
        machine.release()
        assert machine.claims == {}

    def test_of_a_run_on_this_machine_it_is_not(self, machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("dext_tasks.release.claim.is_free", lambda name: name != "claim abc")
        put(machine, claim(machine, host=this_machine()).text)
        with pytest.raises(ReleaseRacedError, match="is claimed on origin"):
            machine.release()

    def test_what_a_finished_release_left_is_removed(self, machine: Machine) -> None:
        machine.release()
        put(machine, claim(machine, host=this_machine()).text)
        assert step(machine).reason.startswith("remove that of")
        machine.release()
        assert machine.claims == {}

    def test_one_refusal_of_its_removal_is_no_rule(self, machine: Machine) -> None:
        def recover() -> None:
            machine.hooks.clear()
            machine.claim_refusal = ""

        machine.hooks[f"before unclaim {TAG}"] = lambda: setattr(machine, "claim_refusal", "Internal Server Error")
        machine.hooks["after index latest"] = lambda: setattr(machine, "on_sleep", recover)
        assert machine.release().notes == ()
        assert machine.claims == {}

    def test_nor_is_one_moment_in_which_the_remote_cannot_be_asked(self, machine: Machine) -> None:
        def gone() -> None:
            machine.hooks.clear()
            raise GitError("no answer", remedy="ask again")

        machine.hooks[f"before unclaim {TAG}"] = gone
        assert machine.release().notes == ()
        assert machine.claims == {}

    def test_what_cannot_be_removed_is_tried_twice_by_each_run(self, machine: Machine) -> None:
        machine.release()
        put(machine, claim(machine, host=this_machine()).text)
        machine.claim_refusal = "deletion prohibited"
        for _ in range(2):
            machine.boundaries.clear()
            assert released(machine).said[-1] == "claim was refused"
            assert machine.boundaries.count(f"before unclaim {TAG}") == 2
        tried = look(machine.world(), Version.parse("0.1.0"), machine.head, has_tried=True)
        assert tried.plan.todo == ()
        (found,) = (each for each in tried.plan.steps if each.title == "claim")
        assert found.status is StepStatus.SKIPPED
        assert "deletion prohibited" in found.reason

    def test_a_later_run_removes_what_could_not_be_removed(self, machine: Machine) -> None:
        machine.hooks[f"before unclaim {TAG}"] = lambda: setattr(machine, "claim_refusal", "Internal Server Error")
        assert len(machine.release().notes) == 1
        machine.hooks.clear()
        machine.claim_refusal = ""
        assert machine.release().notes == ()
        assert machine.claims == {}

    def test_what_was_removed_meanwhile_was_not_refused(self, machine: Machine) -> None:
        machine.hooks[f"before unclaim {TAG}"] = machine.claims.clear
        assert machine.release().notes == ()
        assert machine.boundaries.count(f"before unclaim {TAG}") == 1

    def test_the_lease_goes_where_the_run_is_interrupted_between_both_tries(
        self, machine: Machine, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def interrupt(*_: object) -> None:
            raise Interrupted("interrupted", remedy="run it again")

        machine.hooks[f"before unclaim {TAG}"] = partial(monkeypatch.setattr, Cancellation, "sleep", interrupt)
        machine.hooks["after index latest"] = lambda: setattr(machine, "claim_refusal", "no")
        with pytest.raises(Interrupted):
            machine.release()
        (text,) = machine.claim_texts.values()
        assert is_free(f"claim {json.loads(text)['run']}")

    def test_what_cannot_be_removed_is_told_by_the_run_and_by_each_one_after_it(self, machine: Machine) -> None:
        unclaim = f"before unclaim {TAG}"
        machine.hooks[unclaim] = lambda: setattr(machine, "claim_refusal", "deletion prohibited")
        first = machine.release().notes
        ref = f"refs/dext/release/{TAG}"
        told = (
            f"origin keeps {ref}, the claim of a release that has ended, and did not let it be removed (deletion "
            "prohibited). It stops no release. Once this login may delete it there, `inv release.abort "
            f"--version 0.1.0` removes it, and so does `git push --delete origin {ref}`"
        )
        assert set(machine.claims) == {TAG}
        assert first == (told,)
        assert machine.release().notes == first
        machine.hooks.clear()
        machine.claims.clear()
        assert machine.release().notes == ()


class TestWithoutClaims:
    def test_a_remote_that_takes_none_is_told_and_the_registry_decides(self, machine: Machine) -> None:
        machine.claim_refusal = "protected namespace"
        assert "claim was refused" in released(machine).said
        assert machine.remote_tags == {TAG: machine.head}

    def test_it_is_asked_again_after_pauses_that_grow(self, machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
        slept: list[float] = []
        monkeypatch.setattr(Cancellation, "sleep", lambda _, seconds: slept.append(seconds))
        machine.claim_refusal = "protected namespace"
        machine.release()
        assert machine.boundaries.count(f"before claim {TAG}") == REGISTRY_LIMITS.tries
        assert [seconds for seconds in slept if seconds] == [0.5, 1.0, 2.0]

    def test_a_bad_moment_of_the_host_costs_no_claim(self, machine: Machine) -> None:
        def recover() -> None:
            machine.claim_refusal = ""

        machine.claim_refusal = "Internal Server Error"
        machine.on_sleep = recover
        assert machine.release().notes == ()
        assert machine.events.count(f"claim {TAG}") == 1

    def test_that_it_went_without_is_a_note_of_the_release_and_of_each_run_after_it(self, machine: Machine) -> None:
        machine.claim_refusal = "protected namespace"
        told = (
            "localhost:5000/acme/demo:0.1.0 was released without a claim, because origin did not take "
            "refs/dext/release/v0.1.0 (protected namespace): releases on several machines are told apart by the "
            "registry alone. Where releases may run on several machines, let this login push refs/dext/release/* there"
        )
        assert machine.release().notes == (told,)
        assert machine.release().notes == (told,)

    def test_a_release_that_goes_on_with_a_claim_after_all_says_nothing(self, machine: Machine) -> None:
        machine.claim_refusal = "Internal Server Error"
        machine.stop_at("before index 0.1.0")
        with pytest.raises(StoppedError):
            machine.release()
        machine.claim_refusal = ""
        assert machine.release().notes == ()

    def test_one_that_was_taken_although_the_answer_was_no_is_its_own(
        self, machine: Machine, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        real = type(machine.world().git).swap_claim

        def swap(self: FakeGit, remote: str, name: str, new: str, expected: str) -> str:
            return real(self, remote, name, new, expected) or ("remote failed to report status" if new else "")

        monkeypatch.setattr(type(machine.world().git), "swap_claim", swap)
        assert machine.release().notes == ()
        assert (machine.count("claim"), machine.claims) == (1, {})

    def test_one_that_changes_all_the_time_is_not_one_that_is_refused(self, machine: Machine) -> None:
        def another() -> None:
            put(machine, claim(machine, host=this_machine(), age=len(machine.claim_texts)).text)

        machine.hooks[f"before claim {TAG}"] = another
        with pytest.raises(GitError, match="changes all the time"):
            machine.release()
        assert "0.1.0" not in machine.tags

    def test_no_remote_is_told(self, machine: Machine) -> None:
        machine.remotes = ()
        found = step(machine)
        assert found.status is StepStatus.SKIPPED
        assert found.reason == (
            "there is no remote 'origin'; releases on several machines are told apart by the registry alone"
        )
        machine.release()
        assert machine.claim_texts == {}
