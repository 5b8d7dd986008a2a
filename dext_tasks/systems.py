"""What some operating systems lack, and its replacements there.

Python leaves out what a system does not have: https://docs.python.org/3/library/os.html#open-flag-constants
"""

from __future__ import annotations

import os
import shutil
import sys
from typing import TYPE_CHECKING, Final

from dext_tasks.errors import NeedsWSLError

if TYPE_CHECKING:
    from pathlib import Path

BINARY: Final[int] = getattr(os, "O_BINARY", 0)
"""Flag of ``os.open``: line endings stay as they are; only Windows needs it."""
CLOSE_ON_EXEC: Final[int] = getattr(os, "O_CLOEXEC", 0)
FOLDER_ONLY: Final[int] = getattr(os, "O_DIRECTORY", 0)
NO_FOLLOW: Final[int] = getattr(os, "O_NOFOLLOW", 0)
NO_TERMINAL: Final[int] = getattr(os, "O_NOCTTY", 0)
NO_WAIT: Final[int] = getattr(os, "O_NONBLOCK", 0)


def is_root() -> bool:
    """Whether this process acts for root; nobody does on Windows."""
    return sys.platform != "win32" and os.geteuid() == 0


def require_posix(what: str) -> None:
    """Require a system on which everything that a run starts is known to end with it.

    Args:
        what: What is to be done.

    Raises:
        NeedsWSLError: This is Windows.
    """
    if sys.platform == "win32":
        raise NeedsWSLError(
            f"{what} does not run on Windows itself: it was never tried there",
            remedy="run it in WSL, https://learn.microsoft.com/windows/wsl/install, "
            "with the engine that Docker Desktop offers there: https://docs.docker.com/desktop/features/wsl/",
        )


def is_read_only(path: Path) -> bool:
    """Whether a path is on a file system that nobody may write to; False where the system does not say."""
    return sys.platform != "win32" and bool(os.statvfs(path).f_flag & os.ST_RDONLY)


def has_room(folder: Path, size: int) -> bool:
    """Whether a file of that size, bytes, fits into a folder's file system."""
    if sys.platform == "win32":
        return shutil.disk_usage(folder).free >= size
    found = os.statvfs(folder)
    free = found.f_bfree if is_root() else found.f_bavail
    # Some file systems do not count blocks or files.
    is_full = found.f_blocks and free * found.f_frsize < size
    return not is_full and not (found.f_files and not found.f_favail)
