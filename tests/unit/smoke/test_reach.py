from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from dext_tasks.config.kind import When
from dext_tasks.errors import EngineCommandError, EngineTimeoutError
from dext_tasks.smoke import reach
from dext_tasks.smoke.backend_client import GuestConnection, Helper
from dext_tasks.smoke.reach import is_helped, seconds_to_answer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.unit.smoke.conftest import MakeTools, World

ELSEWHERE = "tcp://192.0.2.1:2376"


@dataclass
class Echo:
    """A backend of our own.

    Attributes:
        answers: What connections come to, one after the other; the last one stays.
        mounts: What its container was given.
        is_running: Whether it was started and not removed.
        is_open: Whether a connection is open.
    """

    answers: list[bytes | OSError] = field(default_factory=lambda: [b"echo"])
    mounts: list[Any] = field(default_factory=list)
    is_running: bool = False
    is_open: bool = False

    @contextmanager
    def running(self, *asked: Any) -> Iterator[str]:  # noqa: ANN401 - as own_container.running
        self.mounts += asked[-1]
        self.is_running = True
        try:
            yield "c1"
        finally:
            self.is_running = False

    def opened(self, *_: object) -> Echo:
        assert self.is_running
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, OSError):
            raise answer
        self.is_open = True
        return self

    connected = opened

    def sendall(self, content: bytes) -> None:
        assert content == b"echo"

    def recv(self, _most: int) -> bytes:
        answer = self.answers[0]
        assert isinstance(answer, bytes)
        return answer

    def close(self) -> None:
        self.is_open = False


@pytest.fixture
def echo(world: World, monkeypatch: pytest.MonkeyPatch) -> Echo:
    made = Echo()
    monkeypatch.setattr(reach, "running", made.running)
    monkeypatch.setattr(reach, "time", world)
    monkeypatch.setattr(Helper, "of", lambda *_: made)
    monkeypatch.setattr(GuestConnection, "opened", made.opened)
    return made


@pytest.mark.parametrize(
    ("proxy", "address", "user", "helped"),
    [
        (When.AUTO, "", 0, False),
        (When.AUTO, "", 1000, True),
        (When.AUTO, ELSEWHERE, 0, True),
        (When.ALWAYS, "", 0, True),
        (When.NEVER, ELSEWHERE, 1000, False),
    ],
)
def test_who_takes_a_helper(  # noqa: PLR0913, PLR0917 - a row, and what it is tried on
    proxy: When,
    address: str,
    user: int,
    helped: bool,  # noqa: FBT001 - part of a row
    make_tools: MakeTools,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("os.geteuid", lambda: user)
    if address:
        monkeypatch.setattr("dext_tasks.engine.api.endpoint", lambda _client: address)
    tools = make_tools(smoke_proxy=proxy)
    assert is_helped(tools.engine, tools.settings) == helped


@pytest.mark.parametrize(("proxy", "kind"), [(When.NEVER, "bind"), (When.ALWAYS, "volume")])
def test_it_is_waited_for_and_goes(proxy: When, kind: str, echo: Echo, make_tools: MakeTools, world: World) -> None:
    echo.answers = [FileNotFoundError(), ConnectionRefusedError(), b"echo"]
    tools = make_tools(smoke_proxy=proxy)
    assert 0.0 < seconds_to_answer(tools.engine, tools.settings) == world.now < 1.0
    assert [(mount["Type"], mount["Target"]) for mount in echo.mounts] == [(kind, "/run/guest-services")]
    assert (echo.is_running, echo.is_open) == (False, False)


@pytest.mark.parametrize("answer", [FileNotFoundError(), b"", b"eggo"])
def test_there_is_an_end(answer: bytes | OSError, echo: Echo, make_tools: MakeTools, world: World) -> None:
    echo.answers = [answer]
    tools = make_tools()
    with pytest.raises(EngineTimeoutError, match="no answer over a socket in a container"):
        seconds_to_answer(tools.engine, tools.settings)
    assert 30.0 < world.now < 31.0
    assert (echo.is_running, echo.is_open) == (False, False)


def test_a_helper_that_does_not_start_is_told_with_what_it_has_to_be(
    make_tools: MakeTools, monkeypatch: pytest.MonkeyPatch
) -> None:
    def running(*_: object) -> None:
        raise EngineCommandError("docker start box failed: no such file", remedy="see what the engine said", detail="x")

    monkeypatch.setattr(reach, "running", running)
    tools = make_tools()
    with pytest.raises(EngineCommandError, match="docker start box failed: no such file") as raised:
        seconds_to_answer(tools.engine, tools.settings)
    assert "whose entry point is socat with smoke.proxy-image" in raised.value.remedy
    assert raised.value.detail == "x"
