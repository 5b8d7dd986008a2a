"""HTTP servers of tests: one in front of a registry that counts, and one that answers as told."""

from __future__ import annotations

import http.server
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

_SECONDS = 60


@dataclass
class Counter:
    """What went through.

    Attributes:
        address: Host and port to ask instead of the registry.
        requests: Method and path of each, in order.
        bytes: Of all bodies.
    """

    address: str = ""
    requests: list[str] = field(default_factory=list)
    bytes: int = 0

    def of(self, part: str) -> list[str]:
        return [line for line in self.requests if part in line]


@contextmanager
def counting(registry: str) -> Iterator[Counter]:
    """A proxy in front of a registry."""
    counter = Counter()

    def forward(handler: http.server.BaseHTTPRequestHandler) -> None:
        counter.requests.append(f"{handler.command} {handler.path}")
        upstream = HTTPConnection(registry, timeout=_SECONDS)
        try:
            upstream.request(
                handler.command, handler.path, headers={"Accept": ", ".join(handler.headers.get_all("Accept", []))}
            )
            answer = upstream.getresponse()
            handler.send_response(answer.status)
            for name in ("Content-Type", "Content-Length", "Docker-Content-Digest"):
                if answer.headers[name]:
                    handler.send_header(name, answer.headers[name])
            handler.end_headers()
            while piece := answer.read(1 << 16):
                counter.bytes += len(piece)
                handler.wfile.write(piece)
        finally:
            upstream.close()

    with serving(forward) as counter.address:
        yield counter


@contextmanager
def serving(answer: Callable[[http.server.BaseHTTPRequestHandler], None]) -> Iterator[str]:
    """A server whose every request is answered by a function; gives its host and port."""

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            answer(self)

        def do_HEAD(self) -> None:
            answer(self)

        def log_message(self, *_: object) -> None:
            return

    class Server(http.server.ThreadingHTTPServer):
        block_on_close = False

        def handle_error(self, *_: object) -> None:
            """A client that hung up is part of the tests."""

    server = Server(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"localhost:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def reply(
    handler: http.server.BaseHTTPRequestHandler, status: int, headers: Mapping[str, str], body: bytes = b""
) -> None:
    """A whole answer."""
    handler.send_response(status)
    for name, value in {"Content-Length": str(len(body)), **headers}.items():
        handler.send_header(name, value)
    handler.end_headers()
    handler.wfile.write(body)
