from __future__ import annotations

import signal
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dext_tasks.engine.client import Client
from dext_tasks.engine.engine import Engine
from dext_tasks.engine.facts import ClientFacts, EngineFacts, ImageFacts, Store
from dext_tasks.engine.variants import Variant
from dext_tasks.errors import (
    DextError,
    EngineCommandError,
    EngineUnreachableError,
    HelperImageMissingError,
    ImageNotFoundError,
    ReferenceInvalidError,
    RegistryUnreachableError,
)
from dext_tasks.errors import InterruptedError as Interrupted
from dext_tasks.formats.oci.platform import REQUIRED
from dext_tasks.formats.oci.reference import Reference
from dext_tasks.registry.access import Access
from dext_tasks.registry.credentials import Logins
from dext_tasks.runtime.cancellation import Cancellation
from dext_tasks.runtime.signals import Signals
from dext_tasks.smoke import images as module
from dext_tasks.smoke.images import Loans, images, named, require_helper

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

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
        vars(self)["facts"] = EngineFacts("26.1", "1.45", AMD64, store)
        vars(self)["client_facts"] = ClientFacts(compose="v2")
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


class TestHelper:
    """The image of the helper container."""

    @pytest.mark.parametrize("store", Store)
    @pytest.mark.parametrize(("local", "fetched"), [([AMD64], []), ([ARM64], [AMD64]), ([], [AMD64])])
    def test_is_fetched_for_the_engines_own_platform_if_it_is_not_there(
        self, store: Store, local: list[Platform], fetched: list[Platform]
    ) -> None:
        engine = FakeEngine(store, REQUIRED, local)
        require_helper(engine, "acme/socat", None)
        assert engine.pulled == fetched

    def test_that_cannot_be_fetched_has_two_ways_out(self) -> None:
        with pytest.raises(HelperImageMissingError, match="no matching manifest for linux/amd64") as raised:
            require_helper(FakeEngine(Store.CONTAINERD, ()), "acme/socat", None)
        assert "docker pull acme/socat" in raised.value.remedy
        assert "smoke.proxy-image" in raised.value.remedy

    @pytest.mark.parametrize("error", [Interrupted("x", remedy=""), EngineUnreachableError("x", remedy="")])
    def test_an_end_of_all_is_none_of_the_image(self, error: DextError, monkeypatch: pytest.MonkeyPatch) -> None:
        def end(*_: object) -> None:
            raise error

        engine = FakeEngine(Store.CONTAINERD, REQUIRED)
        monkeypatch.setattr(engine, "pull", end)
        with pytest.raises(type(error)):
            require_helper(engine, "acme/socat", None)


class TestName:
    @pytest.mark.parametrize("text", ["acme/demo:1.0.0", f"acme/demo@sha256:{'a' * 64}"])
    def test_a_tag_or_digest_is_taken_as_it_is(self, text: str) -> None:
        assert str(named([FakeEngine(Store.CLASSIC, ())], text, CONFIG)) == text

    def test_without_a_tag_the_greatest_version_counts(self, monkeypatch: pytest.MonkeyPatch) -> None:
        published(monkeypatch, "0.0.1", "v0.0.2", "latest")
        assert str(named([FakeEngine(Store.CLASSIC, ())], "acme/demo", CONFIG)) == "acme/demo:v0.0.2"

    def test_tags_of_every_engine_count(self, monkeypatch: pytest.MonkeyPatch) -> None:
        published(monkeypatch)
        engines = [FakeEngine(Store.CLASSIC, ()), FakeEngine(Store.CLASSIC, ())]
        engines[0].tags, engines[1].tags = frozenset({"1.0.0"}), frozenset({"1.2.0", "latest"})
        assert str(named(engines, "acme/demo", CONFIG)) == "acme/demo:1.2.0"

    def test_tags_of_the_engine_count_too(self, monkeypatch: pytest.MonkeyPatch) -> None:
        published(monkeypatch, "0.0.1")
        engine = FakeEngine(Store.CLASSIC, ())
        engine.tags = frozenset({"0.1.0"})
        assert named([engine], "acme/demo", CONFIG).tag == "0.1.0"
        published(monkeypatch)
        assert named([engine], "acme/demo", CONFIG).tag == "0.1.0"

    def test_nobody_knows_any(self, monkeypatch: pytest.MonkeyPatch) -> None:
        engine = FakeEngine(Store.CLASSIC, ())
        published(monkeypatch, "latest", "main")
        with pytest.raises(ImageNotFoundError, match="no tag that is a semver version"):
            named([engine], "acme/demo", CONFIG)
        published(monkeypatch)
        with pytest.raises(RegistryUnreachableError):
            named([engine], "acme/demo", CONFIG)

    def test_no_reference(self) -> None:
        with pytest.raises(ReferenceInvalidError):
            named([FakeEngine(Store.CLASSIC, ())], "Not A Reference", CONFIG)

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


OWN, OTHER = "acme/demo:1.0.0", "postgres:17"


class LendingEngine(Engine):
    """An engine's images as names and ids, each id with or without a name.

    Args:
        names: The id that each name stands for.
        nameless: Ids without a name.
        api: Version of its API.
    """

    def __init__(self, names: Mapping[str, str], nameless: tuple[str, ...] = (), api: str = "1.45") -> None:
        super().__init__(Client(cancellation=Cancellation()))
        vars(self)["facts"] = EngineFacts("26.1", api, AMD64, Store.CONTAINERD)
        vars(self)["client_facts"] = ClientFacts(compose="v2")
        self.names = dict(names)
        self.ids = {*names.values(), *nameless}
        self.in_use: set[str] = set()
        self.removed: list[tuple[str, Platform]] = []
        self.looks = 0

    @property
    def state(self) -> tuple[dict[str, str], set[str]]:
        return dict(self.names), set(self.ids)

    def pulls(self, name: str, identity: str) -> None:
        """The name moves; what it stood for stays, with or without another one."""
        self.names[name] = identity
        self.ids.add(identity)

    def image(self, reference: str) -> ImageFacts:
        self.looks += 1
        identity = self.names.get(reference, reference)
        if identity not in self.ids:
            raise ImageNotFoundError(f"no {reference}", remedy="")
        tags = tuple(name for name, each in self.names.items() if each == identity)
        return ImageFacts(reference, identity, AMD64, {}, 1, tags=tags)

    def image_ids(self) -> frozenset[str]:
        return frozenset(self.ids)

    def tag(self, source: str, target: str) -> None:
        assert source in self.ids
        self.names[target] = source

    def untag(self, reference: str) -> None:
        assert self.client.cancellation.is_shielded
        identity = self.names.get(reference, reference)
        if identity in self.in_use:
            raise EngineCommandError("a container uses it", remedy="")
        others = [name for name, each in self.names.items() if each == identity and name != reference]
        assert reference in self.names or not others, "an image that has a name was removed by its id"
        self.names.pop(reference, None)
        if not others:
            self.ids.discard(identity)

    def remove_platform(self, reference: str, platform: Platform) -> None:
        assert reference in self.names
        self.removed.append((reference, platform))


def test_what_was_pulled_goes() -> None:
    engine = LendingEngine({"busybox:1": "b"})
    with Loans(engine) as loans:
        loans.remember([OWN, OTHER])
        engine.pulls(OWN, "o")
        engine.pulls(OTHER, "p")
        loans.fetched(["o", "p"])
    assert engine.state == ({"busybox:1": "b"}, {"b"})
    assert loans.left == []


def test_what_was_there_stays() -> None:
    engine = LendingEngine({OWN: "o", OTHER: "p"}, ("nameless",))
    before = engine.state
    with Loans(engine) as loans:
        loans.remember([OWN, OTHER])
        loans.fetched(["o", "p", "nameless"])
    assert engine.state == before


def test_a_name_that_moved_is_given_back() -> None:
    engine = LendingEngine({OTHER: "old"})
    with Loans(engine) as loans:
        loans.remember([OTHER])
        engine.pulls(OTHER, "new")
    assert engine.state == ({OTHER: "old"}, {"old"})


def test_in_a_store_with_one_platform_a_name_each_of_them_goes() -> None:
    engine = LendingEngine({})
    with Loans(engine) as loans:
        loans.remember([OWN])
        for identity in ("amd64", "arm64"):
            engine.pulls(OWN, identity)
            loans.fetched([identity])
    assert engine.state == ({}, set())


def test_what_got_a_name_from_somebody_else_keeps_it() -> None:
    engine = LendingEngine({})
    with Loans(engine) as loans:
        loans.remember([OWN])
        engine.pulls(OWN, "o")
        loans.fetched(["o"])
        engine.tag("o", "mine:1")
    assert engine.state == ({"mine:1": "o"}, {"o"})


def test_what_is_remembered_twice_is_looked_at_once() -> None:
    engine = LendingEngine({})
    with Loans(engine) as loans:
        loans.remember([OWN, OWN, ""])
        engine.pulls(OWN, "o")
        loans.remember([OWN])
        assert engine.looks == 1
    assert engine.state == ({}, set())


@pytest.mark.parametrize("error", [KeyboardInterrupt, EngineCommandError("no", remedy="")])
def test_it_goes_in_whatever_way_the_test_ends(error: BaseException | type[BaseException]) -> None:
    engine = LendingEngine({})

    def interrupted() -> None:
        with Loans(engine) as loans:
            loans.remember([OWN])
            engine.pulls(OWN, "o")
            raise error

    with pytest.raises((KeyboardInterrupt, EngineCommandError)):
        interrupted()
    assert engine.state == ({}, set())


def test_ctrl_c_while_it_goes_does_not_keep_it(monkeypatch: pytest.MonkeyPatch) -> None:
    engine = LendingEngine({})
    cancellation, untag = engine.client.cancellation, engine.untag

    def pressed(reference: str) -> None:
        # The main thread waits by then.
        cancellation.sleep(0.3)
        signal.raise_signal(signal.SIGINT)
        cancellation.sleep(0.5)
        untag(reference)

    monkeypatch.setattr(engine, "untag", pressed)
    with Signals(cancellation), pytest.raises(Interrupted), Loans(engine) as loans:  # noqa: PT012 - as a smoke test does
        loans.remember([OWN])
        engine.pulls(OWN, "o")
    assert engine.state == ({}, set())


def test_what_comes_after_an_interruption_goes_too(monkeypatch: pytest.MonkeyPatch) -> None:
    engine = LendingEngine({})
    cancellation = engine.client.cancellation
    monkeypatch.setattr(cancellation, "sleep", lambda _: engine.pulls(OWN, "late"))
    with Loans(engine) as loans:
        loans.remember([OWN])
        cancellation.cancel()
    assert engine.state == ({}, set())


def test_an_engine_that_cannot_list_its_images_loses_none_without_a_name(monkeypatch: pytest.MonkeyPatch) -> None:
    engine, asked = LendingEngine({OTHER: "old"}, ("nameless",)), []

    def image_ids() -> frozenset[str]:
        asked.append("")
        raise EngineCommandError("content digest not found", remedy="")

    monkeypatch.setattr(engine, "image_ids", image_ids)
    monkeypatch.setattr(engine.client.cancellation, "sleep", lambda _: None)
    with Loans(engine) as loans:
        loans.remember([OTHER])
        engine.pulls(OTHER, "nameless")
        loans.fetched(["nameless"])
    assert engine.state == ({OTHER: "old"}, {"old", "nameless"})
    assert len(asked) == 3


def test_what_somebody_uses_is_left_and_said_so() -> None:
    engine = LendingEngine({})
    with Loans(engine) as loans:
        loans.remember([OWN, OTHER])
        engine.pulls(OWN, "o")
        engine.pulls(OTHER, "p")
        engine.in_use.add("o")
    assert loans.left == [f"{OWN}: a container uses it"]
    assert engine.state == ({OWN: "o"}, {"o"})


def test_what_is_kept_to_be_looked_at_stays() -> None:
    engine = LendingEngine({})
    with Loans(engine) as loans:
        loans.remember([OWN])
        engine.pulls(OWN, "o")
        loans.keep()
    assert engine.state == ({OWN: "o"}, {"o"})


@pytest.mark.parametrize(("api", "removed"), [("1.45", []), ("1.50", [(OWN, ARM64)]), ("1.52", [(OWN, ARM64)])])
def test_a_platform_that_was_added_goes_where_the_engine_can(api: str, removed: list[tuple[str, Platform]]) -> None:
    engine = LendingEngine({OWN: "o"}, api=api)
    with Loans(engine) as loans:
        loans.remember([OWN])
        loans.fetched_platform(OWN, ARM64)
    assert engine.removed == removed
    assert engine.state == ({OWN: "o"}, {"o"})


NAMES = st.sampled_from(["a:1", "b:1", "c:1"])
IDS = st.sampled_from(["x", "y", "z", "w"])


# What has no name and is pulled again under one goes with that: engines have no way to take away a last name only.
@given(st.dictionaries(NAMES, IDS), st.sets(st.just("v")), st.lists(st.tuples(NAMES, IDS), max_size=8))
def test_whatever_is_pulled_all_is_as_before(
    names: dict[str, str], nameless: set[str], pulls: list[tuple[str, str]]
) -> None:
    engine = LendingEngine(names, tuple(nameless))
    before = engine.state
    with Loans(engine) as loans:
        for name, identity in pulls:
            loans.remember([name])
            engine.pulls(name, identity)
            loans.fetched([identity])
    assert engine.state == before
    assert loans.left == []
