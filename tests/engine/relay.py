"""A port of this machine inside another network namespace."""

from __future__ import annotations

import ctypes
import os
import socket
import socketserver
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_CHUNK = 1 << 16
_NETWORK = 0x40000000  # CLONE_NEWNET


@contextmanager
def relay(process: int, port: int, to: int = 0) -> Iterator[None]:
    """Let processes in the network namespace of another one reach a port on 127.0.0.1 of ours.

    A socket stays in the namespace it was made in, so only the listening one is made over there.

    Args:
        process: One in that namespace.
        port: On 127.0.0.1 over there.
        to: On 127.0.0.1 over here; the same one if 0.
    """
    with ThreadPoolExecutor(1) as pool:
        listening = pool.submit(_listen, process, port).result()
    server = _Server(listening, to or port)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _listen(process: int, port: int) -> socket.socket:
    """Runs in a thread that ends afterwards: the namespace is a thread's, not a process's."""
    namespace = os.open(Path("/proc") / str(process) / "ns" / "net", os.O_RDONLY)
    try:
        # os.setns is there from Python 3.12 on.
        if ctypes.CDLL(None, use_errno=True).setns(namespace, _NETWORK):
            raise OSError(ctypes.get_errno(), "setns")
    finally:
        os.close(namespace)
    return socket.create_server(("127.0.0.1", port))


class _Server(socketserver.ThreadingTCPServer):
    # A connection that is kept alive must not keep the tests alive.
    daemon_threads = True
    block_on_close = False

    def __init__(self, listening: socket.socket, port: int) -> None:
        super().__init__(("", 0), _Handler, bind_and_activate=False)
        self.socket.close()
        self.socket = listening
        self.port = port


class _Handler(socketserver.BaseRequestHandler):
    request: socket.socket

    def handle(self) -> None:
        assert isinstance(self.server, _Server)
        with socket.create_connection(("127.0.0.1", self.server.port)) as ours:
            back = threading.Thread(target=_pump, args=(ours, self.request), daemon=True)
            back.start()
            _pump(self.request, ours)
            back.join()


def _pump(source: socket.socket, target: socket.socket) -> None:
    try:
        while chunk := source.recv(_CHUNK):
            target.sendall(chunk)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        return
