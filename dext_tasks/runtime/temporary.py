"""Where temporary folders are made that hold unix sockets, and how they are removed, whatever a stranger put in them.

The path of a socket may have 107 bytes: https://man7.org/linux/man-pages/man7/unix.7.html
"""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from dext_tasks.regex import regex
from dext_tasks.runtime.lease import Lease, is_free, this_machine
from dext_tasks.systems import FOLDER_ONLY, NO_FOLLOW

if TYPE_CHECKING:
    from collections.abc import Iterator


# Characters of the digest in the name of this machine that are in the name of a folder.
_MACHINE = 4
# Chromium makes sockets 44 characters below its temporary folder, which has a name of 27.
_LONGEST = 36
_SHORT = "/tmp"  # noqa: S108 - folders in it are made by tempfile

_FOLDER_ONLY = os.O_RDONLY | FOLDER_ONLY | NO_FOLLOW


def base() -> str:
    """The folder for temporary files, or ``/tmp`` where that one's name is too long for sockets."""
    usual = tempfile.gettempdir()
    return usual if len(os.fsencode(usual)) <= _LONGEST or not os.access(_SHORT, os.W_OK) else _SHORT


def bases() -> frozenset[str]:
    """Every folder in which a run may have made some."""
    return frozenset({tempfile.gettempdir(), _SHORT})


@contextmanager
def temporary_folder(prefix: str, place: str | None = None) -> Iterator[str]:
    """A temporary folder for as long as the block runs; in the usual place, or in the given one."""
    folder = tempfile.mkdtemp(prefix=prefix, dir=place)
    try:
        yield folder
    finally:
        remove_folder(folder, ignore_errors=True)


def remove_folder(folder: Path | str, *, ignore_errors: bool = False) -> None:
    """Remove a folder, however deep folders are nested in it; ``shutil.rmtree`` calls itself for each.

    Args:
        folder: Which one.
        ignore_errors: Whether what cannot be removed stays without a word.

    Raises:
        OSError: Something cannot be removed.
    """
    with suppress(OSError):
        _flatten(folder)
    try:
        shutil.rmtree(folder, ignore_errors=ignore_errors)
    except RecursionError as error:
        if not ignore_errors:
            raise OSError(errno.ELOOP, "folders are nested too deeply to be removed", str(folder)) from error


def _flatten(folder: Path | str) -> None:
    """Move every folder in a folder to its top; by descriptors, as no path may be as long as they are deep."""
    top = os.open(folder, _FOLDER_ONLY)
    try:
        waiting = _folders(top)
        while waiting:
            inner = os.open(waiting.pop(), _FOLDER_ONLY, dir_fd=top)
            try:
                for name in _folders(inner):
                    lifted = os.urandom(16).hex()
                    os.rename(name, lifted, src_dir_fd=inner, dst_dir_fd=top)
                    waiting.append(lifted)
            finally:
                os.close(inner)
    finally:
        os.close(top)


def _folders(descriptor: int) -> list[str]:
    with os.scandir(descriptor) as entries:
        return [entry.name for entry in entries if entry.is_dir(follow_symlinks=False)]


def prefix(run: str) -> str:
    """What the names of a run's temporary folders begin with.

    Args:
        run: Name of its lease.
    """
    return f"dext-{_machine()}{run}-"


def _machine() -> str:
    # Containers of one machine may share a folder for temporary files, and know nothing of each other's leases.
    return this_machine()[-_MACHINE:]


@contextmanager
def folder_of_run() -> Iterator[Path]:
    """A temporary folder of a run that has no engine; should it be killed, the next run removes it."""
    sweep_folders()
    name = os.urandom(4).hex()
    lease = Lease(name)
    lease.take()
    try:
        with temporary_folder(prefix(name)) as folder:
            yield Path(folder)
    finally:
        lease.give_back()


# As ``prefix`` begins, and ``tempfile`` goes on.
_NAME = regex(rf"dext-(?P<machine>[0-9a-f]{{{_MACHINE}}})(?P<run>[0-9a-f]{{8}})-\w+")


def dead_folders() -> list[Path]:
    """Every temporary folder of a run of this machine that has ended."""
    found = sorted(folder for base in bases() for folder in Path(base).glob("dext-*"))
    named = ((folder, _NAME.fullmatch(folder.name)) for folder in found)
    return [folder for folder, name in named if name and name["machine"] == _machine() and is_free(name["run"])]


def sweep_folders() -> None:
    """Remove the folders of dead runs; those that belong to another user stay."""
    for folder in dead_folders():
        remove_folder(folder, ignore_errors=True)
