"""A browser that several threads share, driven in a thread of its own.

It is one that is already on the machine. Nothing is ever downloaded.
"""

from __future__ import annotations

import asyncio
import logging
import os
import shutil
import threading
import time
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final, TypeVar
from urllib.parse import urlsplit

from dext_tasks import calls
from dext_tasks.limits import BROWSER_CLOSE, BROWSER_LAUNCH
from dext_tasks.runtime.cancellation import Cancellation
from dext_tasks.runtime.temporary import base
from dext_tasks.systems import is_root

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine, Iterator, Sequence
    from concurrent.futures import Future as AnyFuture
    from typing import Self

    from playwright.async_api import Browser as Chromium
    from playwright.async_api import ProxySettings


NAMES: Final = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "microsoft-edge",
    "brave-browser",
)
"""Programs that are looked for on PATH, in this order."""

# Where Playwright keeps its own builds, newest last: https://playwright.dev/python/docs/browsers#managing-browser-binaries
_CACHES: Final = ("~/.cache/ms-playwright", "~/Library/Caches/ms-playwright")
_BUILDS: Final = (
    "chromium-*/chrome-linux*/chrome",
    "chromium_headless_shell-*/chrome-linux*/headless_shell",
    "chromium_headless_shell-*/chrome-headless-shell-linux*/chrome-headless-shell",
    "chromium-*/chrome-mac*/*.app/Contents/MacOS/*",
)


class BrowserUnavailableError(Exception):
    """A page cannot be looked at.

    Attributes:
        what: What is missing or broken, in one line.
        remedy: What to do about it.
    """

    def __init__(self, what: str, *, remedy: str) -> None:
        super().__init__(f"{what}; {remedy}")
        self.what = what
        self.remedy = remedy


def find_executable(explicit: str = "") -> str:
    """Path of a browser of the Chromium family.

    Args:
        explicit: The one to use, a path or a name on PATH; looked for if empty.

    Raises:
        BrowserUnavailableError: There is none, or nothing to drive it with.
    """
    require_driver()
    if explicit:
        return _required(explicit)
    found = next(filter(None, map(shutil.which, NAMES)), None) or _downloaded()
    if found is None:
        raise BrowserUnavailableError(
            f"there is no Chromium: none of {', '.join(NAMES)} is on PATH, and Playwright has downloaded none",
            remedy="apt-get install chromium, or playwright install chromium",
        )
    return found


def require_driver() -> None:
    """Require what drives a browser.

    Raises:
        BrowserUnavailableError: It is missing.
    """
    if find_spec("playwright") is None:
        raise BrowserUnavailableError("the Python package playwright is missing", remedy="pip install 'dext-tasks[ui]'")


def _required(explicit: str) -> str:
    found = shutil.which(os.path.expanduser(explicit))  # noqa: PTH111 - a Path would make "./name" a name on PATH
    if found is None:
        raise BrowserUnavailableError(
            f"{explicit} is not a program that can be run",
            remedy="give the path of a Chromium, or none to look for one",
        )
    return found


def _downloaded() -> str | None:
    given = os.environ.get("PLAYWRIGHT_BROWSERS_PATH")
    folders: Sequence[Path] = (
        [Path(given)]
        if given
        else [
            # Not Path.expanduser(), which raises where this user has no home.
            Path(os.path.expanduser(each))  # noqa: PTH111
            for each in _CACHES
        ]
    )
    for folder in folders:
        for pattern in _BUILDS:
            builds = sorted(folder.glob(pattern), key=lambda path: path.stat().st_mtime)
            runnable = [str(path) for path in builds if os.access(path, os.X_OK)]
            if runnable:
                return runnable[-1]
    return None


def launch_options(executable: str, *arguments: str) -> dict[str, object]:
    """How that browser is launched: without a window, without calling home.

    Args:
        executable: Its path.
        arguments: More of its own.
    """
    return {
        "executable_path": executable,
        "headless": True,
        "args": [*_ARGUMENTS, *arguments, *(_ROOT_ARGUMENTS if is_root() else ())],
        # Ctrl-C reaches the driver, too, which then clears away before it ends; without handlers it would just end.
        "handle_sigint": True,
        "handle_sigterm": True,
        "handle_sighup": True,
        "timeout": 30_000,
    }


def through(address: str, page: str) -> ProxySettings:
    """How a page's context gets a proxy for all that it asks of others; this machine's own servers need none otherwise.

    The page's own server is asked directly: Chromium gives up whatever is being connected by a proxy while an address
    of the machine changes (ERR_NETWORK_CHANGED), as each network does that an engine makes.

    Args:
        address: Of the proxy.
        page: An address of the page's own server.

    https://chromium.googlesource.com/chromium/src/+/HEAD/net/docs/proxy.md#overriding-the-implicit-bypass-rules
    """
    return {"server": address, "bypass": f"<-loopback>,{urlsplit(page).netloc}"}


_ARGUMENTS: Final = (
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-domain-reliability",
    "--disable-sync",
    "--no-default-browser-check",
    "--no-first-run",
    "--no-pings",
    # Containers often have a /dev/shm of 64 MB, with which pages crash.
    "--disable-dev-shm-usage",
    # What does not go through the proxy does not go at all: datagrams of WebRTC and of HTTP/3, and looking up names,
    # which the proxy does.
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--disable-quic",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)
# Chromium's sandbox refuses root: https://crbug.com/638180
_ROOT_ARGUMENTS: Final = ("--no-sandbox",)

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
