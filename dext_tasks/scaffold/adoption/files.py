"""Files of a repository that an adoption reads and writes; no link is followed out of it."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING, Final

from dext_tasks.errors import FileAccessError, OutsideProjectError
from dext_tasks.limits import LARGEST_TEXT
from dext_tasks.project_files import read_inside, require_inside, why_unreadable
from dext_tasks.scaffold.file_changes import FileState

if TYPE_CHECKING:
    from pathlib import Path

_GIT: Final = ".git"


def state_of(folder: Path, top: Path, path: str) -> FileState | None:
    """What is at a path; None if nothing is.

    Raises:
        FileAccessError: Something else than a file is there, or it cannot be read.
        OutsideProjectError: A link leads out of the repository.
    """
    file = folder / path
    require_inside(top, file)
    if why := why_unreadable(file):
        raise FileAccessError(f"{file} {why}", remedy="put a file there that you may read, or remove what is there")
    if not file.exists():
        return None
    content = read_inside(top, file, LARGEST_TEXT + 1)
    if len(content) > LARGEST_TEXT:
        raise FileAccessError(f"{file} is larger than {LARGEST_TEXT >> 20} MiB", remedy="make it smaller")
    return FileState(content, bool(file.stat().st_mode & stat.S_IXUSR))


def place_of(folder: Path, top: Path, path: str) -> str:
    """What is written, from the top: what a link in the repository leads to, so that the link stays.

    Raises:
        OutsideProjectError: A link leads out of the repository, or to what git keeps of it, which git would run.
    """
    require_inside(top, folder / path)
    place = (folder / path).resolve().relative_to(top.resolve())
    # Not every file system tells capital letters apart.
    if any(part.casefold() == _GIT for part in place.parts):
        raise OutsideProjectError(f"{path} leads into git's own folder, and is not written", remedy="remove the link")
    return place.as_posix()
