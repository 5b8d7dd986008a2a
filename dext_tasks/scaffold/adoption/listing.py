"""The files of a repository: one list of their names, and bounded reading of a few of them."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice
from posixpath import basename, dirname
from typing import TYPE_CHECKING, Final

from dext_tasks.config.repository import repository_top
from dext_tasks.errors import GitError, OutsideProjectError
from dext_tasks.git import Git
from dext_tasks.limits import LARGEST_DOCUMENT
from dext_tasks.project_files import read_inside

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

# Folders of what was installed or made, or is another project's.
_FOREIGN: Final = frozenset(
    {
        *(".git", ".hg", ".svn", ".dext", ".venv", "venv", ".tox", ".nox", "node_modules", "bower_components"),
        *("vendor", "third_party", "dist", "testdata", "__pycache__", ".yarn", ".pnpm-store"),
    }
)
_MOST_FILES: Final = 200_000


@dataclass(frozen=True)
class RepositoryFiles:
    """The files of a repository, or of a folder that is in none.

    Attributes:
        top: Its folder.
        names: Paths from there, those of installed modules and the like left out; the least deep first.
        fault: Why git could not list them; empty if it did, or there is no repository.
    """

    top: Path
    names: tuple[str, ...]
    fault: str = ""
    _read: dict[str, bytes] = field(default_factory=dict, repr=False, compare=False)

    @cached_property
    def known(self) -> frozenset[str]:
        """The names, to look one up."""
        return frozenset(self.names)

    def read(self, name: str) -> bytes:
        """The beginning of a file; empty if it cannot be read, is no file, or a link leads out of the repository."""
        if name not in self._read:
            try:
                self._read[name] = read_inside(self.top, self.top / name, LARGEST_DOCUMENT)
            except (OSError, ValueError, OutsideProjectError):
                self._read[name] = b""
        return self._read[name]

    def matching(self, is_wanted: Callable[[str], bool], most: int) -> tuple[str, ...]:
        """Files whose name is wanted, the least deep first.

        Args:
            is_wanted: Judges the last part of a path.
            most: How many at most.
        """
        return tuple(islice((name for name in self.names if is_wanted(basename(name))), most))


def list_files(folder: Path) -> RepositoryFiles:
    """The files of the repository that a folder is in: those that git has, and new ones that it does not ignore.

    Args:
        folder: Outside of a repository all below it are listed.
    """
    top = repository_top(folder)
    if top is not None:
        try:
            return RepositoryFiles(top, _sorted(Git(top).files()))
        except GitError as error:
            return RepositoryFiles(folder.resolve(), _sorted(_walk(folder.resolve())), error.message)
    return RepositoryFiles(folder.resolve(), _sorted(_walk(folder.resolve())))


def _sorted(names: Iterator[str] | tuple[str, ...]) -> tuple[str, ...]:
    kept = [name for name in islice(names, _MOST_FILES) if _FOREIGN.isdisjoint(name.split("/")[:-1])]
    return tuple(sorted(kept, key=lambda name: (name.count("/"), name)))


def _walk(top: Path) -> Iterator[str]:
    waiting = [""]
    while waiting:
        inner = waiting.pop()
        try:
            with os.scandir(top / inner) as entries:
                found = sorted((entry.name, entry.is_dir(follow_symlinks=False)) for entry in entries)
        except OSError:
            continue
        for name, is_folder in found:
            path = f"{inner}/{name}" if inner else name
            if not is_folder:
                yield path
            elif name not in _FOREIGN:
                waiting.append(path)


def parents(folder: str) -> Iterator[str]:
    """A folder and those above it up to the top, which is an empty string."""
    while folder:
        yield folder
        folder = dirname(folder)
    yield ""
