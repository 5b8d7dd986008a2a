from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from dext_tasks import errors
from dext_tasks.extension.version import parse_release
from dext_tasks.formats.oci.reference import Reference
from dext_tasks.release import abort
from dext_tasks.release.abort import LeftBehind, Removal
from dext_tasks.release.claim import Claim, SeenClaim

if TYPE_CHECKING:
    from dext_tasks.release.observe import World
    from tests.unit.conftest import MakeProject
    from tests.unit.tasks.conftest import Call

CLAIM = Claim("acme/demo", "c0ffee" + "0" * 34, "sha256:7", {}, "elsewhere.1", "abc", 1_700_000_000)
LEFT = LeftBehind(
    version=parse_release("1.2.0"),
    target=Reference.parse("acme/demo:1.2.0"),
    published="",
    claim=SeenClaim("abc", CLAIM, is_abandoned=True),
    git_tag="v1.2.0",
    staged=("staging-a",),
    journal=True,
)
HOLDER = "a release from commit c0ffee000000 on elsewhere, since 2023-11-14 22:13:20 UTC"


@pytest.fixture
def aborted(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Stands in for the feature; for each time that something was removed, whether it may push."""
    found: list[bool] = []

    def take_away(world: World, _: LeftBehind) -> tuple[Removal, ...]:
        found.append(world.repository.transport.push)
        return Removal("the claim"), Removal("acme/demo:staging-a", "405 Method Not Allowed")

    monkeypatch.setattr(abort, "left_behind", lambda *_: LEFT)
    monkeypatch.setattr(abort, "abort", take_away)
    return found


@pytest.fixture
def folder(make_project: MakeProject, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("DEXT_IMAGE", "acme/demo")
    return str(make_project({"metadata.json": "{}", "Dockerfile": "FROM scratch\n"}).root)


def test_it_says_what_is_there_and_what_became_of_it(call: Call, aborted: list[bool], folder: str) -> None:
    ended = call("release.abort", "--version", "1.2.0", "--yes", "--json", "--path", folder)
    assert (ended.code, aborted) == (0, [True])
    assert f"v1.2.0 is claimed by {HOLDER}" in ended.err
    assert "not removed: acme/demo:staging-a: 405 Method Not Allowed" in ended.err
    assert ended.document == {
        "dry_run": False,
        "reference": "acme/demo:1.2.0",
        "published": "",
        "claim": HOLDER,
        "staging": ["staging-a"],
        "journal": True,
        "removed": ["the claim"],
        "refused": {"acme/demo:staging-a": "405 Method Not Allowed"},
    }


def test_a_claim_that_the_remote_keeps_is_an_error(
    call: Call, aborted: list[bool], folder: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = Removal("the claim of v1.2.0 on origin", "pre-receive hook declined", "v1.2.0")
    monkeypatch.setattr(abort, "abort", lambda *_: (kept, Removal("the journal of 1.2.0")))
    ended = call("release.abort", "--version", "1.2.0", "--yes", "--json", "--path", folder)
    assert (ended.code, aborted) == (errors.GitError.exit_code, [])
    assert "the claim of v1.2.0 on origin was not removed: pre-receive hook declined" in ended.err
    assert "a login that may delete refs/dext/release/v1.2.0 there" in ended.err
    assert ended.document["removed"] == ["the journal of 1.2.0"]
    assert ended.document["refused"] == {kept.what: kept.refused}


def test_a_staging_tag_that_may_be_deleted_later_is_an_error(
    call: Call, aborted: list[bool], folder: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    error = errors.LoginMissingError("acme/demo:staging-a was not removed: 403", remedy="run the same command again")
    kept = Removal("acme/demo:staging-a", "403", error=error)
    monkeypatch.setattr(abort, "abort", lambda *_: (Removal("the claim"), kept, Removal("the journal", "it is needed")))
    ended = call("release.abort", "--version", "1.2.0", "--yes", "--json", "--path", folder)
    assert (ended.code, aborted) == (errors.LoginMissingError.exit_code, [])
    assert "acme/demo:staging-a was not removed: 403" in ended.err
    assert ended.document["removed"] == ["the claim"]
    assert ended.document["refused"] == {"acme/demo:staging-a": "403", "the journal": "it is needed"}


def test_a_dry_run_removes_nothing(call: Call, aborted: list[bool], folder: str) -> None:
    ended = call("release.abort", "--version", "1.2.0", "--dry-run", "--path", folder)
    assert (ended.code, aborted) == (0, [])
    assert HOLDER in ended.out


def test_of_what_is_published_there_is_nothing_to_take_away(
    call: Call, folder: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    published = replace(LEFT, published="sha256:7", claim=None, staged=(), journal=False)
    monkeypatch.setattr(abort, "left_behind", lambda *_: published)
    ended = call("release.abort", "--version", "1.2.0", "--dry-run", "--path", folder)
    assert ended.out.splitlines() == [
        "acme/demo:1.2.0 is published as sha256:7; it stays, with what its release keeps",
        "there is nothing to take away",
    ]


def test_nobody_is_asked_where_nobody_answers(call: Call, aborted: list[bool], folder: str) -> None:
    ended = call("release.abort", "--version", "1.2.0", "--path", folder)
    assert (ended.code, aborted) == (errors.ConfirmationNeededError.exit_code, [])


@pytest.mark.parametrize("arguments", [(), ("--version", "")])
def test_a_version_has_to_be_named(call: Call, aborted: list[bool], folder: str, arguments: tuple[str, ...]) -> None:
    ended = call("release.abort", *arguments, "--yes", "--path", folder)
    assert (ended.code, aborted) == (errors.UsageError.exit_code, [])
