"""What becomes of each file of a project when the template it was made of changes."""

from __future__ import annotations

import os
import re
import stat
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Final

from dext_tasks.errors import ConflictsLeftError
from dext_tasks.limits import LARGEST_TEXT
from dext_tasks.project_files import why_unreadable
from dext_tasks.scaffold.merging import CONFLICT, Sides, merge
from dext_tasks.wording import counted

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

# Of git, copier and everybody else who merges: https://git-scm.com/docs/git-merge#_how_conflicts_are_presented
_BEGIN: Final = re.compile(rb"^<{7} .+\r?$", re.MULTILINE)
_END: Final = re.compile(rb"^>{7} .+\r?$", re.MULTILINE)


@dataclass(frozen=True)
class FileState:
    """A file.

    Attributes:
        content: What it holds.
        is_executable: Whether its owner may run it.
    """

    content: bytes
    is_executable: bool = False

    @classmethod
    def read(cls, path: Path) -> FileState:
        """Read one."""
        return cls(path.read_bytes(), bool(path.stat().st_mode & stat.S_IXUSR))


@dataclass(frozen=True)
class Obstacle:
    """What is in the place of a file and is none that can be compared.

    Attributes:
        why: In words that follow the path.
    """

    why: str


Side = FileState | Obstacle | None
"""What an author has at a path; None for nothing."""


class Fate(StrEnum):
    """What becomes of a file."""

    NEW = "new"
    UPDATED = "updated"
    MERGED = "merged"
    REMOVED = "removed"
    CONFLICT = "conflict"
    KEPT = "kept"


@dataclass(frozen=True)
class FileChange:
    """What becomes of one file.

    Attributes:
        path: In the project, with slashes.
        fate: In a word.
        state: What it will be; None if it will not be there, or stays as it is.
        why: What the template has there that the author does not get; empty if that is nothing.
        lines: Where conflicts begin, from 1.
        sides: What is in conflict; None if nothing is.
    """

    path: str
    fate: Fate
    state: FileState | None = None
    why: str = ""
    lines: tuple[int, ...] = ()
    sides: Sides | None = None

    @property
    def is_written(self) -> bool:
        """Whether the file is written or removed."""
        return self.fate is not Fate.KEPT


def find_in(root: Path, path: str, tracked: Collection[str]) -> Side:
    """What a project has at a path.

    Args:
        root: Its folder.
        path: In it, with slashes.
        tracked: Paths that git has.
    """
    for parent in reversed(PurePosixPath(path).parents[:-1]):
        if why := _why_closed(root / parent):
            return Obstacle(f"{parent} is {why}")
    try:
        mode = (root / path).lstat().st_mode
    except FileNotFoundError:
        return Obstacle("it is left out of this checkout") if path in tracked else None
    if not stat.S_ISREG(mode):
        return Obstacle(f"it is {'a symbolic link' if stat.S_ISLNK(mode) else 'not a file'}")
    if why := why_unreadable(root / path):
        return Obstacle(f"it {why}")
    if (root / path).stat().st_size > LARGEST_TEXT:
        return Obstacle(f"it is larger than {LARGEST_TEXT >> 20} MiB")
    return FileState.read(root / path)


def _why_closed(folder: Path) -> str:
    """Why files in a folder are not the project's; empty if they are, or it is not there."""
    if folder.is_symlink():
        return "a symbolic link"
    if os.path.lexists(folder) and not folder.is_dir():
        return "not a folder"
    return "a repository of its own" if os.path.lexists(folder / ".git") else ""


def require_resolved(ours: Mapping[str, Side]) -> None:
    """Require that no file has conflict markers, which a merge would take for text.

    Raises:
        ConflictsLeftError: At least one has.
    """
    states = {path: side.content for path, side in ours.items() if isinstance(side, FileState)}
    left = [path for path, content in states.items() if _BEGIN.search(content) and _END.search(content)]
    if left:
        raise ConflictsLeftError(
            f"{counted(len(left), 'file has', 'files have')} conflict markers already: {', '.join(left)}",
            remedy="choose between the two sides of each, commit, then run it again",
        )


def decide(
    base: Mapping[str, FileState], ours: Mapping[str, Side], theirs: Mapping[str, FileState]
) -> tuple[FileChange, ...]:
    """What becomes of each file of the template, but for those that nothing becomes of.

    Args:
        base: What the template made when the project was made, or last upgraded, by path.
        ours: What the author has at each of these paths.
        theirs: What the template makes now.

    Raises:
        GitError: Git does not work in a temporary folder.
        ScaffoldError: Text cannot be merged.
    """
    found = {path: _fate(path, base.get(path), ours[path], theirs.get(path)) for path in sorted({*base, *theirs})}
    merged = merge({path: each for path, each in found.items() if isinstance(each, Sides)})
    for path, content in merged.items():
        found[path] = _merged(path, base.get(path), ours[path], theirs[path], content)
    return tuple(each for each in found.values() if isinstance(each, FileChange))


def _fate(path: str, base: FileState | None, ours: Side, theirs: FileState | None) -> FileChange | Sides | None:
    """What becomes of one file; its sides where both have changed text, and None where nothing becomes of it."""
    if base == theirs:
        return None
    if isinstance(ours, Obstacle):
        return FileChange(path, Fate.KEPT, why=ours.why)
    if ours is None:
        return _absent(path, base, theirs)
    if base and _with_lf(ours.content) == base.content:
        return _untouched(path, base, ours, theirs)
    if theirs is None:
        return FileChange(path, Fate.KEPT, why="the template no longer has it, and you changed it")
    return _changed(path, base, ours, theirs)


def _untouched(path: str, base: FileState, ours: FileState, theirs: FileState | None) -> FileChange | None:
    """What becomes of a file that the author left as it was, but for its rights."""
    if theirs is None:
        return FileChange(path, Fate.REMOVED)
    state = FileState(_ended_as(ours.content, theirs.content), _runs(base, ours, theirs))
    return FileChange(path, Fate.UPDATED, state) if state != ours else None


def _changed(path: str, base: FileState | None, ours: FileState, theirs: FileState) -> FileChange | Sides | None:
    """What becomes of a file that the author changed, or made."""
    sides = Sides(base.content if base else b"", _with_lf(ours.content), theirs.content)
    if sides.theirs == sides.ours or (base and sides.theirs == sides.base):
        state = FileState(ours.content, _runs(base, ours, theirs))
        return FileChange(path, Fate.UPDATED, state) if state != ours else None
    if all(map(_is_text, (sides.base, sides.ours, sides.theirs))):
        return sides
    return FileChange(path, Fate.KEPT, why="the template has another one, and it is not text that could be merged")


def _absent(path: str, base: FileState | None, theirs: FileState | None) -> FileChange | None:
    if base is None:
        return FileChange(path, Fate.NEW, theirs)
    return FileChange(path, Fate.KEPT, why="you removed it, and the template changed it") if theirs else None


def _merged(path: str, base: FileState | None, ours: Side, theirs: FileState, content: bytes) -> FileChange:
    assert isinstance(ours, FileState)  # noqa: S101 - nothing else is merged
    state = FileState(_ended_as(ours.content, content), _runs(base, ours, theirs))
    lines = tuple(content.count(b"\n", 0, found.start()) + 1 for found in CONFLICT.finditer(content))
    if not lines:
        return FileChange(path, Fate.MERGED, state)
    before = _ended_as(ours.content, base.content if base else b"")
    sides = Sides(before, ours.content, _ended_as(ours.content, theirs.content))
    return FileChange(path, Fate.CONFLICT, state, lines=lines, sides=sides)


def _runs(base: FileState | None, ours: FileState, theirs: FileState) -> bool:
    """Whether a file is executable, by whoever changed that."""
    return theirs.is_executable if base and ours.is_executable == base.is_executable else ours.is_executable


def _is_text(content: bytes) -> bool:
    """Whether lines of it can be merged: copier reads what git says of them as UTF-8."""
    try:
        return "\0" not in content.decode("utf-8")
    except UnicodeDecodeError:
        return False


def _is_crlf(content: bytes) -> bool:
    """Whether each line ends as on Windows, where git may have converted it when it was checked out."""
    return _is_text(content) and 0 < content.count(b"\n") == content.count(b"\r\n")


def _with_lf(content: bytes) -> bytes:
    """A file as a template has it: with line feeds, unless it mixes line ends itself."""
    return content.replace(b"\r\n", b"\n") if _is_crlf(content) else content


def _ended_as(like: bytes, content: bytes) -> bytes:
    """Text with the line ends of an author's file."""
    return content.replace(b"\n", b"\r\n") if _is_crlf(like) else content
