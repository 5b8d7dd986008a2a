"""How backends are reached on an engine, and trying it with a backend of our own."""

from __future__ import annotations

import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

from dext_tasks.config.kind import When
from dext_tasks.engine.own_container import running
from dext_tasks.errors import EngineCommandError, EngineTimeoutError, why_failed
from dext_tasks.extension.grants.machine import GUEST_SERVICES
from dext_tasks.limits import BACKEND_TRIAL
from dext_tasks.runtime.temporary import base, temporary_folder
from dext_tasks.smoke.backend_client import IS_POSSIBLE, GuestConnection, Helper
from dext_tasks.systems import is_root

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dext_tasks.config import Settings
    from dext_tasks.engine.engine import Engine

_NAME: Final = "echo.sock"
_WORD: Final = b"echo"
_POLL = 0.05
# What a file system of its own has at this place is not copied to a volume that is mounted there.
_VOLUME: Final = {"Type": "volume", "Target": GUEST_SERVICES, "VolumeOptions": {"NoCopy": True}}


class _Stream(Protocol):
    """What a connection to a backend is used by."""

    def sendall(self, content: bytes, /) -> object:
        """See socket.sendall."""

    def recv(self, most: int, /) -> bytes:
        """See socket.recv."""

    def close(self) -> object:
        """See socket.close."""


def is_helped(engine: Engine, settings: Settings) -> bool:
    """Whether backends are reached through a helper container, or their sockets are opened by this process."""
    if settings.smoke_proxy is When.AUTO:
        # A socket that a container's root makes in a folder of this machine cannot be opened by other users.
        return not IS_POSSIBLE or not is_root() or not engine.is_here
    return settings.smoke_proxy is When.ALWAYS


def seconds_to_answer(engine: Engine, settings: Settings) -> float:
    """Have a container answer over a socket, by the way that backends are reached, and see how long that takes.

    The engine has the image of the helper container, which stands for the backend, too. Nothing of it stays.

    Raises:
        DextError: The container does not start, or no answer came in time.
    """
    started = time.monotonic()
    try:
        with _echoing(engine, settings) as connect:
            _wait_for_echo(engine, connect)
    except EngineCommandError as error:
        remedy = "see what the engine said, and name an image whose entry point is socat with smoke.proxy-image"
        raise EngineCommandError(error.message, remedy=remedy, detail=error.detail) from error
    return time.monotonic() - started


class _Connect(Protocol):
    def __call__(self) -> _Stream:
        """A new connection.

        Raises:
            OSError: Nothing listens yet.
        """


@contextmanager
def _echoing(engine: Engine, settings: Settings) -> Iterator[_Connect]:
    """Start what answers with what it hears; gives the way to it."""
    client, image, platform = engine.client, settings.smoke_proxy_image, engine.facts.platform
    process = {"Cmd": [f"UNIX-LISTEN:{GUEST_SERVICES}/{_NAME},fork", "PIPE"], "User": "0:0"}
    if is_helped(engine, settings):
        with running(client, image, platform, process, [_VOLUME]) as container:
            helper = Helper.of(client, container)
            yield lambda: helper.connected(_NAME, BACKEND_TRIAL)
        return
    with temporary_folder(client.folder_prefix, base()) as folder:
        mount = {"Type": "bind", "Source": folder, "Target": GUEST_SERVICES}
        with running(client, image, platform, process, [mount]):
            yield lambda: GuestConnection(Path(folder), _NAME, BACKEND_TRIAL).opened()


def _wait_for_echo(engine: Engine, connect: _Connect) -> None:
    end = time.monotonic() + BACKEND_TRIAL
    while True:
        try:
            return _require_echo(connect())
        except OSError as error:
            if time.monotonic() > end:
                raise EngineTimeoutError(
                    f"no answer over a socket in a container: {why_failed(error)}",
                    remedy="set smoke.proxy: auto (--smoke-proxy auto), or look at the engine's load",
                ) from error
        engine.client.cancellation.sleep(_POLL)


def _require_echo(stream: _Stream) -> None:
    try:
        stream.sendall(_WORD)
        if stream.recv(len(_WORD)) != _WORD:
            raise ConnectionResetError("it answered something else")
    finally:
        stream.close()
