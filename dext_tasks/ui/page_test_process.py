"""Runs a Playwright test file: ``python -m dext_tasks.ui.page_test_process FILE URL PROXY EXECUTABLE DESCRIPTOR``.

Results go to the given file descriptor, a JSON object a line; what the file prints goes wherever output goes.
"""

from __future__ import annotations

import asyncio
import importlib.util
import inspect
import json
import os
import sys
import threading
import time
import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from dext_tasks.ui.browser import launch_options, through
from dext_tasks.ui.cross_origin import NOT_ENFORCED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from types import ModuleType

    from playwright.async_api import Browser as AsyncBrowser
    from playwright.sync_api import Browser

    Test = Callable[..., Any]

_VIEWPORT: Final = {"width": 1280, "height": 800}
_CONTEXT: Final[Mapping[str, Any]] = {"viewport": _VIEWPORT, "bypass_csp": True, "service_workers": "block"}


@dataclass(frozen=True)
class Results:
    """Where results go."""

    descriptor: int

    def say(self, **line: object) -> None:
        """Say one thing."""
        os.write(self.descriptor, f"{json.dumps(line)}\n".encode())

    def ended(self, name: str, started: float, message: str) -> None:
        """A test came to its end."""
        self.say(name=name, passed=not message, message=message, seconds=time.monotonic() - started)


@dataclass(frozen=True)
class Script:
    """A file and what its tests need.

    Attributes:
        file: The file.
        url: Of the page.
        proxy: The only way to it and to other servers.
        executable: Path of a Chromium.
        results: Where results go.
    """

    file: Path
    url: str
    proxy: str
    executable: str
    results: Results

    def run(self) -> None:
        """Run every test, those of the blocking API first."""
        try:
            tests = tuple(_tests(_imported(self.file)))
        except BaseException as error:  # noqa: BLE001 - whatever the file raises, SystemExit included, is its result
            self.results.say(problem=f"it cannot be imported: {self._message(error)}")
            return
        for test in tests:
            if why := _misfit(test):
                self.results.say(name=test.__name__, passed=False, message=why, seconds=0.0)
        fitting = [test for test in tests if not _misfit(test)]
        blocking = [test for test in fitting if not inspect.iscoroutinefunction(test)]
        if blocking:
            self._run_blocking(blocking)
        if others := [test for test in fitting if test not in blocking]:
            asyncio.run(self._run_async(others))

    def _run_blocking(self, tests: Sequence[Test]) -> None:
        from playwright.sync_api import sync_playwright

        options: Any = launch_options(self.executable, NOT_ENFORCED)
        with sync_playwright() as playwright, playwright.chromium.launch(**options) as browser:
            for test in tests:
                started = self._begin(test)
                self.results.ended(test.__name__, started, self._tried(test, browser))

    def _tried(self, test: Test, browser: Browser) -> str:
        context = browser.new_context(**_CONTEXT, proxy=through(self.proxy, self.url))
        try:
            page = context.new_page()
            page.goto(self.url)
            test(page)
        except BaseException as error:  # noqa: BLE001 - pytest's outcomes are not Exceptions, and are results here
            return self._message(error)
        finally:
            context.close()
        return ""

    async def _run_async(self, tests: Sequence[Test]) -> None:
        from playwright.async_api import async_playwright

        options: Any = launch_options(self.executable, NOT_ENFORCED)
        async with async_playwright() as playwright, await playwright.chromium.launch(**options) as browser:
            for test in tests:
                started = self._begin(test)
                self.results.ended(test.__name__, started, await self._awaited(test, browser))

    async def _awaited(self, test: Test, browser: AsyncBrowser) -> str:
        context = await browser.new_context(**_CONTEXT, proxy=through(self.proxy, self.url))
        try:
            page = await context.new_page()
            await page.goto(self.url)
            await test(page)
        except BaseException as error:  # noqa: BLE001 - as above
            return self._message(error)
        finally:
            await context.close()
        return ""

    def _begin(self, test: Test) -> float:
        self.results.say(begun=test.__name__)
        return time.monotonic()

    def _message(self, error: BaseException) -> str:
        """Where in the file, and what; a bare assert has no text but its own."""
        frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(self.file)]
        where = f"line {frames[-1].lineno}: " if frames else ""
        text = str(error).strip()
        if frames and isinstance(error, AssertionError) and not text:
            text = frames[-1].line or ""
        kind = "" if isinstance(error, AssertionError) and text else type(error).__name__
        return where + ": ".join(filter(None, (kind, text)))


def _imported(file: Path) -> ModuleType:
    # As pytest and python itself do, so that a test finds what lies beside it.
    sys.path.insert(0, str(file.parent))
    spec = importlib.util.spec_from_file_location(file.stem, file)
    if spec is None or spec.loader is None:
        raise ImportError(f"{file.name} is not a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[file.stem] = module
    spec.loader.exec_module(module)
    return module


def _tests(module: ModuleType) -> Iterator[Test]:
    for name, value in vars(module).items():
        if name.startswith("test_") and inspect.isfunction(value):
            yield value


def _misfit(test: Test) -> str:
    names = [*inspect.signature(test).parameters]
    if names == ["page"]:
        return ""
    return f"it asks for ({', '.join(names)}); a test is given one argument, page"


def _end_with_parent() -> None:
    """Without the process that waits for the results there is no reason to go on, however it ended."""
    while os.read(sys.stdin.fileno(), 1):
        pass
    os._exit(1)


def main() -> None:
    """Run the file that the command line names."""
    file, url, proxy, executable, descriptor = sys.argv[1:]
    threading.Thread(target=_end_with_parent, daemon=True).start()
    sys.argv[:] = [file]
    Script(Path(file).resolve(), url, proxy, executable, Results(int(descriptor))).run()


if __name__ == "__main__":
    main()
