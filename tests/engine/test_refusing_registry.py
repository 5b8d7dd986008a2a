"""Registries that keep tags from moving, or that lose what no tag names."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from .proxy import Answer, proxied

if TYPE_CHECKING:
    from .extension import Extension
    from .registry import Registry

ALREADY_PUBLISHED = 43


@pytest.mark.parametrize(
    "answer",
    [
        Answer(400, "TAG_INVALID", "The image tag 'latest' already exists and the repository is immutable."),
        Answer(403, "DENIED", "requested access to the resource is denied"),
        Answer(412, "PRECONDITION", "configured as immutable."),
    ],
    ids=lambda answer: str(answer.status),
)
def test_a_registry_with_immutable_tags_fails_no_release(
    extension: Extension, registry: Registry, answer: Answer
) -> None:
    def rule(method: str, path: str) -> Answer | None:
        name, is_manifest, tag = path.rpartition("/manifests/")
        moves = method == "PUT" and is_manifest and tag in registry.tags(name.removeprefix("/v2/"))
        return answer if moves else None

    with proxied(registry.address, rule) as address:
        image = f"{address}/{extension.repository}"
        first = extension.release("--image", image, "--version", "1.0.0")
        assert first.code == 0, first
        extension.commit("More")
        second = extension.release("--image", image, "--version", "1.1.0", "--json")
        assert second.code == 0, second
        again = extension.release("--image", image, "--version", "1.1.0", "--json")
        assert again.code == 0, again
        switched_off = extension.release("--image", image, "--version", "1.1.0", DEXT_RELEASE_LATEST="false")
    name = extension.repository
    assert registry.versions(name) == {"1.0.0", "1.1.0"}
    assert registry.digest(name, "latest") == registry.digest(name, "1.0.0")
    assert extension.git("tag", "--list").split() == ["v1.0.0", "v1.1.0"]
    for done in (second, again):
        assert "release.latest: false" in done.err
        assert [note for note in done.json["notes"] if "release.latest: false" in note]
    assert switched_off.code == 0, switched_off
    assert "release.latest: false" not in switched_off.err


def test_a_version_that_lost_a_platform_is_named_and_followed(extension: Extension, registry: Registry) -> None:
    name = extension.repository
    assert extension.release("--version", "1.0.0").code == 0
    lost = registry.platforms(name, "1.0.0")["linux/arm64"]
    registry.delete(name, lost)

    shown = extension.dext("release.status", "--version", "1.0.0", "--json")
    assert {step["step"]: step["status"] for step in shown.json["steps"]}["verify"] == "broken"
    refused = extension.release("--version", "1.0.0")
    assert refused.code == ALREADY_PUBLISHED, refused
    assert lost in refused.err

    extension.commit("More")
    done = extension.release("--bump", "patch", "--json")
    assert done.code == 0, done
    assert done.json["version"] == "1.0.1"
    assert [note for note in done.json["notes"] if "1.0.0 is published but broken" in note and lost in note]
    assert registry.digest(name, "latest") == registry.digest(name, "1.0.1")
