"""Files of a source tree as documents; nothing outside of it is read through a link in it."""

from __future__ import annotations

import os
from posixpath import dirname
from types import MappingProxyType
from typing import TYPE_CHECKING

from dext_tasks.errors import OutsideProjectError
from dext_tasks.limits import LARGEST_TEXT
from dext_tasks.project_files import DENIED, leads_out, read_inside, why_outside, why_unreadable
from dext_tasks.sources.facts import Document, Place
from dext_tasks.sources.source import NotOfferedError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

MODULES = "node_modules"
NO_DRAFTS: Mapping[Path, bytes] = MappingProxyType({})


class TreeFiles:
    """The files below a folder.

    Args:
        root: The folder.
        drafts: Contents that replace those on disk, by path with symbolic links resolved.
    """

    def __init__(self, root: Path, drafts: Mapping[Path, bytes] = NO_DRAFTS) -> None:
        self._root = root
        self._drafts = drafts

    def relative(self, file: Path) -> str:
        """A file's path for places; the whole of it where it lies elsewhere."""
        return file.relative_to(self._root).as_posix() if file.is_relative_to(self._root) else str(file)

    def document(self, file: Path) -> Document:
        """A file's content, or that there is none.

        Raises:
            NotOfferedError: Nobody may read it, so that what it says is not known.
        """
        place = Place(file=self.relative(file))
        try:
            content = read_inside(self._root, file, LARGEST_TEXT)
            draft = self.draft(file)
            return Document(content if draft is None else draft, place)
        except OutsideProjectError:
            return Document(None, place, why_outside(self._root, file))
        except ValueError:
            return Document(None, place)
        except OSError as error:
            why = why_unreadable(file)
            if why.startswith(DENIED):
                raise NotOfferedError(f"{place.file} {why}") from error
            return Document(None, place, f"{place.file} {why}" if why else "")

    def draft(self, file: Path) -> bytes | None:
        """What a file is to hold instead of what it does; None for the latter."""
        return self._drafts.get(file.resolve()) if self._drafts else None

    def holds(self, path: str) -> bool:
        """Whether something is at a path, a link to nothing included."""
        return bool(path) and os.path.lexists(self._root / path)

    def why_unreadable(self, path: str, *, is_folder: bool) -> str:
        """Why what is at a path is not what is expected there; empty if it is, or is outside of the project."""
        file = self._root / path
        return "" if leads_out(self._root, file) else why_unreadable(file, is_folder=is_folder)

    def walk(self) -> Iterator[Path]:
        """Every file, in order, without hidden folders and installed modules."""
        waiting = [self._root]
        while waiting:
            folder = waiting.pop()
            # Only one step of it: before Python 3.12 it calls itself for each folder, however deep.
            _, folders, files = next(os.walk(folder), ("", [], []))
            yield from (folder / name for name in sorted(files))
            inner = sorted(name for name in folders if not name.startswith(".") and name != MODULES)
            # Not is_symlink(), which raises where a path is longer than the system takes.
            waiting += [folder / name for name in reversed(inner) if not os.path.islink(folder / name)]  # noqa: PTH114

    def paths(self) -> Iterator[str]:
        """The path of every file and of the folders they are in, the least deep first."""
        files = [self.relative(file) for file in self.walk()]
        folders: set[str] = set()
        for path in files:
            folder = dirname(path)
            while folder and folder not in folders:
                folders.add(folder)
                folder = dirname(folder)
        yield from sorted({*files, *folders}, key=lambda path: (path.count("/"), path))
