from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from dext_tasks import errors
from dext_tasks.formats.oci.platform import REQUIRED
from dext_tasks.formats.oci.reference import Reference
from dext_tasks.release import listing, proof
from dext_tasks.release.listing import NEWEST, Entry, Known, Listing, VersionStatus
from dext_tasks.release.proof import Own, Proof, ProofVerdict, Proven, PublishedContent
from dext_tasks.release.state import Published

if TYPE_CHECKING:
    from dext_tasks.registry.repository import Repository
    from dext_tasks.release.observe import World
    from dext_tasks.runtime.cancellation import Cancellation
    from tests.unit.conftest import MakeProject
    from tests.unit.tasks.conftest import Call

DIGEST = f"sha256:{'a' * 64}"
MANIFESTS = {platform: f"sha256:{platform.slug}" for platform in REQUIRED}
HOLDING = PublishedContent(
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


COMMIT = "c0ffee" + "0" * 34
HOSTILE = "linux/arm64: \x1b[2J\x07is gone\n::error::from the registry"
KNOWN = Known(
    version="1.2.0",
    published=Published(DIGEST, MANIFESTS, COMMIT, "1.2.0"),
    git_tag="v1.2.0",
    here=COMMIT,
    there=COMMIT,
    remote="origin",
    is_claimed=False,
    journal=None,
)
BROKEN_ONE = replace(KNOWN, version="1.1.0-rc.10", git_tag="v1.1.0-rc.10", here="", there="")
ENTRIES = (
    Entry(KNOWN, VersionStatus.COMPLETE, "", "2026-01-31"),
    Entry(BROKEN_ONE, VersionStatus.BROKEN, HOSTILE, "2026-01-30"),
)
FOUND = Listing("ghcr.io/acme/demo", ENTRIES, older=1, notes=("a note",))


@pytest.fixture
def wanted(monkeypatch: pytest.MonkeyPatch) -> list[int | None]:
    """How many versions the verb asks for, each time."""
    asked: list[int | None] = []

    def found(world: World, most: int | None) -> Listing:
        assert not world.repository.transport.push
        asked.append(most)
        return FOUND

    monkeypatch.setattr(listing, "list_versions", found)
    return asked


class TestList:
    def test_a_row_a_version_in_80_columns(
        self, call: Call, wanted: list[int | None], folder: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("COLUMNS", "80")
        ended = call("release.list", "--path", folder)
        assert (ended.code, wanted) == (0, [NEWEST])
        lines = ended.out.splitlines()
        assert max(map(len, lines)) <= 80
        rows = [line.split() for line in lines]
        assert ["1.2.0", "2026-01-31", "a" * 12, "amd64,", "arm64", "c0ffee0", "complete"] in rows
        assert ["1.1.0-rc.10", "2026-01-30", "a" * 12, "amd64,", "arm64", "broken"] in rows
        assert lines[-3:] == [
            r"1.1.0-rc.10 is broken: linux/arm64: is gone\n::error::from the registry",
            "1 older version not shown: add --all",
            "a note",
        ]

    def test_all_of_them_as_data(self, call: Call, wanted: list[int | None], folder: str) -> None:
        ended = call("release.list", "--all", "--json", "--path", folder)
        assert (ended.code, wanted) == (0, [None])
        first, second = ended.document.pop("versions")
        assert ended.document["notes"] == ["a note"]
        assert first == {
            "version": "1.2.0",
            "date": "2026-01-31",
            "digest": DIGEST,
            "commit": COMMIT,
            "platforms": {str(platform): digest for platform, digest in MANIFESTS.items()},
            "git_tag": "v1.2.0",
            "git_tag_commit": COMMIT,
            "state": "complete",
            "why": "",
        }
        assert (second["git_tag"], second["state"], second["why"]) == ("", "broken", HOSTILE)

    def test_nothing_is_an_answer(
        self, call: Call, folder: str, wanted: list[int | None], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(listing, "list_versions", lambda *_: Listing("acme/demo", (), 0, ("a note",)))
        ended = call("release.list", "--path", folder)
        assert (ended.code, wanted) == (0, [])
        assert ended.out == "no version of acme/demo is published, tagged or begun\na note\n"
        assert call("release.list", "--json", "--path", folder).document == {
            "image": "acme/demo",
            "versions": [],
            "older": 0,
            "notes": ["a note"],
        }

    def test_who_could_not_be_asked_is_an_error(self, call: Call, folder: str, monkeypatch: pytest.MonkeyPatch) -> None:
        def unreachable(*_: object) -> Listing:
            raise errors.RegistryUnreachableError("no answer", remedy="wait")

        monkeypatch.setattr(listing, "list_versions", unreachable)
        assert call("release.list", "--path", folder).code == 30
