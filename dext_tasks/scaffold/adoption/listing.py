"""The files of a repository: one list of their names, and bounded reading of a few of them."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from itertools import islice
from posixpath import basename, dirname
from typing import TYPE_CHECKING, Final

from dext_tasks.config.repository import repository_top
from dext_tasks.errors import GitError, OutsideProjectError
from dext_tasks.git import Git
from dext_tasks.limits import LARGEST_DOCUMENT
from dext_tasks.project_files import read_inside

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

# Folders of what was installed or made, or is another project's.
_FOREIGN: Final = frozenset(
    {
        *(".git", ".hg", ".svn", ".dext", ".venv", "venv", ".tox", ".nox", "node_modules", "bower_components"),
        *("vendor", "third_party", "dist", "testdata", "__pycache__", ".yarn", ".pnpm-store"),
    }
)
_MOST_FILES: Final = 200_000
GITHUB_FOLDER: Final = ".github/workflows"
GITLAB_FILE: Final = ".gitlab-ci.yml"
SCRIPTS: Final = (".sh", ".bash", ".zsh")
MAKEFILES: Final = frozenset({"Makefile", "makefile", "GNUmakefile"})
_READ: Final = MAKEFILES | {GITLAB_FILE, "package.json", "metadata.json", "Containerfile"}
_README: Final = "readme"


@dataclass(frozen=True)
class RepositoryFiles:
    """The files of a repository, or of a folder that is in none.

    Attributes:
        top: Its folder.
        known: Paths of all of them from there.
        names: Those that may say something of an extension, without what is below installed modules and the like; the
            least deep first.
        fault: Why git could not list them; empty if it did, or there is no repository.
    """

    top: Path
    known: frozenset[str]
    names: tuple[str, ...]
    fault: str = ""
    _read: dict[str, bytes] = field(default_factory=dict, repr=False, compare=False)

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
    fault = ""
    if top is not None:
        try:
            return _listed(top, Git(top).files())
        except GitError as error:
            fault = error.message
    return _listed(folder.resolve(), _walk(folder.resolve()), fault)


def _listed(top: Path, names: Iterable[str], fault: str = "") -> RepositoryFiles:
    known = frozenset(islice(names, _MOST_FILES))
    kept = [name for name in known if _may_say(name) and _FOREIGN.isdisjoint(name.split("/")[:-1])]
    return RepositoryFiles(top, known, tuple(sorted(kept, key=lambda name: (name.count("/"), name))), fault)


def _may_say(name: str) -> bool:
    """Whether a file may say something of an extension, by its name; of most files of a large repository none does."""
    # Not posixpath.basename, which takes several times as long, for many thousand files.
    base = name[name.rfind("/") + 1 :]
    return (
        base in _READ
        or "ockerfile" in base
        or base.endswith(SCRIPTS)
        or base[: len(_README)].lower() == _README
        or name.startswith(GITHUB_FOLDER)
    )


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
