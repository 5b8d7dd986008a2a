"""Whether a run still lives: it holds its lease until it ends, however it ends.

The kernel frees a lease with the process that took it. On Linux it is a name in the abstract socket name space, which
leaves no file: https://man7.org/linux/man-pages/man7/unix.7.html. macOS has no such names: there it is a lock on a
file, https://developer.apple.com/library/archive/documentation/System/Conceptual/ManPages_iPhoneOS/man2/flock.2.html.
Where there is neither, every other run counts as alive, so that nothing of it is ever touched.
"""

from __future__ import annotations

import hashlib
import os
import socket
import sys
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from itertools import islice
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Final

from dext_tasks.systems import NO_FOLLOW

if TYPE_CHECKING:
    from collections.abc import Callable

# https://man7.org/linux/man-pages/man5/proc_sys_kernel.5.html
_BOOT: Final = "/proc/sys/kernel/random/boot_id"
# More builds of one extension at once than a machine has processors.
_MOST_USERS = 64
# What this process uses.
_IN_USE: set[str] = set()
# For every user of the machine, as they may share an engine. Anybody may make files in it and lock them, and nobody
# may remove another's.
_LOCKS = "/tmp/dext-tasks-leases"  # noqa: S108 - links in it are not followed, and its files are never written to
_LOCKS_MODE: Final = 0o1777
_LOCK_MODE: Final = 0o644
_TRYING = Lock()


@dataclass(frozen=True)
class Hold:
    """What holds a lease until it is let go or the process ends.

    Attributes:
        descriptor: Of a socket or a file; not closed with this object, which may be forgotten.
        file: What is left behind otherwise; empty for nothing.
    """

    descriptor: int
    file: str = ""

    def let_go(self) -> None:
        """Let others take it."""
        if self.file:
            # In another user's place only that user may.
            with suppress(OSError):
                os.unlink(self.file)  # noqa: PTH108 - before others can lock it
        os.close(self.descriptor)


@dataclass(frozen=True)
class Way:
    """How a system knows who holds what; each raises OSError where that cannot be found out.

    Attributes:
        take: Hold a key, unless another process does.
        is_free: Whether nobody holds it. Whoever asks at the same moment gets the same answer.
    """

    take: Callable[[str], Hold | None]
    is_free: Callable[[str], bool]


def way_of(system: str) -> Way | None:
    """That of a system, by the name that Python has for it; None if it has none."""
    return {"linux": BY_SOCKET, "win32": None}.get(system, BY_LOCK)


def _address(key: str) -> str:
    return f"\0dext-tasks-{key}"


def by_socket(key: str) -> Hold | None:
    """Hold a name in the abstract socket name space, unless another process does."""
    if sys.platform == "win32":
        return None
    taken = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    try:
        taken.bind(_address(key))
    except OSError:
        taken.close()
        return None
    return Hold(taken.detach())


def is_free_by_socket(key: str) -> bool:
    """Whether no socket has the name; it is not taken meanwhile, so that others who ask do not see it held.

    Raises:
        OSError: It cannot be found out.
    """
    if sys.platform == "win32":
        return False
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as asking:
        try:
            asking.connect(_address(key))
        except ConnectionRefusedError:
            return True
    return False


def by_lock(key: str) -> Hold | None:
    """Hold the lock of a file, unless another process does.

    Raises:
        OSError: The file cannot be made or opened.
    """
    if sys.platform == "win32":
        return None
    import fcntl

    with suppress(FileExistsError):
        os.mkdir(_LOCKS)  # noqa: PTH102 - as little as there can be between this and what follows
        os.chmod(_LOCKS, _LOCKS_MODE)  # noqa: PTH101 - not by the first argument of mkdir, which the mask changes
    file = f"{_LOCKS}/{key}"
    while True:
        # Whoever may read a file may lock it.
        descriptor = os.open(file, os.O_RDONLY | os.O_CREAT | NO_FOLLOW, _LOCK_MODE)
        with suppress(PermissionError):
            # Not by an argument of open, which the mask changes; only who made it may.
            os.fchmod(descriptor, _LOCK_MODE)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(descriptor)
            return None
        # Who held it may have removed it meanwhile, and another process locks a new one of that name.
        if _is_at(file, descriptor):
            return Hold(descriptor, file)
        os.close(descriptor)


def is_free_by_lock(key: str) -> bool:
    """Whether no process has the lock; its file goes if so.

    Raises:
        OSError: It cannot be found out.
    """
    # Two threads that try at once would take each other for its holder.
    with _TRYING:
        hold = by_lock(key)
        if hold:
            hold.let_go()
        return hold is not None


def _is_at(file: str, descriptor: int) -> bool:
    try:
        found = os.stat(file, follow_symlinks=False)  # noqa: PTH116 - beside fstat
    except OSError:
        return False
    return os.path.samestat(os.fstat(descriptor), found)


BY_SOCKET: Final = Way(by_socket, is_free_by_socket)
BY_LOCK: Final = Way(by_lock, is_free_by_lock)
_WAY = way_of(sys.platform)


class Lease:
    """A name that one process at a time can hold.

    Args:
        name: Any text; the same text is the same lease to every process of this machine.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._hold: Hold | None = None

    @property
    def is_held(self) -> bool:
        """Whether this process is known to hold it."""
        return self._hold is not None

    def take(self) -> bool:
        """Take it, unless another process has it."""
        if _WAY is None or self.is_held:
            return True
        try:
            self._hold = _WAY.take(_key(self._name))
        except OSError:
            return True
        return self.is_held

    def give_back(self) -> None:
        """Let others take it."""
        if self._hold:
            self._hold.let_go()
        self._hold = None


def is_free(name: str) -> bool:
    """Whether no process of this machine holds a lease; never where that cannot be found out."""
    try:
        return _WAY is not None and _WAY.is_free(_key(name))
    except OSError:
        return False


def _key(name: str) -> str:
    # A socket's address has 107 bytes, whatever the name is.
    return hashlib.sha256(name.encode()).hexdigest()[:40]


@cache
def this_machine() -> str:
    """A name for all processes that share leases with this one, and for no others.

    Machines with one host name may share an engine, and so may containers of one machine, which see other leases. So
    the name has a digest of what leases are held in: a network namespace of one boot of a kernel for a socket's name
    (https://man7.org/linux/man-pages/man7/namespaces.7.html), and a machine for a lock. Where that is not known, no
    other process has the name.
    """
    host = socket.gethostname() or "unknown"
    scope = "\n".join((host, *_scope()))
    return f"{host}.{hashlib.sha256(scope.encode()).hexdigest()[:12]}"


def _scope() -> tuple[str, ...]:
    try:
        if _WAY is BY_SOCKET:
            space = Path("/proc/self/ns/net").stat()
            return Path(_BOOT).read_text(encoding="utf-8").strip(), f"{space.st_dev}:{space.st_ino}"
    except OSError:
        return (os.urandom(16).hex(),)
    import uuid

    # Of a network card, or by chance and thus of this process alone: https://docs.python.org/3/library/uuid.html
    return (str(uuid.getnode()),)


class Usage:
    """Something that several processes may use at once, and that others leave alone meanwhile.

    Args:
        name: Any text; the same text is the same thing to every process of this machine.
    """

    def __init__(self, name: str) -> None:
        self._names = [f"{name}#{number}" for number in range(_MOST_USERS)]

    def begin(self) -> None:
        """Use it until this process ends."""
        if _IN_USE.isdisjoint(self._names):
            _IN_USE.update(islice((each for each in self._names if Lease(each).take()), 1))

    @property
    def is_by_others(self) -> bool:
        """Whether another process uses it; False where that cannot be known."""
        return _WAY is not None and not all(each in _IN_USE or is_free(each) for each in self._names)
