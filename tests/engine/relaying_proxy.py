"""An HTTP proxy, as networks have them that reach the web no other way."""

from __future__ import annotations

import http.server
import socket
import threading
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_SECONDS = 60


@dataclass
class RelayingProxy:
    """What a proxy saw.

    Attributes:
        login: What it wants as Proxy-Authorization; nothing if empty.
        address: Host and port.
        asked: Method and target of each request, in order.
        headers: Of each request.
    """

    login: str = ""
    address: str = ""
    asked: list[str] = field(default_factory=list)
    headers: list[Mapping[str, str]] = field(default_factory=list)


class _Server(http.server.ThreadingHTTPServer):
    block_on_close = False

    def __init__(self, proxy: RelayingProxy) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.proxy = proxy

    def handle_error(self, *_: object) -> None:
        """A client that hung up is part of the tests."""


class _Handler(http.server.BaseHTTPRequestHandler):
    def do_CONNECT(self) -> None:
        if self._is_let_in():
            host, _, port = self.path.rpartition(":")
            with socket.create_connection((host.strip("[]"), int(port)), _SECONDS) as upstream:
                self.send_response(200)
                self.end_headers()
                back = threading.Thread(target=_pump, args=(upstream, self.connection), daemon=True)
                back.start()
                _pump(self.connection, upstream)
                back.join(_SECONDS)
        self.close_connection = True

    def do_GET(self) -> None:
        if self._is_let_in():
            parts = urlsplit(self.path)
            upstream = HTTPConnection(parts.netloc, timeout=_SECONDS)
            sent = {name: value for name, value in self.headers.items() if not name.lower().startswith("proxy-")}
            upstream.request(self.command, f"{parts.path}?{parts.query}", headers=sent)
            answer = upstream.getresponse()
            self.send_response(answer.status)
            for name, value in answer.getheaders():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer.read())
            upstream.close()
        self.close_connection = True

    def do_HEAD(self) -> None:
        self.do_GET()

    def _is_let_in(self) -> bool:
        assert isinstance(self.server, _Server)
        proxy = self.server.proxy
        proxy.asked.append(f"{self.command} {self.path}")
        proxy.headers.append(dict(self.headers))
        if not proxy.login or self.headers["Proxy-Authorization"] == proxy.login:
            return True
        self.send_response(407)
        self.send_header("Content-Length", "0")
        self.end_headers()
        return False

    def log_message(self, *_: object) -> None:
        return


@contextmanager
def relaying(login: str = "") -> Iterator[RelayingProxy]:
    """A proxy on loopback that wants this as Proxy-Authorization, or nothing."""
    seen = RelayingProxy(login)
    server = _Server(seen)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    seen.address = f"127.0.0.1:{server.server_port}"
    try:
        yield seen
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _pump(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while piece := source.recv(1 << 16):
            target.sendall(piece)
    with suppress(OSError):
        target.shutdown(socket.SHUT_WR)
