"""The versions of an extension, and how far each is."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

import pytest

from dext_tasks.errors import GitError, RegistryUnreachableError
from dext_tasks.extension.labels import CREATED
from dext_tasks.formats.oci.manifest import OCI_INDEX, OCI_MANIFEST, digest_of
from dext_tasks.formats.oci.platform import REQUIRED
from dext_tasks.registry.repository import Repository
from dext_tasks.release.claim import Claim
from dext_tasks.release.journal import Journal
from dext_tasks.release.listing import Entry, Listing, VersionStatus, list_versions
from tests.unit.release.conftest import HEAD, IMAGE

if TYPE_CHECKING:
    from tests.unit.release.conftest import Machine

OTHER = "decaf" + "0" * 35


def listing(machine: Machine, most: int | None = None) -> Listing:
    return list_versions(machine.world(), most)


def only(machine: Machine) -> Entry:
    (entry,) = listing(machine).entries
    return entry


def blob(machine: Machine, document: object) -> str:
    content = json.dumps(document).encode()
    machine.blobs[digest_of(content)] = content
    return digest_of(content)


def states(machine: Machine) -> dict[str, str]:
    return {each.known.version: each.status.value for each in listing(machine).entries}


def tagged(machine: Machine, version: str, commit: str = HEAD) -> None:
    machine.git_tags[f"v{version}"] = machine.remote_tags[f"v{version}"] = commit


def test_a_release_is_complete(machine: Machine) -> None:
    machine.release("0.1.0")
    before = list(machine.events)
    entry = only(machine)
    assert (entry.status, entry.why, entry.date) == (VersionStatus.COMPLETE, "", "2026-01-31")
    assert entry.known.digest == machine.tags["0.1.0"]
    assert {str(each): digest for each, digest in entry.known.manifests.items()} == machine.platforms_of("0.1.0")
    assert (entry.known.git_tag, entry.known.tagged) == ("v0.1.0", HEAD)
    assert machine.events == before


def test_the_newest_comes_first_and_the_rest_is_counted(machine: Machine) -> None:
    for version in ("0.9.0", "0.10.0", "1.0.0-rc.1", "1.0.0"):
        machine.publish(version, HEAD)
        tagged(machine, version)
    looks, requests = machine.remote_looks, machine.requests
    found = listing(machine, 2)
    assert [each.known.version for each in found.entries] == ["1.0.0", "1.0.0-rc.1"]
    assert found.older == 2
    # The list of tags; of each version the index, and of each of its two images manifest and configuration.
    assert (machine.remote_looks - looks, machine.requests - requests) == (1, 1 + 2 * 5)
    assert set(states(machine).values()) == {"complete"}


def test_what_the_registry_lost_is_broken(machine: Machine) -> None:
    machine.publish("1.0.0", HEAD)
    lost = machine.platforms_of("1.0.0")["linux/arm64"]
    del machine.blobs[lost]
    entry = only(machine)
    assert entry.status is VersionStatus.BROKEN
    assert entry.why == f"linux/arm64: {IMAGE} names {lost}, which is gone from the registry"


def test_a_version_that_is_listed_and_not_there_is_broken(machine: Machine) -> None:
    machine.publish("1.0.0", HEAD)
    machine.denied.add("1.0.0")
    assert only(machine).why == "the registry lists it, and has no manifest of it"
    assert states(machine) == {"1.0.0": "broken"}


def test_an_index_without_images_is_broken(machine: Machine) -> None:
    machine.set_tag("1.0.0", json.dumps({"mediaType": OCI_INDEX, "manifests": []}).encode())
    assert (only(machine).status, only(machine).why) == (VersionStatus.BROKEN, "it holds no image")


def test_a_version_for_fewer_platforms_is_partial(machine: Machine) -> None:
    machine.publish("1.0.0", HEAD, platforms=REQUIRED[:1])
    missing = REQUIRED[1]
    assert (only(machine).status, only(machine).why) == (VersionStatus.PARTIAL, f"it has no image for {missing}")


@pytest.mark.parametrize(
    ("here", "there", "status", "why"),
    [
        ("", "", VersionStatus.UNTAGGED, "there is no git tag v1.0.0"),
        (HEAD, "", VersionStatus.UNTAGGED, "git tag v1.0.0 is not on origin"),
        ("", HEAD, VersionStatus.COMPLETE, ""),
        (OTHER, HEAD, VersionStatus.MISTAGGED, f"git tag v1.0.0 is at {OTHER[:12]} here and at {HEAD[:12]} on origin"),
        (
            OTHER,
            OTHER,
            VersionStatus.MISTAGGED,
            f"git tag v1.0.0 is at {OTHER[:12]}, and its images are from {HEAD[:12]}",
        ),
    ],
)
def test_the_git_tag_has_to_be_of_its_commit(
    machine: Machine, here: str, there: str, status: VersionStatus, why: str
) -> None:
    machine.publish("1.0.0", HEAD)
    machine.git_tags |= {"v1.0.0": here} if here else {}
    machine.remote_tags |= {"v1.0.0": there} if there else {}
    assert (only(machine).status, only(machine).why) == (status, why)


def test_without_a_remote_the_tag_of_the_clone_counts(machine: Machine) -> None:
    machine.publish("1.0.0", HEAD)
    machine.git_tags["v1.0.0"] = HEAD
    machine.remotes = ()
    found = listing(machine)
    assert found.entries[0].status is VersionStatus.COMPLETE
    assert found.notes == ("there is no git remote origin, so only the tags of this clone were looked at",)


def test_images_that_name_no_commit_cannot_be_compared(machine: Machine) -> None:
    machine.publish("1.0.0", "")
    tagged(machine, "1.0.0")
    assert only(machine).status is VersionStatus.COMPLETE
    assert only(machine).why == "its images do not name one commit that git tag v1.0.0 could be compared with"


def test_what_is_only_a_git_tag_or_begun_or_claimed(machine: Machine) -> None:
    tagged(machine, "1.0.0")
    world = machine.world()
    world.journals.write(Journal("1.1.0", IMAGE, HEAD))
    world.journals.write(Journal("1.2.0", IMAGE, HEAD, index=f"sha256:{'7' * 64}"))
    claim = Claim(IMAGE, HEAD, f"sha256:{'7' * 64}", {}, "elsewhere.1", "abc", int(time.time()))
    machine.claims["v1.3.0"] = world.git.new_claim(claim.text, 1)
    machine.publish("1.4.0", HEAD)
    machine.claims["v1.4.0"] = machine.claims["v1.3.0"]
    assert [(each.known.version, each.status, each.why) for each in listing(machine).entries] == [
        ("1.4.0", VersionStatus.CLAIMED, "it is published, and its release still has the claim on origin"),
        ("1.3.0", VersionStatus.CLAIMED, "a release has the claim on origin, and nothing is published yet"),
        (
            "1.2.0",
            VersionStatus.BROKEN,
            f"it was published as sha256:{'7' * 64}, and the registry does not have it any more",
        ),
        ("1.1.0", VersionStatus.BEGUN, f"a release from {HEAD[:12]} was begun here; nothing is published yet"),
        ("1.0.0", VersionStatus.TAG_ONLY, "there is git tag v1.0.0, and nothing is published"),
    ]


def test_a_list_that_lags_behind_hides_nothing_that_git_knows(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine.release("0.1.0")
    monkeypatch.setattr(Repository, "tags", lambda _: frozenset())
    assert only(machine).status is VersionStatus.COMPLETE


def test_strays_and_what_is_left_out_are_named(machine: Machine) -> None:
    machine.configure(release_ignore_tags=("*-nightly",))
    for tag in ("1.0.0", "2.0.0-nightly", "20240131.0.0", "2147483648.0.0", "v0.9.0", "latest"):
        machine.publish(tag, HEAD)
    assert list(states(machine)) == ["20240131.0.0", "1.0.0"]
    assert listing(machine).notes == (
        "not listed, as release.ignore-tags says: 2.0.0-nightly",
        "tags that count as versions and do not look so: 20240131.0.0 (a date)",
        "tags that are semver and do not count as versions: 2147483648.0.0 (with a number that is too large)",
        "not listed, as they are not strict versions: v0.9.0",
    )


@pytest.mark.parametrize(
    "name", ["v1.0.0\x1b[2J", "v1.0.0+build", f"v1.0.0-{'a' * 200}", "v../../1.0.0", "other-1.0.0"]
)
def test_a_git_tag_that_no_release_has_is_not_listed_or_asked_for(machine: Machine, name: str) -> None:
    machine.remote_tags[name] = machine.git_tags[name] = HEAD
    requests = machine.requests
    assert listing(machine).entries == ()
    assert machine.requests - requests == 1


@pytest.mark.parametrize(
    ("label", "created", "day"),
    [
        ("2024-02-29T23:59:59Z", "2020-01-01T00:00:00Z", "2024-02-29"),
        ("", "2023-05-06T07:08:09.123456789Z", "2023-05-06"),
        ("\x1b[2J", "0001-01-01T00:00:00Z", ""),
        ("1970-01-01T00:00:00Z", "", ""),
        ("--output", 7, ""),
    ],
)
def test_a_commit_that_is_not_here_is_dated_by_the_image(
    machine: Machine, label: str, created: object, day: str
) -> None:
    config = {"os": "linux", "architecture": "amd64", "created": created, "config": {"Labels": {CREATED: label}}}
    manifest = {"mediaType": OCI_MANIFEST, "config": {"digest": blob(machine, config)}, "layers": []}
    machine.tags["1.0.0"] = blob(machine, manifest)
    assert only(machine).date == day


def test_a_registry_that_cannot_be_asked_has_not_nothing(machine: Machine) -> None:
    machine.publish("1.0.0", HEAD)
    for at in (1, 2, 3):
        machine.offline_at = machine.requests + at
        with pytest.raises(RegistryUnreachableError):
            listing(machine)


def test_a_remote_that_cannot_be_asked_has_not_nothing(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    def unreachable(*_: object) -> None:
        raise GitError("git ls-remote failed", remedy="wait")

    monkeypatch.setattr(type(machine.world().git), "remote_refs", unreachable)
    with pytest.raises(GitError):
        listing(machine)
