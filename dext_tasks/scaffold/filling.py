"""Moving a rendered extension to its place, all of it or nothing."""

from __future__ import annotations

import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from dext_tasks.errors import DirectoryNotEmptyError, ScaffoldError
from dext_tasks.scaffold.destination import require_place, unwritable
from dext_tasks.scaffold.file_changes import FileState
from dext_tasks.scaffold.file_replacing import replace_files

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

GIT_FOLDER: Final = Path(".git")


def become(staged: Path, target: Path) -> None:
    """Let a folder take a place where nothing is.

    Raises:
        DirectoryNotEmptyError: Files are there by now.
        ScaffoldError: The place cannot be written.
    """
    try:
        staged.rename(target)
    except OSError as error:
        # Somebody may have been faster; rename(2) replaces an empty folder and nothing else.
        require_place(target)
        raise unwritable(target, error) from error


def fill(staged: Path, target: Path, files: Iterable[Path]) -> None:
    """Put files into a folder that has none of these names.

    Args:
        staged: Where they are, as for ``overwrite``.
        target: The folder.
        files: Relative to both.

    Raises:
        DirectoryNotEmptyError: It has.
        FileAccessError: As ``overwrite``.
        ScaffoldError: As ``overwrite``.
    """
    files = tuple(files)
    for there in replaced(files, target):
        raise DirectoryNotEmptyError(
            f"{target / there} is there already", remedy="move it away, then run it again; --force replaces it"
        )
    overwrite(staged, target, files)


def replaced(files: Iterable[Path], target: Path) -> tuple[Path, ...]:
    """The files that are in a folder already, of those that are to be put there.

    Args:
        files: Relative to ``target``.
        target: The folder, which may not be there yet.

    Raises:
        ScaffoldError: A folder is where a file has to be, or the other way round, or a symbolic link is in a file's
            path and would lead out of the folder.
    """
    found = []
    for file in files:
        for parent in [target / each for each in reversed(file.parents)][1:]:
            if parent.is_symlink() or (os.path.lexists(parent) and not parent.is_dir()):
                raise _in_the_way(parent, "a folder")
        if (target / file).is_dir() and not (target / file).is_symlink():
            raise _in_the_way(target / file, "a file")
        if os.path.lexists(target / file):
            found.append(file)
    return tuple(found)


def overwrite(staged: Path, target: Path, files: Iterable[Path]) -> None:
    """Put files into a folder, each in place of the one that is there; whatever else is in it stays.

    Args:
        staged: Where they are; a repository in it is moved, too, where there is none.
        target: The folder.
        files: Relative to both.

    Raises:
        FileAccessError: A file cannot be written; then all are as they were.
        ScaffoldError: The same, for a reason that is none of the machine's.
    """
    states: dict[str, FileState | None] = {file.as_posix(): FileState.read(staged / file) for file in files}
    try:
        with _repository_moved(staged / GIT_FOLDER, target / GIT_FOLDER), replace_files(target, states):
            pass
    except OSError as error:
        raise unwritable(target, error) from error


@contextmanager
def _repository_moved(old: Path, new: Path) -> Iterator[None]:
    """Move a repository, if there is one; back, should the block fail or be interrupted."""
    is_there = old.exists()
    try:
        if is_there:
            old.rename(new)
        yield
    except BaseException:
        # Ctrl-C may come before it is moved.
        if is_there and not old.exists():
            new.rename(old)
        raise


def _in_the_way(path: Path, wanted: str) -> ScaffoldError:
    return ScaffoldError(f"{path} is in the way: {wanted} has to be there", remedy="move it away, then run it again")
