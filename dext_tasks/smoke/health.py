"""Watching a started installation: whether it answers and stays up, and if not, why."""

from __future__ import annotations

import http.client
import logging
import time
from contextlib import suppress
from dataclasses import dataclass
from functools import cache, partial
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from dext_tasks import calls
from dext_tasks.engine.emulator import is_crash, says_crash
from dext_tasks.engine.facts import HealthStatus
from dext_tasks.engine.faults import no_emulator
from dext_tasks.errors import EngineCommandError, ImageNotFoundError, why_failed
from dext_tasks.extension.desktops import Desktop
from dext_tasks.extension.grants.machine import GUEST_SERVICES
from dext_tasks.extension.programs import has_windows_line_ends, unstartable
from dext_tasks.formats.executable import HEAD
from dext_tasks.limits import BACKEND_REQUEST
from dext_tasks.smoke.backend_client import NotASocketError
from dext_tasks.smoke.outcome import ProbeFailedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from dext_tasks.engine.facts import ContainerFacts, ContainerProcess
    from dext_tasks.engine.services import Services
    from dext_tasks.smoke.backend_client import Channel


_LOG = logging.getLogger(__name__)
_LOG_LINES = 25
_NEVER = "it was never created"
_POLL = 0.05
# Files that are named where the socket is missing; a backend may write any number of them.
_MOST_NAMES = 5
_NO_EMULATOR = "exec format error"


@dataclass(frozen=True)
class Watch:
    """The containers of one installation.

    Attributes:
        services: The compose project.
        main: Container of the extension's own image.
        emulated: Whether it runs under emulation.
        user: Who runs the extension's own image; empty for root.
        awaited: Services that are to end well, for others wait until they have.
    """

    services: Services
    main: str
    emulated: bool
    user: str = ""
    awaited: frozenset[str] = frozenset()

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
        happenings, has_happened = self.services.happenings, True
        while time.monotonic() < deadline:
            try:
                status = self._status(channel, socket)
            except (OSError, http.client.HTTPException) as error:
                why = self._why(channel, error)
            else:
                calls.decided(_LOG, "%s is ready: it answers GET / with %d", socket, status)
                return status
            if has_happened:
                self.require_alive(self._whose if why.startswith(_NEVER) else "")
            has_happened = happenings.wait(_POLL)
        raise self.failure(f"no answer over {socket} within {seconds:.0f} s: {why}")

    def _status(self, channel: Channel, socket: str) -> int:
        """What the backend answers now.

        Raises:
            ProbeFailedError: It never will.
            OSError: It does not yet; or HTTPException.
        """
        try:
            return channel.status(BACKEND_REQUEST)
        except PermissionError as error:
            raise ProbeFailedError(
                f"{socket} belongs to the container's user and this one cannot open it; use --smoke-proxy always",
                why_failed(error),
            ) from error
        except NotASocketError as error:
            hint = "; --smoke-proxy always reaches it from within the engine" if channel.folder else ""
            raise self.failure(f"{error}{hint}") from error

    def settle(self, seconds: float) -> None:
        """Require that nothing breaks for a while.

        Raises:
            ProbeFailedError: A container ended or was restarted.
        """
        end = time.monotonic() + seconds
        happenings = self.services.happenings
        self.require_alive()
        while (left := end - time.monotonic()) > 0:
            happenings.wait(left)
            self.require_alive()

    def require_alive(self, hint: str = "") -> list[ContainerFacts]:
        """Require that no container broke, and give them all.

        Args:
            hint: What to add to the message about one that did.

        Raises:
            ProbeFailedError: One ended or was restarted, or none is left.
        """
        containers = self.services.containers()
        if not containers:
            raise self.failure("every container has gone: somebody else removed them")
        for container in containers:
            if self._broken(container):
                raise self.failure(f"{_state(container)}{hint}")
        return containers

    def ended(self, containers: list[ContainerFacts]) -> list[str]:
        """Services that ended well by themselves, and that no other one waits for."""
        return [
            each.service or each.name
            for each in containers
            if each.name != self.main
            and each.service not in self.awaited
            and (each.restarts or each.status == "exited")
        ]

    def require_emulator(self) -> None:
        """Require that no emulator crashed in a container that looks as if it ran.

        To the first process of a container its own signal does nothing: QEMU says that it crashed, and stays.

        Raises:
            ProbeFailedError: One did.
        """
        for container in self.services.containers() if self.emulated else ():
            if container.is_running and says_crash(self.services.logs(container.name, 1)):
                raise self.failure(f"the emulator crashed in {container.name}, and nothing has been said since")

    def failure(self, what: str, detail: str = "") -> ProbeFailedError:
        """A failure with all that the containers have to say.

        Raises:
            EmulatorMissingError: The kernel refused to run the platform's programs, whatever was asked of them.
        """
        containers = self.services.containers()
        evidence = "\n".join([*filter(None, [detail]), *self._evidence(containers)])
        why = self.why_ended(containers)
        if self.emulated and not why and _NO_EMULATOR in evidence.lower():
            raise no_emulator(evidence)
        crashed = any(is_crash(evidence, each.exit_code) for each in containers)
        return ProbeFailedError("; ".join(filter(None, (what, why))), evidence, emulator=self.emulated and crashed)

    def why_ended(self, containers: list[ContainerFacts]) -> str:
        """What was wrong with what a container that broke was to run; each thing once."""
        broken = [each for each in containers if self._broken(each) or each.status == "created"]
        found = (diagnosis(each.process, partial(self._head, each.name)) for each in broken)
        return "; ".join(dict.fromkeys(filter(None, found)))

    def _head(self, container: str, path: str, most: int) -> bytes | None:
        # What cannot be read explains nothing: the failure is reported without it.
        with suppress(EngineCommandError, ImageNotFoundError):
            return self.services.head(container, path, most)
        return None

    def _why(self, channel: Channel, error: Exception) -> str:
        if isinstance(error, FileNotFoundError):
            others = sorted(path.name for path in channel.folder.iterdir()) if channel.folder else []
            more = f" and {len(others) - _MOST_NAMES} more" if others[_MOST_NAMES:] else ""
            there = f"{', '.join(others[:_MOST_NAMES])}{more}"
            return f"it was never created; there is {there}" if others else self._never_created()
        if isinstance(error, ConnectionRefusedError):
            return "nothing listens on it"
        return why_failed(error)

    def _never_created(self) -> str:
        return f"{_NEVER}{self._whose}"

    @property
    def _whose(self) -> str:
        """Why the backend may lack the right to make a socket; empty if it runs as root."""
        return f"; the backend runs as {self.user}, and {GUEST_SERVICES} belongs to root" if self.user else ""

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
    health = container.health
    checked = f", {health.status}{f' ({health.said})' if health.said else ''}" if health.status else ""
    return (
        f"{container.name} is {container.status}, exit code {container.exit_code}, "
        f"restarted {container.restarts} times{checked}"
    )


_HEALTH_POLL = 1.0
_RANCHER = Desktop.RANCHER_DESKTOP.title


def wait_for_health(watch: Watch, seconds: float, factor: float) -> tuple[str, ...]:
    """Wait until every health check has passed once; what is to be said of those that did not always.

    An engine asks for the first time after an interval, which is half a minute unless somebody says otherwise. So the
    checks that it has not passed yet are run here, too.

    Args:
        watch: The containers.
        seconds: Longest wait.
        factor: How many times as long as the engine lets it a check may take that is run here.

    Raises:
        ProbeFailedError: One never passed, or a container broke meanwhile.
    """
    end, passed, late = time.monotonic() + seconds, set[str](), dict[str, str]()
    happenings = watch.services.happenings
    while True:
        sick = [each for each in watch.require_alive() if each.is_running and _is_sick(each)]
        late |= {each.name: _late(each) for each in sick if each.health.status is HealthStatus.UNHEALTHY}
        open_ = [each for each in sick if each.name not in passed and not each.health.has_passed]
        for each in open_:
            # An engine lets a check take as long as the image says, which may be a day.
            longest = min(each.health.timeout * factor, max(end - time.monotonic(), _HEALTH_POLL))
            if each.health.command and watch.services.check(each, longest):
                passed.add(each.name)
        never = [each for each in open_ if each.name not in passed]
        if not never:
            return tuple(late.values())
        if time.monotonic() >= end:
            said = "; ".join(map(_never, never))
            raise watch.failure(f"{said}; {_RANCHER} refuses it, Docker Desktop does not ask")
        happenings.wait(_HEALTH_POLL)


def _is_sick(container: ContainerFacts) -> bool:
    return container.health.status in (HealthStatus.STARTING, HealthStatus.UNHEALTHY)


def _late(container: ContainerFacts) -> str:
    said = f" ({container.health.said})" if container.health.said else ""
    return f"{container.name} was unhealthy{said} and passes at other times; {_RANCHER} refuses what is unhealthy"


def _never(container: ContainerFacts) -> str:
    said = f": {container.health.said}" if container.health.said else ""
    return f"the health check of {container.name} never passed{said}"


_SHELLS = frozenset({"sh", "bash", "ash", "dash", "ksh", "zsh", "busybox"})
# A command line may have thousands of words, and each look takes a moment.
_MOST_WORDS = 8


def diagnosis(process: ContainerProcess, read: Callable[[str, int], bytes | None]) -> str:
    """What keeps a process from being started, or its scripts from being understood; empty if that cannot be found out.

    Args:
        process: What was to run.
        read: Gives the first bytes of a file, None if there is none.
    """
    head = cache(lambda path: read(path, HEAD))

    def is_there(program: str) -> bool:
        return any(head(place) is not None for place in process.places(program))

    program = next((place for place in process.programs if head(place) is not None), "")
    if not program:
        return ""
    if fault := unstartable(head(program) or b"", is_there):
        return f"{program} {fault}"
    return next(_of_scripts(process, program, head, is_there), "")


def _of_scripts(
    process: ContainerProcess, program: str, head: Callable[[str], bytes | None], is_there: Callable[[str], bool]
) -> Iterator[str]:
    """The same of the program, if it is a script, and of the scripts among a shell's arguments."""
    by_shell = PurePosixPath(program).name in _SHELLS
    for place in [program, *(_scripts(process) if by_shell else ())]:
        content = head(place) or b""
        is_text = content and b"\0" not in content
        fault = unstartable(content, is_there) if content.startswith(b"#!") else ""
        if fault:
            yield f"{place} {fault}"
        elif is_text and has_windows_line_ends(content):
            yield f"{place} has \\r at the ends of its lines, which a shell takes for a part of the last word"


def _scripts(process: ContainerProcess) -> Iterator[str]:
    """Files that a shell's arguments may name, also within the text of ``-c``."""
    words = [word.strip("\"'();&|") for argument in process.command[1:] for word in argument.split()]
    for word in [word for word in words if "/" in word or word.endswith(".sh")][:_MOST_WORDS]:
        yield from process.places(word if "/" in word else f"./{word}")
