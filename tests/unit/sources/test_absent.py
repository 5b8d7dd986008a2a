from __future__ import annotations

import pytest

from dext_tasks.sources.source import AbsentSource, NotOfferedError, Source

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
