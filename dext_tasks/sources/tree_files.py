"""Files of a source tree as documents; nothing outside of it is read through a link in it."""

from __future__ import annotations

import os
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from dext_tasks.sources.subject import Document, Place

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_MOST_BYTES = 16 * 1024 * 1024
MODULES = "node_modules"


class TreeFiles:
    """The files below a folder.

    Args:
        root: The folder.
    """

    def __init__(self, root: Path) -> None:
        self._root = root

    def relative(self, file: Path) -> str:
        """A file's path for places; the whole of it where it lies elsewhere."""
        return file.relative_to(self._root).as_posix() if file.is_relative_to(self._root) else str(file)

    def document(self, file: Path) -> Document:
        """A file's content, or that there is none."""
        place = Place(file=self.relative(file))
        try:
            # Nobody may ever write into a pipe.
            if not file.is_file() or self._leads_out(file):
                return Document(None, place)
            with file.open("rb") as stream:
                return Document(stream.read(_MOST_BYTES), place)
        except (OSError, ValueError):
            return Document(None, place)

    def walk(self) -> Iterator[Path]:
        """Every file, in order, without hidden folders and installed modules."""
        for folder, folders, files in os.walk(self._root):
            folders[:] = sorted(name for name in folders if not name.startswith(".") and name != MODULES)
            yield from (self._root / folder / name for name in sorted(files))

    def paths(self) -> Iterator[str]:
        """The path of every file and of the folders they are in, the least deep first."""
        files = [self.relative(file) for file in self.walk()]
        folders = {parent.as_posix() for path in files for parent in PurePosixPath(path).parents}
        yield from sorted({*files, *folders} - {"."}, key=lambda path: (path.count("/"), path))

    def _leads_out(self, file: Path) -> bool:
        return file.is_symlink() and file.is_relative_to(self._root) and not file.resolve().is_relative_to(self._root)
