from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dext_tasks.errors import InterruptedError as Interrupted
from dext_tasks.smoke.outcome import ProbeSkippedError
from dext_tasks.smoke.probes import page as module
from dext_tasks.ui.browser import BrowserUnavailableError

if TYPE_CHECKING:
    from dext_tasks.smoke.installation import Trial
    from tests.unit.smoke.conftest import MakeCandidate, MakeTrial


@pytest.fixture
def trial(make_trial: MakeTrial, make_candidate: MakeCandidate, monkeypatch: pytest.MonkeyPatch) -> Trial:
    """An installation whose page meets a browser that has just ended."""

    def look(_trial: Trial) -> None:
        raise BrowserUnavailableError("the browser does not work: it has been closed", remedy="try it by hand")

    monkeypatch.setattr(module, "_look", look)
    return make_trial(make_candidate())


def test_a_browser_that_ends_by_itself_is_told(trial: Trial) -> None:
    with pytest.raises(ProbeSkippedError, match="the browser does not work: it has been closed; try it by hand"):
        module.page(trial)


def test_a_browser_that_ctrl_c_has_ended_first_is_no_broken_one(trial: Trial, monkeypatch: pytest.MonkeyPatch) -> None:
    cancellation = trial.tools.engine.client.cancellation

    def sleep(seconds: float) -> None:
        """The Ctrl-C becomes known while it is waited for."""
        assert seconds > 0
        cancellation.cancel()
        cancellation.check()

    monkeypatch.setattr(cancellation, "sleep", sleep)
    with pytest.raises(Interrupted):
        module.page(trial)
