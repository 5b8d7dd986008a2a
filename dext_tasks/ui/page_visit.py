"""One visit of a page: open it, wait until it is there and quiet, take its picture, say what went wrong."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote, urlsplit

from dext_tasks.limits import PAGE_CLEANUP, PAGE_PICTURE
from dext_tasks.ui.browser import through
from dext_tasks.ui.cross_origin import open_answers
from dext_tasks.ui.site import EVENTS, EXTENSION, origin
from dext_tasks.ui.visit_result import PageFault, PageFaultKind, Visit

if TYPE_CHECKING:
    from collections.abc import Coroutine, Iterable
    from contextlib import AbstractAsyncContextManager
    from typing import Any

    from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Dialog, Error, Page, Request, Response

    from dext_tasks.ui.gate import Gate
    from dext_tasks.ui.session import Note, Session
    from dext_tasks.ui.visit_result import Scheme


_LONGEST: Final = 300
_NOT_FOUND: Final = "404"
_FEW: Final = 3


class Findings:
    """Faults of one visit.

    Args:
        url: Of the page: ``http://127.0.0.1:1234/TOKEN/extension/ui/index.html``.
        root: The UI's folder in the image.
    """

    def __init__(self, url: str, root: str) -> None:
        parts = urlsplit(url)
        self._image = f"/{parts.path.split('/')[1]}/{EXTENSION}"
        self._entry = unquote(parts.path.removeprefix(self._image))
        self._root = root
        self._found: dict[tuple[PageFaultKind, str], None] = {}

    @property
    def has_no_page(self) -> bool:
        """Whether there is nothing to look at."""
        return any(kind is PageFaultKind.NO_PAGE for kind, _ in self._found)

    def faults(self, scheme: Scheme) -> tuple[PageFault, ...]:
        """All of them, in the order in which they explain each other."""
        order = [*PageFaultKind]
        found = sorted(self._found, key=lambda fault: order.index(fault[0]))
        return tuple(PageFault(kind, what, scheme) for kind, what in found)

    def no_page(self, why: str) -> None:
        """The entry page did not come."""
        missing = why == _NOT_FOUND
        self._add(PageFaultKind.NO_PAGE, f"{self._entry}: {'there is no such file' if missing else why}")

    def blank(self) -> None:
        """The page shows nothing."""
        self._add(PageFaultKind.BLANK, f"{self._entry} shows nothing: no text, no picture, nothing to click")

    def timed_out(self, observer: PageObserver, seconds: float) -> None:
        """The page did not load in time; a call that is still pending is not a fault of the page."""
        if not observer.loaded:
            waits = ", ".join(map(self._short, observer.open_requests[:_FEW]))
            behind = f"; it waits for {waits}" if waits else ""
            self._add(PageFaultKind.TIMED_OUT, f"{self._entry} did not load within {seconds:g} s{behind}")

    def observed(self, observer: PageObserver, notes: Iterable[Note]) -> None:
        """What the browser and the page itself told."""
        for error in observer.errors:
            self._add(PageFaultKind.SCRIPT_ERROR, error)
        for note in notes:
            self._noted(note)
        for load in [] if self.has_no_page else observer.failed:
            self._add(*self._of_load(load))
        if observer.crashed:
            self._add(
                PageFaultKind.CRASHED, f"the process of {self._entry} ended, of memory or by a fault of the browser"
            )

    def _noted(self, note: Note) -> None:
        if note.kind == "unknown":
            self._add(PageFaultKind.UNKNOWN_MEMBER, f"unknown member ddClient.{note.text}")
        else:
            self._add(PageFaultKind.SCRIPT_ERROR, f"unhandled rejection: {note.text}")

    def _of_load(self, load: FailedLoad) -> tuple[PageFaultKind, str]:
        path = unquote(urlsplit(load.url).path)
        folder = "" if self._root == "/" else self._root
        if path.startswith(f"{self._image}{folder}/"):
            name = path.removeprefix(f"{self._image}{folder}/")
            why = f"404, there is no such file in {self._root}" if load.why == _NOT_FOUND else load.why
            return PageFaultKind.ASSET_FAILED, f"{name}: {why}"
        if path.startswith(f"{self._image}/"):
            return (
                PageFaultKind.ASSET_FAILED,
                f"{path.removeprefix(self._image)}: {load.why}, it is outside of {self._root}",
            )
        advice = "send requests to the backend through ddClient" if load.script else "use a relative one"
        return (
            PageFaultKind.ASSET_ABSOLUTE,
            f"{path}: {load.why}, an absolute path leads outside the UI's folder; {advice}",
        )

    def _short(self, url: str) -> str:
        path = urlsplit(url).path
        return path.removeprefix(f"{self._image}/") if path.startswith(f"{self._image}/") else url

    def _add(self, kind: PageFaultKind, what: str) -> None:
        line = " ".join(what.split())
        self._found.setdefault((kind, line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"))


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


class PageObserver:
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
    from playwright.async_api import Error

    try:
        await work
    except Error:
        # The page went away first.
        return


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
