from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from dext_tasks.engine.client import Client
from dext_tasks.engine.engine import Engine
from dext_tasks.engine.facts import EngineFacts, ImageFacts, Store
from dext_tasks.engine.variants import Variant
from dext_tasks.errors import ImageNotFoundError, ReferenceInvalidError, RegistryUnreachableError
from dext_tasks.formats.oci.platform import REQUIRED
from dext_tasks.formats.oci.reference import Reference
from dext_tasks.registry.access import Access
from dext_tasks.registry.credentials import Logins
from dext_tasks.smoke import images as module
from dext_tasks.smoke.images import Loans, images, named

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dext_tasks.formats.oci.platform import Platform

AMD64, ARM64 = REQUIRED
REFERENCE = Reference.parse("acme/demo:1.0.0")
CONFIG = Access(Logins(Path("/nowhere")))


class FakeEngine(Engine):
    """An engine whose registry has an image for these platforms.

    Args:
        store: Its image store.
        published: What the registry has.
        local: What the engine has.
    """

    def __init__(self, store: Store, published: Iterable[Platform], local: Iterable[Platform] = ()) -> None:
        super().__init__(Client())
        vars(self)["facts"] = EngineFacts("26.1", "1.45", AMD64, store, "", "v2")
        self.published, self.local = set(published), list(local)
        self.pulled: list[Platform] = []
        self.tags: frozenset[str] = frozenset()

    def tagged(self, repository: str) -> frozenset[str]:
        return frozenset(f"{repository}:{tag}" for tag in self.tags)

    def pull(self, reference: str, platform: Platform) -> None:
        if platform not in self.published:
            raise ImageNotFoundError(f"no matching manifest for {platform} of {reference}", remedy="")
        self.pulled.append(platform)
        keeps_others = self.facts.store is Store.CONTAINERD
        self.local = [*(self.local if keeps_others else []), platform]

    def image_ids(self) -> frozenset[str]:
        return frozenset()

    def image(self, reference: str) -> ImageFacts:
        if not self.local:
            raise ImageNotFoundError(f"no {reference}", remedy="")
        return facts(self.local[-1], reference)


def pulled(engine: FakeEngine) -> dict[Platform, ImageFacts]:
    return images(engine, REFERENCE, REQUIRED, Loans(engine))


def facts(platform: Platform, reference: str = "acme/demo:1.0.0") -> ImageFacts:
    return ImageFacts(reference, f"sha256:{platform.architecture}", platform, {}, 1)


@pytest.fixture(autouse=True)
def _variants(monkeypatch: pytest.MonkeyPatch) -> None:
    def variants(engine: FakeEngine, reference: str, platforms: Iterable[Platform]) -> dict[Platform, Variant]:
        shown = engine.image(reference)
        wanted = [platform for platform in engine.local if platform in set(platforms) | {shown.platform}]
        return {platform: Variant(facts(platform, reference), is_sure=True) for platform in wanted}

    monkeypatch.setattr(module, "variants", variants)


class Tags:
    """A registry that has these tags, or does not answer."""

    def __init__(self, *tags: str) -> None:
        self._tags = frozenset(tags)

    def tags(self) -> frozenset[str]:
        if not self._tags:
            raise RegistryUnreachableError("no answer", remedy="")
        return self._tags

    def close(self) -> None:
        pass


def published(monkeypatch: pytest.MonkeyPatch, *tags: str) -> None:
    monkeypatch.setattr("dext_tasks.smoke.images.Repository.open", lambda *_: Tags(*tags))


class TestName:
    @pytest.mark.parametrize("text", ["acme/demo:1.0.0", f"acme/demo@sha256:{'a' * 64}"])
    def test_a_tag_or_digest_is_taken_as_it_is(self, text: str) -> None:
        assert str(named(FakeEngine(Store.CLASSIC, ()), text, CONFIG)) == text

    def test_without_a_tag_the_greatest_version_counts(self, monkeypatch: pytest.MonkeyPatch) -> None:
        published(monkeypatch, "0.0.1", "v0.0.2", "latest")
        assert str(named(FakeEngine(Store.CLASSIC, ()), "acme/demo", CONFIG)) == "acme/demo:v0.0.2"

    def test_tags_of_the_engine_count_too(self, monkeypatch: pytest.MonkeyPatch) -> None:
        published(monkeypatch, "0.0.1")
        engine = FakeEngine(Store.CLASSIC, ())
        engine.tags = frozenset({"0.1.0"})
        assert named(engine, "acme/demo", CONFIG).tag == "0.1.0"
        published(monkeypatch)
        assert named(engine, "acme/demo", CONFIG).tag == "0.1.0"

    def test_nobody_knows_any(self, monkeypatch: pytest.MonkeyPatch) -> None:
        engine = FakeEngine(Store.CLASSIC, ())
        published(monkeypatch, "latest", "main")
        with pytest.raises(ImageNotFoundError, match="no tag that is a semver version"):
            named(engine, "acme/demo", CONFIG)
        published(monkeypatch)
        with pytest.raises(RegistryUnreachableError):
            named(engine, "acme/demo", CONFIG)

    def test_no_reference(self) -> None:
        with pytest.raises(ReferenceInvalidError):
            named(FakeEngine(Store.CLASSIC, ()), "Not A Reference", CONFIG)

    @pytest.mark.parametrize(
        ("text", "name"), [("acme/demo:1", "acme_demo"), ("ghcr.io/a/b/c", "a_b_c"), ("redis", "redis")]
    )
    def test_of_the_extension(self, text: str, name: str) -> None:
        assert Reference.parse(text).extension == name


@pytest.mark.parametrize("store", Store)
class TestImages:
    def test_what_is_missing_is_pulled(self, store: Store) -> None:
        engine = FakeEngine(store, REQUIRED, [AMD64])
        found = pulled(engine)
        assert [image.platform for image in found.values()] == [AMD64, ARM64]
        assert engine.pulled == [ARM64]

    def test_a_platform_that_is_nowhere(self, store: Store) -> None:
        with pytest.raises(ImageNotFoundError, match="linux/arm64"):
            pulled(FakeEngine(store, [AMD64]))


def test_where_a_pull_takes_the_tag_away_the_id_stays() -> None:
    found = pulled(FakeEngine(Store.CLASSIC, REQUIRED))
    assert [image.reference for image in found.values()] == ["sha256:amd64", "sha256:arm64"]
    found = pulled(FakeEngine(Store.CONTAINERD, REQUIRED))
    assert {image.reference for image in found.values()} == {"acme/demo:1.0.0"}


def test_an_image_that_is_for_another_platform_than_was_pulled(monkeypatch: pytest.MonkeyPatch) -> None:
    engine = FakeEngine(Store.CLASSIC, REQUIRED)
    monkeypatch.setattr(engine, "image", lambda reference: replace(facts(AMD64), reference=reference))
    with pytest.raises(ImageNotFoundError, match=r"no image of acme/demo:1.0.0 for linux/arm64"):
        images(engine, REFERENCE, [ARM64], Loans(engine))
