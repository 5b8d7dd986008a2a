from __future__ import annotations

import base64
import http.client
import io
import json
import os
import socket
import stat
import threading
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from dext_tasks.engine.client import Client
from dext_tasks.engine.files import GO_LINK, GO_SOCKET
from dext_tasks.errors import EngineUnreachableError
from dext_tasks.online.guard import Target
from dext_tasks.smoke import backend_client
from dext_tasks.smoke.backend_client import (
    Channel,
    GuestConnection,
    Helper,
    NotASocketError,
    held,
    over_socket,
    over_target,
    through,
)
from tests.unit.engine_api import FakeApi
from tests.unit.needs import make_pipe

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


PATH = Path("demo.sock")


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
def fake(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> FakeSocket:
    made = FakeSocket()
    # An address of a socket is 107 bytes at most, and the temporary folder's name may be longer.
    monkeypatch.chdir(tmp_path)
    with socket.socket(socket.AF_UNIX) as real:
        real.bind("demo.sock")
    monkeypatch.setattr(socket, "socket", made)
    return made


@pytest.mark.parametrize("code", [200, 404, 500])
def test_status_reason_and_body_are_given(code: int, fake: FakeSocket) -> None:
    fake.response = f"HTTP/1.1 {code} Something\r\nContent-Length: 4\r\n\r\nbody".encode()
    said = over_socket(PATH).ask("GET", "/", 5.0)
    assert (said.status, said.reason, said.body) == (code, "Something", b"body")
    *kind, address = fake.asked
    assert kind == [socket.AF_UNIX, socket.SOCK_STREAM]
    assert str(address).startswith("/proc/self/fd/")
    assert 0.0 < fake.timeout <= 5.0
    assert not fake.open


def test_a_request_goes_as_it_is(fake: FakeSocket) -> None:
    fake.response = b"HTTP/1.1 204 No Content\r\n\r\n"
    over_socket(PATH).ask("POST", "/a?b=c%20d", 5.0, {"Content-Type": "text/plain"}, b"hello")
    head, _, body = fake.sent.partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    assert lines[0] == "POST /a?b=c%20d HTTP/1.1"
    assert {"Host: localhost", "Content-Type: text/plain", "Content-Length: 5"} <= set(lines[1:])
    assert body == b"hello"


@pytest.mark.parametrize("response", [b"", b"SSH-2.0-OpenSSH\r\n", b"\x00\xff" * 50])
def test_what_speaks_no_http_is_told_apart(response: bytes, fake: FakeSocket) -> None:
    fake.response = response
    with pytest.raises(http.client.HTTPException):
        over_socket(PATH).ask("GET", "/", 5.0)
    assert not fake.open


@pytest.mark.parametrize("refusal", [FileNotFoundError, ConnectionRefusedError, PermissionError, TimeoutError])
def test_a_refusal_is_handed_on(refusal: type[OSError], fake: FakeSocket) -> None:
    fake.refusal = refusal()
    with pytest.raises(refusal):
        over_socket(PATH).ask("GET", "/", 5.0)
    assert not fake.open


@contextmanager
def dripping(head: bytes, drop: bytes) -> Iterator[Channel]:
    """The way to a backend that answers with a head, and then says a little again and again until it is hung up on."""
    ours, theirs = socket.socketpair()
    hung_up = threading.Event()

    def drip() -> None:
        with suppress(OSError):
            ours.sendall(head)
            while not hung_up.wait(0.01):
                ours.sendall(drop)

    backend = threading.Thread(target=drip)
    backend.start()
    try:
        yield Channel(lambda timeout: Handed(theirs, timeout))
    finally:
        hung_up.set()
        backend.join()
        ours.close()
        theirs.close()


class Handed(GuestConnection):
    """A connection by a socket that is there."""

    def __init__(self, stream: socket.socket, timeout: float) -> None:
        super().__init__(Path(), "", timeout)
        self._stream = stream

    def opened(self) -> socket.socket:
        return self._stream


@pytest.mark.parametrize(
    ("head", "drop"),
    [
        (b"HTTP/1.1 200 OK\r\nX: ", b"a"),
        (b"HTTP/1.1 200 OK\r\n\r\n", b"a"),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    ],
    ids=["head", "body", "continue"],
)
def test_an_answer_that_goes_on_and_on_ends_in_time(head: bytes, drop: bytes) -> None:
    with dripping(head, drop) as channel, pytest.raises(TimeoutError):
        channel.ask("GET", "/", 0.3)


def test_the_status_is_known_before_the_body_ends() -> None:
    with dripping(b"HTTP/1.1 200 OK\r\n\r\n", b"data: x\n\n") as channel:
        assert channel.status(60.0) == 200


def test_only_a_socket_of_this_machine_has_a_folder() -> None:
    assert over_socket(PATH).folder == PATH.parent
    assert through(Helper(Client(), "c1", ("socat",)), PATH.name).folder is None


@pytest.mark.parametrize(
    ("url", "host", "path"),
    [
        ("https://127.0.0.1:8080/a?b=c", "127.0.0.1:8080", "/a?b=c"),
        ("https://example.com", "example.com", "/"),
        ("https://[2001:db8::1]:444/", "[2001:db8::1]:444", "/"),
    ],
)
def test_an_absolute_address(url: str, host: str, path: str) -> None:
    parts = urlsplit(url)
    to = Target(parts.scheme, str(parts.hostname), "192.0.2.1", parts.port or 443, path)
    assert over_target(to).host == host


def test_an_absolute_address_is_asked_where_it_was_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []

    def create_connection(address: object, timeout: float) -> None:
        asked.append((address, timeout))
        raise ConnectionRefusedError

    monkeypatch.setattr("dext_tasks.smoke.backend_client.socket.create_connection", create_connection)
    with pytest.raises(ConnectionRefusedError):
        over_target(Target("https", "rebinding.example", "192.0.2.1", 8443, "/")).ask("GET", "/", 5.0)
    assert asked == [(("192.0.2.1", 8443), 5.0)]


@pytest.mark.parametrize(
    ("path", "sent"),
    [
        ("/ä?q=a b", "/%C3%A4?q=a%20b"),
        ("/a%20b%C3%A4", "/a%20b%C3%A4"),
        ("/a'b;c=(d)~", "/a'b;c=(d)~"),
        ("/a\nb", "/a%0Ab"),
    ],
)
def test_a_path_is_escaped_as_a_browser_would(path: str, sent: str, fake: FakeSocket) -> None:
    fake.response = b"HTTP/1.1 200 OK\r\n\r\n"
    over_socket(PATH).ask("GET", path, 5.0)
    assert fake.sent.startswith(f"GET {sent} HTTP/1.1\r\n".encode())


@pytest.mark.parametrize(
    ("method", "headers"), [("GET", {"X": "a\r\nY: b"}), ("GET", {"X": "\u4e00"}), ("GET", {"X\n": "a"}), ("G\nT", {})]
)
def test_what_cannot_be_said_in_http_is_told(method: str, headers: dict[str, str], fake: FakeSocket) -> None:
    with pytest.raises(http.client.HTTPException):
        over_socket(PATH).ask(method, "/", 5.0, headers)
    # Not even a connection is made.
    assert (fake.asked, fake.sent) == ([], b"")


NAME = "backend.sock"


@pytest.fixture
def guest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A backend's folder, and beside it a socket and a folder that are none of its business."""
    # An address of a socket is 107 bytes at most, and the temporary folder's name may be longer.
    monkeypatch.chdir(tmp_path)
    for folder in ("guest", "other"):
        Path(folder).mkdir()
    listen("other/engine.sock")
    return tmp_path / "guest"


def listen(address: str) -> None:
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(address)


def open_descriptors() -> set[str]:
    return {each.name for each in Path("/proc/self/fd").iterdir()}


def test_a_socket_is_held_by_its_descriptor(guest: Path) -> None:
    listen(f"guest/{NAME}")
    before = open_descriptors()
    with held(guest, NAME) as address:
        (guest / NAME).unlink()
        (guest / NAME).symlink_to("../other/engine.sock")
        assert stat.S_ISSOCK(Path(address).stat().st_mode)
        assert not os.path.samestat(Path(address).stat(), (guest / NAME).stat())
    assert open_descriptors() == before


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda file: file.symlink_to("../other/engine.sock"), "is a symbolic link"),
        (lambda file: file.symlink_to("/var/run/docker.sock"), "is a symbolic link"),
        (lambda file: file.symlink_to("nowhere"), "is a symbolic link"),
        (lambda file: file.write_text("", encoding="utf-8"), "is not a socket"),
        (make_pipe, "is not a socket"),
        (Path.mkdir, "is not a socket"),
    ],
    ids=["link", "absolute-link", "dangling-link", "file", "pipe", "folder"],
)
def test_anything_else_is_refused(guest: Path, make: Callable[[Path], object], said: str) -> None:
    make(guest / NAME)
    before = open_descriptors()
    with pytest.raises(NotASocketError, match=said), held(guest, NAME):
        pass
    assert open_descriptors() == before


def test_a_link_to_a_socket_of_its_own_is_a_link(guest: Path) -> None:
    listen("guest/real.sock")
    (guest / NAME).symlink_to("real.sock")
    with pytest.raises(NotASocketError, match="is a symbolic link"), held(guest, NAME):
        pass


def test_a_folder_that_is_a_link_is_not_followed(guest: Path) -> None:
    guest.rmdir()
    guest.symlink_to("other")
    with pytest.raises(NotADirectoryError), held(guest, "engine.sock"):
        pass


def test_what_is_not_there_is_told_apart(guest: Path) -> None:
    with pytest.raises(FileNotFoundError), held(guest, NAME):
        pass


def test_a_path_is_no_name(guest: Path) -> None:
    with pytest.raises(NotASocketError, match="not the name"), held(guest, "../other/engine.sock"):
        pass


class TestHelper:
    """A container through which a socket is reached."""

    @dataclass
    class Started:
        """What was started in the container; it ends at once, having said this to standard error."""

        commands: list[list[str]] = field(default_factory=list)
        said: str = ""

    @pytest.fixture
    def started(self, monkeypatch: pytest.MonkeyPatch) -> TestHelper.Started:
        made = self.Started()

        def start(_api: object, container: str, *how: Any) -> None:  # noqa: ANN401 - as ExecStream
            command, timeout, failure = how
            assert (container, timeout) == ("demo-proxy", 5.0)
            made.commands.append(command)
            raise failure(made.said)

        monkeypatch.setattr(backend_client, "ExecStream", start)
        return made

    @pytest.fixture
    def api(self) -> FakeApi:
        return FakeApi()

    def helper(self, api: FakeApi, entry: object, mode: int | None = GO_SOCKET) -> Helper:
        api.use(client := Client())
        api.reply("GET /containers/demo-proxy/json", out={"Config": {"Entrypoint": entry}})
        stat = base64.b64encode(json.dumps({"mode": mode}).encode()).decode()
        headers = {} if mode is None else {"X-Docker-Container-Path-Stat": stat}
        api.reply("HEAD /containers/demo-proxy/archive?path=/run/guest-services/", headers=headers)
        return Helper.of(client, "demo-proxy")

    @pytest.mark.parametrize(("entry", "program"), [(["/usr/bin/socat"], "/usr/bin/socat"), (None, "socat")])
    @pytest.mark.parametrize(
        ("name", "address"), [("a.sock", "a.sock"), ("a,b:c!!d", "a\\,b\\:c\\!\\!d"), ("$A", "$A")]
    )
    def test_the_entry_point_of_its_image_connects(  # noqa: PLR0913, PLR0917 - two rows, and what they are tried on
        self, started: Started, api: FakeApi, entry: object, program: str, name: str, address: str
    ) -> None:
        started.said = "E connect(): Connection refused"
        with pytest.raises(ConnectionRefusedError):
            through(self.helper(api, entry), name).ask("GET", "/", 5.0)
        assert started.commands == [[program, "-t", "0", "STDIO", f"UNIX-CONNECT:/run/guest-services/{address}"]]

    @pytest.mark.parametrize(
        ("mode", "error", "said"),
        [(None, FileNotFoundError, "No such file"), (0o644, NotASocketError, "a.sock is not a socket")],
    )
    def test_nothing_is_started_for_what_is_no_socket(
        self, started: Started, api: FakeApi, mode: int | None, error: type[Exception], said: str
    ) -> None:
        with pytest.raises(error, match=said):
            through(self.helper(api, ["socat"], mode), "a.sock").ask("GET", "/", 5.0)
        assert started.commands == []

    def test_a_link_leads_to_what_the_container_has(self, started: Started, api: FakeApi) -> None:
        started.said = "E connect(): No such file or directory"
        with pytest.raises(OSError, match=r"a\.sock is a symbolic link that leads to no socket in /run/guest-services"):
            through(self.helper(api, ["socat"], GO_LINK), "a.sock").ask("GET", "/", 5.0)

    def test_a_helper_that_has_ended(self, api: FakeApi) -> None:
        helper = self.helper(api, ["socat"])
        api.reply("POST /containers/demo-proxy/exec", refusal="container is not running", status=409)
        with pytest.raises(ConnectionAbortedError, match=r"demo-proxy: .* is not running"):
            through(helper, "a.sock").ask("GET", "/", 5.0)

    def test_an_engine_that_hands_no_connection_over_is_not_taken_for_a_backend_that_is_not_up_yet(
        self, api: FakeApi, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        helper = self.helper(api, ["socat"])

        def refused(*_: object) -> None:
            raise EngineUnreachableError("hands no connection over", remedy="reach it otherwise")

        monkeypatch.setattr(backend_client, "ExecStream", refused)
        with pytest.raises(EngineUnreachableError, match="hands no connection over"):
            helper.connected("backend.sock", 5.0)
