"""The BuildKit in an engine as a node of a builder, which needs no image of BuildKit's own.

buildx calls that the remote driver: https://docs.docker.com/build/builders/drivers/remote/
"""

from __future__ import annotations

import socket
import socketserver
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_CHUNK = 1 << 16
# An engine speaks BuildKit's protocol once a connection was upgraded:
# https://github.com/moby/moby/blob/v26.1.5/api/server/router/grpc/grpc_routes.go
_UPGRADE = b"POST /grpc HTTP/1.1\r\nHost: docker\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n"
_UPGRADED = b"HTTP/1.1 101 "
_END = b"\r\n\r\n"


@dataclass(frozen=True)
class BuildKitNode:
    """A node of a builder.

    Attributes:
        socket: Its address, as buildx takes it.
        connections: One for each that was made.
    """

    socket: str
    connections: list[None] = field(default_factory=list)


@contextmanager
def buildkit_node(folder: Path, name: str, engine: str) -> Iterator[BuildKitNode]:
    """Serve the BuildKit of an engine.

    Args:
        folder: For the socket; short, as its path is bounded.
        name: Of the socket.
        engine: The engine's own socket.
    """
    node = BuildKitNode(f"unix://{folder}/{name}.sock")

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            node.connections.append(None)
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as upstream:
                upstream.connect(engine)
                upstream.sendall(_UPGRADE)
                said = b""
                while not said.endswith(_END):
                    said += upstream.recv(1)
                assert said.startswith(_UPGRADED), said
                back = threading.Thread(target=_copy, args=(upstream, self.request), daemon=True)
                back.start()
                _copy(self.request, upstream)
                back.join()

    class Server(socketserver.ThreadingUnixStreamServer):
        daemon_threads = True
        block_on_close = False

    with Server(f"{folder}/{name}.sock", Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield node
        finally:
            server.shutdown()
            thread.join()
            Path(f"{folder}/{name}.sock").unlink()


def _copy(source: socket.socket, target: socket.socket) -> None:
    try:
        while chunk := source.recv(_CHUNK):
            target.sendall(chunk)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        # Whoever hangs up first ends both ways.
        source.close()
        target.close()
