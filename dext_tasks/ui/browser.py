"""A browser that several threads share, driven in a thread of its own."""

from __future__ import annotations

import asyncio
import logging
import os
import threading
import time
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final, TypeVar

from dext_tasks import calls
from dext_tasks.limits import BROWSER_CLOSE, BROWSER_LAUNCH
from dext_tasks.runtime.cancellation import Cancellation
from dext_tasks.runtime.temporary import base
from dext_tasks.ui.executable import BrowserUnavailableError, find_executable, launch_options

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine, Iterator
    from concurrent.futures import Future as AnyFuture
    from typing import Self

    from playwright.async_api import Browser as Chromium

__all__ = ["Browser", "BrowserUnavailableError"]

_T = TypeVar("_T")

_LOG: Final = logging.getLogger(__name__)
_TICK: Final = 0.1
_TMPDIR: Final = "TMPDIR"


class Browser:
    """A context manager; the browser starts in the background, so that something else can start meanwhile.

    Playwright's objects belong to one event loop, and its blocking API to one thread, so this has a thread and a loop
    for everyone: https://playwright.dev/python/docs/library#threading

    Args:
        executable: Path of a Chromium; looked for if empty.
        cancellation: Checked in each wait.
        prefix: Of the name of the temporary folder it gets.

    Attributes:
        executable: Path of the browser.

    Raises:
        BrowserUnavailableError: There is none, or nothing to drive it with.
    """

    def __init__(
        self, executable: str = "", cancellation: Cancellation | None = None, prefix: str = "dext-browser-"
    ) -> None:
        self.executable: Final = find_executable(executable)
        self._prefix = prefix
        self._cancellation = cancellation or Cancellation()
        self._chromium: Future[Chromium] = Future()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None
        self._started = threading.Event()
        self._thread = threading.Thread(target=self._serve, name="browser", daemon=True)

    def __enter__(self) -> Self:
        """Start it; whoever uses it waits for that."""
        self._thread.start()
        self._started.wait()
        return self

    def __exit__(self, *_: object) -> None:
        """End it: no process and no file of it is left."""
        loop, stop = self._loop, self._stop
        if loop and stop:
            with suppress(RuntimeError):  # the loop has ended by itself
                loop.call_soon_threadsafe(stop.set)
        self._thread.join(BROWSER_CLOSE)
        if self._thread.is_alive():
            _kill_drivers()
            self._thread.join(BROWSER_CLOSE)

    def run(self, act: Callable[[Chromium], Coroutine[Any, Any, _T]], timeout: float) -> _T:
        """Do something with the browser; callable from several threads at once.

        Args:
            act: Does it, on the browser's own loop.
            timeout: Longest time it may take once the browser has started, seconds.

        Raises:
            BrowserUnavailableError: The browser did not start, or has ended.
            InterruptedError: The run was interrupted.
        """
        chromium = self._awaited(self._chromium, BROWSER_LAUNCH)
        assert self._loop  # noqa: S101 - there is one as soon as there is a browser
        done = asyncio.run_coroutine_threadsafe(_translated(act(chromium)), self._loop)
        try:
            return self._awaited(done, timeout)
        finally:
            done.cancel()

    def _awaited(self, future: AnyFuture[_T], seconds: float) -> _T:
        deadline = time.monotonic() + seconds
        while not future.done():
            self._cancellation.check()
            if time.monotonic() > deadline:
                raise _broken(f"it did not answer within {seconds:.0f} seconds")
            with suppress(TimeoutError):
                future.exception(_TICK)
        return future.result()

    def _serve(self) -> None:
        try:
            asyncio.run(self._live())
        except Exception as error:  # noqa: BLE001 - whatever it is, whoever waits for the browser is told
            if not self._chromium.done():
                self._chromium.set_exception(_broken(_headline(error)))
        finally:
            self._started.set()

    async def _live(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        self._started.set()
        from playwright.async_api import async_playwright

        # Driver and browser do not clear away what they have here when they are ended by force.
        with TemporaryDirectory(prefix=self._prefix, dir=base(), ignore_cleanup_errors=True) as folder:
            driver = async_playwright()
            with _temporary_folder(folder):
                playwright = await driver.__aenter__()
            try:
                options: Any = launch_options(self.executable)
                with calls.command(_LOG, [self.executable, *options.get("args", ())]):
                    chromium = await playwright.chromium.launch(**options)
                self._chromium.set_result(chromium)
                await self._stop.wait()
                await chromium.close()
            finally:
                await driver.__aexit__()


@contextmanager
def _temporary_folder(folder: str) -> Iterator[None]:
    """What Playwright's driver is to inherit: it takes no environment of its own, only this process's.

    https://github.com/microsoft/playwright-python/blob/main/playwright/_impl/_driver.py (get_driver_env)
    """
    before = os.environ.get(_TMPDIR)
    os.environ[_TMPDIR] = folder
    try:
        yield
    finally:
        if before is None:
            del os.environ[_TMPDIR]
        else:
            os.environ[_TMPDIR] = before


async def _translated(act: Awaitable[_T]) -> _T:
    from playwright.async_api import Error

    try:
        return await act
    except Error as error:
        raise _broken(_headline(error)) from None


def _broken(why: str) -> BrowserUnavailableError:
    return BrowserUnavailableError(
        f"the browser does not work: {why}", remedy="try it by hand: chromium --headless --dump-dom about:blank"
    )


def _headline(error: BaseException) -> str:
    # Playwright adds pages of logs, and boxes around its advice to download another browser.
    lines = [line.strip(" ║╔╗╚╝═") for line in str(error).splitlines()]
    return next(filter(None, lines), type(error).__name__)


def _kill_drivers() -> None:
    """End Playwright's own processes, children of this one, that did not end when asked to."""
    import psutil

    for child in psutil.Process().children():
        with suppress(psutil.Error):
            if "run-driver" in child.cmdline():
                child.kill()
