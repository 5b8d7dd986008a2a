"""The order in which bench/faults takes its cases, and which of them the engine tests take."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from tests.engine.faults.case import Course, Disturbed, spread
from tests.engine.faults.disturbances import AtEachStep, every_case, sample
from tests.engine.faults.gate import Kind

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


COURSE = Course(
    requests=("GET /v2/o/e/tags/list", "HEAD /v2/o/e/manifests/0.2.0", "PUT /v2/o/e/manifests/0.2.0"),
    lines=(
        "-> build linux/amd64",
        "-> build linux/arm64",
        "ok build linux/amd64",
        "-> claim v0.2.0",
        "-> git tag v0.2.0",
    ),
    pushes=3,
    seconds=5.0,
)
# Each of these has another one in the sample that is like it.
NOT_SAMPLED = {
    *(("registry", kind) for kind in (Kind.ERROR, Kind.BAD_GATEWAY)),
    *(
        ("signal", f"{name} {when}")
        for name in ("SIGKILL", "SIGTERM")
        for when in ("at a step's begin or end", "at random")
    ),
}


def test_the_sample_has_each_kind_once() -> None:
    every = {(each.family, each.kind) for each in every_case(COURSE) if "from then on" not in each.family}
    assert Counter((each.family, each.kind) for each in sample(COURSE)) == Counter(every - NOT_SAMPLED)


def test_the_sample_has_each_step() -> None:
    disturbances = [each.disturb for each in sample(COURSE) if isinstance(each, Disturbed)]
    (steps,) = (each.steps for each in disturbances if isinstance(each, AtEachStep))
    assert steps == ("-> build", "-> claim v0.2.0", "-> git tag v0.2.0")


def test_the_sample_begins_with_what_takes_longest() -> None:
    assert {each.kind for each in sample(COURSE)[:2]} == {Kind.TIMEOUT, "SIGKILL and SIGTERM at each step in turn"}
