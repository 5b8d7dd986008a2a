"""Why a file or folder cannot be read, told without opening what would be waited for.

A pipe is read until somebody writes into it, and a device may have no end: neither is opened.
"""

from __future__ import annotations

import errno
import os
import stat
from typing import IO, TYPE_CHECKING, Final

from dext_tasks.systems import BINARY, CLOSE_ON_EXEC, NO_WAIT

if TYPE_CHECKING:
    from pathlib import Path

_KINDS: Final = {
    stat.S_IFDIR: "a folder",
    stat.S_IFREG: "a file",
    stat.S_IFIFO: "a named pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}
DENIED: Final = "cannot be read: "
"""How a reason begins that is one of rights or of the file system, and not of what is there."""
# A name that no file system takes names nothing.
_NOWHERE: Final = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG, errno.EILSEQ})
# As where a file is opened, rights are those of whom the process acts for; not every system can be asked so.
_EFFECTIVE: Final = os.access in os.supports_effective_ids


def why_unreadable(path: Path | str, *, is_folder: bool = False) -> str:
    """Why what is at a path cannot be read, in words that follow its name; empty if it can, or nothing is there.

    Args:
        path: Links are followed.
        is_folder: Whether a folder is expected, and not a file.
    """
    try:
        mode = os.stat(path).st_mode  # noqa: PTH116 - pathlib takes several times as long, for thousands of files
    except ValueError:
        return ""
    except OSError as error:
        return _why_unseen(path, error.errno or 0)
    if stat.S_ISDIR(mode) is not is_folder or not (is_folder or stat.S_ISREG(mode)):
        return f"is {_KINDS.get(stat.S_IFMT(mode), 'something else')}, not {'a folder' if is_folder else 'a file'}"
    # What is in a folder is found by whoever may search it.
    return _why_denied(path, os.R_OK | os.X_OK if is_folder else os.R_OK)


def open_file(path: Path | str) -> IO[bytes]:
    """A file, opened to be read, and nothing else that may be at its path by now.

    Raises:
        OSError: It cannot be read or is not a file.
    """
    # Opening a device may do something to it; what is there may be another thing by then.
    if stat.S_ISREG(os.stat(path).st_mode):  # noqa: PTH116 - as above
        descriptor = os.open(path, os.O_RDONLY | BINARY | NO_WAIT | CLOSE_ON_EXEC)
        if stat.S_ISREG(os.fstat(descriptor).st_mode):
            return os.fdopen(descriptor, "rb")
        os.close(descriptor)
    raise OSError(errno.EINVAL, os.strerror(errno.EINVAL), str(path))


def _why_unseen(path: Path | str, code: int) -> str:
    if code == errno.ELOOP:
        return "is a symbolic link that leads back to itself"
    if code in _NOWHERE:
        return "is a symbolic link to what is not there" if os.path.islink(path) else ""  # noqa: PTH114 - as above
    return _because(code)


def _why_denied(path: Path | str, rights: int) -> str:
    if os.access(path, rights, effective_ids=_EFFECTIVE):
        return ""
    return _because(errno.EACCES)


def _because(code: int) -> str:
    reason = os.strerror(code)
    return f"{DENIED}{reason[:1].lower()}{reason[1:]}"
