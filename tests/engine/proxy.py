"""A registry as it is seen through something that answers some requests itself."""

from __future__ import annotations

import json
import socket
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_SECONDS = 60
# How TLS begins: https://www.rfc-editor.org/rfc/rfc8446#section-5.1
_TLS_HANDSHAKE = b"\x16"
# Of one connection only: https://www.rfc-editor.org/rfc/rfc9110#name-connection
_OF_ONE_HOP = frozenset({"connection", "keep-alive", "transfer-encoding", "content-length"})


@dataclass(frozen=True)
class Answer:
    """What is answered in the registry's place.

    Attributes:
        status: HTTP status.
        code: Of the error, as the distribution API names it.
        message: For people.
    """

    status: int
    code: str
    message: str

    @property
    def body(self) -> bytes:
        return json.dumps({"errors": [{"code": self.code, "message": self.message}]}).encode()


@contextmanager
def proxied(address: str, rule: Callable[[str, str], Answer | None]) -> Iterator[str]:
    """The address of a proxy before a registry; ``rule`` is asked with each request's method and path.

    What it answers is sent; None lets the request through.
    """
    server = _Server(("127.0.0.1", 0), address, rule)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"localhost:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Server(ThreadingHTTPServer):
    # A connection that is kept alive must not keep the tests alive.
    daemon_threads = True
    block_on_close = False

    def __init__(self, place: tuple[str, int], target: str, rule: Callable[[str, str], Answer | None]) -> None:
        super().__init__(place, _Handler)
        self.target = target
        self.rule = rule


@dataclass(frozen=True)
class Answered:
    """What a registry answered, without what is of one connection only.

    Attributes:
        status: HTTP status.
        headers: By name.
        body: All of it.
        length: What the registry said of it, which is all that an answer to HEAD has of it; empty if nothing.
    """

    status: int
    headers: dict[str, str]
    body: bytes = b""
    length: str = ""


class Handler(BaseHTTPRequestHandler):
    """Passes requests on."""

    protocol_version = "HTTP/1.1"

    def handle(self) -> None:
        # Docker asks by HTTPS first, and goes on without if it is answered as Go's server answers.
        if self.connection.recv(1, socket.MSG_PEEK) == _TLS_HANDSHAKE:
            self.connection.sendall(b"HTTP/1.0 400 Bad Request\r\n\r\n")
        else:
            super().handle()

    def body(self) -> bytes:
        if "chunked" not in self.headers.get("Transfer-Encoding", ""):
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        pieces = []
        while size := int(self.rfile.readline().partition(b";")[0], 16):
            pieces.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(pieces)

    def fetched(self, target: str, body: bytes, path: str = "") -> Answered:
        """What the registry answers to this request, or to the same one for another path."""
        connection = HTTPConnection(target, timeout=_SECONDS)
        try:
            # With our Host, so that the registry sends addresses of ours.
            headers = {name: value for name, value in self.headers.items() if name.lower() not in _OF_ONE_HOP}
            connection.request(self.command, path or self.path, body, headers)
            response = connection.getresponse()
            passed = {name: value for name, value in response.getheaders() if name.lower() not in _OF_ONE_HOP}
            return Answered(response.status, passed, response.read(), response.headers.get("Content-Length", ""))
        finally:
            connection.close()

    def send(self, answered: Answered) -> None:
        self.send_response(answered.status)
        for name, value in answered.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", answered.length or str(len(answered.body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answered.body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
        """Nothing; the test says what went wrong."""


class _Handler(Handler):
    def _handle(self) -> None:
        assert isinstance(self.server, _Server)
        body = self.body()
        answer = self.server.rule(self.command, self.path)
        if answer is None:
            self.send(self.fetched(self.server.target, body))
        else:
            self.send(Answered(answer.status, {"Content-Type": "application/json"}, answer.body))

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = _handle  # noqa: N815 - http.server's names
