"""Files in a project's folder: which may be read, why one cannot be, and those that dext-tasks writes there.

What a project's tree names is read only where it lies in it. BuildKit does not follow links out of a build context, and
what is foreign may be a pull request's: a link to a file of the machine would show that file in findings and logs. Nor
is anything opened that would be waited for: a pipe is read until somebody writes into it, a device may have no end.
"""

from __future__ import annotations

import errno
import os
import stat
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Final

from dext_tasks.errors import FileAccessError, OutsideProjectError
from dext_tasks.regex import regex
from dext_tasks.systems import BINARY, CLOSE_ON_EXEC, NO_FOLLOW, NO_WAIT

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
_PIECE: Final = 64 * 1024
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


_REMEDY = "put the file itself into the project"


def leads_out(root: Path, file: Path) -> bool:
    """Whether a path below a folder, with its links followed, ends outside of it.

    Args:
        root: The folder.
        file: The path; nothing needs to be there.
    """
    end = _end(file)
    return end is not None and not end.is_relative_to(root.resolve())


def why_outside(root: Path, file: Path) -> str:
    """What leads a path out of a folder, in words that name no more than the path itself; empty if nothing does."""
    if not leads_out(root, file):
        return ""
    link = _link(root, file)
    if link:
        return f"{link} is a symbolic link that leads out of the project"
    return f"{_name(root, file)} is outside of the project"


def require_inside(root: Path, file: Path) -> None:
    """Require that a path does not end outside of a folder.

    Raises:
        OutsideProjectError: It does.
    """
    if why := why_outside(root, file):
        raise OutsideProjectError(f"{why}, and is not followed", remedy=_REMEDY)


def require_unlinked(root: Path, file: Path) -> None:
    """Require the same of a path that may be named outside of the folder, but may not be led there by a link.

    Raises:
        OutsideProjectError: A link leads there.
    """
    if _end(file) != Path(os.path.normpath(root.resolve() / file)):
        require_inside(root, file)


def read_inside(root: Path, file: Path, most: int) -> bytes:
    """The beginning of a file of a folder.

    Args:
        root: The folder.
        file: The file.
        most: How much is read, bytes.

    Raises:
        OutsideProjectError: It is outside of the folder, or a link leads out of it.
        OSError: It cannot be read or is not a file.
    """
    require_inside(root, file)
    with open_file(file) as stream:
        return beginning(stream, most)


def beginning(stream: IO[bytes], most: int) -> bytes:
    """What a file begins with; room for all that may be read is only made where it is needed.

    Args:
        stream: The file.
        most: How much is read, bytes.
    """
    piece = stream.read(min(most, _PIECE))
    return piece if len(piece) < _PIECE else piece + stream.read(most - len(piece))


def _end(file: Path) -> Path | None:
    """Where a path leads; None for a loop of links or what no file system takes, where nothing can be read."""
    try:
        return file.resolve()
    except (OSError, RuntimeError, ValueError):
        # Before Python 3.13 a loop is a RuntimeError: https://docs.python.org/3/library/pathlib.html#pathlib.Path.resolve
        return None


def _link(root: Path, file: Path) -> str:
    """The first link on the way that leads out; empty if there is none."""
    if not file.is_relative_to(root):
        return _name(root, file) if file.is_symlink() else ""
    path = root
    for part in file.relative_to(root).parts:
        path /= part
        if path.is_symlink() and leads_out(root, path):
            return _name(root, path)
    return ""


def _name(root: Path, file: Path) -> str:
    return file.relative_to(root).as_posix() if file.is_relative_to(root) else str(file)


STATE_FOLDER: Final = ".dext"
"""Folder in a project for what is remembered between runs; its own .gitignore keeps it out of version control."""

GENERATOR: Final = "dext-tasks"
"""What a report says that it was made by: ``<meta name="generator">`` in HTML, a comment in JUnit XML."""

_HEAD: Final = 2048
ROOM: Final = 64 * 1024
"""Bytes that the journal of a release needs, some times over."""
HANDOVER = "dext-tasks release --prepare"
"""What a handover file says made it."""
_REPORT = regex(
    rb'<meta name="generator" content="dext-tasks[" ]|<!-- made by dext-tasks -->\s*<testsuites\b'
    rb'|\A\{\s*"made_by": "%s"' % HANDOVER.encode()
)


def is_report(file: Path) -> bool:
    """Whether a file is a report of ours, or hands over a part of a release; a link to one is not."""
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
        OutsideProjectError: A link leads out of the project.
    """
    _require_own_state(folder)
    there = next(each for each in (folder, *folder.parents) if each.exists())
    try:
        with TemporaryFile(dir=there) as file:
            file.write(bytes(ROOM))
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
        OutsideProjectError: A link leads out of the project.
    """
    top = _require_own_state(folder)
    folder.mkdir(parents=True, exist_ok=True)
    ignored = top / ".gitignore"
    if not ignored.exists():
        try:
            ignored.write_text("*\n", encoding="utf-8")
        except OSError:
            # An empty one would ignore nothing.
            with suppress(OSError):
                ignored.unlink()
            raise


def _require_own_state(folder: Path) -> Path:
    """The state folder that a folder is in, or the folder itself; what a link leads out to is not the project's."""
    top = next((each for each in (folder, *folder.parents) if each.name == STATE_FOLDER), None)
    if top is None:
        return folder
    for each in (folder, top / ".gitignore"):
        if why := why_outside(top.parent, each):
            raise OutsideProjectError(f"{why}, and nothing is written there", remedy="remove the link")
    return top
