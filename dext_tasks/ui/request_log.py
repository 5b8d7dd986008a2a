"""What a page asked for, wrote and did during a visit, and which faults that shows."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote, urlsplit

from dext_tasks.ui.site import EVENTS, EXTENSION, origin
from dext_tasks.ui.visit_result import PageFault, PageFaultKind
from dext_tasks.wording import shortened

if TYPE_CHECKING:
    from collections.abc import Coroutine, Iterable
    from typing import Any

    from playwright.async_api import ConsoleMessage, Dialog, Error, Page, Request, Response

    from dext_tasks.ui.session import Note
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
        """What the browser and the page itself reported."""
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
        self._found.setdefault((kind, shortened(" ".join(what.split()), _LONGEST)))


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
        console: What it wrote to the console, and what else happened, one line each.
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
