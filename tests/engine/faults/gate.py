"""A proxy before a registry that wants a login, writes down each request, and disturbs the one it is told to."""

from __future__ import annotations

import base64
import contextlib
import html
import json
import socket
import struct
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from http.server import ThreadingHTTPServer
from typing import TYPE_CHECKING

from ..proxy import Answered, Handler
from ..registry import PASSWORD, USER

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

LOGIN = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
# Longer than dext-tasks waits for the next byte of a registry (REGISTRY_LIMITS.wait).
_HELD = 65.0
_REFUSING = 1.0
_RESET = struct.pack("ii", 1, 0)
_CHALLENGE = {"WWW-Authenticate": 'Basic realm="tests"', "Content-Type": "application/json"}
_STATUSES = {
    401: ("UNAUTHORIZED", "authentication required"),
    403: ("DENIED", "requested access to the resource is denied"),
    429: ("TOOMANYREQUESTS", "rate exceeded"),
    500: ("UNKNOWN", "unknown error"),
    502: ("UNKNOWN", "bad gateway"),
    503: ("UNAVAILABLE", "service unavailable"),
}


def nothing() -> None:
    """What is done where nothing is."""


class Kind(StrEnum):
    """How a registry, or the way to it, disturbs a request."""

    REFUSED = "connection refused"
    RESET = "reset mid-body"
    LOST = "answer lost"
    TIMEOUT = "no answer"
    TOO_MANY = "429 with Retry-After"
    ERROR = "500"
    BAD_GATEWAY = "502"
    UNAVAILABLE = "503"
    UNAUTHORIZED = "401"
    FORBIDDEN = "403"
    NOT_FOUND = "404"
    NOT_FOUND_PAGE = "404 in HTML"
    TRUNCATED = "truncated JSON"
    STALE = "stale answer"

    def fits(self, line: str) -> bool:
        """Whether it can happen to a request, given as method and path."""
        reads = line.startswith(("GET ", "HEAD "))
        if self is Kind.STALE:
            return reads and "/v2/ " not in f"{line} "
        if self in (Kind.TRUNCATED, Kind.RESET):
            return line.startswith("GET ") and not line.endswith("/v2/")
        return True


@dataclass
class Gate:
    """What went through, and what is to be done about it.

    Attributes:
        target: Host and port of the registry.
        stale: Repository that answers as this one did before; and this one's own name.
        requests: Method and path of each that had the login, in order.
        disturbed: Those that were disturbed.
        kind: Of the disturbance; None for none.
        at: Number of the first request that is disturbed.
        lasting: Whether all after that one are, too.
        strike: Called with each request's number just before it is passed on; what it gives is called as soon as the
            registry has answered. None stands for a request that is not to arrive.
        watch: Called with method and path before the registry gets a request, and again when it has answered.
    """

    target: str
    stale: tuple[str, str] = ("", "")
    requests: list[str] = field(default_factory=list)
    disturbed: list[str] = field(default_factory=list)
    kind: Kind | None = None
    at: int = -1
    lasting: bool = False
    strike: Callable[[int], Callable[[], None] | None] = lambda _number: nothing
    watch: Callable[[str], None] = lambda _line: None
    port: int = 0
    _server: ThreadingHTTPServer | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _over: threading.Event = field(default_factory=threading.Event)

    @property
    def address(self) -> str:
        return f"localhost:{self.port}"

    @contextmanager
    def open(self) -> Iterator[Gate]:
        """Listen at a port that stays the same however often connections are refused."""
        self._listen()
        try:
            yield self
        finally:
            self._over.set()
            with self._lock:
                self._close()

    def calm(self) -> None:
        """From now on everything is passed on."""
        self.kind, self.at, self.lasting, self.strike = None, -1, False, lambda _number: nothing

    def number(self, line: str) -> int:
        with self._lock:
            self.requests.append(line)
            return len(self.requests) - 1

    def disturbance(self, number: int, line: str) -> Kind | None:
        with self._lock:
            if self.kind is None or number < self.at or not self.kind.fits(line):
                return None
            # Others come first now and then; the next one that it can happen to is as good.
            if self.disturbed and not self.lasting:
                return None
            self.disturbed.append(line)
            return self.kind

    def hold(self, seconds: float) -> None:
        self._over.wait(seconds)

    def refuse(self) -> None:
        """Have nobody listen for a while."""
        with self._lock:
            if self._over.is_set():
                return
            self._close()
            time.sleep(_REFUSING)
            self._listen()

    def _listen(self) -> None:
        self._server = _Server(self)
        self.port = self._server.server_port
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def _close(self) -> None:
        if self._server:
            self._server.shutdown()
            self._server.server_close()


class _Server(ThreadingHTTPServer):
    # A connection that is kept alive must not keep the tests alive.
    daemon_threads = True
    block_on_close = False

    def __init__(self, gate: Gate) -> None:
        super().__init__(("127.0.0.1", gate.port), _Handler)
        self.gate = gate

    def shutdown_request(self, request: socket.socket | tuple[bytes, socket.socket]) -> None:
        # Without shutdown, so that a connection that is to be reset is not ended in order.
        self.close_request(request)

    def handle_error(self, *_: object) -> None:
        """A client that hung up is part of the tests."""


class _Handler(Handler):
    def _handle(self) -> None:
        assert isinstance(self.server, _Server)
        gate, line = self.server.gate, f"{self.command} {self.path}"
        body = self.body()
        if self.headers.get("Authorization") != f"Basic {LOGIN}":
            self._refuse(401)
            return
        number = gate.number(line)
        kind = gate.disturbance(number, line)
        if kind is None:
            self._pass(gate, number, body)
        else:
            self._disturb(gate, kind, body)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = _handle  # noqa: N815 - http.server's names

    def _pass(self, gate: Gate, number: int, body: bytes) -> None:
        then = gate.strike(number)
        if then is None:
            self._tear()
            return
        answered = self._watched(gate, body)
        then()
        self.send(answered)

    def _watched(self, gate: Gate, body: bytes) -> Answered:
        line = f"{self.command} {self.path}"
        gate.watch(line)
        answered = self.fetched(gate.target, body)
        gate.watch(line)
        return answered

    def _disturb(self, gate: Gate, kind: Kind, body: bytes) -> None:
        match kind:
            case Kind.REFUSED:
                self._tear()
                gate.refuse()
            case Kind.RESET | Kind.LOST:
                answered = self._watched(gate, body)
                self._tear(answered if kind is Kind.RESET else None)
            case Kind.TIMEOUT:
                gate.hold(_HELD)
                self._tear()
            case Kind.NOT_FOUND:
                self._refuse(404)
            case Kind.NOT_FOUND_PAGE:
                page = f"<html><body><h1>Not Found</h1><p>{html.escape(self.path)}</p></body></html>"
                self.send(Answered(404, {"Content-Type": "text/html"}, page.encode()))
            case Kind.TRUNCATED:
                answered = self.fetched(gate.target, body)
                self.send(Answered(answered.status, answered.headers, answered.body[: len(answered.body) // 2]))
            case Kind.STALE:
                before, now = gate.stale
                self.send(self.fetched(gate.target, body, self.path.replace(f"/v2/{now}/", f"/v2/{before}/")))
            case _:
                self._refuse(int(kind.split()[0]))

    def _refuse(self, status: int) -> None:
        code, message = _STATUSES.get(status) or _unknown(self.path)
        document = json.dumps({"errors": [{"code": code, "message": message}]}).encode()
        headers = _CHALLENGE if status == 401 else {"Content-Type": "application/json"}
        pause = {"Retry-After": "1"} if status == 429 else {}
        self.send(Answered(status, {**headers, **pause}, document))

    def _tear(self, part: Answered | None = None) -> None:
        """Reset the connection, in the middle of an answer's body if there is one."""
        if part:
            half = Answered(part.status, part.headers, part.body[: len(part.body) // 2], str(len(part.body)))
            with contextlib.suppress(OSError):
                self.send(half)
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        self.close_connection = True


def _unknown(path: str) -> tuple[str, str]:
    """How a registry says that there is nothing: https://distribution.github.io/distribution/spec/api/#errors-2."""
    if "/manifests/" in path:
        return "MANIFEST_UNKNOWN", "manifest unknown"
    if "/blobs/uploads" in path:
        return "BLOB_UPLOAD_UNKNOWN", "blob upload unknown to registry"
    if "/blobs/" in path:
        return "BLOB_UNKNOWN", "blob unknown to registry"
    return "NAME_UNKNOWN", "repository name not known to registry"
