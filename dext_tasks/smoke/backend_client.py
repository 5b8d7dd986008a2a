"""How requests reach a backend: over the socket itself, or through a proxy container on 127.0.0.1."""

from __future__ import annotations

import http.client
import socket
import ssl
import string
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

from dext_tasks.limits import LARGEST_TEXT
from dext_tasks.smoke.guest_socket import GuestConnection

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from dext_tasks.online.guard import Target

_NO_HEADERS: Mapping[str, str] = {}


@dataclass(frozen=True)
class BackendAnswer:
    """What a backend answered.

    Attributes:
        status: HTTP status.
        reason: As the backend wrote it.
        body: At most 16 MiB of it.
    """

    status: int
    reason: str
    body: bytes


@dataclass(frozen=True)
class Channel:
    """A way to a backend.

    Attributes:
        connect: Makes a connection, given the longest time of each step in seconds.
        folder: Where the socket is on this machine; None if it cannot be seen from here.
        host: What requests name as their host.
    """

    connect: Callable[[float], http.client.HTTPConnection]
    folder: Path | None = None
    host: str = "localhost"

    def ask(
        self,
        method: str,
        path: str,
        timeout: float,
        headers: Mapping[str, str] = _NO_HEADERS,
        body: bytes | None = None,
    ) -> BackendAnswer:
        """One request, the way a desktop hands on a page's: path and query as they are, host ``localhost``.

        Raises:
            OSError: There is no such socket, nothing listens, or no answer came in time.
            http.client.HTTPException: What answered does not speak HTTP, or what was asked cannot be said in it.
        """
        connection = self.connect(timeout)
        try:
            _send(connection, method, path, {"Host": self.host, **headers}, body)
            answer = connection.getresponse()
            return BackendAnswer(answer.status, answer.reason, answer.read(LARGEST_TEXT))
        finally:
            connection.close()


def _send(
    connection: http.client.HTTPConnection, method: str, path: str, headers: Mapping[str, str], body: bytes | None
) -> None:
    # As a browser sends it; what is escaped already stays as it is.
    escaped = quote(path, safe=string.punctuation)
    try:
        connection.request(method, escaped, body=body, headers=dict(headers))
    except ValueError as error:
        # A line break in a header, or a method that is not valid.
        raise http.client.InvalidURL(str(error)) from error


def over_socket(path: Path) -> Channel:
    """The socket itself, in a folder that the backend can write to."""
    return Channel(lambda timeout: GuestConnection(path.parent, path.name, timeout), path.parent)


def over_port(port: int) -> Channel:
    """A proxy that forwards to it."""
    return Channel(lambda timeout: http.client.HTTPConnection("127.0.0.1", port, timeout=timeout))


def over_target(to: Target) -> Channel:
    """A way to an absolute address, to the one that was looked at and no other; redirects are not followed."""
    return Channel(lambda timeout: _ToTarget(to, timeout), host=to.host_field)


class _ToTarget(http.client.HTTPConnection):
    """A connection to an address, whose name is not looked up again."""

    def __init__(self, to: Target, timeout: float) -> None:
        super().__init__(to.host, to.port, timeout)
        self._to = to

    def connect(self) -> None:
        """Connect; with TLS for the name."""
        self.sock = socket.create_connection((self._to.address, self._to.port), self.timeout)
        if self._to.scheme == "https":
            self.sock = ssl.create_default_context().wrap_socket(self.sock, server_hostname=self._to.host)
