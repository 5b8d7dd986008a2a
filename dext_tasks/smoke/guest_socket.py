"""The backend's socket in a folder that the backend can write to: whatever it puts there leads nowhere else.

A container that is given a folder of this machine may replace its socket by a symbolic link to any other one, the
engine's own included, and whoever opens it as root follows it: https://cwe.mitre.org/data/definitions/59.html
"""

from __future__ import annotations

import os
import stat
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from dext_tasks.engine.unix import UnixConnection
from dext_tasks.systems import CLOSE_ON_EXEC, FOLDER_ONLY, NO_FOLLOW

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

IS_POSSIBLE = sys.platform == "linux"
"""Whether this system can hold a socket by a descriptor; elsewhere the engine runs in a machine of its own anyway."""

# Numbers of the kernel's, which Python names on Linux only.
_PATH_ONLY: int = getattr(os, "O_PATH", 0)


class NotASocketError(OSError):
    """What is at the socket's place is something else; the text says what."""


@contextmanager
def held(folder: Path, name: str) -> Iterator[str]:
    """The socket's address by a descriptor, so that what was looked at is what is connected to.

    Args:
        folder: Where the backend makes it.
        name: Its name there.

    Raises:
        NotASocketError: It is a link, or another kind of file, or not in the folder's own file system.
        OSError: It is not there.
    """
    if "/" in name:
        raise NotASocketError(f"{name} is not the name of a file")
    directory = os.open(folder, _PATH_ONLY | FOLDER_ONLY | NO_FOLLOW | CLOSE_ON_EXEC)
    try:
        # https://man7.org/linux/man-pages/man2/open.2.html: with O_PATH a link is opened itself, and nothing else is
        # done to what it leads to.
        found = os.open(name, _PATH_ONLY | NO_FOLLOW | CLOSE_ON_EXEC, dir_fd=directory)
        try:
            _require_socket(os.fstat(found), os.fstat(directory), name)
            yield f"/proc/self/fd/{found}"
        finally:
            os.close(found)
    finally:
        os.close(directory)


def _require_socket(found: os.stat_result, folder: os.stat_result, name: str) -> None:
    if stat.S_ISLNK(found.st_mode):
        raise NotASocketError(f"{name} is a symbolic link, which is not followed")
    if not stat.S_ISSOCK(found.st_mode):
        raise NotASocketError(f"{name} is not a socket")
    if found.st_dev != folder.st_dev:
        raise NotASocketError(f"{name} is mounted from elsewhere")


class GuestConnection(UnixConnection):
    """A connection to a backend's socket.

    Args:
        folder: Where the backend makes it.
        name: Its name there.
        timeout: Of each step, seconds.
    """

    def __init__(self, folder: Path, name: str, timeout: float) -> None:
        super().__init__(name, timeout)
        self._folder, self._name = folder, name

    def connect(self) -> None:
        """See HTTPConnection.

        Raises:
            NotASocketError: See ``held``.
            OSError: There is no such socket, or nothing listens.
        """
        with held(self._folder, self._name) as self._path:
            super().connect()
