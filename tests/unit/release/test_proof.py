from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from dext_tasks.errors import (
    ImageNotFoundError,
    RegistryResponseError,
    RegistryUnreachableError,
    ReleaseUnprovenError,
)
from dext_tasks.extension.labels import VERSION
from dext_tasks.formats.oci.manifest import OCI_INDEX
from dext_tasks.formats.oci.platform import REQUIRED
from dext_tasks.formats.oci.reference import Reference, short
from dext_tasks.release.proof import Own, ProofVerdict, Proven, prove, tagged
from dext_tasks.runtime.cancellation import Cancellation

from .conftest import HEAD, IMAGE, LAGGING, MAINTENANCE, PAGE, Machine

if TYPE_CHECKING:
    from collections.abc import Callable

    from dext_tasks.registry.answers import Response

AMD64, ARM64 = REQUIRED
OTHER = f"sha256:{'f' * 64}"


@pytest.fixture
def released(machine: Machine) -> Machine:
    machine.release("1.0.0")
    return machine


def proven(machine: Machine, name: str = "1.0.0", *, own: bool = True) -> Proven:
    world = machine.world()
    reference = Reference.parse(f"{IMAGE}{'@' if name.startswith('sha256:') else ':'}{name}")
    known = Own(machine.project.settings.platforms, lambda version: tagged(world.git, f"v{version}", "origin"))
    return prove(world.repository, reference, Cancellation(), known if own else None)


def failed(found: Proven) -> dict[str, str]:
    return {proof.what: proof.found for proof in found.proofs if proof.verdict is ProofVerdict.FAILED}


def test_a_release_proves_all_that_it_is(released: Machine) -> None:
    found = proven(released)
    assert [(proof.what, proof.verdict) for proof in found.proofs] == [
        (what, ProofVerdict.OK)
        for what in (
            "index",
            "image linux/amd64",
            "image linux/arm64",
            "smoke linux/amd64",
            "smoke linux/arm64",
            "commit",
            "version",
            "tag",
            "git tag",
        )
    ]
    assert found.content.reference.digest == released.tags["1.0.0"]
    found.require_whole()


def test_somebody_elses_is_proven_by_what_its_index_says(released: Machine) -> None:
    found = proven(released, own=False)
    assert [proof.what for proof in found.proofs if proof.verdict is not ProofVerdict.OK] == ["git tag"]
    assert found.proofs[-1].verdict is ProofVerdict.SKIPPED
    found.require_whole()


@pytest.mark.parametrize("name", ["latest", "digest"])
def test_whatever_names_the_version_is_held_against_its_tag(released: Machine, name: str) -> None:
    digest = released.tags["1.0.0"]
    name = digest if name == "digest" else name
    assert not failed(proven(released, name))
    released.set_tag("1.0.0", released.blobs[released.platforms_of("1.0.0")["linux/amd64"]])
    assert list(failed(proven(released, name))) == ["tag"]


def edit(machine: Machine, change: Callable[[dict[str, Any]], object]) -> None:
    """Publish another index under the version, as somebody who may push can."""
    index = json.loads(machine.blobs[machine.tags["1.0.0"]])
    change(index)
    machine.set_tag("1.0.0", json.dumps(index).encode())


def test_a_platform_that_is_missing(released: Machine) -> None:
    edit(released, lambda index: index.update(manifests=index["manifests"][:1]))
    wrong = failed(proven(released, own=False))
    assert wrong["index"] == "it is of linux/amd64, and should be of linux/amd64, linux/arm64"
    assert wrong["smoke linux/arm64"].endswith("was tested, and nothing is published for it")


def test_an_entry_that_is_neither_an_image_nor_an_attestation_of_one(released: Machine) -> None:
    entry = {
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "digest": OTHER,
        "size": 7,
        "platform": {"os": "unknown", "architecture": "unknown"},
    }
    edit(released, lambda index: index["manifests"].append(entry))
    assert failed(proven(released, own=False)) == {
        "index": f"it lists {'f' * 12}, which is neither the image of a platform nor an attestation of one"
    }


@pytest.mark.parametrize("name", ["windows/amd64", "nonsense", "linux/s390x"])
def test_a_smoke_test_of_a_platform_that_is_not_published(released: Machine, name: str) -> None:
    key = f"dev.dext-tasks.smoke.{name}"
    edit(released, lambda index: index["annotations"].update({key: f"passed {OTHER}"}))
    wrong = failed(proven(released, own=False))
    assert f"smoke {name}" in wrong
    with pytest.raises(ReleaseUnprovenError):
        proven(released, own=False).require_whole()


def test_an_image_that_was_not_tested(released: Machine) -> None:
    released.relabel("1.0.0", ARM64, {"org.opencontainers.image.revision": HEAD, VERSION: "1.0.0"})
    wrong = failed(proven(released, own=False))
    assert list(wrong) == ["smoke linux/arm64"]
    assert wrong["smoke linux/arm64"].endswith("is published")


@pytest.mark.parametrize("word", ["failed", ""])
def test_a_smoke_test_that_did_not_pass(released: Machine, word: str) -> None:
    digest = released.platforms_of("1.0.0")["linux/amd64"]
    key = "dev.dext-tasks.smoke.linux/amd64"
    edit(released, lambda index: index["annotations"].update({key: f"{word} {digest}"}))
    assert list(failed(proven(released, own=False))) == ["smoke linux/amd64"]


def test_nothing_recorded_is_nothing_proven(machine: Machine) -> None:
    machine.publish("1.0.0")
    found = proven(machine, own=False)
    assert failed(found) == dict.fromkeys(
        ("smoke linux/amd64", "smoke linux/arm64"), "no smoke test is recorded in the index"
    )
    with pytest.raises(ReleaseUnprovenError, match="no smoke test is recorded"):
        found.require_whole()


def test_one_manifest_is_no_index(machine: Machine) -> None:
    machine.publish_manifest("1.0.0")
    assert failed(proven(machine))["index"].endswith("is one manifest and no index")


def test_a_manifest_or_a_configuration_that_is_gone(released: Machine) -> None:
    del released.blobs[released.platforms_of("1.0.0")["linux/arm64"]]
    wrong = failed(proven(released, own=False))
    assert list(wrong) == ["image linux/arm64"]
    assert "is gone from the registry" in wrong["image linux/arm64"]


@pytest.mark.parametrize("part", ["manifest", "configuration"])
@pytest.mark.parametrize("answer", [PAGE, MAINTENANCE])
def test_what_was_not_understood_is_no_fault_of_the_release(released: Machine, part: str, answer: Response) -> None:
    manifest = released.platforms_of("1.0.0")["linux/arm64"]
    config = json.loads(released.blobs[manifest])["config"]["digest"]
    path = f"manifests/{manifest}" if part == "manifest" else f"blobs/{config}"
    released.instead[f"GET {path}"] = [answer]
    with pytest.raises(RegistryResponseError, match=r"does not say what is not there|it is something else"):
        proven(released)
    released.instead[f"GET {path}"] = [LAGGING]
    proven(released).require_whole()


@pytest.mark.parametrize(
    ("label", "what"),
    [("org.opencontainers.image.revision", "commit"), ("org.opencontainers.image.version", "version")],
)
def test_an_image_of_another_commit_or_version(released: Machine, label: str, what: str) -> None:
    own = {"org.opencontainers.image.revision": HEAD, "org.opencontainers.image.version": "1.0.0"}
    released.relabel("1.0.0", ARM64, {**own, label: "another"})
    assert "and another" in failed(proven(released, own=False))[what] or "another and" in failed(proven(released))[what]


class TestGitTag:
    def test_it_is_missing(self, released: Machine) -> None:
        released.git_tags.clear()
        released.remote_tags.clear()
        assert failed(proven(released)) == {
            "git tag": "v1.0.0 should stand for c0ffee000000: here it is missing, on origin it is missing"
        }

    def test_it_is_of_another_commit(self, released: Machine) -> None:
        released.remote_tags["v1.0.0"] = "b" * 40
        assert failed(proven(released)) == {
            "git tag": "v1.0.0 should stand for c0ffee000000: on origin it stands for bbbbbbbbbbbb"
        }

    def test_it_names_another_digest(self, released: Machine) -> None:
        released.git_texts["v1.0.0"] = f"v1.0.0\n\n{IMAGE}:1.0.0@{OTHER}"
        said = f"v1.0.0 stands for c0ffee000000 and names another digest: {short(OTHER)}"
        assert failed(proven(released)) == {"git tag": said}

    @pytest.mark.parametrize("text", ["", "Version 1.0.0", f"v1.0.0\n\nBuilt on\nalpine:3.20@{OTHER}"])
    def test_it_names_none(self, released: Machine, text: str) -> None:
        """A pipeline that starts on a tag releases what is tagged already."""
        released.git_texts["v1.0.0"] = text
        found = proven(released)
        found.require_whole()
        assert (found.proofs[-1].verdict, found.proofs[-1].found) == (
            ProofVerdict.SKIPPED,
            "v1.0.0 stands for c0ffee000000, and names no digest",
        )

    def test_it_is_on_the_remote_alone(self, released: Machine) -> None:
        released.git_tags.clear()
        released.git_texts.clear()
        last = proven(released).proofs[-1]
        assert (last.verdict, last.found) == (ProofVerdict.OK, "v1.0.0 stands for c0ffee000000 and names this digest")
        released.remote_texts["v1.0.0"] = f"v1.0.0\n\n{IMAGE}:1.0.0@{OTHER}"
        assert "names another digest" in failed(proven(released))["git tag"]

    def test_it_is_on_the_remote_with_its_commit_alone(self, released: Machine) -> None:
        released.git_tags.clear()
        released.git_texts.clear()
        released.missing = (HEAD,)
        last = proven(released).proofs[-1]
        assert (last.verdict, last.found.split("; ")[1]) == (
            ProofVerdict.SKIPPED,
            "to read it: git fetch origin tag v1.0.0",
        )

    def test_without_a_remote_the_clone_decides(self, released: Machine) -> None:
        released.remotes = ()
        assert not failed(proven(released))


def test_what_is_not_there_and_who_does_not_answer_are_errors_of_their_own(released: Machine) -> None:
    with pytest.raises(ImageNotFoundError):
        proven(released, "9.9.9")
    released.offline_at = released.requests + 1
    with pytest.raises(RegistryUnreachableError):
        proven(released)


def test_an_index_that_lists_a_platform_twice(released: Machine) -> None:
    other = json.loads(released.blobs[released.tags["1.0.0"]])["manifests"]
    edit(
        released,
        lambda index: index.update(
            manifests=[*other, {**other[1], "platform": other[0]["platform"]}], mediaType=OCI_INDEX
        ),
    )
    assert failed(proven(released, own=False))["index"] == "it lists linux/amd64 more than once"
