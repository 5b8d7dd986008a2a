"""The build context: what of a source tree BuildKit gets to see."""

from __future__ import annotations

import os
import posixpath
import stat
from contextlib import suppress
from enum import Enum, auto
from functools import cached_property
from posixpath import dirname, join
from typing import TYPE_CHECKING, NamedTuple

from dext_tasks.formats.dockerfile.ignored import NAME, SUFFIX, Ignored
from dext_tasks.formats.dockerfile.pathglob import PatternError, glob, has_wildcard
from dext_tasks.formats.symlinks import follow
from dext_tasks.limits import LARGEST_DOCUMENT
from dext_tasks.project_files import open_file, require_unlinked, why_outside, why_unreadable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from dext_tasks.formats.dockerfile.pathglob import PathGlob

# What is deeper is looked up part by part, for Python's call stack has a bound.
_DEEPEST = 40
# What looking for a pattern, or through a folder, may cost.
_MOST_ENTRIES = 20_000


class PathKind(Enum):
    """What is at a path."""

    FILE = auto()
    FOLDER = auto()
    LINK = auto()
    OTHER = auto()
    UNSEEN = auto()
    NOTHING = auto()


class ContextPath(NamedTuple):
    """What BuildKit finds at a path of the context.

    Attributes:
        entry: What is there; links are followed. What is in a folder that may not be searched is unseen.
        file: Where that is on disk.
        ignored: Line of .dockerignore that leaves it out; 0 if none does.
        why: Which link leads out of the context or nowhere, so that nothing is there; empty if none does.
        fault: Why the file or folder that is there cannot be read; empty if it can.
    """

    entry: PathKind
    file: Path
    ignored: int = 0
    why: str = ""
    fault: str = ""

    @property
    def is_sent(self) -> bool:
        """Whether BuildKit finds it."""
        return self.entry is not PathKind.NOTHING and not self.ignored


class TooManyError(Exception):
    """More files were to be looked at than is sensible."""


class Context:
    """A folder without what .dockerignore leaves out.

    Args:
        root: The folder.
        dockerfile: The Dockerfile, which may have a file of patterns of its own.
    """

    def __init__(self, root: Path, dockerfile: Path) -> None:
        self.root = root
        self._dockerfile = dockerfile
        # Rules ask for the same few files, and for the folders that these are in.
        self._found: dict[str, ContextPath] = {}
        self._ends: dict[str, str | None] = {"": ""}
        # Whether anything of a folder that is left out is put back.
        self._holding: dict[str, bool] = {}

    @cached_property
    def ignore_file(self) -> Path | None:
        """The file of patterns that is used, readable or not; None if there is none.

        Raises:
            OutsideProjectError: It is a symbolic link that leads out of the project.

        Source: https://docs.docker.com/build/concepts/context/#filename-and-location
        """
        own = self._dockerfile.with_name(f"{self._dockerfile.name}{SUFFIX}")
        return next((file for file in (own, self.root / NAME) if self._is_there(file)), None)

    def _is_there(self, file: Path) -> bool:
        # Beside a Dockerfile that a setting names elsewhere it may lie; a link may not lead there.
        if not os.path.lexists(file):
            return False
        require_unlinked(self.root, file)
        return True

    @property
    def ignore_name(self) -> str:
        """How people know that file."""
        return self.ignore_file.name if self.ignore_file else NAME

    @property
    def ignore_fault(self) -> str:
        """Why the file of patterns cannot be read, in words that follow its name; empty if it can, or there is none."""
        return why_unreadable(self.ignore_file) if self.ignore_file else ""

    @cached_property
    def ignored(self) -> Ignored:
        """What is left out; nothing where the patterns cannot be read, as BuildKit goes on without them."""
        if self.ignore_file is None or self.ignore_fault:
            return Ignored()
        with suppress(OSError), open_file(self.ignore_file) as file:
            return Ignored(file.read(LARGEST_DOCUMENT))
        return Ignored()

    def find(self, path: str) -> ContextPath:
        """What is at a path.

        Args:
            path: Relative, without ``..``; empty for the context itself.
        """
        if path not in self._found:
            self._found[path] = self._look(path)
        return self._found[path]

    def _look(self, path: str) -> ContextPath:
        resolved = self._resolved(path)
        if resolved is None:
            # BuildKit: too many symlinks.
            return ContextPath(
                PathKind.NOTHING, self.root / path, why=f"{path} leads through symbolic links back to itself"
            )
        file = self.root / resolved
        entry = _entry(join(self.root, resolved))
        if entry is PathKind.NOTHING and resolved != path:
            return ContextPath(entry, file, why=why_outside(self.root, self.root / path))
        if entry is PathKind.NOTHING and self.ignored.has_exceptions:
            # It may be a folder yet, of which something is put back.
            return ContextPath(entry, file)
        fault = _fault(join(self.root, resolved), entry)
        return ContextPath(entry, file, self._ignored(resolved, entry), fault=fault)

    def unreadable(self, sources: Iterable[str]) -> Iterator[tuple[str, str]]:
        """What cannot be read of what is sent: its path, and why in words that follow it.

        Args:
            sources: Paths of files and folders; what is in one of these folders is looked at once.

        Raises:
            TooManyError: There is too much to look through.
        """
        seen = [0]
        done: set[str] = set()
        for source in sorted(sources, key=lambda path: (path.count("/") if path else -1, path)):
            found = self.find(source)
            if not found.is_sent or not done.isdisjoint(_folders_above(source)):
                continue
            done.add(source)
            if found.fault:
                yield source, found.fault
            elif found.entry is PathKind.FOLDER:
                for inside, entry in self.entries(source, seen):
                    if fault := _fault(str(found.file / inside), entry):
                        yield join(source, inside), fault

    def matches(self, pattern: str) -> Iterator[str]:
        """The paths that a source with wildcards stands for, in order.

        Raises:
            TooManyError: There is too much to look through.
        """
        fixed = folder_of(pattern)
        rest = pattern[len(fixed) :].lstrip("/")
        try:
            yield from self._matching(fixed, glob(rest), rest.count("/"))
        except PatternError:
            return

    def entries(
        self, path: str, seen: list[int] | None = None, kept: frozenset[str] = frozenset()
    ) -> Iterator[tuple[str, PathKind]]:
        """Everything below a folder that BuildKit gets, links as such, by path relative to it; folders first.

        What is in a folder called node_modules is left out, except for the links to programs.

        Args:
            path: Of the folder.
            seen: How many files were looked at, counted on, where this folder is one of several.
            kept: Paths in the context that are left out as well.

        Raises:
            TooManyError: There is too much.
        """
        folder = self._resolved(path)
        if folder is None:
            return
        left_out: set[str] = set()

        def deeper(inside: str) -> str | None:
            if inside in left_out:
                return None
            return join(inside, ".bin") if posixpath.basename(inside) == "node_modules" else inside

        for inside, entry in self._walk(folder, deeper, seen):
            if join(folder, inside) in kept or self._ignored(join(folder, inside), entry):
                left_out.add(inside)
            else:
                yield inside, entry

    def _matching(self, fixed: str, pattern: PathGlob, most: int) -> Iterator[str]:
        folder = self._resolved(fixed)
        if folder is None:
            return

        def deeper(inside: str) -> str | None:
            return inside if inside.count("/") < most and not pattern.matches(inside) else None

        for inside, entry in self._walk(folder, deeper):
            if pattern.matches(inside) and not self._ignored(join(folder, inside), entry):
                yield join(fixed, inside)

    def _names(self, folder: str, seen: list[int]) -> list[str]:
        try:
            names = sorted(os.listdir(join(self.root, folder)))  # noqa: PTH208 - as _entry
        except (OSError, ValueError):
            return []
        seen[0] += len(names)
        if seen[0] > _MOST_ENTRIES:
            raise TooManyError(f"there are more than {_MOST_ENTRIES} files to look through")
        return names

    def _ignored(self, path: str, entry: PathKind) -> int:
        """The line that leaves a path out; a folder is there as soon as anything in it is."""
        line = self.ignored.leaves_out(path) if path else 0
        if line and entry is PathKind.FOLDER and self.ignored.has_exceptions and self._holds_something(path):
            return 0
        return line

    def _holds_something(self, folder: str) -> bool:
        if folder not in self._holding:
            self._holding |= self._looked_through(folder)
        return self._holding[folder]

    def _looked_through(self, folder: str) -> dict[str, bool]:
        """Whether a folder, and each that was looked through for the answer, holds something."""
        seen = {folder: False}
        try:
            for inside, entry in self._walk(folder, lambda inside: inside):
                path = join(folder, inside)
                if entry is PathKind.FOLDER:
                    seen[path] = False
                elif not self.ignored.leaves_out(path):
                    # Which of the others hold something is not known yet.
                    return {each: True for each in seen if path.startswith(f"{each}/")}
        except TooManyError:
            return {folder: True}
        return seen

    def _walk(
        self, folder: str, deeper: Callable[[str], str | None], counted: list[int] | None = None
    ) -> Iterator[tuple[str, PathKind]]:
        """What is below a folder, each folder before what is in it; links in between are not followed.

        Folders may lie deeper in each other than Python's call stack is high.

        Args:
            folder: Without links on the way.
            deeper: Where to go on from a folder that was just given; None to leave it alone.
            counted: As in ``entries``.

        Raises:
            TooManyError: There is too much.
        """
        seen = [0] if counted is None else counted
        waiting = [("", iter(self._names(folder, seen)))]
        while waiting:
            inside, names = waiting[-1]
            name = next(names, None)
            if name is None:
                waiting.pop()
                continue
            path = join(inside, name)
            entry = _entry(join(self.root, folder, path), follows=False)
            yield path, entry
            below = deeper(path) if entry is PathKind.FOLDER else None
            if below is not None:
                waiting.append((below, iter(self._names(join(folder, below), seen))))

    def _resolved(self, path: str) -> str | None:
        """Where a path leads, links followed as in a root of its own; None for what leads nowhere."""
        if path.count("/") > _DEEPEST:
            return self._followed(path)
        if path not in self._ends:
            folder, name = posixpath.split(path)
            above = self._resolved(folder)
            plain = above is not None and _target(join(self.root, above, name)) is None
            self._ends[path] = join(above or "", name) if plain else self._followed(path)
        return self._ends[path]

    def _followed(self, path: str) -> str | None:
        """The same part by part."""
        end = follow(path, lambda file: _target(join(self.root, file[1:])))
        return None if end is None else end[1:]


def folder_of(pattern: str) -> str:
    """The folder that what a pattern matches is looked for in."""
    while has_wildcard(pattern):
        pattern = dirname(pattern)
    return pattern


def _folders_above(path: str) -> Iterator[str]:
    while path:
        path = dirname(path)
        yield path


def _target(file: str) -> str | None:
    """Where a link leads; None for what is not a link."""
    try:
        return os.readlink(file)  # noqa: PTH115 - as _entry
    except (OSError, ValueError):
        return None


def _fault(file: str, entry: PathKind) -> str:
    """Why a file or folder cannot be read; empty for anything else, which nobody reads."""
    is_read = entry in {PathKind.FILE, PathKind.FOLDER, PathKind.UNSEEN}
    return why_unreadable(file, is_folder=entry is PathKind.FOLDER) if is_read else ""


def _entry(file: str, *, follows: bool = True) -> PathKind:
    try:
        # Pathlib takes several times as long, and there may be thousands of files.
        mode = os.stat(file, follow_symlinks=follows).st_mode  # noqa: PTH116 - as above
    except PermissionError:
        return PathKind.UNSEEN
    except (OSError, ValueError):
        # Nothing there, a name longer than any file system takes, or one with a NUL in it.
        return PathKind.NOTHING
    if stat.S_ISREG(mode):
        return PathKind.FILE
    if stat.S_ISDIR(mode):
        return PathKind.FOLDER
    return PathKind.LINK if stat.S_ISLNK(mode) else PathKind.OTHER
