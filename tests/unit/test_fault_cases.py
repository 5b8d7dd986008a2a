"""The order in which bench/faults takes its cases."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from tests.engine.faults.case import spread

if TYPE_CHECKING:
    from tests.engine.faults.case import Outcome
    from tests.engine.faults.stage import Template


@dataclass(frozen=True)
class Nothing:
    """A case that is never run."""

    kind: str
    moment: str
    family: str = "none"

    def perform(self, template: Template) -> Outcome:
        raise AssertionError(template)


CASES = [Nothing(kind, str(moment)) for kind, moments in (("often", 40), ("seldom", 20)) for moment in range(moments)]


def test_nothing_is_lost_or_made_up() -> None:
    assert Counter(spread(CASES)) == Counter(CASES)


@pytest.mark.parametrize("part", [6, 15, 30, 45])
def test_any_beginning_has_the_same_part_of_each_kind(part: int) -> None:
    kinds = Counter(each.kind for each in spread(CASES)[:part])
    assert abs(kinds["often"] - 2 * kinds["seldom"]) <= 2


def test_any_beginning_is_spread_over_the_moments() -> None:
    moments = sorted(int(each.moment) for each in spread(CASES)[:15] if each.kind == "often")
    gaps = [after - before for before, after in pairwise(moments)]
    assert len(moments) == 10
    assert max(gaps) <= 8, moments
