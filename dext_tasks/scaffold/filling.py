"""Moving a rendered extension to its place, all of it or nothing."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from dext_tasks.errors import DirectoryNotEmptyError, ScaffoldError
from dext_tasks.scaffold.destination import require_place, unwritable

if TYPE_CHECKING:
    from collections.abc import Iterable

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


def fill(staged: Path, target: Path) -> None:
    """Move what is in one folder into another, which has nothing of these names.

    Raises:
        DirectoryNotEmptyError: It has.
        ScaffoldError: It cannot be written.
    """
    entries = [Path(entry.name) for entry in sorted(staged.iterdir())]
    for entry in entries:
        # rename(2) would replace a file.
        if os.path.lexists(target / entry):
            raise DirectoryNotEmptyError(
                f"{target / entry} is there already",
                remedy="move it away, then run it again; --force replaces it",
            )
    _Move(staged, target).all(entries)


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
    """Move files into a folder, each in place of the one that is there; whatever else is in it stays.

    Args:
        staged: Where they are; a repository in it is moved, too, where there is none.
        target: The folder.
        files: Relative to both.

    Raises:
        ScaffoldError: A file cannot be written; then all are as they were.
    """
    repository = [GIT_FOLDER] if (staged / GIT_FOLDER).exists() else []
    _Move(staged, target).all([*files, *repository])


def _in_the_way(path: Path, wanted: str) -> ScaffoldError:
    return ScaffoldError(f"{path} is in the way: {wanted} has to be there", remedy="move it away, then run it again")


@dataclass
class _Move:
    """Moves entries, and takes all of it back if one cannot be moved.

    Attributes:
        staged: Where they are.
        target: Where they go.
    """

    staged: Path
    target: Path
    _moved: list[tuple[Path, Path]] = field(default_factory=list)
    _made: list[Path] = field(default_factory=list)

    def all(self, entries: Iterable[Path]) -> None:
        try:
            for entry in entries:
                self._one(entry)
        except BaseException as error:
            self._take_back()
            if isinstance(error, OSError):
                raise unwritable(self.target, error) from error
            raise

    def _one(self, entry: Path) -> None:
        place = self.target / entry
        self._make_folders(place.parent)
        if os.path.lexists(place):
            # Beside the staged folder, which goes with it.
            before = self.staged.parent / "before" / entry
            before.parent.mkdir(parents=True, exist_ok=True)
            self._rename(place, before)
        self._rename(self.staged / entry, place)

    def _make_folders(self, folder: Path) -> None:
        if not folder.exists():
            self._make_folders(folder.parent)
            self._made.append(folder)
            folder.mkdir()

    def _rename(self, old: Path, new: Path) -> None:
        # Ctrl-C may come between any two steps, so that what is noted may not be done.
        self._moved.append((old, new))
        old.rename(new)

    def _take_back(self) -> None:
        for old, new in reversed(self._moved):
            if os.path.lexists(new) and not os.path.lexists(old):
                new.rename(old)
        for folder in reversed(self._made):
            with suppress(OSError):
                folder.rmdir()
