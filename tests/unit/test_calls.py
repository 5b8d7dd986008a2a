from __future__ import annotations

import logging
import subprocess
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from dext_tasks import calls

if TYPE_CHECKING:
    from tests.unit.conftest import Told

LOG = logging.getLogger("dext_tasks.test")


def test_a_call_that_fails_is_told_of_and_fails(told: Told) -> None:
    with pytest.raises(KeyboardInterrupt), calls.command(LOG, ["git", "status"]):
        raise KeyboardInterrupt
    assert told.lines == ["git status: KeyboardInterrupt, N s"]


def test_an_outcome_that_is_known_is_not_the_exception_after_it(told: Told) -> None:
    with suppress(ValueError), calls.request(LOG, "GET", "https://host/x") as call:
        call.answered(404, None)
        raise ValueError
    assert told.lines == ["GET https://host/x: 404, length unknown, N s"]


def test_nothing_is_put_into_words_where_nobody_listens(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING, "dext_tasks")

    class Unread(list[str]):
        def __iter__(self) -> object:  # type: ignore[override]  # it fails, which is the point
            raise AssertionError

    with calls.command(LOG, Unread()):
        pass
    assert caplog.records == []


@pytest.mark.allow_processes
def test_without_a_handler_nothing_is_shown() -> None:
    script = """
import logging
from dext_tasks import calls
with calls.command(logging.getLogger("dext_tasks.x"), ["git"]):
    pass
logging.getLogger("dext_tasks.x").error("this neither")
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)  # noqa: S603 - a fixed script
    assert (done.stdout, done.stderr) == (b"", b"")
