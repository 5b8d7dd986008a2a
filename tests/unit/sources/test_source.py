from __future__ import annotations

import pytest

from dext_tasks.formats.oci.platform import Platform
from dext_tasks.sources.facts import Place
from dext_tasks.sources.source import AbsentSource, NotOfferedError, Source, facet

ARM64 = Platform("linux", "arm64")


@pytest.mark.parametrize(
    ("place", "text"),
    [
        (Place(), ""),
        (Place(file="Dockerfile"), "Dockerfile"),
        (Place(file="Dockerfile", line=3), "Dockerfile:3"),
        (Place(line=3), ""),
        (Place(file="Dockerfile", line=3, label="a.b"), "Dockerfile:3, label a.b"),
        (Place(path="/icon.svg", platform=ARM64), "/icon.svg, linux/arm64"),
        (Place(label="a.b", platform=ARM64), "label a.b, linux/arm64"),
        (Place(path="/metadata.json", line=3, platform=ARM64), "/metadata.json:3, linux/arm64"),
        # What a stranger's image is made of must not move the cursor of who reads of it.
        (Place(path="/\x1b[2J\x07"), r"/\x1b[2J\x07"),
        (Place(label="a\n::error::b"), "label a ::error::b"),
        (Place(file="\u202ex", line=1), r"\u202ex:1"),
    ],
)
def test_a_place_is_told_by_what_is_known_of_it(place: Place, text: str) -> None:
    assert str(place) == text


class Asked(Source):
    """Counts how often each facet is looked for."""

    def __init__(self) -> None:
        self.count = 0

    @facet
    def tag(self) -> str:
        """See Source."""
        self.count += 1
        return "1.0.0"

    @facet
    def tags(self) -> frozenset[str]:
        """See Source."""
        self.count += 1
        raise NotOfferedError("nobody knows")


def test_a_facet_is_asked_once_with_an_answer_or_without() -> None:
    source = Asked()
    assert [source.tag for _ in range(3)] == ["1.0.0"] * 3
    for _ in range(3):
        with pytest.raises(NotOfferedError, match="nobody knows"):
            _ = source.tags
    assert source.count == 2
    assert Asked.tag.__doc__ == "See Source."
    assert Asked().tag == "1.0.0"


FACETS = {name for name, each in vars(Source).items() if isinstance(each, property)}
SOURCE = AbsentSource("built images", "nothing is built yet")


@pytest.mark.parametrize("facet", sorted(FACETS - {"web", "note", "scope", "resolution"}))
def test_nothing_is_offered_and_the_reason_is_given(facet: str) -> None:
    with pytest.raises(NotOfferedError, match="nothing is built yet"):
        getattr(SOURCE, facet)


def test_it_says_what_is_absent() -> None:
    assert SOURCE.name == "built images"
    assert str(SOURCE.scope) == ""
    assert SOURCE.resolution is None
