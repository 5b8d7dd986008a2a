"""Where a project ends: what its tree names is read only where it lies inside.

BuildKit does not follow links out of a build context, and what is foreign may be a pull request's: a link to a file of
the machine would show that file in findings and logs.
"""

from __future__ import annotations

import os
from pathlib import Path

from dext_tasks.errors import OutsideProjectError
from dext_tasks.readable import open_file

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
        return stream.read(most)


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
