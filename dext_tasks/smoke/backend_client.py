"""How requests reach a backend: over the socket itself, or through a program in a helper container.

The socket is in a folder that the backend can write to, and whatever it puts there leads nowhere else. A container that
is given a folder of this machine may replace its socket by a symbolic link to any other one, the engine's own included,
and whoever opens it as root follows it: https://cwe.mitre.org/data/definitions/59.html. The helper container follows
links, too, and has nothing that they could lead to: no network, and no files but that folder and its own image.
"""

from __future__ import annotations

import errno
import http.client
import io
import os
import re
import socket
import ssl
import stat
import string
import sys
import time
from abc import ABC, abstractmethod
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Literal
from urllib.parse import quote

from dext_tasks.engine.api_request import named
from dext_tasks.engine.exec_stream import ExecStream
from dext_tasks.engine.files import GO_LINK, GO_SOCKET, ImageFiles
from dext_tasks.errors import EngineCommandError
from dext_tasks.extension.grants.machine import GUEST_SERVICES
from dext_tasks.limits import LARGEST_TEXT
from dext_tasks.systems import CLOSE_ON_EXEC, FOLDER_ONLY, NO_FOLLOW

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from dext_tasks.engine.client import Client
    from dext_tasks.online.guard import Target


IS_POSSIBLE = sys.platform == "linux"
"""Whether this system can hold a socket by a descriptor; elsewhere the engine runs in a machine of its own anyway."""

# What separates and groups in addresses: http://www.dest-unreach.org/socat/doc/socat.html#ADDRESS_SPECIFICATIONS
_SOCAT_SPECIAL = re.compile(r"([,:!\"'\\({\[\]})])")
_ESCAPED = r"\\\1"

# Numbers of the kernel's, which Python names on Linux only.
_PATH_ONLY: int = getattr(os, "O_PATH", 0)


class NotASocketError(OSError):
    """What is at the socket's place is something else; the text says what."""


@contextmanager
def held(folder: Path, name: str) -> Iterator[str]:
    """The socket's address by a descriptor, so that what was looked at is what is connected to.

    Args:
        folder: Where the backend makes it.
        name: Its name there.

    Raises:
        NotASocketError: It is a link, or another kind of file, or not in the folder's own file system.
        OSError: It is not there.
    """
    if "/" in name:
        raise NotASocketError(f"{name} is not the name of a file")
    directory = os.open(folder, _PATH_ONLY | FOLDER_ONLY | NO_FOLLOW | CLOSE_ON_EXEC)
    try:
        # https://man7.org/linux/man-pages/man2/open.2.html: with O_PATH a link is opened itself, and nothing else is
        # done to what it leads to.
        found = os.open(name, _PATH_ONLY | NO_FOLLOW | CLOSE_ON_EXEC, dir_fd=directory)
        try:
            _require_socket(os.fstat(found), os.fstat(directory), name)
            yield f"/proc/self/fd/{found}"
        finally:
            os.close(found)
    finally:
        os.close(directory)


def _require_socket(found: os.stat_result, folder: os.stat_result, name: str) -> None:
    if stat.S_ISLNK(found.st_mode):
        raise NotASocketError(f"{name} is a symbolic link, which is not followed")
    if not stat.S_ISSOCK(found.st_mode):
        raise NotASocketError(f"{name} is not a socket")
    if found.st_dev != folder.st_dev:
        raise NotASocketError(f"{name} is mounted from elsewhere")


class _Bounded:
    """A socket whose every step ends at one moment: a backend that sends a byte a second outlives any timeout of steps.

    Args:
        stream: A socket, or what http.client can use as one.
        until: The moment, by the monotonic clock.
    """

    def __init__(self, stream: socket.socket | ExecStream, until: float) -> None:
        self._stream = stream
        self._until = until

    def begin(self) -> None:
        """Let the next step take what time is left.

        Raises:
            TimeoutError: There is none.
        """
        left = self._until - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self._stream.settimeout(left)

    def sendall(self, content: bytes) -> None:
        """See socket.sendall."""
        self.begin()
        self._stream.sendall(content)

    def makefile(self, mode: Literal["rb"]) -> io.BufferedReader:
        """See socket.makefile."""
        return io.BufferedReader(_BoundedReader(self, self._stream.makefile(mode)))

    def close(self) -> None:
        """See socket.close."""
        self._stream.close()


class _BoundedReader(io.RawIOBase):
    def __init__(self, stream: _Bounded, reader: io.BufferedReader) -> None:
        self._stream, self._reader = stream, reader

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # any buffer, which BufferedReader gives
        self._stream.begin()
        piece = self._reader.read1(len(buffer))
        buffer[: len(piece)] = piece
        return len(piece)

    def close(self) -> None:
        self._reader.close()
        super().close()


class _BoundedConnection(http.client.HTTPConnection, ABC):
    """A connection for one request, which ends in time whatever answers.

    Args:
        timeout: Until the answer must have been read, seconds from now.
        host: As HTTPConnection takes it.
        port: As HTTPConnection takes it.
    """

    def __init__(self, timeout: float, host: str = "localhost", port: int | None = None) -> None:
        super().__init__(host, port, timeout=timeout)
        self._until = time.monotonic() + timeout

    def connect(self) -> None:
        """See HTTPConnection; raises as ``opened`` does."""
        self.sock = _Bounded(self.opened(), self._until)

    @abstractmethod
    def opened(self) -> socket.socket | ExecStream:
        """The stream, connected."""


class GuestConnection(_BoundedConnection):
    """A connection to a backend's socket.

    Args:
        folder: Where the backend makes it.
        name: Its name there.
        timeout: Until the answer must have been read, seconds.
    """

    def __init__(self, folder: Path, name: str, timeout: float) -> None:
        super().__init__(timeout)
        self._folder, self._name = folder, name

    def opened(self) -> socket.socket:
        """The socket, connected.

        Raises:
            NotASocketError: See ``held``.
            OSError: There is no such socket, or nothing listens.
        """
        if sys.platform == "win32":
            raise OSError(errno.EAFNOSUPPORT, "Python has no unix sockets on Windows", self._name)
        with held(self._folder, self._name) as path:
            made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            made.settimeout(self.timeout)
            try:
                made.connect(path)
            except BaseException:
                made.close()
                raise
            return made


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
        connect: Makes a connection, given the seconds until an answer must have been read.
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
        with closing(self.connect(timeout)) as connection:
            _send(connection, method, path, {"Host": self.host, **headers}, body)
            with connection.getresponse() as answer:
                return BackendAnswer(answer.status, answer.reason, answer.read(LARGEST_TEXT))

    def status(self, timeout: float) -> int:
        """The status that GET / is answered with, whose body may never end, as of a stream of events.

        Raises:
            OSError: As ``ask``; or HTTPException.
        """
        with closing(self.connect(timeout)) as connection:
            _send(connection, "GET", "/", {"Host": self.host}, None)
            with connection.getresponse() as answer:
                return answer.status


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


def through(helper: Helper, name: str) -> Channel:
    """By a helper container that has the socket of that name."""
    return Channel(lambda timeout: _Tunnelled(helper, name, timeout))


@dataclass(frozen=True)
class Helper:
    """A container that is given the folder of the backend's socket and nothing else.

    Attributes:
        client: The docker client.
        container: Its name.
        program: How socat is called in it.
    """

    client: Client
    container: str
    program: tuple[str, ...]

    @classmethod
    def of(cls, client: Client, container: str) -> Helper:
        """The one that runs under this name; the entry point of its image is socat."""
        found = client.api.get(f"/containers/{named(container)}/json", f"docker inspect {container}")
        with client.api.understood(f"docker inspect {container}"):
            return cls(client, container, tuple(found["Config"].get("Entrypoint") or ["socat"]))

    def connected(self, name: str, timeout: float) -> ExecStream:
        """A connection to the socket of that name; the helper container looks at it first.

        Args:
            name: Of the socket.
            timeout: Of each step, seconds.

        Raises:
            NotASocketError: It is another kind of file.
            OSError: It is not there, or nothing listens; or the helper container has ended.
        """
        path = f"{GUEST_SERVICES}/{name}"
        try:
            refusal = _link_refusal if self._is_link(path) else _refusal
            # Without a pause after its input has ended, so that the backend sees its client go. HTTP needs no
            # connection that is open one way only.
            command = [*self.program, "-t", "0", "STDIO", f"UNIX-CONNECT:{_SOCAT_SPECIAL.sub(_ESCAPED, path)}"]
            return ExecStream(self.client.api, self.container, command, timeout, partial(refusal, name))
        except EngineCommandError as error:
            raise ConnectionAbortedError(f"{self.container}: {error.message}") from error

    def _is_link(self, path: str) -> bool:
        mode = ImageFiles(self.client, self.container).mode(path)
        if mode is None:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path)
        is_link = bool(mode & GO_LINK)
        if not is_link and not mode & GO_SOCKET:
            raise NotASocketError(f"{path.rpartition('/')[2]} is not a socket")
        return is_link


def _link_refusal(name: str, _said: str) -> OSError:
    """What it means that a link cannot be connected to."""
    return OSError(f"{name} is a symbolic link that leads to no socket in {GUEST_SERVICES}")


def _refusal(_name: str, said: str) -> OSError:
    """What socat failed with, by its words."""
    known = {errno.ECONNREFUSED: "Connection refused", errno.ENOENT: "No such file or directory"}
    number = next((number for number, words in known.items() if words in said), None)
    # Python makes of a number the class that stands for it.
    return OSError(number, os.strerror(number)) if number else OSError(said)


class _Tunnelled(_BoundedConnection):
    """A connection to a backend's socket by a helper container."""

    def __init__(self, helper: Helper, name: str, timeout: float) -> None:
        super().__init__(timeout)
        self._open = partial(helper.connected, name, timeout)

    def opened(self) -> ExecStream:
        """See ``Helper.connected``."""
        return self._open()


def over_target(to: Target) -> Channel:
    """A way to an absolute address, to the one that was looked at and no other; redirects are not followed."""
    return Channel(lambda timeout: _ToTarget(to, timeout), host=to.host_field)


class _ToTarget(_BoundedConnection):
    """A connection to an address, whose name is not looked up again."""

    def __init__(self, to: Target, timeout: float) -> None:
        super().__init__(timeout, to.host, to.port)
        self._to = to

    def opened(self) -> socket.socket:
        """The socket, connected; with TLS for the name."""
        made = socket.create_connection((self._to.address, self._to.port), self.timeout)
        if self._to.scheme != "https":
            return made
        return ssl.create_default_context().wrap_socket(made, server_hostname=self._to.host)
