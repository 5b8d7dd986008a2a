from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dext_tasks.engine.variants import Variant
from dext_tasks.formats.oci.platform import REQUIRED, Platform
from dext_tasks.sources.engine_image import EngineImageSource
from dext_tasks.sources.source import NotOfferedError

if TYPE_CHECKING:
    from collections.abc import Callable

    from dext_tasks.engine.facts import ImageFacts

    MakeImage = Callable[..., ImageFacts]

AMD64, ARM64 = REQUIRED


@pytest.fixture
def make(make_image: MakeImage) -> Callable[..., EngineImageSource]:
    def made(
        reference: str = "acme/demo:1.0.0", *, sure: bool = True, there: tuple[Platform, ...] = REQUIRED
    ) -> object:
        found = {platform: Variant(make_image(str(platform)), is_sure=sure or platform == AMD64) for platform in there}
        return EngineImageSource(reference, found, {})

    return made  # type: ignore[return-value]  # object only keeps the inner signature short


@pytest.mark.parametrize(
    ("reference", "tag"),
    [
        ("acme/demo:1.0.0", "1.0.0"),
        ("acme/demo", "latest"),
        ("localhost:5000/acme/demo", "latest"),
        (f"acme/demo:1.0.0@sha256:{'a' * 64}", "1.0.0"),
    ],
)
def test_the_tag_is_the_references(make: Callable[..., EngineImageSource], reference: str, tag: str) -> None:
    assert make(reference).tag == tag


@pytest.mark.parametrize(
    "reference", [f"acme/demo@sha256:{'a' * 64}", f"sha256:{'a' * 64}", "40535d0ad1f9", "Not A Reference"]
)
def test_an_id_has_no_tag(make: Callable[..., EngineImageSource], reference: str) -> None:
    with pytest.raises(NotOfferedError, match="no tag"):
        _ = make(reference).tag


@pytest.mark.parametrize("reference", ["acme/demo", "docker.io/acme/demo:1.0.0", f"acme/demo@sha256:{'a' * 64}"])
def test_the_image_is_published_where_the_reference_says(
    make: Callable[..., EngineImageSource], reference: str
) -> None:
    assert make(reference).own_image.name == "acme/demo"


@pytest.mark.parametrize("reference", [f"sha256:{'a' * 64}", "40535d0ad1f9", "Not A Reference"])
def test_an_id_does_not_say_where_it_is_published(make: Callable[..., EngineImageSource], reference: str) -> None:
    with pytest.raises(NotOfferedError, match="published"):
        _ = make(reference).own_image


def test_both_platforms(make: Callable[..., EngineImageSource]) -> None:
    found = make().platforms
    assert (found.found, found.unsure) == ({AMD64: AMD64, ARM64: ARM64}, "")


def test_what_the_engine_does_not_show_is_unsure(make: Callable[..., EngineImageSource]) -> None:
    assert "linux/arm64" in make(sure=False).platforms.unsure


def test_what_was_not_pulled_may_be_published(make: Callable[..., EngineImageSource]) -> None:
    with pytest.raises(NotOfferedError, match="only linux/amd64 of it is in the engine"):
        _ = make(there=(AMD64,)).platforms
