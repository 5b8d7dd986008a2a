"""Whether a run still lives: it holds its lease until it ends, however it ends.

A name in Linux's abstract socket name space is given back by the kernel with the process that took it, and leaves
no file: https://man7.org/linux/man-pages/man7/unix.7.html. Elsewhere every other run counts as alive, so that
nothing of it is ever touched.
"""

from __future__ import annotations

import os
import socket
import sys
from itertools import islice

_HAS_ABSTRACT_NAMES = sys.platform == "linux"
# More builds of one extension at once than a machine has processors.
_MOST_USERS = 64
# What this process uses.
_IN_USE: set[str] = set()


class Lease:
    """A name that one process at a time can hold.

    Args:
        name: Any text; the same text is the same lease to every process of this machine.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._held: int | None = None

    def take(self) -> bool:
        """Take it, unless another process has it."""
        if not _HAS_ABSTRACT_NAMES or self._held is not None:
            return True
        taken = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        try:
            taken.bind(_address(self._name))
        except OSError:
            taken.close()
            return False
        # Not to be closed with the object, which may be forgotten: the process holds it.
        self._held = taken.detach()
        return True

    def give_back(self) -> None:
        """Let others take it."""
        if self._held is not None:
            os.close(self._held)
        self._held = None


def is_free(name: str) -> bool:
    """Whether no process of this machine holds a lease; never where that cannot be told."""
    if not _HAS_ABSTRACT_NAMES:
        return False
    lease = Lease(name)
    is_taken = not lease.take()
    lease.give_back()
    return not is_taken


def this_machine() -> str:
    """A name for the machine or container that leases are held on."""
    return os.uname().nodename or "unknown"


def _address(name: str) -> str:
    import hashlib

    # An address has 107 bytes, whatever the name is.
    return f"\0dext-tasks-{hashlib.sha256(name.encode()).hexdigest()[:40]}"


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
        """Whether another process uses it, as far as can be told."""
        return _HAS_ABSTRACT_NAMES and not all(each in _IN_USE or is_free(each) for each in self._names)
