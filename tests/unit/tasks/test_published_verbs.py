from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from dext_tasks import errors
from dext_tasks.formats.oci.platform import REQUIRED
from dext_tasks.formats.oci.reference import Reference
from dext_tasks.release import proof
from dext_tasks.release.proof import Holding, Own, Proof, ProofVerdict, Proven

if TYPE_CHECKING:
    from dext_tasks.registry.repository import Repository
    from dext_tasks.runtime.cancellation import Cancellation
    from tests.unit.conftest import MakeProject
    from tests.unit.tasks.conftest import Call

DIGEST = f"sha256:{'a' * 64}"
MANIFESTS = {platform: f"sha256:{platform.slug}" for platform in REQUIRED}
HOLDING = Holding(
    reference=Reference.parse("ghcr.io/acme/demo:1.2.0").with_digest(DIGEST),
    is_index=True,
    manifests=MANIFESTS,
    configs={},
    faults={},
    annotations={},
    repeated=frozenset(),
    version_digest=DIGEST,
)
GOOD = Proof("index", ProofVerdict.OK, "two platforms")
BAD = Proof("git tag", ProofVerdict.FAILED, "there is none")


class Prover:
    """Stands in for the proof and keeps what is to be proven."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.asked: list[tuple[str, bool]] = []
        self.answer: Proven | errors.DextError = Proven(HOLDING, (GOOD,))
        monkeypatch.setattr(proof, "prove", self._prove)

    def _prove(self, repository: Repository, reference: Reference, _: Cancellation, own: Own | None) -> Proven:
        assert repository.reference == reference
        assert not repository.transport.push
        self.asked.append((str(reference), own is not None))
        if isinstance(self.answer, errors.DextError):
            raise self.answer
        return self.answer


@pytest.fixture
def prover(monkeypatch: pytest.MonkeyPatch) -> Prover:
    return Prover(monkeypatch)


@pytest.fixture
def folder(make_project: MakeProject, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("DEXT_IMAGE", "acme/demo")
    monkeypatch.setattr("dext_tasks.git.Git.is_repository", lambda _: True)
    return str(make_project({"metadata.json": "{}", "Dockerfile": "FROM scratch\n"}).root)


class TestVerify:
    def test_a_whole_release(self, call: Call, prover: Prover, folder: str) -> None:
        ended = call("release.verify", "ghcr.io/acme/demo:1.2.0", "--path", folder)
        assert (ended.code, prover.asked) == (0, [("ghcr.io/acme/demo:1.2.0", False)])
        assert "two platforms" in ended.out

    @pytest.mark.parametrize("name", ["1.2.0", "acme/demo:1.2.0"])
    def test_one_of_the_extension_at_hand(self, call: Call, prover: Prover, folder: str, name: str) -> None:
        assert call("release.verify", name, "--path", folder).code == 0
        assert prover.asked == [("acme/demo:1.2.0", True)]

    def test_outside_of_a_project(
        self, call: Call, prover: Prover, monkeypatch: pytest.MonkeyPatch, tmp_path: str
    ) -> None:
        monkeypatch.chdir(tmp_path)
        assert call("release.verify", "acme/demo:1.2.0").code == 0
        assert prover.asked == [("acme/demo:1.2.0", False)]

    def test_what_is_not_as_it_should_be_has_a_code_of_its_own_and_one_document(
        self, call: Call, prover: Prover, folder: str
    ) -> None:
        prover.answer = replace(Proven(HOLDING, ()), proofs=(GOOD, BAD))
        ended = call("release.verify", "1.2.0", "--path", folder, "--json")
        assert ended.code == errors.ReleaseUnprovenError.exit_code == 49
        assert "git tag: there is none" in ended.err
        assert ended.document == {
            "reference": f"ghcr.io/acme/demo:1.2.0@{DIGEST}",
            "version": "",
            "digest": DIGEST,
            "commit": "",
            "platforms": {str(platform): digest for platform, digest in MANIFESTS.items()},
            "proofs": [
                {"what": "index", "verdict": "ok", "found": "two platforms"},
                {"what": "git tag", "verdict": "failed", "found": "there is none"},
            ],
        }

    def test_who_could_not_be_asked_is_another_error(self, call: Call, prover: Prover, folder: str) -> None:
        prover.answer = errors.RegistryUnreachableError("no answer", remedy="wait")
        assert call("release.verify", "1.2.0", "--path", folder).code == 30

    @pytest.mark.parametrize("arguments", [(), ("acme/demo",)])
    def test_no_version_is_wrong_usage(
        self, call: Call, prover: Prover, folder: str, arguments: tuple[str, ...]
    ) -> None:
        assert call("release.verify", *arguments, "--path", folder).code == errors.UsageError.exit_code
        assert prover.asked == []
