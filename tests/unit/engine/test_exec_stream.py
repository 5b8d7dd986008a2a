"""Programs in containers over pairs of sockets: what http.client makes of them, and what the program hears."""

from __future__ import annotations

import http.client
import socket
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from dext_tasks.engine.api import Answer, Api
from dext_tasks.engine.client import Client
from dext_tasks.engine.connection import EngineStream
from dext_tasks.engine.exec_stream import FRAME, ExecStream
from dext_tasks.errors import EngineCommandError
from dext_tasks.errors import InterruptedError as Interrupted

if TYPE_CHECKING:
    import io
    from collections.abc import Callable, Iterator

    from dext_tasks.engine.api_request import ApiRequest

_PATIENCE = 60


class Taken(Answer):
    """A connection that was taken over."""

    def __init__(self, stream: EngineStream) -> None:
        self._taken = stream

    def taken_over(self) -> tuple[io.BufferedReader, EngineStream]:
        return self._taken.makefile("rb"), self._taken


@dataclass
class Program(Api):
    """An engine in which one program is started.

    Attributes:
        ours: The end of the connection that the test speaks for the program by.
        asked: What the engine was asked.
        made: What it says of a program that is to be started.
        is_open: Whether the connection is still used.
    """

    client: Client
    ours: socket.socket
    theirs: socket.socket
    asked: list[ApiRequest] = field(default_factory=list)
    made: object = field(default_factory=lambda: {"Id": "e1"})
    is_open: bool = False

    def __post_init__(self) -> None:
        super().__init__(self.client)

    def ask(self, question: ApiRequest) -> object:
        self.asked.append(question)
        return self.made

    @contextmanager
    def answered(self, question: ApiRequest) -> Iterator[Answer]:
        self.asked.append(question)
        self.is_open = True
        stream = EngineStream(self.theirs, self.client.cancellation)
        yield Taken(stream)
        self.is_open = False
        stream.hang_up()

    def says(self, content: bytes, number: int = 1) -> None:
        self.ours.sendall(FRAME.pack(number, len(content)) + content)

    def ends(self) -> None:
        self.ours.shutdown(socket.SHUT_WR)

    def stream(self, seconds: float = _PATIENCE) -> ExecStream:
        return ExecStream(self, "c1", ["socat", "STDIO"], seconds, ConnectionRefusedError)


@pytest.fixture
def program() -> Iterator[Program]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.settimeout(_PATIENCE)
        yield Program(Client(), ours, theirs)


def test_what_is_started(program: Program) -> None:
    program.stream()
    create, begin = program.asked
    assert (create.path, begin.path, begin.takes_over) == ("/containers/c1/exec", "/exec/e1/start", True)
    assert create.body == {
        "AttachStdin": True,
        "AttachStdout": True,
        "AttachStderr": True,
        "Tty": False,
        "Cmd": ["socat", "STDIO"],
    }
    assert begin.headers == {"Content-Type": "application/json", "Connection": "Upgrade", "Upgrade": "tcp"}


@pytest.mark.parametrize("answer", [None, {}, {"Id": ""}, []])
def test_an_engine_that_names_no_program(program: Program, answer: object) -> None:
    program.made = answer
    with pytest.raises(EngineCommandError, match=r"docker exec c1.*: no Docker engine answers this"):
        program.stream()


def test_output_is_what_the_program_said_to_standard_output(program: Program) -> None:
    stream = program.stream()
    program.says(b"ab")
    program.says(b"a warning", 2)
    program.says(b"")
    program.says(b"cdef")
    program.ends()
    assert [stream.recv(2), stream.recv(1), stream.recv(9), stream.recv(9)] == [b"ab", b"c", b"def", b""]


def test_input_goes_as_it_is(program: Program) -> None:
    program.stream().sendall(b"\x01\x00hello")
    assert program.ours.recv(99) == b"\x01\x00hello"


def test_a_request_and_its_answer(program: Program) -> None:
    connection = http.client.HTTPConnection("localhost")
    connection.sock = program.stream()
    connection.request("POST", "/a", b"body")
    assert program.ours.recv(999).endswith(b"\r\n\r\nbody")
    for piece in (b"HTTP/1.1 200 OK\r\nTransfer-", b"Encoding: chunked\r\n\r\n2\r\nhe\r\n", b"3\r\nllo\r\n0\r\n\r\n"):
        program.says(piece)
    assert connection.getresponse().read() == b"hello"
    connection.close()
    assert not program.is_open


def test_an_answer_that_ends_with_its_connection_is_read_to_its_end(program: Program) -> None:
    connection = http.client.HTTPConnection("localhost")
    connection.sock = program.stream()
    connection.request("GET", "/")
    program.says(b"HTTP/1.0 200 OK\r\n\r\nfirst ")
    answer = connection.getresponse()
    assert answer.read(6) == b"first "
    program.says(b"second")
    program.ends()
    assert answer.read() == b"second"
    assert not program.is_open


def test_an_answer_that_is_left_early_ends_the_programs_input(program: Program) -> None:
    connection = http.client.HTTPConnection("localhost")
    connection.sock = program.stream()
    connection.request("GET", "/events")
    program.says(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: 1\n\n")
    with connection.getresponse() as answer:
        assert answer.read(9) == b"data: 1\n\n"
        connection.close()
    program.ours.recv(999)
    assert program.ours.recv(999) == b""


@pytest.mark.parametrize("act", [lambda stream: stream.recv(9), lambda stream: stream.sendall(b"x" * 9_000_000)])
def test_a_program_that_fails_says_with_what(program: Program, act: Callable[[ExecStream], object]) -> None:
    stream = program.stream()
    program.says(b"E connect(): ", 2)
    program.says(b"refused\n", 2)
    program.ours.close()
    with pytest.raises(ConnectionRefusedError, match=r"^E connect\(\): refused$"):
        act(stream)


def test_what_a_program_complains_of_after_it_spoke_is_no_failure(program: Program) -> None:
    stream = program.stream()
    program.says(b"all")
    program.says(b"W write(): broken pipe", 2)
    program.ends()
    assert [stream.recv(9), stream.recv(9)] == [b"all", b""]


def test_output_that_breaks_off(program: Program) -> None:
    stream = program.stream()
    program.ours.sendall(FRAME.pack(1, 9) + b"half")
    program.ends()
    assert stream.recv(9) == b"half"
    with pytest.raises(ConnectionResetError):
        stream.recv(9)


@pytest.mark.parametrize("act", [lambda stream: stream.recv(9), lambda stream: stream.sendall(b"x" * 9_000_000)])
def test_each_step_has_a_bound(program: Program, act: Callable[[ExecStream], object]) -> None:
    with pytest.raises(TimeoutError):
        act(program.stream(seconds=0.2))


def test_of_a_long_complaint_the_end_is_kept(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dext_tasks.engine.exec_stream.STREAM_KEPT", 4)
    stream = program.stream()
    program.ours.sendall(FRAME.pack(2, 0xFFFFFFFF) + b"much is said")
    program.ends()
    with pytest.raises(ConnectionRefusedError, match=r"^said$"):
        stream.recv(9)


def test_the_bound_of_a_step_can_be_changed(program: Program) -> None:
    stream = program.stream()
    stream.settimeout(0.2)
    with pytest.raises(TimeoutError):
        stream.recv(9)


def test_the_end_of_the_run_ends_a_wait(program: Program) -> None:
    stream = program.stream()
    stream.sendall(b"hello")

    def end() -> None:
        program.ours.recv(9)
        program.client.cancellation.cancel()

    ender = threading.Thread(target=end)
    ender.start()
    with pytest.raises(Interrupted):
        stream.recv(9)
    ender.join()
