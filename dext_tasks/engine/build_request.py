"""Build arguments on their way to docker: every user of a machine can read the arguments of its processes.

python-on-whales writes ``--build-arg NAME=VALUE`` only. So it is given the names alone, and the values reach the client
as variables, by a file that exists in memory, or by a socket where there are none of those.
"""

from __future__ import annotations

import errno
import json
import os
import re
import selectors
import socket
import sys
import threading
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from dext_tasks.engine.build_history import BuildOrigin
from dext_tasks.errors import ConfigError
from dext_tasks.regex import regex
from dext_tasks.runtime.temporary import base, temporary_folder

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from dext_tasks.formats.oci.platform import Platform


@dataclass(frozen=True)
class BuildRequest:
    """One platform's build.

    Attributes:
        context: Folder of the build context.
        dockerfile: The Dockerfile.
        platform: What to build for.
        tag: The local tag to load it under.
        args: Values of ARG instructions.
        labels: Labels added to those of the Dockerfile.
        target: Stage to build, the last one if empty.
        builder: Buildx builder, the current one if empty.
        provenance: Whether to attach a provenance attestation.
        sbom: Image that makes the software bill of materials to attach; none is attached if empty.
        timeout: Longest time it may take, seconds.
        state: Digest of what it is made of; empty if that is not known.
        folder: Working tree that the context was made from; None if the context is one.
    """

    context: Path
    dockerfile: Path
    platform: Platform
    tag: str
    args: tuple[tuple[str, str], ...] = ()
    labels: tuple[tuple[str, str], ...] = ()
    target: str = ""
    builder: str = ""
    provenance: bool = False
    sbom: str = ""
    timeout: float = 3600.0
    state: str = ""
    folder: Path | None = None

    @property
    def origin(self) -> BuildOrigin | None:
        """What the image is built from, as it is remembered; None if that is not known."""
        return BuildOrigin(str((self.folder or self.context).resolve()), self.state) if self.state else None


# macOS has none.
_HAS_FILES_IN_MEMORY = hasattr(os, "memfd_create")
_LAUNCHER = Path(__file__).with_name("launcher.py")
# What the client itself reads: as a variable each would change how it works, not only what is built.
# https://docs.docker.com/reference/cli/docker/#environment-variables, https://pkg.go.dev/net/http#ProxyFromEnvironment
_OF_THE_CLIENT = regex(
    r"PATH|HOME|USER|TMPDIR|SHELL|LD_.*|XDG_.*|DOCKER_.*|BUILDX_.*|BUILDKIT_.*|COMPOSE_.*|SSH_.*|SSL_CERT_.*|OTEL_.*"
    r"|GO[A-Z]+|(?:https?|ftp|all|no)_proxy|SOURCE_DATE_EPOCH",
    re.IGNORECASE,
)
_LOGIN = regex(r"://[^/\s@]+:[^/\s@]+@")
# NAME is a variable's: https://pubs.opengroup.org/onlinepubs/9799919799/basedefs/V1_chap08.html
_NAME = regex(r"[^=\x00]+")


@dataclass(frozen=True)
class BuildArguments:
    """Build arguments, parted by how they reach docker.

    Attributes:
        hidden: By variables, so that only their names are arguments of a process.
        plain: As they are, for the client would read variables of these names.
    """

    hidden: Mapping[str, str]
    plain: Mapping[str, str]

    @classmethod
    def of(cls, arguments: Iterable[tuple[str, str]]) -> BuildArguments:
        """Part them.

        Raises:
            ConfigError: One would have to be shown to everybody, and holds a password.
        """
        hidden: dict[str, str] = {}
        plain: dict[str, str] = {}
        for name, value in arguments:
            is_plain = _OF_THE_CLIENT.fullmatch(name) or not _NAME.fullmatch(name) or "\x00" in value
            (plain if is_plain else hidden)[name] = value
            if is_plain and _LOGIN.search(value):
                raise ConfigError(
                    f"the build argument {name} holds a password, which every user of this machine could read",
                    remedy="name the proxy with its login under `proxies` in docker's config.json instead, "
                    "https://docs.docker.com/engine/cli/proxy/",
                )
        return cls(hidden, plain)

    @property
    def shown(self) -> dict[str, str]:
        """What python-on-whales is given."""
        return {**dict.fromkeys(self.hidden, ""), **self.plain}

    @contextmanager
    def launched(self, command: list[str], prefix: str = "dext-") -> Iterator[list[str]]:
        """The command that gets the hidden ones, as long as the block lasts.

        Args:
            command: What is to get them.
            prefix: What the name of a temporary folder begins with.
        """
        if not self.hidden:
            yield command
            return
        with _in_memory(json.dumps(dict(self.hidden)).encode(), prefix) as file:
            yield [sys.executable, "-I", "-S", str(_LAUNCHER), file, *command]


@contextmanager
def _in_memory(content: bytes, prefix: str) -> Iterator[str]:
    """A path that only this user can read, and that leads to nothing once this process has ended, however it ends."""
    if sys.platform != "linux" or not _HAS_FILES_IN_MEMORY:
        with _by_socket(content, prefix) as path:
            yield path
        return
    descriptor = os.memfd_create("dext-build-arguments")
    try:
        os.write(descriptor, content)
        yield f"/proc/{os.getpid()}/fd/{descriptor}"
    finally:
        os.close(descriptor)


@contextmanager
def _by_socket(content: bytes, prefix: str) -> Iterator[str]:
    if sys.platform == "win32":
        raise OSError(errno.EAFNOSUPPORT, "Python has no unix sockets on Windows")
    with temporary_folder(prefix, base()) as folder, socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as server:
        path = f"{folder}/arguments"
        server.bind(path)
        server.listen()
        end, ending = os.pipe()
        thread = threading.Thread(target=_say, args=(content, server, end), daemon=True)
        thread.start()
        try:
            yield path
        finally:
            os.close(ending)
            thread.join()
            os.close(end)


def _say(content: bytes, server: socket.socket, end: int) -> None:
    """Say it to everybody who connects, until the other end of a pipe is closed."""
    # Not select.select, which takes no descriptor above 1023: https://man7.org/linux/man-pages/man2/select.2.html
    with selectors.DefaultSelector() as both:
        both.register(server, selectors.EVENT_READ)
        both.register(end, selectors.EVENT_READ)
        while all(key.fd != end for key, _ in both.select()):
            with suppress(OSError), server.accept()[0] as connection:
                connection.sendall(content)
