"""What the observer of bench/faults takes for a violation."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

import pytest

from tests.engine.faults.outsider import PLATFORMS, Outsider
from tests.engine.faults.stage import Stage

if TYPE_CHECKING:
    from pathlib import Path

    from tests.engine.faults.gate import Gate
    from tests.engine.program import Program
    from tests.engine.registry import Registry

OBJECT = "1" * 40
OLD = {"0.1.0": "sha256:old", "latest": "sha256:old"}
NEW = {"0.1.0": "sha256:old", "0.2.0": "sha256:new", "latest": "sha256:old"}


@dataclass
class FakeRegistry:
    """Has what it is given."""

    there: dict[str, str] = field(default_factory=dict)
    lacking: set[str] = field(default_factory=set)

    def tags(self, _: str) -> set[str]:
        return set(self.there)

    def digest_if_there(self, _: str, tag: str) -> str:
        return self.there.get(tag, "")

    def platforms(self, _: str, digest: str) -> dict[str, str]:
        return dict.fromkeys(PLATFORMS - (self.lacking if digest == "sha256:new" else set()), "sha256:image")

    def manifest(self, _: str, digest: str) -> dict[str, str]:
        return {"digest": digest}


@pytest.fixture
def registry() -> FakeRegistry:
    return FakeRegistry(dict(OLD))


@pytest.fixture
def outsider(registry: FakeRegistry, tmp_path: Path) -> Outsider:
    bare = tmp_path / "remote.git"
    (bare / "refs" / "tags").mkdir(parents=True)
    (bare / "HEAD").touch()
    made = Outsider(cast("Registry", registry), "acme/demo", bare, frozenset({"0.1.0", "0.2.0"}))
    tag(made, "v0.1.0")
    made.look()
    assert made.violations == []
    return made


def tag(outsider: Outsider, name: str, named: str = OBJECT) -> None:
    (outsider.bare / "refs" / "tags" / name).write_text(f"{named}\n", encoding="utf-8")


def found(outsider: Outsider) -> str:
    outsider.look()
    return "; ".join(outsider.violations)


def test_a_release_in_order(outsider: Outsider, registry: FakeRegistry) -> None:
    registry.there = {**OLD, "staging-abcdef": "sha256:image"}
    outsider.look()
    outsider.witness("PUT /v2/acme/demo/manifests/0.2.0")
    registry.there = NEW
    outsider.look()
    tag(outsider, "v0.2.0")
    outsider.witness("PUT /v2/acme/demo/manifests/latest")
    registry.there = {**NEW, "latest": "sha256:new"}
    assert found(outsider) == ""


@pytest.mark.parametrize(
    ("there", "violation"),
    [
        ({**OLD, "0.1.0": "sha256:other"}, "R1: 0.1.0 was sha256:old and is sha256:other"),
        ({"latest": "sha256:old"}, "R1: 0.1.0 is gone"),
        ({**OLD, "0.3.0": "sha256:new"}, "R5: 0.3.0 appeared"),
        ({**OLD, "0.2.0-amd64": "sha256:image"}, "R5: 0.2.0-amd64 appeared"),
        ({**OLD, "staging-1": "sha256:image"}, "R5: the tag staging-1"),
        ({**OLD, "latest": "sha256:image"}, "R4: latest is sha256:image, which is no version"),
    ],
)
def test_what_must_not_be_in_a_registry(
    outsider: Outsider, registry: FakeRegistry, there: dict[str, str], violation: str
) -> None:
    registry.there = there
    assert violation in found(outsider)


def test_a_version_without_a_platform(outsider: Outsider, registry: FakeRegistry) -> None:
    registry.there, registry.lacking = NEW, {"linux/arm64"}
    assert found(outsider) == "R2: 0.2.0 has linux/amd64"


def test_a_git_tag_without_its_version(outsider: Outsider) -> None:
    tag(outsider, "v0.2.0")
    assert found(outsider) == "R4: the git tag v0.2.0 is there without its version"


def test_a_git_tag_that_changes(outsider: Outsider) -> None:
    tag(outsider, "v0.1.0", "2" * 40)
    assert found(outsider) == "R4: the pushed git tag v0.1.0 was changed"


def test_latest_before_the_git_tag(outsider: Outsider, registry: FakeRegistry) -> None:
    registry.there = NEW
    outsider.witness("PUT /v2/acme/demo/manifests/latest")
    assert found(outsider) == "R4: latest is moved before the git tag of 0.2.0 is pushed"


def test_latest_that_goes_back(outsider: Outsider, registry: FakeRegistry) -> None:
    registry.there = {**NEW, "latest": "sha256:new"}
    outsider.look()
    registry.there = NEW
    assert found(outsider) == "R4: latest went back from 0.2.0 to 0.1.0"


def test_packed_tags_and_a_remote_that_is_away(outsider: Outsider) -> None:
    (outsider.bare / "packed-refs").write_text(f"# pack-refs\n{OBJECT} refs/tags/v0.2.0\n", encoding="utf-8")
    outsider.bare.rename(outsider.away)
    assert found(outsider) == "R4: the git tag v0.2.0 is there without its version"


def test_claims_are_seen_wherever_git_keeps_them(outsider: Outsider) -> None:
    assert outsider.look().claims == {}
    folder = outsider.bare / "refs" / "dext" / "release"
    folder.mkdir(parents=True)
    (folder / "v0.2.0").write_text(f"{OBJECT}\n", encoding="utf-8")
    (folder / "v0.2.0.lock").write_text("", encoding="utf-8")
    (outsider.bare / "packed-refs").write_text(f"{OBJECT} refs/dext/release/v0.3.0\n", encoding="utf-8")
    sight = outsider.look()
    assert sight.claims == {"v0.2.0": OBJECT, "v0.3.0": OBJECT}
    assert sight.remote == {"v0.1.0": OBJECT}
    outsider.bare.rename(outsider.away)
    assert outsider.look().claims == sight.claims


def test_a_claim_that_is_left_is_an_open_end(
    outsider: Outsider, registry: FakeRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("_wrong_tag", "_wrong_images"):
        monkeypatch.setattr(Stage, name, lambda *_: [])
    registry.there = {**NEW, "latest": "sha256:new"}
    tag(outsider, "v0.2.0")
    stage = Stage(outsider.bare, "acme/demo", "acme/demo", cast("Gate", None), outsider, cast("Program", None))
    assert stage.open_ends() == []
    folder = outsider.bare / "refs" / "dext" / "release"
    folder.mkdir(parents=True)
    (folder / "v0.2.0").write_text(f"{OBJECT}\n", encoding="utf-8")
    assert stage.open_ends() == ["the claim of v0.2.0 is left on the git remote"]
