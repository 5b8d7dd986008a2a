"""A site on 127.0.0.1, for as long as it is looked at."""

from __future__ import annotations

import logging
import socket
import threading
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Final

from dext_tasks import calls
from dext_tasks.limits import SITE_CLOSE
from dext_tasks.ui.bridge import Bridge
from dext_tasks.ui.gate import Guard, gate
from dext_tasks.ui.page_visit import Tour
from dext_tasks.ui.site import EXTENSION, PageRequest, PageResponse, Site, UiLocation, entry_path

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from dext_tasks.ui.browser import Browser
    from dext_tasks.ui.machine import DesktopMachine
    from dext_tasks.ui.session import Session
    from dext_tasks.ui.visit_result import BridgeCall, Scheme, Visit


_LOG = logging.getLogger(__name__)

_ADDRESS: Final = "127.0.0.1"
_MOST: Final = 64 * 1024 * 1024
_TICK: Final = 0.05
# Visits that may break off before one that counts, whatever it shows.
_MOST_DISTURBED: Final = 2


class _SiteHandler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    # Short answers would wait for the acknowledgement of the ones before: https://www.rfc-editor.org/rfc/rfc896
    disable_nagle_algorithm = True

    @property
    def _site(self) -> Site:
        assert isinstance(self.server, _Server)  # noqa: S101 - the only one that has this handler
        return self.server.site

    def _respond(self) -> None:
        length = self.headers.get("Content-Length") or "0"
        if not length.isdecimal() or int(length) > _MOST or self.headers.get("Transfer-Encoding"):
            self.close_connection = True
            self._send(PageResponse(413))
            return
        self._send(self._answer(self.rfile.read(int(length))))

    def _answer(self, body: bytes) -> PageResponse:
        headers = self.headers
        request = PageRequest(self.command, self.path, headers.get("Host") or "", body, headers.get("Origin") or "")
        try:
            return self._site.answer(request)
        except Exception as error:  # noqa: BLE001 - whatever it is, the page's visitor is told
            return PageResponse(500, f"{type(error).__name__}: {error}\n".encode(), {"Content-Type": "text/plain"})

    do_GET = do_HEAD = do_POST = _respond  # noqa: N815 - http.server's names

    def _send(self, response: PageResponse) -> None:
        with suppress(ConnectionError, TimeoutError):
            if isinstance(response.body, bytes):
                self._send_whole(response, response.body)
            else:
                self._send_chunks(response, response.body)

    def _send_whole(self, response: PageResponse, body: bytes) -> None:
        head = self._head(response, f"Content-Length: {len(body)}")
        self.wfile.write(head if self.command == "HEAD" or response.status == 204 else head + body)  # noqa: PLR2004

    def _send_chunks(self, response: PageResponse, body: Iterator[bytes]) -> None:
        try:
            self.wfile.write(self._head(response, "Transfer-Encoding: chunked"))
            for chunk in body:
                self.wfile.write(b"%x\r\n%s\r\n" % (len(chunk), chunk))
            self.wfile.write(b"0\r\n\r\n")
        finally:
            self.close_connection = True
            close = getattr(body, "close", None)
            if close:
                close()

    def _head(self, response: PageResponse, framing: str) -> bytes:
        reason = self.responses.get(response.status, ("",))[0]
        lines = [f"{self.protocol_version} {response.status} {reason}", framing]
        lines += [f"{name}: {value}" for name, value in response.headers.items()]
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")

    def log_message(self, *_: object) -> None:
        """Say nothing: the ledger says what happened."""


class _Server(ThreadingHTTPServer):
    """Listens, and remembers its connections in order to end them."""

    daemon_threads = True
    block_on_close = False
    # The system's five are too few for a page with many modules.
    request_queue_size = 64

    def __init__(self) -> None:
        super().__init__((_ADDRESS, 0), _SiteHandler)
        self.site: Site
        self._lock = threading.Lock()
        self._connections: dict[socket.socket, threading.Thread] = {}

    @property
    def authority(self) -> str:
        """Its Host header."""
        return f"{_ADDRESS}:{self.server_port}"

    def process_request(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - socketserver's types
        """Answer a connection in a thread of its own."""
        thread = threading.Thread(
            target=self.process_request_thread, args=(request, client_address), name="ddClient connection", daemon=True
        )
        with self._lock:
            self._connections[request] = thread
        thread.start()

    def shutdown_request(self, request: Any) -> None:  # noqa: ANN401 - as above
        """A connection has ended."""
        super().shutdown_request(request)
        with self._lock:
            self._connections.pop(request, None)

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - as above
        """Say nothing of connections that browsers break off."""

    def end(self) -> None:
        """End listening and every connection."""
        self.shutdown()
        self.server_close()
        with self._lock:
            left = dict(self._connections)
        for connection in left:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        deadline = time.monotonic() + SITE_CLOSE
        for thread in left.values():
            thread.join(max(deadline - time.monotonic(), 0.0))


@contextmanager
def serving(make: Callable[[frozenset[str]], Site]) -> Iterator[tuple[Site, str]]:
    """Serve a site; gives it and its origin, ``http://127.0.0.1:PORT``.

    Args:
        make: Makes the site, given the Host headers it is asked by.
    """
    server = _Server()
    server.site = make(frozenset({server.authority, f"localhost:{server.server_port}"}))
    thread = threading.Thread(target=server.serve_forever, args=(_TICK,), name="ddClient server", daemon=True)
    thread.start()
    try:
        yield server.site, f"http://{server.authority}"
    finally:
        server.site.close()
        server.end()
        # What a request started while the others were ended.
        server.site.close()
        thread.join()


@dataclass(frozen=True)
class Exhibit:
    """What is shown.

    Attributes:
        read: Gives the content of a file of the image by its absolute path, None if there is none.
        root: Absolute path of the UI's folder, ``/ui``.
        entry: Entry page below it, query string and all.
        machine: What the page reaches.
        has_vm: Whether the extension has a backend; without one ``extension.vm`` is absent.
        has_host: Whether it has host binaries; decides whether there is an ``extension.host``.
        dialog: Paths that file dialogs answer; without any, they are cancelled.
        guard: What the page may ask beside its own server.
    """

    read: Callable[[str], bytes | None]
    root: str
    entry: str
    machine: DesktopMachine
    has_vm: bool
    has_host: bool
    dialog: tuple[str, ...] = ()
    guard: Guard = field(default_factory=Guard)

    @property
    def place(self) -> UiLocation:
        """The UI in its image."""
        return UiLocation(self.root, self.read, self.has_vm, self.has_host)


@dataclass(frozen=True)
class Shown:
    """A UI that is being shown.

    Attributes:
        exhibit: What.
        site: Answers its requests.
        origin: Where.
        session: For whoever opens ``url``; each visit has one of its own.
    """

    exhibit: Exhibit
    site: Site
    origin: str
    session: Session

    @property
    def url(self) -> str:
        """Address of the entry page, for any browser on this machine."""
        return self.address(self.session)

    @property
    def calls(self) -> tuple[BridgeCall, ...]:
        """Uses of ddClient by pages that were opened at ``url``."""
        return self.session.ledger.calls

    def address(self, session: Session) -> str:
        """Address of the entry page in a session."""
        return f"{self.origin}/{session.token}/{EXTENSION}{entry_path(self.exhibit.root, self.exhibit.entry)}"


@contextmanager
def shown(exhibit: Exhibit) -> Iterator[Shown]:
    """Show a UI; afterwards nothing of it is left, no process, thread or port."""
    bridge = Bridge(exhibit.machine, exhibit.dialog)
    with serving(lambda hosts: Site(exhibit.place, bridge, hosts)) as (site, origin):
        yield Shown(exhibit, site, origin, site.open())


def visit(browser: Browser, shown: Shown, scheme: Scheme, timeout: float) -> Visit:
    """Look at a UI once; anew if this machine's network changed meanwhile, and saying so.

    Args:
        browser: To look with.
        shown: The UI.
        scheme: The dashboard's theme.
        timeout: Longest time until the page is there, seconds.

    Raises:
        BrowserUnavailableError: The browser did not start, or has ended.
        InterruptedError: The run was interrupted.
    """
    for _ in range(_MOST_DISTURBED):
        seen = _visited(browser, shown, scheme, timeout)
        if not seen.is_disturbed:
            return seen
        calls.repeated(_LOG, f"the UI, {scheme}", "this machine's network changed")
    return _visited(browser, shown, scheme, timeout)


def _visited(browser: Browser, shown: Shown, scheme: Scheme, timeout: float) -> Visit:
    session = shown.site.open()
    try:
        with gate(shown.exhibit.guard, shown.origin) as way_out:
            tour = Tour(session, shown.address(session), way_out, shown.exhibit.root, scheme, timeout)
            return browser.run(tour.take, timeout + tour.margin)
    finally:
        session.close()
