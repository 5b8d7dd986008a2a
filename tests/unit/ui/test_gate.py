"""The gate, spoken to as a browser does and as none would; no connection is made."""

from __future__ import annotations

import socket
import struct
import threading
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from dext_tasks.online.guard import AddressRefusedError, NotPublicError, Target
from dext_tasks.ui import gate as gate_module
from dext_tasks.ui.gate import Gate, Guard, gate

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


OWN = "http://127.0.0.1:8000"
HELLO = b"\x05\x01\x00"
WELCOME = b"\x05\x00"
NOWHERE = b"\x00\x01" + bytes(6)
GRANTED, NOT_ALLOWED, UNREACHABLE, UNSUPPORTED = (b"\x05" + bytes([code]) + NOWHERE for code in (0, 2, 4, 7))
PORT = struct.pack("!H", 443)
# Far longer than anything here takes; what hangs fails.
LONGEST = 60.0


def named(host: bytes, port: bytes = PORT) -> bytes:
    return b"\x05\x01\x00\x03" + bytes([len(host)]) + host + port


class Pipe(socket.socket):
    """One end of a pair, which has no options of TCP."""

    def setsockopt(self, *_: object) -> None:
        """Take any."""


def pair() -> tuple[Pipe, Pipe]:
    ends = socket.socketpair()
    one, other = (Pipe(fileno=end.detach()) for end in ends)
    for end in (one, other):
        end.settimeout(LONGEST)
    return one, other


class AGuard(Guard):
    """Knows a few hosts without looking them up."""

    def of_host(self, host: str, port: int) -> Target:
        to = Target("http", host, "203.0.113.7", port, "/")
        if host in {"public.example", "203.0.113.7", "2001:db8::7"}:
            return to
        if host.startswith("private"):
            raise NotPublicError(f"{host} is at 10.0.0.1", to)
        raise AddressRefusedError("unknown")


@dataclass
class Talk:
    """A browser's connection to the gate, and the far end of what the gate opens for it.

    Attributes:
        browser: The browser's end.
        far: The server's end.
        thread: In which the connection is served.
        connected: Where the gate connected to.
    """

    browser: Pipe
    far: Pipe
    thread: threading.Thread
    connected: list[tuple[str, int]]

    def ended(self) -> bool:
        self.thread.join(LONGEST)
        return not self.thread.is_alive()

    def received(self) -> bytes:
        """Everything until the end, of whatever kind that is."""
        content = b""
        with suppress(ConnectionResetError):
            while piece := self.browser.recv(65536):
                content += piece
        return content

    def open(self) -> None:
        self.browser.sendall(HELLO + named(b"public.example"))
        assert exactly(self.browser, 12) == WELCOME + GRANTED


def exactly(end: socket.socket, count: int) -> bytes:
    content = b""
    while len(content) < count:
        piece = end.recv(count - len(content))
        assert piece, content
        content += piece
    return content


@contextmanager
def talking(made: Gate, monkeypatch: pytest.MonkeyPatch, failure: OSError | None = None) -> Iterator[Talk]:
    browser, inside = pair()
    near, far = pair()
    connected: list[tuple[str, int]] = []

    def connect(address: tuple[str, int], timeout: float) -> socket.socket:
        assert timeout > 0
        connected.append(address)
        if failure:
            raise failure
        return near

    def serve() -> None:
        with inside:
            made.finish_request(inside, ("127.0.0.1", 1))

    monkeypatch.setattr(socket, "create_connection", connect)
    opened = Talk(browser, far, threading.Thread(target=serve, daemon=True), connected)
    opened.thread.start()
    with browser, near, far:
        yield opened


@pytest.fixture
def made() -> Iterator[Gate]:
    with gate(AGuard(), OWN) as opened:
        yield opened


@pytest.fixture
def talk(made: Gate, monkeypatch: pytest.MonkeyPatch) -> Iterator[Talk]:
    with talking(made, monkeypatch) as opened:
        yield opened


class TestGreeting:
    @pytest.mark.parametrize(
        ("asked", "connected"),
        [
            (named(b"public.example"), ("203.0.113.7", 443)),
            (b"\x05\x01\x00\x01" + bytes([203, 0, 113, 7]) + PORT, ("203.0.113.7", 443)),
            (b"\x05\x01\x00\x04" + socket.inet_pton(socket.AF_INET6, "2001:db8::7") + PORT, ("203.0.113.7", 443)),
            (named(b"127.0.0.1", struct.pack("!H", 8000)), ("127.0.0.1", 8000)),
        ],
        ids=["name", "four", "six", "own server"],
    )
    @pytest.mark.parametrize("pieces", [False, True], ids=["at once", "byte by byte"])
    def test_what_is_admitted_is_connected(
        self,
        talk: Talk,
        asked: bytes,
        connected: tuple[str, int],
        pieces: bool,  # noqa: FBT001 - a parameter of the test
    ) -> None:
        sent = b"\x05\x02\x01\x00" + asked
        for piece in [sent[at : at + 1] for at in range(len(sent))] if pieces else [sent]:
            talk.browser.sendall(piece)
        assert exactly(talk.browser, 12) == WELCOME + GRANTED
        assert talk.connected == [connected]

    @pytest.mark.parametrize(
        ("sent", "answered"),
        [
            (b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", b""),
            (b"\x04\x01\x00\x50\x7f\x00\x00\x01\x00", b""),
            (b"\x00\x00", b""),
            (b"\x05\x00", b"\x05\xff"),
            (b"\x05\x01\x02", b"\x05\xff"),
            (b"\x05\xff" + b"\x01" * 255, b"\x05\xff"),
            (HELLO + b"\x05\x02\x00\x01" + bytes(6), WELCOME + UNSUPPORTED),
            (HELLO + b"\x05\x03\x00\x01" + bytes(6), WELCOME + UNSUPPORTED),
            (HELLO + b"\x05\x01\x00\x02" + bytes(6), WELCOME + UNSUPPORTED),
            (HELLO + named(b""), WELCOME + UNREACHABLE),
            (HELLO + named(b"\xff\x00\n"), WELCOME + UNREACHABLE),
            (HELLO + named(b"a" * 255), WELCOME + UNREACHABLE),
            (HELLO + named(b"private"), WELCOME + NOT_ALLOWED),
            (HELLO + named(b"127.0.0.1", struct.pack("!H", 8001)), WELCOME + UNREACHABLE),
        ],
        ids=[
            *("HTTP", "version 4", "version 0", "no method", "a login only", "255 methods", "BIND", "UDP"),
            *("unknown kind", "no name", "odd name", "longest name", "private", "another port of this machine"),
        ],
    )
    def test_what_is_not_is_answered_and_ended(self, talk: Talk, sent: bytes, answered: bytes) -> None:
        talk.browser.sendall(sent)
        assert talk.ended()
        assert talk.received() == answered
        assert talk.connected == []

    @pytest.mark.parametrize("count", range(len(HELLO + named(b"public.example"))))
    def test_one_that_ends_early_is_let_go(self, talk: Talk, count: int) -> None:
        talk.browser.sendall((HELLO + named(b"public.example"))[:count])
        talk.browser.shutdown(socket.SHUT_WR)
        assert talk.ended()
        assert talk.received() in {b"", WELCOME}
        assert talk.connected == []

    @pytest.mark.parametrize("sent", [b"", b"\x05", HELLO, HELLO + b"\x05\x01\x00\x03\xff"])
    def test_one_that_says_no_more_is_not_waited_for(
        self, made: Gate, monkeypatch: pytest.MonkeyPatch, sent: bytes
    ) -> None:
        monkeypatch.setattr(gate_module, "GATE_CONNECT", 0.05)
        with talking(made, monkeypatch) as talk:
            talk.browser.sendall(sent)
            assert talk.ended()
            assert talk.connected == []

    def test_a_server_that_refuses(self, made: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
        with talking(made, monkeypatch, ConnectionRefusedError()) as talk:
            talk.browser.sendall(HELLO + named(b"public.example"))
            assert talk.received() == WELCOME + UNREACHABLE
            assert talk.connected == [("203.0.113.7", 443)]


class TestRelay:
    def test_a_browser_that_has_said_all_hears_the_rest(self, talk: Talk) -> None:
        talk.open()
        talk.browser.sendall(b"question")
        talk.browser.shutdown(socket.SHUT_WR)
        assert exactly(talk.far, 8) == b"question"
        assert talk.far.recv(1) == b""
        talk.far.sendall(b"answer")
        talk.far.close()
        assert talk.received() == b"answer"
        assert talk.ended()

    def test_a_server_that_has_said_all_hears_the_rest(self, talk: Talk) -> None:
        talk.open()
        talk.far.sendall(b"greeting")
        talk.far.shutdown(socket.SHUT_WR)
        assert talk.received() == b"greeting"
        talk.browser.sendall(b"late")
        talk.browser.close()
        assert exactly(talk.far, 4) == b"late"
        assert talk.far.recv(1) == b""
        assert talk.ended()

    @pytest.mark.parametrize("end", ["browser", "far"])
    def test_when_one_breaks_off_the_other_is_told(self, talk: Talk, end: str) -> None:
        talk.open()
        broken, other = (talk.browser, talk.far) if end == "browser" else (talk.far, talk.browser)
        broken.close()
        assert other.recv(1) == b""
        # What can be sent to nobody ends the other way, too.
        with pytest.raises(OSError, match=r"Broken pipe|reset"):
            other.sendall(bytes(64 << 20))
        assert talk.ended()

    def test_two_that_speak_at_once_do_not_wait_for_each_other(self, talk: Talk) -> None:
        talk.open()
        size = 4 << 20

        def echo() -> None:
            while piece := talk.far.recv(65536):
                talk.far.sendall(piece)
            talk.far.shutdown(socket.SHUT_WR)

        def send() -> None:
            talk.browser.sendall(bytes(size))
            talk.browser.shutdown(socket.SHUT_WR)

        for each in (echo, send):
            threading.Thread(target=each, daemon=True).start()
        # Read only what the echo has to wait for: the gate must take from either side while the other is full.
        assert len(talk.received()) == size
        assert talk.ended()

    def test_it_ends_with_the_gate(self, monkeypatch: pytest.MonkeyPatch) -> None:
        with ExitStack() as stack:
            with gate(AGuard(), OWN) as opened:
                talk = stack.enter_context(talking(opened, monkeypatch))
                talk.open()
            assert talk.received() == b""
            assert talk.ended()


def test_what_was_refused_is_told_once_and_not_without_end(made: Gate) -> None:
    for host in ["private", "private", *(f"private{number}" for number in range(200))]:
        with pytest.raises(NotPublicError):
            made.address_of(host, 80)
    assert len(made.refused) == 100
    assert made.refused[0] == "private is at 10.0.0.1"
    assert made.refused.count("private is at 10.0.0.1") == 1
    with pytest.raises(AddressRefusedError):
        made.address_of("absent", 80)
    assert len(made.refused) == 100


ADDRESSES = {
    "public.example": ["93.184.215.14"],
    "rebinding.example": ["93.184.215.14", "127.0.0.1"],
    "localhost": ["127.0.0.1"],
    "localhost.": ["127.0.0.1"],
    "10.1.2.3.": ["10.1.2.3"],
}


@pytest.fixture(autouse=True)
def _names(monkeypatch: pytest.MonkeyPatch) -> None:
    def getaddrinfo(host: str, port: int, **_: object) -> Sequence[object]:
        found = ADDRESSES.get(host, [host.strip("[]")] if host[:1].isdigit() or ":" in host else [])
        if not found:
            raise socket.gaierror
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in found]

    monkeypatch.setattr("dext_tasks.online.guard.socket.getaddrinfo", getaddrinfo)


@pytest.mark.parametrize("allowed", [(), ("127.0.0.1",)])
def test_public_ones(allowed: tuple[str, ...]) -> None:
    to = Guard(allowed).of_url("https://public.example/a")
    assert (to.address, to.port, to.path) == ("93.184.215.14", 443, "/a")
    assert Guard(allowed).of_host("public.example", 81).port == 81


@pytest.mark.parametrize(
    ("host", "opens"),
    [
        ("127.0.0.1", "127.0.0.1:80"),
        ("10.1.2.3", "10.1.2.3:80"),
        ("169.254.169.254", "169.254.169.254:80"),
        ("0.0.0.0", "0.0.0.0:80"),  # noqa: S104 - a page asks it
        ("::1", "[::1]:80"),
        ("fd00::1", "[fd00::1]:80"),
        ("::ffff:127.0.0.1", "[::ffff:127.0.0.1]:80"),
        ("rebinding.example", "rebinding.example:80"),
    ],
)
def test_others_are_refused_and_can_be_opened(host: str, opens: str) -> None:
    with pytest.raises(AddressRefusedError) as refusal:
        Guard(("other.example", f"{host}:81")).of_host(host, 80)
    assert str(refusal.value).endswith(f"not a public address; smoke.ui.allow-hosts opens {opens}")
    assert Guard((opens,)).of_host(host, 80).port == 80
    assert Guard((opens.removesuffix(":80").upper(),)).of_host(host, 80).port == 80


def test_an_unknown_host_is_no_matter_of_the_setting() -> None:
    with pytest.raises(AddressRefusedError, match="the host absent is unknown"):
        Guard().of_host("absent", 80)


@pytest.mark.parametrize("host", ["10.1.2.3.", "Localhost", "LOCALHOST."])
def test_other_spellings_of_a_name_that_is_opened(host: str) -> None:
    assert Guard((host.lower().rstrip("."),)).of_host(host, 80).host == host.lower()


@pytest.mark.parametrize("opens", ["10.1.2.3", "10.1.2.3:81", "LOCALHOST:81"])
def test_a_port_of_a_name_that_is_opened_is_not_all_of_them(opens: str) -> None:
    host = opens.partition(":")[0]
    assert Guard((opens,)).of_host(host, 81).port == 81
    if ":" in opens:
        with pytest.raises(NotPublicError):
            Guard((opens,)).of_host(host, 80)


@pytest.mark.parametrize(
    "host",
    [
        *("", " ", "a b", "user@public.example", "public.example/", "public.example:81", "public.example:81/x"),
        *("public.example#", "public.example?", "public.example\\x", "[public.example]", "\x00", "\ufffd"),
        *("10.1.2.3:81", "10.1.2.3:81/x", "10.1.2.3:81#", "10.1.2.3:81?"),
    ],
)
@pytest.mark.parametrize("port", [22, 0])
def test_what_is_more_than_a_host_is_not_judged_by_a_part_of_it(host: str, port: int) -> None:
    with pytest.raises(AddressRefusedError):
        Guard(("10.1.2.3:81",)).of_host(host, port)


def test_a_port_that_none_is_is_not_taken_for_the_usual_one() -> None:
    with pytest.raises(AddressRefusedError, match="not a host and port"):
        Guard().of_host("public.example", 0)
