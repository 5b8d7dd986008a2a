"""An extension's own test of its page: a Playwright test file, run in a process of its own.

The file is what pytest-playwright would run, without pytest: functions ``test_...(page)``, or ``async def`` for
Playwright's async API. Each gets a new page that already shows the UI.
https://playwright.dev/python/docs/writing-tests
"""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Final

from dext_tasks import calls
from dext_tasks.limits import PAGE_CLEANUP
from dext_tasks.runtime.cancellation import Cancellation
from dext_tasks.runtime.temporary import base, temporary_folder
from dext_tasks.ui.visit_result import NETWORK_CHANGED

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_LOG: Final = logging.getLogger(__name__)
_TICK: Final = 0.1
_MOST_OUTPUT: Final = 64 * 1024


@dataclass(frozen=True)
class Opened:
    """A page that can be opened.

    Attributes:
        url: Its address.
        proxy: The only way to it and to other servers.
    """

    url: str
    proxy: str


@dataclass(frozen=True)
class ScriptTest:
    """One test of the file.

    Attributes:
        name: Of its function.
        passed: Whether it did.
        message: Why it did not.
        seconds: How long it took.
    """

    name: str
    passed: bool
    message: str
    seconds: float


@dataclass(frozen=True)
class ScriptResult:
    """What came of the file.

    Attributes:
        tests: In the file's order; those that came to an end.
        problem: What is wrong with the run as a whole, in one line; empty if nothing.
        output: What the file printed.
    """

    tests: tuple[ScriptTest, ...]
    problem: str
    output: str

    @property
    def passed(self) -> bool:
        """Whether there were tests, and all of them passed."""
        return not self.problem and all(test.passed for test in self.tests)

    @property
    def is_disturbed(self) -> bool:
        """Whether a test failed because this machine's network changed meanwhile."""
        return any(NETWORK_CHANGED in test.message for test in self.tests if not test.passed)


def run_script(  # noqa: PLR0913 - what a process is started with
    file: Path,
    page: Opened,
    executable: str,
    timeout: float,
    cancellation: Cancellation | None = None,
    *,
    prefix: str = "dext-page-test-",
) -> ScriptResult:
    """Run a test file against a page.

    Args:
        file: The Python file.
        page: What it is run against.
        executable: Path of a Chromium.
        timeout: Longest time for all of it, seconds.
        cancellation: Checked while it runs.
        prefix: Of the name of the temporary folder that the file and its browser get.

    Raises:
        InterruptedError: The run was interrupted.
    """
    with (
        # Where this process is killed, neither the file nor its browser clears away.
        temporary_folder(prefix, base()) as folder,
        tempfile.TemporaryFile() as results,
        tempfile.TemporaryFile() as output,
    ):
        command = [sys.executable, "-m", "dext_tasks.ui.page_test_process", str(file), page.url, page.proxy, executable]
        # Without the ways that only this run has: the proxy, the browser and a descriptor.
        with calls.command(_LOG, ["python", "-m", "dext_tasks.ui.page_test_process", str(file), page.url]) as call:
            process = subprocess.Popen(  # noqa: S603 - a list, never a shell string
                [*command, str(results.fileno())],
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**os.environ, "TMPDIR": folder},
                pass_fds=[results.fileno()],
                start_new_session=True,
            )
            try:
                ended = _wait(process, timeout, cancellation or Cancellation())
            finally:
                _end(process)
            call.exited(process.returncode)
        return _result(_lines(results), _tail(output), process.returncode if ended else None, timeout)


def _wait(process: subprocess.Popen[bytes], timeout: float, cancellation: Cancellation) -> bool:
    deadline = time.monotonic() + timeout
    while process.poll() is None:
        if time.monotonic() > deadline:
            return False
        cancellation.sleep(_TICK)
    return True


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the script; its browser's driver notices, and clears away before it ends."""
    process.kill()
    process.wait()
    if process.stdin:
        process.stdin.close()
    _end_group(process.pid)


def _end_group(number: int) -> None:
    if sys.platform == "win32":
        return
    deadline = time.monotonic() + PAGE_CLEANUP
    with suppress(ProcessLookupError, PermissionError):
        while time.monotonic() < deadline:
            os.killpg(number, 0)
            time.sleep(_TICK / 2)
        os.killpg(number, signal.SIGKILL)


def _lines(results: IO[bytes]) -> Sequence[dict[str, object]]:
    results.seek(0)
    return [json.loads(line) for line in results.read().splitlines()]


def _tail(output: IO[bytes]) -> str:
    size = output.seek(0, os.SEEK_END)
    output.seek(max(size - _MOST_OUTPUT, 0))
    return output.read().decode(errors="replace").strip()


def _result(lines: Sequence[dict[str, object]], output: str, code: int | None, timeout: float) -> ScriptResult:
    tests = tuple(
        ScriptTest(str(line["name"]), line["passed"] is True, str(line["message"]), float(str(line["seconds"])))
        for line in lines
        if "passed" in line
    )
    said = next((str(line["problem"]) for line in lines if "problem" in line), "")
    begun = [str(line["begun"]) for line in lines if "begun" in line]
    return ScriptResult(tests, said or _problem(tests, begun, code, timeout), output)


def _problem(tests: Sequence[ScriptTest], begun: Sequence[str], code: int | None, timeout: float) -> str:
    unfinished = f" in {begun[-1]}" if len(begun) > len(tests) else ""
    if code is None:
        return f"it did not end within {timeout:g} s{unfinished}"
    if code or unfinished:
        return f"it ended by itself{unfinished}, exit code {code}"
    return "" if tests else "there is no function test_...(page) in it"
