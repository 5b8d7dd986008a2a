"""What a browser tells of a page while it is open."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from dext_tasks.ui.location import origin
from dext_tasks.ui.site import EVENTS

if TYPE_CHECKING:
    from collections.abc import Coroutine
    from typing import Any

    from playwright.async_api import ConsoleMessage, Dialog, Error, Page, Request, Response

_MOST_LINES: Final = 500
_LONGEST_LINE: Final = 1000
# Requests that are not waited for: they end when the page does.
_ENDLESS: Final = frozenset({"eventsource", "websocket", "media", "ping"})
_ERROR: Final = 400
_NOT_LOADED: Final = "Failed to load resource"
# Browsers ask for it on their own.
_FAVICON: Final = "/favicon.ico"


@dataclass(frozen=True)
class FailedLoad:
    """A file that did not arrive.

    Attributes:
        url: Its address.
        why: Such as ``404``.
        script: Whether the page's own script asked for it, not its markup.
    """

    url: str
    why: str
    script: bool = False


class Observer:
    """Keeps what a page does; all of it on the browser's own loop.

    Attributes:
        console: What it wrote to the console, and what else happened, a line each.
        errors: Errors that nobody caught.
        failed: Files of the page that did not arrive.
        loaded: Whether all that the page's markup names has arrived.
        crashed: Whether its process ended.
        changed_at: When it last asked for something, on the clock of ``time.monotonic``.
    """

    def __init__(self, url: str) -> None:
        self.console: list[str] = []
        self.errors: list[str] = []
        self.failed: list[FailedLoad] = []
        self.loaded = False
        self.crashed = False
        self.changed_at = time.monotonic()
        self._origin = origin(url)
        self._open: dict[Request, str] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def open_requests(self) -> tuple[str, ...]:
        """Addresses that have not answered yet."""
        return tuple(self._open.values())

    def watch(self, page: Page) -> None:
        """Observe a page from now on."""
        page.on("console", self._on_console)
        page.on("pageerror", self._on_error)
        page.on("request", self._on_request)
        page.on("requestfinished", self._on_end)
        page.on("requestfailed", self._on_failure)
        page.on("response", self._on_response)
        page.on("load", self._on_load)
        page.on("crash", self._on_crash)
        page.on("dialog", self._on_dialog)
        page.on("popup", self._on_popup)

    def _say(self, line: str) -> None:
        if len(self.console) < _MOST_LINES:
            self.console.append(line[:_LONGEST_LINE])

    def _changed(self) -> None:
        self.changed_at = time.monotonic()

    def _later(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.ensure_future(_unharmed(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _on_console(self, said: ConsoleMessage) -> None:
        # Of what did not load the browser says everything but the address.
        where = said.location["url"] if said.text.startswith(_NOT_LOADED) else ""
        if not where.endswith(_FAVICON):
            self._say(f"{said.type}: {said.text}{f': {where}' if where else ''}")

    def _on_error(self, error: Error) -> None:
        self._changed()
        text = f"{error.name}: {error.message}" if error.name not in ("", "Error") else error.message
        self.errors.append(text)
        self._say(f"error: {error.stack or text}")

    def _on_request(self, request: Request) -> None:
        if request.resource_type in _ENDLESS or f"/{EVENTS}?" in request.url:
            return
        self._changed()
        self._open[request] = request.url

    def _on_end(self, request: Request) -> None:
        if self._open.pop(request, None):
            self._changed()

    def _on_failure(self, request: Request) -> None:
        self._on_end(request)
        why = request.failure or "failed"
        # What a page gives up itself, or leaves behind by going elsewhere.
        if "ERR_ABORTED" in why:
            return
        if self._is_own(request.url):
            self.failed.append(FailedLoad(request.url, why, _by_script(request)))
        else:
            self._say(f"request failed: {request.url}: {why}")

    def _on_response(self, response: Response) -> None:
        if response.status < _ERROR:
            return
        if not self._is_own(response.url):
            self._say(f"request failed: {response.url}: {response.status}")
        elif not response.url.endswith(_FAVICON):
            self.failed.append(FailedLoad(response.url, str(response.status), _by_script(response.request)))

    def _on_load(self, _: Page) -> None:
        self._changed()
        self.loaded = True

    def _on_crash(self, _: Page) -> None:
        self.crashed = True

    def _on_dialog(self, dialog: Dialog) -> None:
        self._say(f"{dialog.type}: {dialog.message}")
        self._later(dialog.dismiss())

    def _on_popup(self, page: Page) -> None:
        self._say(f"popup: {page.url}")
        self._later(page.close())

    def _is_own(self, url: str) -> bool:
        return origin(url) == self._origin


def _by_script(request: Request) -> bool:
    return request.resource_type in ("fetch", "xhr")


async def _unharmed(work: Coroutine[Any, Any, None]) -> None:
    from playwright.async_api import Error  # noqa: PLC0415 - an optional dependency

    try:
        await work
    except Error:
        # The page went away first.
        return
