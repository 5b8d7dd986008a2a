"""Watching a started installation: does it answer, does it stay up, and if not, what does it say."""

from __future__ import annotations

import http.client
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dext_tasks.engine.faults import no_emulator
from dext_tasks.smoke.socket import status

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from dext_tasks.engine.facts import ContainerFacts
    from dext_tasks.engine.services import Services

_LOG_LINES = 25
_POLL = 0.05
_STATE_POLL = 0.5
_REQUEST_TIMEOUT = 5.0
# An emulator that crashes says so and ends like the SIGSEGV it stands for.
# https://github.com/pypa/cibuildwheel/issues/2257
_EMULATOR_CRASH = "qemu: uncaught target signal"
_SEGFAULT = 139
_NO_EMULATOR = "exec format error"


class ProbeFailedError(Exception):
    """A probe saw something wrong.

    Args:
        what: In one line.
        evidence: State, exit code and logs.
        emulator: Whether the emulator is to blame.
    """

    def __init__(self, what: str, evidence: str = "", *, emulator: bool = False) -> None:
        super().__init__(what)
        self.evidence = evidence
        self.emulator = emulator


class ProbeSkippedError(Exception):
    """A probe has nothing to look at; the text says why."""


@dataclass(frozen=True)
class Watch:
    """The containers of one installation.

    Attributes:
        services: The compose project.
        main: Container of the extension's own image.
        emulated: Whether it runs under emulation.
    """

    services: Services
    main: str
    emulated: bool

    def answer(self, socket: Path, seconds: float) -> int:
        """Wait for the first HTTP answer over a socket and give its status.

        Raises:
            ProbeFailedError: None came in time, or a container broke meanwhile.
        """
        deadline, why = time.monotonic() + seconds, "it was never created"
        next_look = time.monotonic() + _STATE_POLL
        while time.monotonic() < deadline:
            try:
                return status(socket, _REQUEST_TIMEOUT)
            except PermissionError as error:
                raise ProbeFailedError(
                    f"{socket.name} belongs to the container's user and cannot be opened by this one; run as root",
                    str(error),
                ) from error
            except (OSError, http.client.HTTPException) as error:
                why = _why(socket, error)
            if time.monotonic() > next_look:
                self._require_alive()
                next_look = time.monotonic() + _STATE_POLL
            self.services.client.cancellation.sleep(_POLL)
        raise self.failure(f"no answer over {socket.name} within {seconds:.0f} s: {why}")

    def settle(self, seconds: float) -> None:
        """Hold that nothing breaks for a while.

        Raises:
            ProbeFailedError: A container ended or was restarted.
        """
        end = time.monotonic() + seconds
        self._require_alive()
        while (left := end - time.monotonic()) > 0:
            self.services.client.cancellation.sleep(min(left, _STATE_POLL))
            self._require_alive()

    def failure(self, what: str, detail: str = "") -> ProbeFailedError:
        """A failure with all that the containers have to say.

        Raises:
            EmulatorMissingError: The kernel refused to run the platform's programs, whatever was asked of them.
        """
        containers = self.services.containers()
        evidence = "\n".join([*filter(None, [detail]), *self._evidence(containers)])
        if self.emulated and _NO_EMULATOR in evidence.lower():
            raise no_emulator(evidence)
        crashed = _EMULATOR_CRASH in evidence or any(each.exit_code == _SEGFAULT for each in containers)
        return ProbeFailedError(what, evidence, emulator=self.emulated and crashed)

    def _require_alive(self) -> None:
        for container in self.services.containers():
            if self._broken(container):
                raise self.failure(_state(container))

    def _broken(self, container: ContainerFacts) -> bool:
        # A one-shot helper that ended well is restarted by Docker Desktop too, and harmless.
        if container.name != self.main and container.exit_code == 0:
            return False
        return container.status in ("exited", "dead") or container.restarts > 0

    def _evidence(self, containers: list[ContainerFacts]) -> Iterator[str]:
        for container in containers:
            yield _state(container)
            yield self.services.logs(container.name, _LOG_LINES)


def _state(container: ContainerFacts) -> str:
    return (
        f"{container.name} is {container.status}, exit code {container.exit_code}, restarted {container.restarts} times"
    )


def _why(socket: Path, error: Exception) -> str:
    if isinstance(error, FileNotFoundError):
        others = ", ".join(sorted(path.name for path in socket.parent.iterdir()))
        return f"it was never created; there is {others}" if others else "it was never created"
    if isinstance(error, ConnectionRefusedError):
        return "nothing listens on it"
    return f"{type(error).__name__}: {error}"
