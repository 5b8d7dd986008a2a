from __future__ import annotations

import pytest

from dext_tasks.formats.oci.platform import Platform
from dext_tasks.smoke.result import Outcome, ProbeResult, SmokeResult

ARM64 = Platform("linux", "arm64")


def result(*outcomes: Outcome) -> SmokeResult:
    probes = tuple(ProbeResult(f"probe {number}", outcome, "", 1.5) for number, outcome in enumerate(outcomes))
    return SmokeResult(ARM64, "sha256:a", emulated=True, probes=probes)


@pytest.mark.parametrize(
    ("outcomes", "passed"),
    [
        ([Outcome.PASSED], True),
        ([Outcome.PASSED, Outcome.SKIPPED], True),
        ([Outcome.PASSED, Outcome.WARNING], True),
        ([Outcome.WARNING], True),
        ([Outcome.WARNING, Outcome.FAILED], False),
        ([], False),
        ([Outcome.SKIPPED], False),
        ([Outcome.PASSED, Outcome.FAILED], False),
        ([Outcome.PASSED, Outcome.ABORTED], False),
        ([Outcome.PASSED, Outcome.EMULATOR_CRASH], False),
    ],
)
def test_passed_means_something_ran_and_nothing_went_wrong(outcomes: list[Outcome], passed: bool) -> None:  # noqa: FBT001 - a row
    assert result(*outcomes).passed is passed


def test_time_is_that_of_all_probes() -> None:
    assert result(Outcome.PASSED, Outcome.FAILED).seconds == 3.0
