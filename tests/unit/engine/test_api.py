"""Questions over pairs of sockets, to an engine of the tests' own and to one behind docker's dial-stdio."""

from __future__ import annotations

import http.server
import json
import os
import socket
import socketserver
import sys
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field, replace
from queue import SimpleQueue
from typing import TYPE_CHECKING

import psutil
import pytest

from dext_tasks.engine import api
from dext_tasks.engine.api_request import ApiRequest
from dext_tasks.engine.client import Client
from dext_tasks.engine.connection import Connection, Connections, EngineStream
from dext_tasks.engine.engine import Engine
from dext_tasks.engine.facts import ContainerFacts, Health
from dext_tasks.engine.labelled import containers, networks, remove_container, remove_network, remove_volume, volumes
from dext_tasks.engine.services import Services
from dext_tasks.errors import (
    DextError,
    EngineCommandError,
    EngineContextError,
    EngineDeniedError,
    EngineTimeoutError,
    EngineTooOldError,
    EngineUnreachableError,
    ImageNotFoundError,
)
from dext_tasks.errors import InterruptedError as Interrupted
from dext_tasks.runtime.cancellation import Cancellation
from dext_tasks.runtime.parallel import for_each

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.unit.conftest import Told
    from tests.unit.engine.conftest import FakeDocker

_PATIENCE = 60
ADDRESS = "unix:///run/docker.sock"


@dataclass
class FakeEngine:
    """What answers.

    Attributes:
        answers: Status and body by path.
        version: Of its API.
        server: What it says of itself.
        asked: Method, target and body of each question.
        connections: Our end of each.
        silent: Paths that are never answered.
        refusals: What paths are answered before, status and body each.
        hang_ups: Paths at which the connection is closed without an answer, once each.
        streams: What is said at paths without a length, until an empty piece.
        was_asked: Set by a question that is not answered.
        over: Set at the end of the test.
    """

    answers: dict[str, tuple[int, bytes]] = field(default_factory=dict)
    version: str = "1.45"
    server: str = "Docker/26.1.5 (linux)"
    asked: list[tuple[str, str, bytes]] = field(default_factory=list)
    connections: list[socket.socket] = field(default_factory=list)
    silent: set[str] = field(default_factory=set)
    refusals: dict[str, tuple[int, bytes]] = field(default_factory=dict)
    hang_ups: list[str] = field(default_factory=list)
    streams: dict[str, SimpleQueue[bytes]] = field(default_factory=dict)
    was_asked: threading.Event = field(default_factory=threading.Event)
    over: threading.Event = field(default_factory=threading.Event)


def handler(made: FakeEngine) -> type[http.server.BaseHTTPRequestHandler]:
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            made.asked.append((self.command, self.path, body))
            path = self.path.partition("?")[0]
            if path in made.silent:
                made.was_asked.set()
                made.over.wait(_PATIENCE)
                return
            if path in made.hang_ups:
                made.hang_ups.remove(path)
                self.close_connection = True
                return
            other = (200, b"OK") if path == "/_ping" else (404, b'{"message": "?"}')
            answer = made.refusals.pop(path, None) or made.answers.get(path, other)
            status, content = answer
            self.send_response(status)
            self.send_header("Api-Version", made.version)
            if path in made.streams:
                self.end_headers()
                made.was_asked.set()
                for piece in iter(made.streams[path].get, b""):
                    self.wfile.write(piece)
                self.close_connection = True
                return
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            # Clients that hang up are part of the tests.
            with suppress(OSError):
                self.wfile.write(content)

        def do_POST(self) -> None:
            self.do_GET()

        def do_DELETE(self) -> None:
            self.do_GET()

        def version_string(self) -> str:
            return made.server

        def log_message(self, *_: object) -> None:
            return

    return Handler


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeEngine]:
    made = FakeEngine()
    server = socketserver.BaseServer(("", 0), handler(made))
    threads: list[threading.Thread] = []

    def answer(stream: socket.socket) -> None:
        with stream, suppress(OSError):
            handler(made)(stream, ("", 0), server)

    def connect(connections: Connections, _address: str) -> EngineStream:
        ours, theirs = socket.socketpair()
        made.connections.append(ours)
        threads.append(threading.Thread(target=answer, args=(theirs,)))
        threads[-1].start()
        return EngineStream(ours, connections._client.cancellation)  # noqa: SLF001 - in the place of its method

    monkeypatch.setattr(Connections, "_direct", connect)
    monkeypatch.setattr("dext_tasks.engine.api.endpoint", lambda _client: ADDRESS)
    yield made
    made.over.set()
    for stream in made.connections:
        stream.close()
    for thread in threads:
        thread.join()


@pytest.fixture
def client() -> Iterator[Client]:
    made = Client()
    yield made
    made.close()


def test_the_answer_is_json(engine: FakeEngine, client: Client) -> None:
    engine.answers["/v1.45/containers/json"] = 200, b'[{"a": "b"}]'
    assert client.api.get("/containers/json", "docker ps", {"filters": '{"a":1}'}) == [{"a": "b"}]
    assert engine.asked[-1][:2] == ("GET", "/v1.45/containers/json?filters=%7B%22a%22%3A1%7D")


def test_a_refusal_names_the_context(engine: FakeEngine) -> None:
    client = Client(context="far")
    try:
        with pytest.raises(EngineCommandError, match=r"^docker ps in context far failed: \?$"):
            client.api.get("/containers/json", "docker ps")
        engine.answers["/v1.45/info"] = 200, b"no JSON"
        with pytest.raises(EngineCommandError, match=r"^docker info in context far gave no JSON"):
            client.api.get("/info", "docker info")
    finally:
        client.close()


@pytest.mark.parametrize("said", [b"[" * 100_000, b"9" * 5000, b'{"a": "\xff"}', b"<html>"])
def test_what_is_not_json_is_told(engine: FakeEngine, client: Client, said: bytes) -> None:
    engine.answers["/v1.45/info"] = 200, said
    with pytest.raises(EngineCommandError, match=r"^docker info gave no JSON"):
        client.api.get("/info", "docker info")


@pytest.mark.parametrize("said", [b"[" * 100_000, b"[5]", b"\xff", b'"x"'])
def test_a_refusal_may_say_anything(engine: FakeEngine, client: Client, said: bytes) -> None:
    engine.answers["/v1.45/info"] = 500, said
    with pytest.raises(EngineCommandError, match=r"^docker info failed: "):
        client.api.get("/info", "docker info")


# By path, what is asked there, and answers of the wrong kind to it.
_ASKED: dict[str, Callable[[Client], object]] = {
    "/v1.45/info": lambda client: Engine(client).facts,
    "/v1.45/images/json": lambda client: Engine(client).listed(),
    "/v1.45/images/x/json": lambda client: Engine(client).image("x"),
    "/v1.45/containers/json": lambda client: containers(client.api, "a"),
    "/v1.45/networks": lambda client: networks(client.api, "a"),
    "/v1.45/volumes": lambda client: volumes(client.api, "a"),
}
_ODD: tuple[object, ...] = (
    5,
    "x",
    [5],
    [[5]],
    [{"Id": 1, "RepoTags": 5, "Labels": 5}],
    {"Volumes": 5, "DriverStatus": 5, "Config": 5, "Id": "a"},
    {"Volumes": [{"Name": "a", "Labels": 5}], "DriverStatus": 5, "Config": {"Labels": 5}, "Id": "a"},
)


@pytest.mark.parametrize("said", _ODD)
@pytest.mark.parametrize("path", _ASKED)
def test_an_answer_of_another_kind_is_no_engines(engine: FakeEngine, client: Client, path: str, said: object) -> None:
    engine.answers["/v1.45/version"] = 200, b'{"Version": "26.1.5", "ApiVersion": "1.45"}'
    engine.answers[path] = 200, json.dumps(said).encode()
    with pytest.raises(EngineCommandError, match=r"no Docker engine answers this$|described no image$"):
        _ASKED[path](client)


@pytest.mark.parametrize("version", ["\u00b2", "9" * 5000, "x", "-1"])
def test_a_version_that_is_no_number_is_no_engines(engine: FakeEngine, client: Client, version: str) -> None:
    engine.version = version
    with pytest.raises(EngineUnreachableError, match="is not a Docker engine"):
        client.api.get("/info", "docker info")


def test_an_answer_has_a_bound(engine: FakeEngine, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dext_tasks.engine.api.ENGINE_SAID", 1 << 20)
    engine.answers["/v1.45/info"] = 200, b" " * (1 << 20) + b"5"
    with pytest.raises(EngineCommandError, match=r"^docker info: the answer has more than 1 MiB$"):
        client.api.get("/info", "docker info")


def test_what_is_sent_is_json(engine: FakeEngine, client: Client) -> None:
    engine.answers["/v1.45/containers/create"] = 201, b'{"Id": "c1"}'
    question = ApiRequest("POST", "/containers/create", "docker create", body={"Image": "x"})
    assert client.api.ask(question) == {"Id": "c1"}
    assert json.loads(engine.asked[-1][2]) == {"Image": "x"}


def test_one_connection_is_kept_after_refusals_too(engine: FakeEngine, client: Client) -> None:
    engine.answers["/v1.45/info"] = 200, b"{}"
    for _ in range(5):
        client.api.get("/info", "docker info")
        with pytest.raises(EngineCommandError):
            client.api.get("/absent", "docker info")
    assert len(engine.connections) == 1
    assert [target for _, target, _ in engine.asked].count("/_ping") == 1


@pytest.mark.parametrize(
    ("remove", "path", "status"),
    [
        (remove_container, "containers", 404),
        (remove_container, "containers", 409),
        (remove_network, "networks", 404),
        (remove_volume, "volumes", 404),
    ],
)
def test_what_somebody_else_has_removed_is_removed(
    engine: FakeEngine, client: Client, remove: Callable[[api.Api, str], None], path: str, status: int
) -> None:
    engine.answers[f"/v1.45/{path}/x"] = status, b'{"message": "removal of container x is already in progress"}'
    remove(client.api, "x")
    assert engine.asked[-1][0] == "DELETE"


@pytest.mark.parametrize(("remove", "path"), [(remove_network, "networks"), (remove_volume, "volumes")])
def test_what_is_in_use_is_not_removed(
    engine: FakeEngine, client: Client, remove: Callable[[api.Api, str], None], path: str
) -> None:
    engine.answers[f"/v1.45/{path}/x"] = 409, b'{"message": "x is in use"}'
    with pytest.raises(EngineCommandError, match="x is in use"):
        remove(client.api, "x")


def test_an_answer_that_is_left_early_ends_its_connection(engine: FakeEngine, client: Client) -> None:
    engine.answers["/v1.45/a"] = 200, b"x" * 100_000
    engine.answers["/v1.45/info"] = 200, b"{}"
    with client.api.answered(ApiRequest("GET", "/a", "docker cp")) as answer:
        assert answer.read(10) == b"x" * 10
    assert client.api.get("/info", "docker info") == {}
    assert len(engine.connections) == 2


class TestTakenOver:
    QUESTION = ApiRequest("POST", "/exec/e1/start", "docker exec", body={}, takes_over=True)

    def connected(self, answer: bytes, monkeypatch: pytest.MonkeyPatch) -> tuple[socket.socket, Client]:
        """The engine's end of a connection on which it has answered already, and a client."""
        ours, theirs = socket.socketpair()
        client = Client()
        monkeypatch.setattr(Connections, "_direct", lambda *_: EngineStream(ours, client.cancellation))
        monkeypatch.setattr("dext_tasks.engine.api.endpoint", lambda _client: ADDRESS)
        vars(client.api)["_version"] = "1.45"
        theirs.sendall(answer)
        return theirs, client

    def test_nothing_that_follows_is_lost(self, monkeypatch: pytest.MonkeyPatch) -> None:
        head = b"HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n"
        engine, client = self.connected(head + b"at once", monkeypatch)
        with engine:
            with client.api.answered(self.QUESTION) as answer:
                reader, stream = answer.taken_over()
                assert reader.read(7) == b"at once"
                stream.sendall(b"more")
                asked = engine.recv(999)
                while not asked.endswith(b"more"):
                    asked += engine.recv(999)
            assert b"\r\nUpgrade: tcp\r\n" in asked
            # It is used for nothing else any more.
            assert engine.recv(999) == b""

    def test_an_engine_behind_a_proxy_of_http_hands_none_over(self, monkeypatch: pytest.MonkeyPatch) -> None:
        engine, client = self.connected(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", monkeypatch)
        with (
            engine,
            pytest.raises(EngineUnreachableError, match="200 and hands no connection over"),
            client.api.answered(self.QUESTION) as answer,
        ):
            answer.taken_over()


def test_threads_ask_at_once(engine: FakeEngine, client: Client) -> None:
    for number in range(20):
        engine.answers[f"/v1.45/{number}"] = 200, str(number).encode()
    found = for_each(range(20), lambda number: client.api.get(f"/{number}", "docker x"), client.cancellation)
    assert found == {number: number for number in range(20)}


@pytest.mark.parametrize(("version", "asked"), [("1.43", "1.43"), ("1.51", "1.51"), ("1.99", "1.51"), ("2.0", "1.51")])
def test_an_engine_is_asked_in_a_version_that_both_know(
    engine: FakeEngine, client: Client, version: str, asked: str
) -> None:
    engine.version = version
    engine.answers[f"/v{asked}/info"] = 200, b"{}"
    assert client.api.get("/info", "docker info") == {}


@pytest.mark.parametrize("version", ["1.24", "1.42", "1"])
@pytest.mark.parametrize(
    ("host", "server", "named"),
    [
        ("", "Docker/20.10.24 (linux)", "Docker 20.10.24"),
        ("tcp://192.0.2.1:2376", "Docker/20.10.24 (linux)", "Docker 20.10.24 at tcp://192.0.2.1:2376"),
        ("", "", "the engine"),
    ],
)
def test_an_engine_that_is_too_old_is_named(  # noqa: PLR0913, PLR0917 - a row, and what it is tried on
    engine: FakeEngine,
    client: Client,
    version: str,
    host: str,
    server: str,
    named: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DOCKER_HOST", host)
    engine.version, engine.server = version, server
    with pytest.raises(EngineTooOldError) as raised:
        client.api.get("/info", "docker info")
    assert raised.value.message == f"{named} has API version {version}, and 1.43 is the oldest that will do"
    assert "update it to Docker 24" in raised.value.remedy
    assert [target for _, target, _ in engine.asked] == ["/_ping"]


@pytest.mark.parametrize(
    ("status", "body", "error", "said"),
    [
        (200, b"OK", EngineUnreachableError, f"what answers at {ADDRESS} is not a Docker engine"),
        # Not a registry's.
        (403, b"<html>Access denied: no login</html>", EngineUnreachableError, "is not a Docker engine"),
        (400, b"Client sent an HTTP request to an HTTPS server.", EngineContextError, "wants TLS"),
        (403, b'{"message": "authorization denied by plugin x"}', EngineCommandError, "denied by plugin x"),
    ],
)
def test_what_gives_no_version(  # noqa: PLR0913, PLR0917 - a row, and what it is tried on
    engine: FakeEngine, client: Client, status: int, body: bytes, error: type[DextError], said: str
) -> None:
    engine.version = ""
    engine.answers["/_ping"] = status, body
    with pytest.raises(DextError, match=said) as raised:
        client.api.get("/info", "docker info")
    assert type(raised.value) is error


def test_an_answer_that_ends_with_its_connection_is_read_to_its_end() -> None:
    ours, theirs = socket.socketpair()
    connection = Connection(EngineStream(ours, Cancellation()), ADDRESS)
    connection.stream.until = time.monotonic() + _PATIENCE
    connection.request("GET", "/_ping")
    # What nobody has read breaks the connection when it is closed.
    theirs.recv(1 << 16)
    theirs.sendall(b"HTTP/1.0 400 Bad Request\r\n\r\n")
    answer = connection.getresponse()
    theirs.sendall(b"Client sent an HTTP request")
    theirs.close()
    assert answer.read() == b"Client sent an HTTP request"
    connection.stream.hang_up()


@pytest.mark.parametrize(
    ("status", "body", "error", "said"),
    [
        (404, b'{"message": "No such image: x"}', ImageNotFoundError, "No such image: x"),
        (400, b'{"message": "client version 1.51 is too new"}', EngineTooOldError, "too new"),
        (400, b'{"message": "invalid filter"}', EngineCommandError, "invalid filter"),
        (500, b"oops", EngineCommandError, "oops"),
        (500, b"[]", EngineCommandError, "[]"),
        (301, b"", EngineCommandError, ""),
    ],
)
def test_a_refusal_says_why(  # noqa: PLR0913, PLR0917 - a row, and what it is tried on
    engine: FakeEngine, client: Client, status: int, body: bytes, error: type[Exception], said: str
) -> None:
    engine.answers["/v1.45/images/x/json"] = status, body
    with pytest.raises(error, match="docker image inspect x") as raised:
        client.api.get("/images/x/json", "docker image inspect x")
    assert said in getattr(raised.value, "detail", "")


@pytest.mark.parametrize("body", [b"Client: 29", b"{", b"\xff"])
def test_what_is_not_json_is_an_error(engine: FakeEngine, client: Client, body: bytes) -> None:
    engine.answers["/v1.45/info"] = 200, body
    with pytest.raises(EngineCommandError, match="docker info gave no JSON"):
        client.api.get("/info", "docker info")


def test_an_engine_is_named_once(engine: FakeEngine, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", ADDRESS)
    engine.silent.add("/v1.45/info")
    with pytest.raises(EngineTimeoutError) as raised:
        client.api.ask(ApiRequest("GET", "/info", "docker info", seconds=0.2))
    assert raised.value.message == f"docker info at {ADDRESS} did not end in time"


def test_a_bound_is_kept(engine: FakeEngine, client: Client) -> None:
    engine.silent.add("/v1.45/info")
    with pytest.raises(EngineTimeoutError, match=f"docker info at {ADDRESS} did not end in time"):
        client.api.ask(ApiRequest("GET", "/info", "docker info", seconds=0.2))


def test_the_end_of_the_run_ends_a_question(engine: FakeEngine, client: Client) -> None:
    engine.silent.add("/v1.45/info")

    def end() -> None:
        engine.was_asked.wait(_PATIENCE)
        client.cancellation.cancel()

    ender = threading.Thread(target=end)
    ender.start()
    with pytest.raises(Interrupted):
        client.api.get("/info", "docker info")
    ender.join()


def test_clean_up_asks_after_the_end_of_the_run(engine: FakeEngine, client: Client) -> None:
    engine.answers["/v1.45/info"] = 200, b"{}"
    client.cancellation.cancel()
    with client.cancellation.shielded():
        assert client.api.get("/info", "docker info") == {}
    with pytest.raises(Interrupted):
        client.api.get("/info", "docker info")


def test_an_engine_that_hung_up_is_asked_anew(engine: FakeEngine, client: Client) -> None:
    engine.answers["/v1.45/info"] = 200, b"{}"
    client.api.get("/info", "docker info")
    engine.connections[0].shutdown(socket.SHUT_RDWR)
    assert client.api.get("/info", "docker info") == {}
    assert len(engine.connections) == 2


class TestHappenings:
    EVENTS = "/v1.45/events"

    @pytest.fixture
    def said(self, engine: FakeEngine) -> Iterator[SimpleQueue[bytes]]:
        engine.answers[self.EVENTS] = 200, b""
        engine.streams[self.EVENTS] = SimpleQueue()
        yield engine.streams[self.EVENTS]
        engine.streams[self.EVENTS].put(b"")

    def test_are_waited_for(self, engine: FakeEngine, client: Client, said: SimpleQueue[bytes]) -> None:
        services = Services(client, "demo")
        assert not services.happenings.wait(0.01)
        threading.Timer(0.2, said.put, (b'{"Action": "die"}\n',)).start()
        assert services.happenings.wait(_PATIENCE)
        assert not services.happenings.wait(0.01)
        assert [target for _, target, _ in engine.asked if "/events" in target] == [engine.asked[-1][1]]
        assert "%22com.docker.compose.project%3Ddemo%22%3A+true" in engine.asked[-1][1]

    def test_end_with_the_run(self, client: Client, said: SimpleQueue[bytes]) -> None:
        services = Services(client, "demo")
        assert not services.happenings.wait(0.01)
        threading.Timer(0.2, client.cancellation.cancel).start()
        with pytest.raises(Interrupted):
            services.happenings.wait(_PATIENCE)
        assert said.empty()

    def test_end_with_the_project(
        self, engine: FakeEngine, client: Client, said: SimpleQueue[bytes], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(Client, "run_to_end", lambda *_, **__: None)
        services = Services(client, "demo")
        services.happenings.wait(0.01)
        services.down(1)
        assert engine.connections[-1].fileno() == -1
        assert said.empty()

    def test_of_an_engine_that_breaks_off_are_looked_for_now_and_then(
        self, client: Client, said: SimpleQueue[bytes], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("dext_tasks.engine.services._LOOK", 0.01)
        services = Services(client, "demo")
        assert not services.happenings.wait(0.01)
        said.put(b"")
        assert services.happenings.wait(_PATIENCE)
        assert services.happenings.wait(_PATIENCE)


@pytest.mark.parametrize("code", [0, 3])
def test_a_health_check_says_what_it_likes_until_it_ends(engine: FakeEngine, client: Client, code: int) -> None:
    engine.answers["/v1.45/containers/one/exec"] = 201, b'{"Id": "e1"}'
    engine.answers["/v1.45/exec/e1/start"] = 200, b""
    engine.answers["/v1.45/exec/e1/json"] = 200, json.dumps({"ExitCode": code}).encode()
    said = engine.streams["/v1.45/exec/e1/start"] = SimpleQueue()
    for piece in (b"x" * 100_000, b"y" * 100_000, b""):
        said.put(piece)
    checked = ContainerFacts("one", "running", 0, 0, health=Health(command=("curl",)))
    assert Services(client, "demo").check(checked, _PATIENCE) is (code == 0)
    assert said.empty()


def test_a_health_check_that_takes_too_long_fails(engine: FakeEngine, client: Client) -> None:
    engine.answers["/v1.45/containers/one/exec"] = 201, b'{"Id": "e1"}'
    engine.silent.add("/v1.45/exec/e1/start")
    checked = ContainerFacts("one", "running", 0, 0, health=Health(command=("curl",)))
    assert not Services(client, "demo").check(checked, 0.2)


@pytest.fixture
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dext_tasks.engine.client.ENGINE_PAUSE", 0.0)


INFO = ApiRequest("GET", "/info", "docker info")
CREATE = ApiRequest("POST", "/create", "docker create x", body={})
NAMED = replace(CREATE, repeatable=True)


def asked(engine: FakeEngine, question: ApiRequest) -> int:
    return [target for _, target, _ in engine.asked].count(f"/v1.45{question.target}")


def has(engine: FakeEngine, question: ApiRequest) -> None:
    engine.answers[f"/v1.45{question.target}"] = 200, b"7"


@pytest.mark.parametrize("question", [INFO, NAMED])
def test_a_kept_connection_that_an_engine_closes_is_no_error(
    engine: FakeEngine, client: Client, told: Told, question: ApiRequest
) -> None:
    has(engine, question)
    client.api.ask(question)
    engine.hang_ups.append(f"/v1.45{question.target}")
    assert client.api.ask(question) == 7
    assert len(engine.connections) == 2
    assert "WARNING" not in told.levels


@pytest.mark.usefixtures("_soon")
@pytest.mark.parametrize("question", [INFO, NAMED])
def test_a_fresh_connection_that_an_engine_closes_is_said(
    engine: FakeEngine, client: Client, told: Told, question: ApiRequest
) -> None:
    has(engine, question)
    engine.hang_ups += [f"/v1.45{question.target}"] * 2
    assert client.api.ask(question) == 7
    assert f"{question.what}: the connection broke; trying once more" in told.lines
    assert asked(engine, question) == 3


def test_what_may_have_been_done_is_not_done_again(engine: FakeEngine, client: Client) -> None:
    has(engine, CREATE)
    client.api.ask(CREATE)
    engine.hang_ups.append(f"/v1.45{CREATE.target}")
    with pytest.raises(EngineUnreachableError, match="closed without an answer"):
        client.api.ask(CREATE)
    assert asked(engine, CREATE) == 2


@pytest.mark.usefixtures("_soon")
@pytest.mark.parametrize("by_stream", [False, True])
def test_a_refusal_that_comes_and_goes_is_asked_about_again(
    engine: FakeEngine,
    client: Client,
    told: Told,
    by_stream: bool,  # noqa: FBT001 - of the row
) -> None:
    has(engine, NAMED)
    engine.refusals[f"/v1.45{NAMED.target}"] = (
        404,
        b'{"message": "parent snapshot sha256:4f does not exist: not found"}',
    )
    if by_stream:
        with client.api.answered(NAMED) as answer:
            assert answer.read() == b"7"
    else:
        assert client.api.ask(NAMED) == 7
    assert "docker create x: the engine lost a parent snapshot for a moment; trying once more" in told.lines


def test_a_question_is_told_of(engine: FakeEngine, client: Client, told: Told) -> None:
    engine.answers["/v1.45/containers/json"] = 200, b"[]"
    client.api.get("/containers/json", "docker ps", {"all": "1"})
    assert told.lines[-1] == f"GET {ADDRESS}/v1.45/containers/json?***: 200, 2 bytes, N s"


@pytest.mark.allow_processes
def test_the_address_is_that_of_the_clients_context(docker: FakeDocker) -> None:
    docker.answer("context", "inspect", out="unix:///run/docker.sock\n")
    assert api.endpoint(docker.client()) == "unix:///run/docker.sock"


_DIALLED = """#!{python} -IS
import sys
if sys.argv[1:3] == ["context", "inspect"]:
    print("tcp://192.0.2.1:2375")
    sys.exit()
assert sys.argv[1:] == ["system", "dial-stdio"]
sys.stderr.write({said!r})
if {said!r}:
    sys.exit(1)
while line := sys.stdin.buffer.readline():
    if line == b"\\r\\n":
        sys.stdout.buffer.write(b"HTTP/1.1 200 OK\\r\\nApi-Version: 1.45\\r\\nContent-Length: 2\\r\\n\\r\\n7\\n")
        sys.stdout.buffer.flush()
"""


@pytest.mark.allow_processes
class TestDialled:
    """Where this process cannot connect, the docker client does."""

    def client(self, folder: Path, said: str = "") -> Client:
        program = folder / "docker"
        program.write_text(_DIALLED.format(python=sys.executable, said=said), encoding="utf-8")
        program.chmod(0o755)
        return Client([str(program)])

    def test_answers_come_over_its_streams(self, tmp_path: Path) -> None:
        client = self.client(tmp_path)
        assert [client.api.get("/info", "docker info") for _ in range(3)] == [7, 7, 7]
        # A terminal's Ctrl-C is for its own session, and clean-up still needs the connection.
        assert [os.getsid(child.pid) == child.pid for child in psutil.Process().children()] == [True]
        client.close()

    @pytest.mark.parametrize(
        ("said", "error"),
        [
            (
                "failed to open the raw stream connection: dial tcp 192.0.2.1:2375: connect: connection refused",
                EngineUnreachableError,
            ),
            ("Cannot connect to the Docker daemon at tcp://192.0.2.1:2375", EngineUnreachableError),
            ("dial unix /var/run/docker.sock: connect: permission denied", EngineDeniedError),
            ("no such context", EngineCommandError),
        ],
    )
    def test_it_says_why_it_cannot(self, tmp_path: Path, said: str, error: type[DextError]) -> None:
        client = self.client(tmp_path, said)
        with pytest.raises(error) as raised:
            client.api.get("/info", "docker info")
        assert raised.value.detail == said
        client.close()

    def test_nothing_stays_open_where_it_does_not_start(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        client = self.client(tmp_path)
        ends: list[socket.socket] = []
        assert client.api.address == "tcp://192.0.2.1:2375"
        (tmp_path / "docker").unlink()
        real = socket.socketpair

        def pair() -> tuple[socket.socket, socket.socket]:
            ends.extend(real())
            return ends[0], ends[1]

        monkeypatch.setattr(socket, "socketpair", pair)
        with pytest.raises(EngineUnreachableError, match="not on PATH"):
            client.api.get("/info", "docker info")
        assert [end.fileno() for end in ends] == [-1, -1]
