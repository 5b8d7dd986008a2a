"""Watching a started installation: does it answer, does it stay up, and if not, what does it say."""

from __future__ import annotations

import http.client
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dext_tasks.engine.emulator import is_crash
from dext_tasks.engine.faults import no_emulator
from dext_tasks.smoke.names import GUEST_SERVICES
from dext_tasks.smoke.probe import ProbeFailedError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dext_tasks.engine.facts import ContainerFacts
    from dext_tasks.engine.services import Services
    from dext_tasks.smoke.channel import Channel

_LOG_LINES = 25
_NEVER = "it was never created"
_POLL = 0.05
_STATE_POLL = 0.5
_REQUEST_TIMEOUT = 5.0
_NO_EMULATOR = "exec format error"


@dataclass(frozen=True)
class Watch:
    """The containers of one installation.

    Attributes:
        services: The compose project.
        main: Container of the extension's own image.
        emulated: Whether it runs under emulation.
        user: Who runs the extension's own image; empty for root.
    """

    services: Services
    main: str
    emulated: bool
    user: str = ""

    def answer(self, channel: Channel, socket: str, seconds: float) -> int:
        """Wait for the first HTTP answer of the backend and give its status.

        Args:
            channel: The way to it.
            socket: Name of its socket.
            seconds: Longest wait.

        Raises:
            ProbeFailedError: None came in time, or a container broke meanwhile.
        """
        deadline, why = time.monotonic() + seconds, _NEVER
        next_look = time.monotonic() + _STATE_POLL
        while time.monotonic() < deadline:
            try:
                return channel.ask("GET", "/", _REQUEST_TIMEOUT).status
            except PermissionError as error:
                raise ProbeFailedError(
                    f"{socket} belongs to the container's user and this one cannot open it; use --smoke-proxy always",
                    str(error),
                ) from error
            except (OSError, http.client.HTTPException) as error:
                why = self._why(channel, error)
            if time.monotonic() > next_look:
                self._require_alive(self._whose if why.startswith(_NEVER) else "")
                next_look = time.monotonic() + _STATE_POLL
            self.services.client.cancellation.sleep(_POLL)
        raise self.failure(f"no answer over {socket} within {seconds:.0f} s: {why}")

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
        crashed = any(is_crash(evidence, each.exit_code) for each in containers)
        return ProbeFailedError(what, evidence, emulator=self.emulated and crashed)

    def _why(self, channel: Channel, error: Exception) -> str:
        if channel.folder is None:
            return self._why_behind_proxy(error)
        if isinstance(error, FileNotFoundError):
            others = ", ".join(sorted(path.name for path in channel.folder.iterdir()))
            return f"it was never created; there is {others}" if others else self._never_created()
        if isinstance(error, ConnectionRefusedError):
            return "nothing listens on it"
        return f"{type(error).__name__}: {error}"

    def _why_behind_proxy(self, error: Exception) -> str:
        # The proxy takes every connection, and ends it when it gets none itself.
        said = self.services.logs(f"{self.services.project}-proxy", 1)
        if "No such file" in said:
            return self._never_created()
        if "Connection refused" in said:
            return "nothing listens on it"
        return f"{type(error).__name__}: {error}"

    def _never_created(self) -> str:
        return f"{_NEVER}{self._whose}"

    @property
    def _whose(self) -> str:
        """Why a socket may not be made, for who may not."""
        return f"; the backend runs as {self.user}, and {GUEST_SERVICES} belongs to root" if self.user else ""

    def _require_alive(self, hint: str = "") -> None:
        for container in self.services.containers():
            if self._broken(container):
                raise self.failure(f"{_state(container)}{hint}")

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
