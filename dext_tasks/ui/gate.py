"""The one way out of a browser: a SOCKS proxy that connects to the page's own server and to what the guard admits.

A proxy sees whatever a page can make a browser connect to: fetch, frames, forms, WebSockets, workers, beacons,
redirects, preloads. It speaks of connections, not of requests, so there is nothing of HTTP to get wrong.

https://www.rfc-editor.org/rfc/rfc1928
"""

from __future__ import annotations

import socket
import struct
import threading
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from socketserver import BaseRequestHandler, ThreadingTCPServer
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from dext_tasks.limits import GATE_CONNECT
from dext_tasks.online.guard import AddressRefusedError, NotPublicError, Target, target

if TYPE_CHECKING:
    from collections.abc import Iterator


SETTING = "smoke.ui.allow-hosts"


@dataclass(frozen=True)
class Guard:
    """Public addresses, and what is opened by name.

    Attributes:
        allowed: ``HOST`` for any of its ports or ``HOST:PORT``, an IPv6 address in brackets.
    """

    allowed: tuple[str, ...] = ()

    def of_url(self, url: str) -> Target:
        """Where a request for a URL goes; whoever connects does so to the address that was looked at.

        Raises:
            NotPublicError: Its host is not open to pages.
            AddressRefusedError: It is not an http or https URL, or its host is unknown.
        """
        try:
            return target(url)
        except NotPublicError as error:
            to = error.target
            if self._is_allowed(to):
                return to
            raise NotPublicError(f"{error}; {SETTING} opens {_name(to.host)}:{to.port}", to) from error

    def of_host(self, host: str, port: int) -> Target:
        """The same of a host and a port, whatever is spoken there.

        Raises:
            NotPublicError: It is not open to pages.
            AddressRefusedError: It is unknown, or no host and port.
        """
        to = self.of_url(f"http://{_name(host)}:{port}/")
        if (to.host, to.port) != (host.lower(), port):
            # A string that is more than a host would be judged by one port and connected to by another.
            raise AddressRefusedError("it is not a host and port")
        return to

    def _is_allowed(self, to: Target) -> bool:
        name = _name(to.host).lower().rstrip(".")
        return not {name, f"{name}:{to.port}"}.isdisjoint(each.lower() for each in self.allowed)


def _name(host: str) -> str:
    return f"[{host}]" if ":" in host else host


_VERSION: Final = 5
_NO_LOGIN: Final = 0
_NO_METHOD: Final = 0xFF
_CONNECT: Final = 1
_IPV4, _NAME, _IPV6 = 1, 3, 4
# https://www.rfc-editor.org/rfc/rfc1928#section-6
_GRANTED, _NOT_ALLOWED, _UNREACHABLE, _UNSUPPORTED = 0, 2, 4, 7
_PIECE: Final = 64 * 1024
_TICK: Final = 0.05
# Of a page that tries thousands of addresses, only the first ones are reported.
_MOST_REFUSALS: Final = 100


class Gate(ThreadingTCPServer):
    """A proxy on 127.0.0.1.

    Args:
        guard: What it lets through.
        own: Origin of the page's own server, ``http://127.0.0.1:PORT``.
    """

    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def __init__(self, guard: Guard, own: str) -> None:
        super().__init__(("127.0.0.1", 0), _GateHandler)
        self._guard = guard
        parts = urlsplit(own)
        self._own = (str(parts.hostname), int(parts.port or 0))
        self._lock = threading.Lock()
        self._refused: dict[str, None] = {}
        self._open: set[socket.socket] = set()

    @property
    def address(self) -> str:
        """What a browser is given as its proxy."""
        return f"socks5://127.0.0.1:{self.server_address[1]}"

    @property
    def refused(self) -> tuple[str, ...]:
        """What it did not connect to and why, each once."""
        with self._lock:
            return tuple(self._refused)

    def address_of(self, host: str, port: int) -> tuple[str, int]:
        """Where to connect.

        Raises:
            AddressRefusedError: Nowhere.
        """
        if (host, port) == self._own:
            return self._own
        try:
            return self._guard.of_host(host, port).address, port
        except NotPublicError as error:
            with self._lock:
                if len(self._refused) < _MOST_REFUSALS:
                    self._refused.setdefault(str(error))
            raise

    @contextmanager
    def kept(self, connection: socket.socket) -> Iterator[None]:
        """A connection that ends with the gate at the latest."""
        with self._lock:
            self._open.add(connection)
        try:
            yield
        finally:
            with self._lock:
                self._open.discard(connection)

    def end(self) -> None:
        """Listen no more, and end every connection."""
        self.shutdown()
        self.server_close()
        with self._lock:
            for connection in self._open:
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, *_: Any) -> None:  # noqa: ANN401 - socketserver's types
        """Say nothing: whoever does not speak SOCKS is not a browser of ours."""


class _GateHandler(BaseRequestHandler):
    """One connection of the browser."""

    def handle(self) -> None:
        gate, browser = self.server, self.request
        assert isinstance(gate, Gate)  # noqa: S101 - the only one that has this handler
        with gate.kept(browser), suppress(OSError, EOFError):
            self._serve(gate, browser)

    def _serve(self, gate: Gate, browser: socket.socket) -> None:
        browser.settimeout(GATE_CONNECT)
        asked = _asked(browser)
        if asked is None:
            return
        try:
            there = socket.create_connection(gate.address_of(*asked), GATE_CONNECT)
        except (AddressRefusedError, OSError) as error:
            _answer(browser, _NOT_ALLOWED if isinstance(error, NotPublicError) else _UNREACHABLE)
            return
        with there, gate.kept(there):
            _answer(browser, _GRANTED)
            _relay(browser, there)


def _asked(browser: socket.socket) -> tuple[str, int] | None:
    """The host and port that are asked for; None if the browser was told that it cannot be."""
    version, count = _exactly(browser, 2)
    if version != _VERSION:
        return None
    has_method = _NO_LOGIN in _exactly(browser, count)
    browser.sendall(bytes([_VERSION, _NO_LOGIN if has_method else _NO_METHOD]))
    if not has_method:
        return None
    _, command, _, kind = _exactly(browser, 4)
    if command != _CONNECT or kind not in (_IPV4, _NAME, _IPV6):
        _answer(browser, _UNSUPPORTED)
        return None
    return _host(browser, kind), struct.unpack("!H", _exactly(browser, 2))[0]


def _host(browser: socket.socket, kind: int) -> str:
    if kind == _NAME:
        return _exactly(browser, _exactly(browser, 1)[0]).decode("ascii", "replace")
    if kind == _IPV4:
        return socket.inet_ntop(socket.AF_INET, _exactly(browser, 4))
    return socket.inet_ntop(socket.AF_INET6, _exactly(browser, 16))


def _exactly(browser: socket.socket, count: int) -> bytes:
    content = b""
    while len(content) < count:
        piece = browser.recv(count - len(content))
        if not piece:
            raise EOFError
        content += piece
    return content


def _answer(browser: socket.socket, status: int) -> None:
    # No address: a browser does not ask from where it was connected.
    browser.sendall(bytes([_VERSION, status, 0, _IPV4]) + bytes(6))


def _relay(one: socket.socket, other: socket.socket) -> None:
    """Pass on what each says until both have ended, or one has broken off.

    Each way has its own thread: whoever waits until one side reads must not keep the other from being read.
    """
    for each in (one, other):
        each.settimeout(None)
        # Short answers would wait for the acknowledgement of the ones before: https://www.rfc-editor.org/rfc/rfc896
        each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    back = threading.Thread(target=_pass_on, args=(other, one), name="gate, back", daemon=True)
    back.start()
    _pass_on(one, other)
    back.join()


def _pass_on(source: socket.socket, sink: socket.socket) -> None:
    try:
        while piece := source.recv(_PIECE):
            sink.sendall(piece)
        # It says no more, and may still listen.
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        for each in (source, sink):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)


@contextmanager
def gate(guard: Guard, own: str) -> Iterator[Gate]:
    """A gate for as long as a page is looked at."""
    with Gate(guard, own) as made:
        thread = threading.Thread(target=made.serve_forever, args=(_TICK,), name="gate", daemon=True)
        thread.start()
        try:
            yield made
        finally:
            made.end()
            thread.join()
