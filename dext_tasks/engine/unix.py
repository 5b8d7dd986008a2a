"""HTTP over a unix socket."""

from __future__ import annotations

import errno
import http.client
import socket
import sys


class UnixConnection(http.client.HTTPConnection):
    """A connection to whatever listens on a socket file.

    Args:
        path: Of the socket.
        timeout: Of each step, seconds.
    """

    def __init__(self, path: str, timeout: float) -> None:
        super().__init__("localhost", timeout=timeout)
        self._path = path

    def connect(self) -> None:
        """See HTTPConnection.

        Raises:
            OSError: There is no such socket, or nothing listens.
        """
        if sys.platform == "win32":
            raise OSError(errno.EAFNOSUPPORT, "Python has no unix sockets on Windows", self._path)
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)
