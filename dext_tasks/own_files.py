"""Files that dext-tasks itself writes into a project, by which they are known again."""

from __future__ import annotations

import os
import re
import stat
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

STATE_FOLDER: Final = ".dext"
"""Folder in a project for what is remembered between runs; its own .gitignore keeps it out of version control."""

GENERATOR: Final = "dext-tasks"
"""What a report says that it was made by: ``<meta name="generator">`` in HTML, a comment in JUnit XML."""

_HEAD: Final = 2048
_REPORT = re.compile(rb'<meta name="generator" content="dext-tasks[" ]|<!-- made by dext-tasks -->\s*<testsuites\b')


def is_report(file: Path) -> bool:
    """Whether a file is a report of ours; a link to one is not."""
    try:
        descriptor = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except (OSError, ValueError):
        return False
    try:
        return stat.S_ISREG(os.fstat(descriptor).st_mode) and _REPORT.search(os.read(descriptor, _HEAD)) is not None
    finally:
        os.close(descriptor)


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
