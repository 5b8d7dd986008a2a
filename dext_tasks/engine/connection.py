"""Kept-alive connections to the engine of the docker client's context: a unix socket, or what the client connects."""

from __future__ import annotations

import http.client
import io
import logging
import socket
import subprocess
import sys
import tempfile
import time
import weakref
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from threading import Lock
from typing import IO, TYPE_CHECKING, Protocol, TypeVar

from dext_tasks import calls
from dext_tasks.limits import ENGINE_ANSWER

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from dext_tasks.runtime.cancellation import Cancellation

_T = TypeVar("_T")
_LOG = logging.getLogger(__name__)
UNIX = "unix://"
"""How the address of an engine begins that is a socket of this machine."""

# Seconds after which a wait looks whether the run is to end.
_GLANCE = 0.1
# Seconds for the docker client to end once it has closed its connection.
_CLIENT_END = 5.0
_PIECE = 1 << 16
# More than run at once are not kept.
_MOST_KEPT = 8


class Caller(Protocol):
    """What is needed of the docker client, see ``Client``."""

    cancellation: Cancellation

    def command(self, seconds: float) -> list[str]:
        """How to call it."""

    def run(self, *args: str, what: str, seconds: float) -> bytes:
        """Run one command and give its standard output."""

    def again(self, what: str, call: Callable[[], _T]) -> _T:
        """The result of a call that is safe to repeat, tried once more where it fails by what comes and goes."""

    def redacted(self, text: str) -> str:
        """The text without any of the run's secrets."""

    def located(self, what: str) -> str:
        """A question in words, with the context that it is for."""


class EngineStream:
    """A stream to the engine; every step on it ends at the bound of the question, or when the run is to end.

    Args:
        stream: Connected.
        cancellation: Of the run.
        dialler: The docker client that holds the other end, with what it says to standard error; None for the engine.

    Attributes:
        until: When the bound of the question is reached, by the monotonic clock.
        is_ended: Whether somebody who waited saw the end of it.
    """

    def __init__(
        self,
        stream: socket.socket,
        cancellation: Cancellation,
        dialler: tuple[subprocess.Popen[bytes], IO[bytes]] | None = None,
    ) -> None:
        self._socket = stream
        self._cancellation = cancellation
        self._dialler = dialler
        self.until = 0.0
        self.is_ended = False
        stream.settimeout(_GLANCE)

    def _step(self, step: Callable[[], int]) -> int:
        while True:
            self._cancellation.check()
            if time.monotonic() > self.until:
                raise TimeoutError
            with suppress(TimeoutError):
                return step()

    def read(self, buffer: bytearray | memoryview) -> int:
        """Fill a buffer with what is there; 0 for the end.

        Raises:
            InterruptedError: The run is to end.
            TimeoutError: The bound was reached.
        """
        return self._step(lambda: self._socket.recv_into(buffer))

    def sendall(self, content: bytes) -> None:
        """See ``read``, and socket.sendall, whose name http.client calls."""
        left = memoryview(content)
        while left:
            left = left[self._step(partial(self._socket.send, left)) :]

    def makefile(self, _mode: str) -> io.BufferedReader:
        """What http.client reads an answer from."""
        return io.BufferedReader(_Reader(self))

    @property
    def is_idle(self) -> bool:
        """Whether the other end is there and has said nothing that nobody asked for."""
        self._socket.setblocking(False)  # noqa: FBT003 - its only parameter
        try:
            self._socket.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            return True
        except OSError:
            return False
        finally:
            self._socket.settimeout(_GLANCE)
        return False

    def comes(self, seconds: float) -> bool:
        """Whether something comes within that time, or the end; what comes is dropped.

        Raises:
            InterruptedError: The run is to end.
        """
        end = time.monotonic() + seconds
        try:
            while (left := end - time.monotonic()) > 0:
                self._cancellation.check()
                self._socket.settimeout(min(left, _GLANCE))
                with suppress(TimeoutError):
                    self.is_ended = not self._socket.recv(_PIECE)
                    return True
        except ConnectionError:
            self.is_ended = True
            return True
        finally:
            self._socket.settimeout(_GLANCE)
        return False

    def close(self) -> None:
        """Do nothing: http.client calls this while an answer without a length is still read, ``hang_up`` is the end.

        https://github.com/python/cpython/blob/3.13/Lib/http/client.py (getresponse)
        """

    def hang_up(self) -> None:
        """Close the connection; a docker client in between ends, as its standard input does.

        https://github.com/docker/cli/blob/v28.2.2/cli/command/system/dial_stdio.go
        """
        self._socket.close()
        if self._dialler:
            process, said = self._dialler
            _ended(process)
            said.close()

    def complaint(self) -> tuple[int, str]:
        """Exit code and standard error of a docker client that ended by itself; 0 if there is none or it runs."""
        if not self._dialler:
            return 0, ""
        process, said = self._dialler
        self._socket.close()
        with suppress(subprocess.TimeoutExpired):
            code = process.wait(_CLIENT_END)
            said.seek(0)
            return code, said.read().decode(errors="replace")
        return 0, ""


class _Reader(io.RawIOBase):
    def __init__(self, stream: EngineStream) -> None:
        self._stream = stream

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # any buffer, which BufferedReader gives
        return self._stream.read(buffer)


def _ended(process: subprocess.Popen[bytes]) -> None:
    try:
        process.wait(_CLIENT_END)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


class Connection(http.client.HTTPConnection):
    """HTTP over a stream, which http.client takes for a socket.

    Attributes:
        stream: The stream.
        address: Of the engine at its other end.
        is_ready: Whether the last answer was read to its end, so that the next question can be asked.
        was_kept: Whether it was kept from another question, so that the engine may have closed it since.
    """

    auto_open = 0

    def __init__(self, stream: EngineStream, address: str) -> None:
        super().__init__("docker")
        self.address = address
        self.stream = stream
        self.sock = stream
        self.is_ready = False
        self.was_kept = False


class Connections:
    """Those of one run. A thread has one for itself while it asks; it is kept for the next question.

    Args:
        client: The docker client, which makes connections that this process cannot make.
    """

    def __init__(self, client: Caller) -> None:
        self._client = client
        self._lock = Lock()
        self._idle: list[Connection] = []
        # Whoever forgets to close it leaves no process behind.
        self._end = weakref.finalize(self, _close_all, self._idle)

    def close(self) -> None:
        """Hang up all that nobody uses."""
        with self._lock:
            _close_all(self._idle)

    @contextmanager
    def borrowed(self, address: str, seconds: float, *, fresh: bool = False) -> Iterator[Connection]:
        """A connection to ask with, which is given up if the block fails or leaves an answer unread.

        Args:
            address: Of the engine.
            seconds: Until the answer must have been read.
            fresh: Whether one that was kept will not do.

        Raises:
            DextError: There is no connection; what the docker client says of it.
        """
        connection = (None if fresh else self._kept()) or self._made(address)
        connection.stream.until = time.monotonic() + seconds
        connection.is_ready = False
        try:
            yield connection
        except BaseException:
            connection.stream.hang_up()
            raise
        self._keep(connection)

    def _keep(self, connection: Connection) -> None:
        with self._lock:
            if connection.is_ready and len(self._idle) < _MOST_KEPT:
                self._idle.append(connection)
                return
        connection.stream.hang_up()

    def _kept(self) -> Connection | None:
        while True:
            with self._lock:
                if not self._idle:
                    return None
                connection = self._idle.pop()
            if connection.stream.is_idle:
                connection.was_kept = True
                return connection
            connection.stream.hang_up()

    def _made(self, address: str) -> Connection:
        self._client.cancellation.check()
        return Connection(self._direct(address) or self._dialled(), address)

    def _direct(self, address: str) -> EngineStream | None:
        """The engine's socket; None where this process has no way to it, and docker says why better than we could."""
        if sys.platform == "win32" or not address.startswith(UNIX):
            return None
        stream = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        # An engine that hangs takes no more connections at some point.
        stream.settimeout(ENGINE_ANSWER)
        with ExitStack() as failed:
            failed.callback(stream.close)
            try:
                stream.connect(address.removeprefix(UNIX))
            except OSError:
                return None
            failed.pop_all()
        return EngineStream(stream, self._client.cancellation)

    def _dialled(self) -> EngineStream:
        """By ``docker system dial-stdio``: the client connects to every kind of address as it does for itself.

        It is shielded from the end of the run and from Ctrl-C, as clean-up may use its connection, and ends
        when this process does.
        """
        ours, theirs = socket.socketpair()
        with ExitStack() as failed, theirs, self._client.cancellation.shielded():
            failed.callback(ours.close)
            said = failed.enter_context(tempfile.TemporaryFile())
            command, end = [*self._client.command(0), "system", "dial-stdio"], theirs.fileno()
            with calls.command(_LOG, command), self._client.cancellation.starting():
                process = subprocess.Popen(  # noqa: S603 - a list
                    command, stdin=end, stdout=end, stderr=said, start_new_session=True
                )
            # They are closed with the stream.
            failed.pop_all()
        return EngineStream(ours, self._client.cancellation, (process, said))


def _close_all(connections: list[Connection]) -> None:
    while connections:
        connections.pop().stream.hang_up()
