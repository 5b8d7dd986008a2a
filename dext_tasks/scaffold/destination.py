"""Where an extension is to be made and how it is called, from what somebody wrote after ``dext new``."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dext_tasks.errors import DirectoryNotEmptyError, ScaffoldError
from dext_tasks.scaffold.place import require_place
from dext_tasks.scaffold.repository import Git, origin, run_git
from dext_tasks.scaffold.validation import judge, require

if TYPE_CHECKING:
    from pathlib import Path

    from dext_tasks.scaffold.place import Place


@dataclass(frozen=True)
class Destination:
    """A folder and a name, as far as they are known.

    Attributes:
        base: What a name is a folder in.
        folder: The folder, if it is known already.
        name: Of the extension; empty if it has to be asked for.
        origin: Web address of the repository that the folder was cloned from; empty if there is none.
        git: Runs git.
    """

    base: Path
    folder: Path | None = None
    name: str = ""
    origin: str = ""
    git: Git = run_git

    @classmethod
    def of(cls, base: Path, written: str, git: Git = run_git) -> Destination:
        """Read it: a name, or the path of a folder, of which the last part is the name.

        Args:
            base: The folder it was called in.
            written: What was written; empty for nothing.
            git: Runs git.

        Raises:
            DirectoryNotEmptyError: The folder holds files.
            ScaffoldError: The name cannot be used, or nothing can be written there.
        """
        if not written:
            return cls(base, git=git)
        # A clone may have any name; that of what is made in it follows from it.
        if not _is_path(written) and not os.path.isdir(base / written):  # noqa: PTH112 - Path raises for some texts
            require({"name": written})
        place = require_place(base / written)
        return cls(base, place.path, _name(place), _origin(place, git), git)

    def folder_of(self, name: str) -> Path:
        """The folder of an extension with this name."""
        return self.folder or self.base / name

    def origin_of(self, name: str) -> str:
        """Web address of the repository that the folder of a name was cloned from; empty if there is none."""
        return self.origin if self.folder or not name else _origin(require_place(self.folder_of(name)), self.git)

    def fault_of(self, name: str) -> str:
        """What is wrong with the folder of a name, in words; empty if nothing is."""
        try:
            require_place(self.folder_of(name))
        except (DirectoryNotEmptyError, ScaffoldError) as error:
            return error.message
        return ""


def _is_path(written: str) -> bool:
    return written in (os.curdir, os.pardir) or os.sep in written


def _name(place: Place) -> str:
    """A name for what is made in a folder: the folder's, or what is nearest to it if the folder is there already."""
    name = place.path.name
    if place.exists and judge("name", name):
        name = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
        return "" if judge("name", name) else name
    require({"name": name})
    return name


def _origin(place: Place, git: Git) -> str:
    found = origin(place.path, git) if place.has_repository else ""
    return "" if judge("repository", found) else found
