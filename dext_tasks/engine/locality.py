"""Whether an engine has this process's files: proven, never assumed."""

from __future__ import annotations

import socket
import struct
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from dext_tasks.engine.connection import UNIX
from dext_tasks.limits import ENGINE_ANSWER

if TYPE_CHECKING:
    from dext_tasks.engine.facts import EngineFacts

# Process, user and group: https://man7.org/linux/man-pages/man7/unix.7.html (SO_PEERCRED)
_CREDENTIALS = struct.Struct("3i")
# https://github.com/moby/moby/blob/v26.1.5/daemon/id.go
_ENGINE_ID: Final = "engine-id"


def is_here(address: str, facts: EngineFacts) -> bool:
    """Whether a folder of this process's is the same folder to the engine.

    A unix socket alone proves nothing. ssh may forward it to another machine, a container may have been given it, and a
    desktop's leads into a virtual machine. So whoever listens must be a process with the same mounts, and the engine's
    own folder must be there, with the engine's identity. What cannot be looked at, as by who is not root, is no proof.

    Args:
        address: Of the engine.
        facts: What the engine says of itself.
    """
    if sys.platform != "linux" or not address.startswith(UNIX):
        return False
    try:
        listener = _listener(address.removeprefix(UNIX))
        shares = listener > 0 and _mounts(listener) == _mounts("self")
        return shares and _has_engine(facts)
    except (OSError, ValueError):
        return False


def _listener(path: str) -> int:
    """The process that listens on a socket; 0 if it is not among those that this one sees."""
    if sys.platform != "linux":
        return 0
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as stream:
        stream.settimeout(ENGINE_ANSWER)
        stream.connect(path)
        said = stream.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    process, _, _ = _CREDENTIALS.unpack(said)
    return int(process)


def _mounts(process: int | str) -> Path:
    return Path(f"/proc/{process}/ns/mnt").readlink()


def _has_engine(facts: EngineFacts) -> bool:
    file = Path(facts.folder) / _ENGINE_ID
    return bool(facts.folder and facts.identity) and file.read_text(encoding="utf-8").strip() == facts.identity
