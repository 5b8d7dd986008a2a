"""One HTTP request over a unix socket, the way a desktop hands on a UI's request."""

from __future__ import annotations

import http.client
import socket
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: Path, timeout: float) -> None:
        super().__init__("localhost", timeout=timeout)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))


def status(path: Path, timeout: float) -> int:
    """Status of ``GET /``; any status means that something listens and speaks HTTP.

    Raises:
        OSError: There is no such socket, nothing listens, or no answer came in time.
        http.client.HTTPException: What answered does not speak HTTP.
    """
    connection = _UnixConnection(path, timeout)
    try:
        connection.request("GET", "/")
        return connection.getresponse().status
    finally:
        connection.close()
