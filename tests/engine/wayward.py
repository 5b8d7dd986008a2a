"""An engine with faults: a socket in front of the real one that answers some questions itself, or vanishes."""

from __future__ import annotations

import json
import re
import shutil
import socket
import socketserver
import tempfile
import threading
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_PIECE = 1 << 16


@dataclass
class Wayward:
    """What goes wrong.

    Attributes:
        host: Value of DOCKER_HOST.
        refusals: Status and message by a pattern of method and target; each is answered once.
        hang_ups: At a question like each of these the connection is closed, once each.
        vanishes: At a question like this the engine is gone for good; never if empty.
        has_vanished: Whether it is.
        pings: What is said to a ping in the engine's place; what the engine says if empty.
        asked: Method and target of each question that began a message.
    """

    host: str
    refusals: dict[str, tuple[int, str]] = field(default_factory=dict)
    hang_ups: list[str] = field(default_factory=list)
    vanishes: str = ""
    has_vanished: bool = False
    pings: str = ""
    asked: list[str] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def hangs_up(self, question: str) -> bool:
        """Whether a question ends its connection."""
        with self._lock:
            found = next((each for each in self.hang_ups if re.match(each, question)), "")
            if found:
                self.hang_ups.remove(found)
        return bool(found)

    def refusal(self, question: str) -> bytes:
        """What is said to a question in the engine's place; nothing if it is the engine's to answer."""
        with self._lock:
            self.asked.append(question)
            if self.pings and question.endswith(" /_ping"):
                return self.pings.encode()
            found = next((each for each in self.refusals if re.match(each, question)), "")
            if not found:
                return b""
            status, message = self.refusals.pop(found)
        body = json.dumps({"message": message}).encode()
        head = f"HTTP/1.1 {status} Refused\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        return head.encode() + body


class _Server(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, path: str, engine: str, wayward: Wayward) -> None:
        super().__init__(path, _Handler)
        self.path = path
        self.engine = engine
        self.wayward = wayward
        self.open: list[socket.socket] = []

    def vanish(self) -> None:
        """As a killed engine does: nothing is at its address, and every connection ends."""
        Path(self.path).unlink(missing_ok=True)
        for each in list(self.open):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)


class _Handler(socketserver.BaseRequestHandler):
    request: socket.socket

    def handle(self) -> None:
        server = self.server
        assert isinstance(server, _Server)
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as engine:
            engine.connect(server.engine)
            server.open += [self.request, engine]
            back = threading.Thread(target=_pump, args=(engine, self.request), daemon=True)
            back.start()
            with suppress(OSError):
                self._forward(server, engine)
            back.join()

    def _forward(self, server: _Server, engine: socket.socket) -> None:
        while piece := self.request.recv(_PIECE):
            begins = re.match(rb"(?:GET|POST|DELETE|PUT|HEAD) \S+(?= HTTP/1\.1\r\n)", piece)
            question = begins[0].decode() if begins else ""
            if question and server.wayward.vanishes and re.match(server.wayward.vanishes, question):
                server.wayward.has_vanished = True
                server.vanish()
                return
            if question and server.wayward.hangs_up(question):
                # Both ways, so that the other thread sees its end, too.
                engine.shutdown(socket.SHUT_RDWR)
                return
            refusal = server.wayward.refusal(question) if question else b""
            if refusal:
                self._skip_body(piece)
                self.request.sendall(refusal)
            else:
                engine.sendall(piece)
        engine.shutdown(socket.SHUT_WR)

    def _skip_body(self, piece: bytes) -> None:
        head, _, body = piece.partition(b"\r\n\r\n")
        length = re.search(rb"(?i)content-length: (\d+)", head)
        left = int(length[1]) - len(body) if length else 0
        while left > 0 and (more := self.request.recv(_PIECE)):
            left -= len(more)


def _pump(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while piece := source.recv(_PIECE):
            target.sendall(piece)
        target.shutdown(socket.SHUT_WR)


@contextmanager
def wayward(engine: str = "/var/run/docker.sock") -> Iterator[Wayward]:
    """An engine that does what the real one does, until it is told otherwise."""
    # A short path, as it is a socket's.
    folder = Path(tempfile.mkdtemp(prefix="dxw-"))
    made = Wayward(f"unix://{folder}/docker.sock")
    server = _Server(f"{folder}/docker.sock", engine, made)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield made
    finally:
        server.vanish()
        server.shutdown()
        thread.join()
        server.server_close()
        shutil.rmtree(folder)
