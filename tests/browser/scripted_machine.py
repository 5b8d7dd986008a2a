"""A machine whose command lines are this one's own, and whose backend answers what the test wrote."""

from __future__ import annotations

import subprocess
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from dext_tasks.ui.machine import (
    Command,
    CommandHost,
    Identity,
    NotThereError,
    PageRequestRefusedError,
    ServiceAnswer,
    ServiceRequest,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

TELL, HOLD = "/tell", "/hold"
IDENTITY = Identity(image="acme/demo:1.2.0", platform="linux", arch="arm64", hostname="box")


def echoed(request: ServiceRequest) -> ServiceAnswer:
    """`/status/N` answers N; anything else says what was asked, as text."""
    if request.url.startswith("/status/"):
        status = int(request.url.removeprefix("/status/"))
        return ServiceAnswer(
            status, {404: "Not Found", 204: "No Content"}.get(status, "Other"), f"is {status}".encode()
        )
    body = (request.body or b"").decode()
    kind = request.headers.get("Content-Type", "-")
    return ServiceAnswer(200, "OK", f"{request.method} {request.url} {kind} {body}".encode())


@dataclass
class ScriptedMachine:
    """See Machine.

    Attributes:
        answer: The backend.
        requests: What the backend was asked.
        commands: What was started.
        processes: What became of it.
        asked: Options of the list calls.
        told: Set as soon as a page has told something.
    """

    answer: Callable[[ServiceRequest], ServiceAnswer] = echoed
    requests: list[ServiceRequest] = field(default_factory=list)
    commands: list[Command] = field(default_factory=list)
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)
    asked: list[Mapping[str, object]] = field(default_factory=list)
    identity: Identity = IDENTITY
    project: str = "acme_demo-desktop-extension"
    told: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def service(self, request: ServiceRequest) -> ServiceAnswer:
        if request.url == HOLD:
            # A page with a call under way is waited for.
            self.told.wait(60)
            return ServiceAnswer(204, "No Content", b"")
        if request.url == TELL:
            self.told.set()
        self.requests.append(request)
        return self.answer(request)

    def start(self, command: Command) -> subprocess.Popen[bytes]:
        self.commands.append(command)
        if command.where is CommandHost.DOCKER:
            # What docker would be told, for all to see.
            words = ["/bin/echo", command.program, *command.args]
        else:
            words = [command.program, *command.args]
        try:
            process = subprocess.Popen(  # noqa: S603 - what the test wrote
                words,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                cwd=command.cwd or None,
                env={"PATH": "/usr/bin:/bin", **command.env},
            )
        except FileNotFoundError as error:
            raise NotThereError(f"no program {command.program}") from error
        with self._lock:
            self.processes.append(process)
        return process

    def containers(self, options: Mapping[str, object]) -> Any:  # noqa: ANN401 - the engine's JSON
        self.asked.append(options)
        if options.get("filters") == "nonsense":
            raise PageRequestRefusedError("invalid filter")
        return [{"Id": "abc", "Names": ["/web"], "Created": 1}]

    def images(self, options: Mapping[str, object]) -> Any:  # noqa: ANN401 - as above
        self.asked.append(options)
        return [{"Id": "sha256:abc", "RepoTags": ["acme/demo:1.2.0"]}]
