"""A machine without processes, and the site in front of it."""

from __future__ import annotations

import json
import os
import signal
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING, Any

import pytest

from dext_tasks.ui.bridge import Bridge
from dext_tasks.ui.machine import Command, Identity, ServiceAnswer, ServiceRequest
from dext_tasks.ui.site import PageRequest, PageResponse, Site, UiLocation

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from dext_tasks.ui.session import Session

HOST = "127.0.0.1:4321"
IDENTITY = Identity("acme/demo:1.0.0", "linux", "x64", "box")


class FakeProcess:
    """A process made of pipes.

    Args:
        stdout: What it writes at once.
        stderr: What it writes to standard error at once.
        code: With which it ends; None for one that ends when it is told to.
    """

    def __init__(self, stdout: bytes = b"", stderr: bytes = b"", code: int | None = 0) -> None:
        self._code = code
        self.stdout, self._out = _pipe(stdout)
        self.stderr, self._err = _pipe(stderr)
        self.signals: list[str] = []
        if code is not None:
            self._close()

    def _close(self) -> None:
        for descriptor in (self._out, self._err):
            os.close(descriptor)

    def poll(self) -> int | None:
        return self._code

    def wait(self, timeout: float | None = None) -> int:
        del timeout
        assert self._code is not None
        return self._code

    def terminate(self) -> None:
        self.signals.append("terminate")
        if self._code is None:
            self._code = -signal.SIGTERM
            self._close()

    def kill(self) -> None:
        self.signals.append("kill")


def _pipe(content: bytes) -> tuple[IO[bytes], int]:
    reading, writing = os.pipe()
    os.write(writing, content)
    return os.fdopen(reading, "rb"), writing


@dataclass
class FakeMachine:
    """See Machine: answers and fails as the test says."""

    answer: ServiceAnswer = field(default_factory=lambda: ServiceAnswer(200, "OK", b"fine"))
    process: FakeProcess | None = None
    fault: Exception | None = None
    requests: list[ServiceRequest] = field(default_factory=list)
    commands: list[Command] = field(default_factory=list)
    identity: Identity = IDENTITY
    project: str = "acme_demo-desktop-extension"

    def _raise(self) -> None:
        if self.fault:
            raise self.fault

    def service(self, request: ServiceRequest) -> ServiceAnswer:
        self._raise()
        self.requests.append(request)
        return self.answer

    def start(self, command: Command) -> FakeProcess:
        self._raise()
        self.commands.append(command)
        self.process = self.process or FakeProcess()
        return self.process

    def containers(self, options: Mapping[str, object]) -> object:
        self._raise()
        return ["containers", options]

    def images(self, options: Mapping[str, object]) -> object:
        self._raise()
        return ["images", options]


@dataclass
class World:
    """A site, as a browser sees it."""

    machine: FakeMachine
    files: dict[str, bytes]
    site: Site
    session: Session

    def ask(self, path: str, method: str = "GET", **facts: Any) -> PageResponse:  # noqa: ANN401 - of PageRequest
        target = f"/{self.session.token}/{path}"
        return self.site.answer(PageRequest(method, target, **{"host": HOST, **facts}))

    def post(self, path: str, **message: object) -> PageResponse:
        content = {"page": "p", "number": 1, "member": "m", "args": [], "detail": {}, **message}
        return self.ask(f"bridge/{path}", "POST", body=json.dumps(content).encode())

    def answer(self, path: str, **message: object) -> Any:  # noqa: ANN401 - JSON
        response = self.post(path, **message)
        assert response.status == 200
        assert isinstance(response.body, bytes)
        return json.loads(response.body)


@pytest.fixture
def make_world() -> Callable[..., World]:
    def make(root: str = "/ui", *, vm: bool = True, host: bool = True, dialog: tuple[str, ...] = ()) -> World:
        machine, files = FakeMachine(), {"/ui/index.html": b"<html><head></head>", "/etc/passwd": b"root"}
        site = Site(UiLocation(root, files.get, vm, host), Bridge(machine, dialog), frozenset({HOST}))
        return World(machine, files, site, site.open())

    return make


@pytest.fixture
def world(make_world: Callable[..., World]) -> World:
    return make_world()
