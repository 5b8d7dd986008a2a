"""A program's standard input and output in a container, over a connection to the engine, wherever that is."""

from __future__ import annotations

import io
import struct
import time
from contextlib import ExitStack
from typing import TYPE_CHECKING, Final

from dext_tasks.engine.api_request import ApiRequest, named
from dext_tasks.limits import STREAM_KEPT

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from dext_tasks.engine.api import Api

FRAME: Final = struct.Struct(">B3xI")
"""Before each piece of output: the number of its stream, and its length.

https://docs.docker.com/reference/api/engine/version/v1.45/#tag/Container/operation/ContainerAttach (stream format)
"""
_STANDARD_ERROR = 2


class ExecStream(io.RawIOBase):
    """A program that was started, as http.client uses a socket.

    Closing it closes the program's standard input, and nothing more: an engine ends no program that it was asked to
    execute. What the program says is read as fast as it is wanted, no faster.

    Args:
        api: Of the engine.
        container: In which container, which runs.
        command: The program and its arguments.
        seconds: The longest time of each step.
        failure: What a program that said nothing but to standard error has failed with, given that.

    Raises:
        DextError: The container does not run, has no such program, or the engine does not answer.
    """

    def __init__(
        self, api: Api, container: str, command: Sequence[str], seconds: float, failure: Callable[[str], OSError]
    ) -> None:
        super().__init__()
        self._seconds, self._failure = seconds, failure
        # It is closed also if what follows fails.
        self._open = ExitStack()
        self._readers = 0
        # Of the piece of output that is being read.
        self._left = 0
        self._has_spoken = False
        self._said = b""
        what = f"docker exec {container}"
        streams = {"AttachStdin": True, "AttachStdout": True, "AttachStderr": True, "Tty": False}
        asked = {**streams, "Cmd": list(command)}
        made = api.ask(ApiRequest("POST", f"/containers/{named(container)}/exec", what, body=asked, repeatable=True))
        with api.understood(what):
            identity = str(made["Id"])
            if not identity:
                raise LookupError
        with ExitStack() as opening:
            options = {"Detach": False, "Tty": False}
            question = ApiRequest("POST", f"/exec/{named(identity)}/start", what, body=options, takes_over=True)
            answer = opening.enter_context(api.answered(question))
            self._incoming, self._stream = answer.taken_over()
            self._open = opening.pop_all()

    def settimeout(self, seconds: float) -> None:
        """Let each step from now on take so long."""
        self._seconds = seconds

    def sendall(self, content: bytes) -> None:
        """See socket.sendall; waits for a program that reads slowly.

        Raises:
            TimeoutError: It took too long.
            OSError: The program has ended; what it failed with.
            InterruptedError: The run is to end.
        """
        self._stream.until = time.monotonic() + self._seconds
        try:
            self._stream.sendall(content)
        except ConnectionError:
            # What is left to be read says why.
            while self.readinto(memoryview(bytearray(FRAME.size))):
                pass
            raise

    def recv(self, most: int) -> bytes:
        """See socket.recv, and ``sendall``."""
        buffer = bytearray(most)
        return bytes(buffer[: self.readinto(memoryview(buffer))])

    def makefile(self, _mode: str) -> io.BufferedReader:
        """See socket.makefile: the stream stays open until it and this are closed."""
        self._readers += 1
        return io.BufferedReader(_AnswerReader(self))

    def readable(self) -> bool:
        """See RawIOBase."""
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # any buffer, which callers give
        """See RawIOBase, and ``sendall``."""
        self._stream.until = time.monotonic() + self._seconds
        while not self._left:
            header = self._incoming.read(FRAME.size)
            if len(header) < FRAME.size:
                return self._ended()
            number, length = FRAME.unpack(header)
            if number == _STANDARD_ERROR:
                self._complain(length)
            else:
                self._left, self._has_spoken = length, True
        piece = self._incoming.read1(min(len(buffer), self._left))
        buffer[: len(piece)] = piece
        self._left -= len(piece)
        if not piece:
            raise ConnectionResetError("the connection to the engine was lost")
        return len(piece)

    def _complain(self, length: int) -> None:
        """Keep the end of what is said to standard error; a frame may have 4 GiB."""
        while length and (piece := self._incoming.read(min(length, STREAM_KEPT))):
            self._said = (self._said + piece)[-STREAM_KEPT:]
            length -= len(piece)

    def _ended(self) -> int:
        if self._said and not self._has_spoken:
            raise self._failure(self._said.decode(errors="replace").strip())
        return 0

    def close(self) -> None:
        """Close the program's standard input and the connection, once nobody reads from it any more."""
        super().close()
        self._hang_up()

    def let_go(self) -> None:
        """A reader was closed."""
        self._readers -= 1
        self._hang_up()

    def _hang_up(self) -> None:
        if self.closed and not self._readers:
            self._open.close()


class _AnswerReader(io.RawIOBase):
    """What http.client reads an answer from, also after it closed the connection itself."""

    def __init__(self, stream: ExecStream) -> None:
        self._stream = stream

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # any buffer, which BufferedReader gives
        return self._stream.readinto(buffer)

    def close(self) -> None:
        if not self.closed:
            super().close()
            self._stream.let_go()
