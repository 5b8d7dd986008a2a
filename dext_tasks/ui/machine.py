"""What a page reaches through ``ddClient``: the machine behind the stand-in.

Reference of the client: https://docs.docker.com/reference/api/extensions-sdk/
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import IO, TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class PageRequestRefusedError(Exception):
    """The stand-in does not do what the page asked for; the text says why."""


class NotThereError(Exception):
    """There is no such program, service or container; the text says which."""


class CommandHost(StrEnum):
    """Whose command line a page asks for."""

    VM = "vm"
    HOST = "host"
    DOCKER = "docker"


@dataclass(frozen=True)
class Identity:
    """What a page learns about the extension and the machine it runs on.

    Attributes:
        image: Of the extension, ``name:tag``.
        platform: As Node's ``os.platform()``: ``linux``.
        arch: As Node's ``os.arch()``: ``x64``, ``arm64``.
        hostname: Of the machine.
    """

    image: str
    platform: str
    arch: str
    hostname: str


@dataclass(frozen=True)
class ServiceRequest:
    """A request of the page to the extension's backend.

    Attributes:
        method: In upper case.
        url: Path and query, or an absolute http(s) address.
        headers: As the page gave them, with the Content-Type that follows from the data.
        body: None where there is none.
    """

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes | None


@dataclass(frozen=True)
class ServiceAnswer:
    """What the backend answered.

    Attributes:
        status: HTTP status.
        reason: Its name, such as ``Not Found``.
        body: As received.
    """

    status: int
    reason: str
    body: bytes


@dataclass(frozen=True)
class Command:
    """A command line that a page asks for.

    Attributes:
        where: In the backend's container, of the extension's host binaries, or docker's.
        program: Its first word.
        args: The rest, unquoted.
        cwd: Working folder; empty for none.
        env: Variables to add.
    """

    where: CommandHost
    program: str
    args: Sequence[str]
    cwd: str = ""
    env: Mapping[str, str] = field(default_factory=dict)


class PageProcess(Protocol):
    """A command under way; ``subprocess.Popen`` is one."""

    @property
    def stdout(self) -> IO[bytes] | None:
        """Its standard output."""

    @property
    def stderr(self) -> IO[bytes] | None:
        """Its standard error."""

    def poll(self) -> int | None:
        """Its exit code, negative for a signal; None while it runs."""

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its exit code."""

    def terminate(self) -> None:
        """Ask it to end."""

    def kill(self) -> None:
        """End it."""


class DesktopMachine(Protocol):
    """One installation, as its page sees it; called from several threads at once."""

    @property
    def identity(self) -> Identity:
        """What the page is told."""

    @property
    def project(self) -> str:
        """Compose project of the backend; docker commands of the page read within it."""

    def service(self, request: ServiceRequest) -> ServiceAnswer:
        """Ask the backend.

        Raises:
            NotThereError: The extension has no backend with a socket, or it does not answer.
            PageRequestRefusedError: The address is absolute, and not open to pages.
        """

    def start(self, command: Command) -> PageProcess:
        """Start a command line.

        Raises:
            NotThereError: There is no such program.
            PageRequestRefusedError: The command would change something that is not the extension's.
        """

    def containers(self, options: Mapping[str, object]) -> object:
        """The Engine API's ``/containers/json`` with these query parameters.

        Raises:
            PageRequestRefusedError: The engine refused them.
        """

    def images(self, options: Mapping[str, object]) -> object:
        """The same of ``/images/json``."""
