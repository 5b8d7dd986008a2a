"""The build context: what of a source tree BuildKit gets to see."""

from __future__ import annotations

import os
import posixpath
import stat
from dataclasses import dataclass
from enum import Enum, auto
from functools import cached_property
from posixpath import dirname, join
from typing import TYPE_CHECKING

from dext_tasks.boundary import require_unlinked, why_outside
from dext_tasks.extension.dockerfile.ignored import NAME, SUFFIX, Ignored
from dext_tasks.extension.dockerfile.pathglob import PatternError, glob, has_wildcard

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from dext_tasks.extension.dockerfile.pathglob import PathGlob

# https://man7.org/linux/man-pages/man7/path_resolution.7.html
_MOST_LINKS = 40
# What is deeper is looked up part by part, for Python's call stack has a bound.
_DEEPEST = 40
# What looking for a pattern, or through a folder, may cost.
_MOST_ENTRIES = 20_000
# The most that is read of .dockerignore; BuildKit reads all of it.
_MOST_BYTES = 1024 * 1024


class Entry(Enum):
    """What is at a path."""

    FILE = auto()
    FOLDER = auto()
    LINK = auto()
    OTHER = auto()
    NOTHING = auto()


@dataclass(frozen=True)
class Found:
    """What BuildKit finds at a path of the context.

    Attributes:
        entry: What is there; links are followed.
        file: Where that is on disk.
        ignored: Line of .dockerignore that leaves it out; 0 if none does.
        why: Which link leads out of the context, so that nothing is there; empty if none does.
    """

    entry: Entry
    file: Path
    ignored: int = 0
    why: str = ""

    @property
    def is_sent(self) -> bool:
        """Whether BuildKit finds it."""
        return self.entry is not Entry.NOTHING and not self.ignored


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
        self._found: dict[str, Found] = {}
        self._ends: dict[str, str | None] = {"": ""}
        # Whether anything of a folder that is left out is put back.
        self._holding: dict[str, bool] = {}

    @cached_property
    def ignore_file(self) -> Path | None:
        """The file of patterns that counts; None if there is none.

        Raises:
            OutsideProjectError: It is a symbolic link that leads out of the project.

        Source: https://docs.docker.com/build/concepts/context/#filename-and-location
        """
        own = self._dockerfile.with_name(f"{self._dockerfile.name}{SUFFIX}")
        return next((file for file in (own, self.root / NAME) if self._is_there(file)), None)

    def _is_there(self, file: Path) -> bool:
        # Beside a Dockerfile that a setting names elsewhere it may lie; a link may not lead there.
        require_unlinked(self.root, file)
        return file.is_file()

    @property
    def ignore_name(self) -> str:
        """How people know that file."""
        return self.ignore_file.name if self.ignore_file else NAME

    @cached_property
    def ignored(self) -> Ignored:
        """What is left out."""
        if self.ignore_file is None:
            return Ignored()
        try:
            with self.ignore_file.open("rb") as file:
                return Ignored(file.read(_MOST_BYTES))
        except OSError:
            return Ignored()

    def find(self, path: str) -> Found:
        """What is at a path.

        Args:
            path: Relative, without ``..``; empty for the context itself.
        """
        if path not in self._found:
            self._found[path] = self._look(path)
        return self._found[path]

    def _look(self, path: str) -> Found:
        resolved = self._resolved(path)
        if resolved is None:
            # A link that leads nowhere: BuildKit looks for its end inside the context, too.
            return Found(Entry.NOTHING, self.root / path)
        file = self.root / resolved
        entry = _entry(join(self.root, resolved))
        if entry is Entry.NOTHING and resolved != path:
            return Found(entry, file, why=why_outside(self.root, self.root / path))
        if entry is Entry.NOTHING and self.ignored.has_exceptions:
            # It may be a folder yet, of which something is put back.
            return Found(entry, file)
        return Found(entry, file, self._ignored(resolved, entry))

    def matches(self, pattern: str) -> Iterator[str]:
        """The paths that a source with wildcards stands for, in order.

        Raises:
            TooManyError: There is too much to look through.
        """
        fixed = pattern
        while has_wildcard(fixed):
            fixed = dirname(fixed)
        rest = pattern[len(fixed) :].lstrip("/")
        try:
            yield from self._matching(fixed, glob(rest), rest.count("/"))
        except PatternError:
            return

    def entries(self, path: str) -> Iterator[tuple[str, Entry]]:
        """Everything below a folder that BuildKit gets, links as such, by path relative to it; folders first.

        What is in a folder called node_modules is left out, except for the links to programs.

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

        for inside, entry in self._walk(folder, deeper):
            if self._ignored(join(folder, inside), entry):
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

    def _ignored(self, path: str, entry: Entry) -> int:
        """The line that leaves a path out; a folder is there as soon as anything in it is."""
        line = self.ignored.leaves_out(path) if path else 0
        if line and entry is Entry.FOLDER and self.ignored.has_exceptions and self._holds_something(path):
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
                if entry is Entry.FOLDER:
                    seen[path] = False
                elif not self.ignored.leaves_out(path):
                    # Which of the others hold something is not known yet.
                    return {each: True for each in seen if path.startswith(f"{each}/")}
        except TooManyError:
            return {folder: True}
        return seen

    def _walk(self, folder: str, deeper: Callable[[str], str | None]) -> Iterator[tuple[str, Entry]]:
        """What is below a folder, each folder before what is in it; links in between are not followed.

        Folders may lie deeper in each other than Python's call stack is high.

        Args:
            folder: Without links on the way.
            deeper: Where to go on from a folder that was just told; None to leave it alone.

        Raises:
            TooManyError: There is too much.
        """
        seen = [0]
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
            below = deeper(path) if entry is Entry.FOLDER else None
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
        """The same part by part, as the kernel does it, and through no more than forty links."""
        done: list[str] = []
        rest = [part for part in path.split("/") if part]
        links = 0
        while rest:
            part = rest.pop(0)
            if part == "..":
                del done[-1:]
                continue
            target = _target(join(self.root, *done, part))
            if target is None:
                done.append(part)
                continue
            links += 1
            if links > _MOST_LINKS:
                return None
            if target.startswith("/"):
                done.clear()
            rest = [each for each in target.split("/") if each not in {"", "."}] + rest
        return "/".join(done)


def _target(file: str) -> str | None:
    """Where a link leads; None for what is no link."""
    try:
        return os.readlink(file)  # noqa: PTH115 - as _entry
    except (OSError, ValueError):
        return None


def _entry(file: str, *, follows: bool = True) -> Entry:
    try:
        # Pathlib takes several times as long, and there may be thousands of files.
        mode = os.stat(file, follow_symlinks=follows).st_mode  # noqa: PTH116 - as above
    except (OSError, ValueError):
        # Nothing there, a name longer than any file system takes, or one with a NUL in it.
        return Entry.NOTHING
    if stat.S_ISREG(mode):
        return Entry.FILE
    if stat.S_ISDIR(mode):
        return Entry.FOLDER
    return Entry.LINK if stat.S_ISLNK(mode) else Entry.OTHER
