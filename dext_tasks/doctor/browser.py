"""Whether a smoke test can open the extension's page: what drives a browser, and the browser itself, which is run."""

from __future__ import annotations

import logging
import subprocess
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

from dext_tasks import calls
from dext_tasks.config.kind import When
from dext_tasks.doctor.line import Line, LineStatus
from dext_tasks.limits import BROWSER_VERSION
from dext_tasks.ui.browser import BrowserUnavailableError, find_executable, require_driver

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from dext_tasks.config import Settings

_LOG = logging.getLogger(__name__)
_DRIVER, _BROWSER = "playwright", "browser"


def page_lines(settings: Settings) -> Iterator[Line]:
    """A line for the driver and one for the browser; a failure where the settings ask for the page to be opened."""
    if settings.smoke_ui_run is When.NEVER:
        yield Line(_BROWSER, LineStatus.OK, "not looked for: smoke.ui.run is never")
        return
    missing = LineStatus.FAIL if settings.smoke_ui_run is When.ALWAYS else LineStatus.WARN
    driver = _line(_DRIVER, missing, _driver)
    yield driver
    if driver.status is LineStatus.OK:
        yield _line(_BROWSER, missing, lambda: _browser(settings.smoke_ui_browser))


def _line(name: str, missing: LineStatus, question: Callable[[], str]) -> Line:
    try:
        return Line(name, LineStatus.OK, question())
    except BrowserUnavailableError as error:
        return Line(name, missing, f"{error.what}; pages are not opened", error.remedy)


def _driver() -> str:
    require_driver()
    try:
        return version(_DRIVER)
    except PackageNotFoundError:
        return "found"


def _browser(explicit: str) -> str:
    executable = find_executable(explicit)
    return f"{_said(executable)}, {executable}"


def _said(executable: str) -> str:
    """What a browser says of itself. Ubuntu's chromium-browser is a stub that fails and says to install a snap."""
    try:
        with calls.command(_LOG, [executable, "--version"]) as call:
            done = subprocess.run(  # noqa: S603 - a list, never a shell string
                [executable, "--version"],
                capture_output=True,
                check=False,
                encoding="utf-8",
                errors="replace",
                stdin=subprocess.DEVNULL,
                timeout=BROWSER_VERSION,
            )
            call.exited(done.returncode)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise _broken(executable, str(error)) from error
    lines = [line.strip() for line in (done.stdout or done.stderr).splitlines() if line.strip()]
    if done.returncode:
        raise _broken(executable, lines[0] if lines else f"exit code {done.returncode}")
    return lines[0] if lines else "it runs"


def _broken(executable: str, why: str) -> BrowserUnavailableError:
    return BrowserUnavailableError(
        f"{executable} does not run: {why}", remedy=f"try it by hand: {executable} --version"
    )
