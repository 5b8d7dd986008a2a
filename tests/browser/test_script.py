"""The extension's own Playwright files."""

from __future__ import annotations

import tempfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from dext_tasks.errors import InterruptedError as Interrupted
from dext_tasks.runtime.cancellation import Cancellation
from dext_tasks.ui.gate import gate
from dext_tasks.ui.page_test import Opened, ScriptResult, run_script
from dext_tasks.ui.server import shown

from .conftest import page

if TYPE_CHECKING:
    from collections.abc import Callable

    from .conftest import Stage

    Run = Callable[..., ScriptResult]


@pytest.fixture
def run(stage: Stage, tmp_path: Path) -> Run:
    def run_(text: str, timeout: float = 60.0, cancellation: Cancellation | None = None) -> ScriptResult:
        file = tmp_path / "ui_test.py"
        file.write_text(text)
        script = "document.body.append(String((await dd.docker.listImages()).length));"
        with shown(stage.exhibit({"index.html": page(script)})) as site:
            with gate(site.exhibit.guard, site.origin) as way_out:
                opened = Opened(site.url, way_out.address)
                result = run_script(file, opened, stage.browser.executable, timeout, cancellation)
            assert not result.tests or site.calls
            return result

    return run_


def test_the_file_and_its_browser_have_a_temporary_folder_of_their_own(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Chromium makes sockets below it, and refuses where their path is too long.
    long = tmp_path / ("long" * 30)
    long.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(long))
    monkeypatch.setenv("TMPDIR", str(long))
    result = run(
        """
import os, tempfile

def test_heading(page):
    tempfile.mkdtemp()
    print(os.environ["TMPDIR"], tempfile.gettempdir(), *os.listdir(os.environ["TMPDIR"]))
"""
    )
    assert result.passed, result
    folder, again, *made = result.output.split()
    assert folder == again
    assert [each for each in made if "chromium" in each.lower()], made
    assert not Path(folder).exists()
    assert not list(long.iterdir())


def test_both_kinds_of_tests_and_their_outcomes(run: Run) -> None:
    result = run(
        """
from playwright.sync_api import Page, expect
from playwright.async_api import expect as eventually

print("a word")

def test_heading(page: Page) -> None:
    expect(page.get_by_role("heading")).to_have_text("Demo")

def test_bare(page):
    assert page.title() == "Other"

def test_wrong(page):
    raise ValueError("odd")

async def test_async(page):
    await eventually(page.get_by_text("1")).to_be_visible()

def test_greedy(page, request):
    pass

def helper(page):
    raise AssertionError
"""
    )

    outcomes = {test.name: test.message for test in result.tests}
    assert outcomes == {
        "test_heading": "",
        "test_bare": 'line 11: assert page.title() == "Other"',
        "test_wrong": "line 14: ValueError: odd",
        "test_async": "",
        "test_greedy": "it asks for (page, request); a test is given one argument, page",
    }
    assert [test.name for test in result.tests if test.passed] == ["test_heading", "test_async"]
    assert not result.passed
    assert not result.problem
    assert result.output == "a word"


def test_a_failed_expectation_says_what_was_seen(run: Run) -> None:
    result = run(
        """
from playwright.sync_api import expect
def test_text(page):
    expect(page.get_by_role("heading")).to_have_text("Else", timeout=5000)
"""
    )

    assert "line 4: " in result.tests[0].message
    assert "Demo" in result.tests[0].message


def test_a_good_file_passes(run: Run) -> None:
    assert run("def test_title(page):\n    assert page.title() == 'Demo'\n").passed


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("x = 1\n", "there is no function test_...(page) in it"),
        ("import nothing_of_the_kind\n", "it cannot be imported: line 1: ModuleNotFoundError"),
        ("def test_(:\n", "it cannot be imported: SyntaxError"),
        ("raise SystemExit(0)\n", "it cannot be imported: line 1: SystemExit"),
        ("import os\nos._exit(3)\n", "it ended by itself, exit code 3"),
    ],
)
def test_a_file_without_results_is_a_failure(run: Run, text: str, problem: str) -> None:
    result = run(text)

    assert not result.passed
    assert result.problem.startswith(problem)


class Clock:
    """The time, which runs out once a file is there."""

    def __init__(self, file: Path, seconds: float) -> None:
        self._file = file
        self._seconds = seconds
        self.sleep = time.sleep

    def monotonic(self) -> float:
        return time.monotonic() + (self._seconds if self._file.exists() else 0.0)


def test_a_file_that_hangs_is_ended_and_keeps_what_was_done(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hanging = tmp_path / "hanging"
    monkeypatch.setattr("dext_tasks.ui.page_test.time", Clock(hanging, 600.0))

    result = run(
        "import pathlib, time\n"
        "def test_a(page): pass\n"
        f"def test_b(page): pathlib.Path({str(hanging)!r}).touch(); time.sleep(3600)\n"
        "def test_c(page): pass\n",
        timeout=600.0,
    )

    assert [test.name for test in result.tests] == ["test_a"]
    assert result.problem == "it did not end within 600 s in test_b"


def test_an_interrupted_run_ends_the_file(run: Run) -> None:
    cancellation = Cancellation()
    threading.Timer(1.0, cancellation.cancel).start()

    with pytest.raises(Interrupted):
        run("import time\ndef test_b(page): time.sleep(60)\n", 60.0, cancellation)
