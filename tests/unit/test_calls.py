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


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("https://me:sesame@host/x.git", "https://***@host/x.git"),
        ("two\nlines\x1b[31m", "two\\nlines\\x1b[31m"),
        # The name of a file that is not UTF-8, which no stream takes.
        ("caf\udce9", "caf\\udce9"),
        ("100 %s", "100 %s"),
        (7, "7"),
    ],
)
def test_a_decision_is_one_line_without_secrets(value: object, shown: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "dext_tasks")
    calls.decided(LOG, "it is %s", value)
    assert [record.getMessage() for record in caplog.records] == [f"it is {shown}"]


@pytest.mark.parametrize("name", ["a\nb", "a\rb", "\x1b]0;title\x07", "caf\udce9", "\u202egnp.exe", "\x85"])
def test_a_call_is_one_line_that_any_stream_takes(name: str, told: Told) -> None:
    with calls.command(LOG, ["git", "add", name]), calls.request(LOG, "GET", f"https://host/{name}"):
        pass
    assert len(told.lines) == 2
    assert all(line.isprintable() and line.encode() for line in told.lines)


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
