"""One visit of a page: open it, wait until it is there and quiet, take its picture, say what went wrong."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING, Final

from dext_tasks.limits import PAGE_CLEANUP, PAGE_PICTURE
from dext_tasks.ui.browser import through
from dext_tasks.ui.cross_origin import open_answers
from dext_tasks.ui.request_log import Findings, PageObserver
from dext_tasks.ui.site import origin
from dext_tasks.ui.visit_result import Visit

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager

    from playwright.async_api import Browser, BrowserContext, Page, Response

    from dext_tasks.ui.gate import Gate
    from dext_tasks.ui.session import Session
    from dext_tasks.ui.visit_result import Scheme


_WIDTH, _HEIGHT = 1280, 800
_TICK: Final = 0.05
# Seconds without a request after which a page has come to rest.
_QUIET: Final = 0.3
# Seconds that a page gets which is shown and goes on asking: many poll, for ever.
_POLLING: Final = 2.5
# Seconds that a page gets which has come to rest without showing anything; after an error, nothing follows.
_BLANK: Final = 5.0
_BLANK_AFTER_ERROR: Final = 1.0


@dataclass(frozen=True)
class Tour:
    """A visit to be made.

    Attributes:
        session: What the page does is written down there.
        url: Of the page.
        gate: The only way to other servers.
        root: The UI's folder in the image.
        scheme: The dashboard's theme.
        timeout: Longest time until the page is there, seconds.
    """

    session: Session
    url: str
    gate: Gate
    root: str
    scheme: Scheme
    timeout: float

    @property
    def margin(self) -> float:
        """Seconds that may follow: the picture, and clearing away."""
        return PAGE_PICTURE + PAGE_CLEANUP

    async def take(self, browser: Browser) -> Visit:
        """Make it."""
        started = time.monotonic()
        context = await browser.new_context(
            viewport={"width": _WIDTH, "height": _HEIGHT},
            color_scheme=self.scheme.value,
            accept_downloads=False,
            # Desktops have no content security policy of the page's choice between it and ddClient.
            bypass_csp=True,
            service_workers="block",
            proxy=through(self.gate.address, self.url),
        )
        try:
            page = await context.new_page()
            await open_answers(page, origin(self.url))
            return await _Looking(self, page, started).look()
        finally:
            await _closed(context)


async def _closed(context: BrowserContext) -> None:
    from playwright.async_api import Error

    try:
        async with _bound(PAGE_CLEANUP):
            await context.close()
    except (Error, TimeoutError):
        # A crashed page may not answer; the browser's end takes it along.
        return


class _Looking:
    """A visit under way."""

    def __init__(self, tour: Tour, page: Page, started: float) -> None:
        self._tour = tour
        self._page = page
        self._started = started
        self._observer = PageObserver(tour.url)
        self._observer.watch(page)
        self._findings = Findings(tour.url, tour.root)
        self._shown_at = 0.0

    async def look(self) -> Visit:
        await self._open()
        await self._settle()
        seconds = (self._shown_at or time.monotonic()) - self._started
        picture = await self._picture()
        session, observer = self._tour.session, self._observer
        self._findings.observed(observer, session.notes)
        faults = self._findings.faults(self._tour.scheme)
        refused = self._tour.gate.refused
        console = (*observer.console, *(f"refused: {each}" for each in refused))
        return Visit(self._tour.scheme, picture, console, session.ledger.calls, faults, seconds, refused)

    async def _open(self) -> None:
        from playwright.async_api import Error

        try:
            answer: Response | None = await self._page.goto(
                self._tour.url, wait_until="commit", timeout=self._tour.timeout * 1000
            )
        except Error as error:
            if not self._observer.crashed:
                self._findings.no_page(str(error).splitlines()[0])
            return
        if answer is not None and not answer.ok:
            self._findings.no_page(f"{answer.status}")

    async def _settle(self) -> None:
        """Wait until the page has loaded, shows something and has come to rest, or for as long as makes sense."""
        deadline = self._started + self._tour.timeout
        while not (self._findings.has_no_page or self._observer.crashed):
            await asyncio.sleep(_TICK)
            if not self._shown_at and not await self._is_blank():
                self._shown_at = time.monotonic()
            if self._is_settled():
                break
            if time.monotonic() > deadline:
                self._findings.timed_out(self._observer, self._tour.timeout)
                break
        if not self._shown_at and not self._findings.has_no_page and not self._observer.crashed:
            self._findings.blank()

    def _is_settled(self) -> bool:
        now, observer, ledger = time.monotonic(), self._observer, self._tour.session.ledger
        if not observer.loaded or ledger.pending:
            return False
        rest = now - observer.changed_at
        if self._shown_at:
            return (rest > _QUIET and not observer.open_requests) or now - self._shown_at > _POLLING
        patience = _BLANK_AFTER_ERROR if observer.errors else _BLANK
        return rest > patience and not observer.open_requests

    async def _is_blank(self) -> bool:
        from playwright.async_api import Error

        try:
            async with _bound(PAGE_PICTURE):
                return bool(await self._page.evaluate(_BLANK_SCRIPT))
        except (Error, TimeoutError):
            # The page is on its way to another one, or busy.
            return True

    async def _picture(self) -> bytes:
        from playwright.async_api import Error

        if self._observer.crashed:
            return b""
        try:
            return await self._page.screenshot(
                animations="disabled", caret="hide", scale="css", timeout=PAGE_PICTURE * 1000
            )
        except Error:
            return b""


def _bound(seconds: float) -> AbstractAsyncContextManager[object]:
    return asyncio.timeout(seconds)


_BLANK_SCRIPT: Final = (files(__package__) / "blank.js").read_text(encoding="utf-8")
