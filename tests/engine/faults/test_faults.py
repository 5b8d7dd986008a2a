"""A sample of bench/faults: a release is disturbed, run once more, and judged by what was seen from outside."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from .case import Case, Outcome, undisturbed
from .disturbances import sample
from .races import OtherMachine, What, every_race
from .stage import NEW, Template

if TYPE_CHECKING:
    from pathlib import Path

    from ..docker import Docker

# One of them waits for a minute.
_AT_ONCE = 4
# The first test waits for all cases, which took longer than the usual bound on a machine that was busy.
pytestmark = pytest.mark.timeout(1200)


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory, other_engine: Docker) -> list[Outcome]:
    """Of one case of each kind; many of them wait most of the time."""
    folder: Path = tmp_path_factory.mktemp("faults")
    with Template.prepared(folder) as template, ThreadPoolExecutor(_AT_ONCE) as pool:
        course = undisturbed(template)
        races = [each for each in every_race(course, OtherMachine(other_engine), 0) if _overwrites(each)]
        return list(pool.map(lambda case: case.perform(template), [*sample(course), *races]))


def _overwrites(race: Case) -> bool:
    """Whether the index of one machine is held until the other one has ended."""
    return What.REQUEST_HELD in race.kind and race.moment.endswith(f"PUT manifests/{NEW}")


def test_nothing_breaks_a_release(outcomes: list[Outcome]) -> None:
    assert [each for each in outcomes if each.violations] == []


def test_one_more_run_completes_it(outcomes: list[Outcome]) -> None:
    assert [each for each in outcomes if not each.converged] == []


def test_the_disturbances_took_place(outcomes: list[Outcome]) -> None:
    """A sample that disturbs nothing shows nothing."""
    late = [each for each in outcomes if not each.happened]
    assert len(late) <= len(outcomes) // 4, late
    assert [each for each in outcomes if each.first], "no disturbance was noticed"
    assert all(each.looks for each in outcomes)
