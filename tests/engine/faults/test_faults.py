"""A sample of bench/faults: a release is disturbed, run once more, and judged by what was seen from outside."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from .case import Outcome, undisturbed
from .disturbances import sample
from .stage import Template

if TYPE_CHECKING:
    from pathlib import Path

_AT_ONCE = 3


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> list[Outcome]:
    """Of one case of each kind; most of them wait most of the time."""
    folder: Path = tmp_path_factory.mktemp("faults")
    template = Template.make(folder)
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return list(pool.map(lambda case: case.perform(template), sample(undisturbed(template))))


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
