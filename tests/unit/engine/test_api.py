from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from dext_tasks.engine import api
from dext_tasks.errors import EngineCommandError, EngineDeniedError, EngineUnreachableError

if TYPE_CHECKING:
    from tests.unit.conftest import Told
    from tests.unit.engine.conftest import FakeDocker

ADDRESS = "unix:///run/docker.sock"


@dataclass
class FakeSocket:
    """The engine's socket, which gives this answer."""

    answer: bytes = b""
    refusal: OSError | None = None
    sent: bytes = b""

    def __call__(self, _family: int, _kind: int) -> FakeSocket:
        return self

    def settimeout(self, seconds: float) -> None:
        assert seconds > 0

    def connect(self, address: str) -> None:
        assert address == "/run/docker.sock"
        if self.refusal:
            raise self.refusal

    def sendall(self, content: bytes) -> None:
        self.sent += content

    def makefile(self, _mode: str) -> io.BytesIO:
        return io.BytesIO(self.answer)

    def close(self) -> None:
        pass


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> FakeSocket:
    made = FakeSocket()
    monkeypatch.setattr("dext_tasks.engine.api.socket.socket", made)
    return made


def test_the_answer_is_json(engine: FakeSocket) -> None:
    engine.answer = b'HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n[{"a": "b"}]'
    assert api.get(ADDRESS, "/containers/json", {"filters": '{"a":1}'}, "1.45") == [{"a": "b"}]
    assert engine.sent.startswith(b"GET /v1.45/containers/json?filters=%7B%22a%22%3A1%7D HTTP/1.1\r\n")


@pytest.mark.parametrize(
    ("body", "said"), [(b'{"message": "invalid filter"}', "invalid filter"), (b"oops", "oops"), (b"[]", "[]")]
)
def test_a_refusal_says_why(body: bytes, said: str, engine: FakeSocket) -> None:
    engine.answer = b"HTTP/1.1 400 Bad Request\r\n\r\n" + body
    with pytest.raises(EngineCommandError, match="refused /images/json") as raised:
        api.get(ADDRESS, "/images/json", {}, "1.45")
    assert raised.value.message.endswith(said)


def test_an_engine_that_does_not_answer(engine: FakeSocket) -> None:
    engine.refusal = FileNotFoundError("no socket")
    with pytest.raises(EngineUnreachableError, match="did not answer"):
        api.get(ADDRESS, "/images/json", {}, "1.45")


def test_an_engine_that_this_user_may_not_use(engine: FakeSocket) -> None:
    engine.refusal = PermissionError("denied")
    with pytest.raises(EngineDeniedError, match="this user may not use the Docker engine"):
        api.get(ADDRESS, "/images/json", {}, "1.45")


def test_an_engine_elsewhere_is_not_asked() -> None:
    assert not api.is_local("tcp://192.0.2.1:2375")
    with pytest.raises(EngineUnreachableError, match="through docker only"):
        api.get("tcp://192.0.2.1:2375", "/images/json", {}, "1.45")


@pytest.mark.allow_processes
def test_the_address_is_that_of_the_clients_context(docker: FakeDocker) -> None:
    docker.answer("context", "inspect", out=f"{ADDRESS}\n")
    assert api.endpoint(docker.client()) == ADDRESS
    assert api.is_local(ADDRESS)


def test_a_question_is_told_of(engine: FakeSocket, told: Told) -> None:
    engine.answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]"
    api.get(ADDRESS, "/containers/json", {"all": "1"}, "1.45")
    assert told.lines == [f"GET {ADDRESS}/v1.45/containers/json?***: 200, 2 bytes, N s"]


def test_a_question_without_an_answer_is_told_of(engine: FakeSocket, told: Told) -> None:
    engine.refusal = FileNotFoundError("no socket")
    with pytest.raises(EngineUnreachableError):
        api.get(ADDRESS, "/images/json", {}, "1.45")
    assert told.lines == [f"GET {ADDRESS}/v1.45/images/json: FileNotFoundError, N s"]
