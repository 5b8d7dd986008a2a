from __future__ import annotations

import http.client
import io
import socket
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from dext_tasks.smoke.socket import status

PATH = Path("/guest/demo.sock")


@dataclass
class FakeSocket:
    """A unix socket behind which this is answered."""

    response: bytes = b""
    refusal: OSError | None = None
    sent: bytes = b""
    timeout: float = 0.0
    asked: list[object] = field(default_factory=list)
    open: bool = True

    def __call__(self, family: int, kind: int) -> FakeSocket:
        self.asked += [family, kind]
        return self

    def settimeout(self, seconds: float) -> None:
        self.timeout = seconds

    def connect(self, address: str) -> None:
        self.asked.append(address)
        if self.refusal:
            raise self.refusal

    def sendall(self, content: bytes) -> None:
        self.sent += content

    def makefile(self, mode: str) -> io.BytesIO:
        assert mode == "rb"
        return io.BytesIO(self.response)

    def close(self) -> None:
        self.open = False


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> FakeSocket:
    made = FakeSocket()
    monkeypatch.setattr(socket, "socket", made)
    return made


@pytest.mark.parametrize("code", [200, 404, 500])
def test_any_status_is_given(code: int, fake: FakeSocket) -> None:
    fake.response = f"HTTP/1.1 {code} Something\r\nContent-Length: 0\r\n\r\n".encode()
    assert status(PATH, 5.0) == code
    assert fake.asked == [socket.AF_UNIX, socket.SOCK_STREAM, "/guest/demo.sock"]
    assert fake.sent.startswith(b"GET / HTTP/1.1\r\n")
    assert (fake.timeout, fake.open) == (5.0, False)


@pytest.mark.parametrize("response", [b"", b"SSH-2.0-OpenSSH\r\n", b"\x00\xff" * 50])
def test_what_speaks_no_http_is_told_apart(response: bytes, fake: FakeSocket) -> None:
    fake.response = response
    with pytest.raises(http.client.HTTPException):
        status(PATH, 5.0)
    assert not fake.open


@pytest.mark.parametrize("refusal", [FileNotFoundError, ConnectionRefusedError, PermissionError, TimeoutError])
def test_a_refusal_is_handed_on(refusal: type[OSError], fake: FakeSocket) -> None:
    fake.refusal = refusal()
    with pytest.raises(refusal):
        status(PATH, 5.0)
    assert not fake.open
