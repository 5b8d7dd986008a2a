"""Files that dext-tasks itself writes into a project, by which they are known again."""

from __future__ import annotations

import os
import re
import stat
from tempfile import TemporaryFile
from typing import TYPE_CHECKING, Final

from dext_tasks.errors import FileAccessError
from dext_tasks.systems import BINARY, NO_FOLLOW, NO_WAIT

if TYPE_CHECKING:
    from pathlib import Path

STATE_FOLDER: Final = ".dext"
"""Folder in a project for what is remembered between runs; its own .gitignore keeps it out of version control."""

GENERATOR: Final = "dext-tasks"
"""What a report says that it was made by: ``<meta name="generator">`` in HTML, a comment in JUnit XML."""

_HEAD: Final = 2048
# Bytes that the journal of a release needs, some times over.
_ROOM: Final = 64 * 1024
_REPORT = re.compile(rb'<meta name="generator" content="dext-tasks[" ]|<!-- made by dext-tasks -->\s*<testsuites\b')


def is_report(file: Path) -> bool:
    """Whether a file is a report of ours; a link to one is not."""
    try:
        # Where a link cannot be refused as it is opened.
        if not NO_FOLLOW and file.is_symlink():
            return False
        descriptor = os.open(file, os.O_RDONLY | BINARY | NO_FOLLOW | NO_WAIT)
    except (OSError, ValueError):
        return False
    try:
        return stat.S_ISREG(os.fstat(descriptor).st_mode) and _REPORT.search(os.read(descriptor, _HEAD)) is not None
    finally:
        os.close(descriptor)


def require_room(folder: Path) -> None:
    """Require that the state folder, or one in it, can be written to, by a file without a name that is gone at once.

    Nothing is left of it, and no folder is made: https://man7.org/linux/man-pages/man2/open.2.html (O_TMPFILE).

    Raises:
        FileAccessError: It cannot.
    """
    there = next(each for each in (folder, *folder.parents) if each.exists())
    try:
        with TemporaryFile(dir=there) as file:
            file.write(bytes(_ROOM))
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise FileAccessError(
            f"nothing can be written to {there}, where a release keeps what it has done: {error.strerror}",
            remedy="give this user the right to write there, or free some space",
        ) from None


def make_state_folder(folder: Path) -> None:
    """Make the state folder of a project, or one in it, and keep it out of version control.

    Raises:
        OSError: It cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    top = next((each for each in (folder, *folder.parents) if each.name == STATE_FOLDER), folder)
    ignored = top / ".gitignore"
    if not ignored.exists():
        ignored.write_text("*\n", encoding="utf-8")
