"""Where an extension is to be made and its name, from the argument of ``dext new``."""

from __future__ import annotations

import errno
import os
import re
import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dext_tasks.config.repository import folder_in_repository, repository_top
from dext_tasks.errors import DirectoryNotEmptyError, ScaffoldError
from dext_tasks.scaffold.answers import NOWHERE, Surroundings
from dext_tasks.scaffold.repository import GitCommand, is_inside_repository, origin, without_hooks
from dext_tasks.scaffold.validation import judge, require

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class Destination:
    """A folder and a name, either of them empty while it is not known.

    Attributes:
        base: What a name is a folder in.
        folder: The folder, if it is known already.
        name: Of the extension; empty if it has to be asked for.
        found: What is known of the folder.
        git: Runs git.
        force: Whether the folder may hold files.
    """

    base: Path
    folder: Path | None = None
    name: str = ""
    found: Surroundings = NOWHERE
    git: GitCommand = without_hooks
    force: bool = False

    @classmethod
    def of(cls, base: Path, written: str, git: GitCommand = without_hooks, *, force: bool = False) -> Destination:
        """Read it: a name, or the path of a folder, of which the last part is the name.

        Args:
            base: The folder it was called in.
            written: What was written; empty for nothing.
            git: Runs git.
            force: Whether the folder may hold files.

        Raises:
            DirectoryNotEmptyError: The folder holds files.
            ScaffoldError: The name cannot be used, or nothing can be written there.
        """
        if not written:
            return cls(base, git=git, force=force)
        # A clone may have any name; that of what is made in it follows from it.
        if not _is_path(written) and not os.path.isdir(base / written):  # noqa: PTH112 - Path raises for some strings
            require({"name": written})
        place = require_place(base / written, force=force)
        return cls(base, place.path, _name(place), _found(place, git), git, force)

    def folder_of(self, name: str) -> Path:
        """The folder of an extension with this name."""
        return self.folder or self.base / name

    def around(self, name: str) -> Surroundings:
        """What is known of the folder of a name."""
        return self.found if self.folder or not name else _found(self._place_of(name), self.git)

    def fault_of(self, name: str) -> str:
        """What is wrong with the folder of a name, in words; empty if nothing is."""
        try:
            self._place_of(name)
        except (DirectoryNotEmptyError, ScaffoldError) as error:
            return error.message
        return ""

    def _place_of(self, name: str) -> NewFolder:
        return require_place(self.folder_of(name), force=self.force)


def _is_path(written: str) -> bool:
    return written in (os.curdir, os.pardir) or os.sep in written


def _name(place: NewFolder) -> str:
    """A name for what is made in a folder: the folder's, or what is nearest to it if the folder is there already."""
    name = place.path.name
    if place.exists and judge("name", name):
        name = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
        return "" if judge("name", name) else name
    require({"name": name})
    return name


def _found(place: NewFolder, git: GitCommand) -> Surroundings:
    top = place.path if place.has_repository else _top_above(place.path, git)
    address = origin(top, git) if top else ""
    folder = folder_in_repository(place.path) if top else ""
    return Surroundings("" if judge("repository", address) else address, place.license_file, folder)


def _top_above(path: Path, git: GitCommand) -> Path | None:
    """The top of the repository that a folder will be part of, if git takes it for one."""
    top = repository_top(path)
    return top if top and is_inside_repository(top, git) else None


# What people put into a folder first: a clone, an environment to install dext-tasks in, a licence.
_LICENCE = re.compile(r"(licen[cs]e|copying)(\.\w+)?", re.IGNORECASE)
_MAY_STAY = re.compile(rf"\.git|\.venv|\.DS_Store|{_LICENCE.pattern}", re.IGNORECASE)
_SHOWN = 3


@dataclass(frozen=True)
class NewFolder:
    """A folder that an extension can be made in.

    Attributes:
        path: Absolute.
        exists: Whether it is there already; it is filled then, and else it appears at once.
        has_repository: Whether it is the top of a git working tree.
        holds_files: Whether more is in it than people put into a folder first.
        license_file: Name of the licence in it; empty if there is none.
    """

    path: Path
    exists: bool = False
    has_repository: bool = False
    holds_files: bool = False
    license_file: str = ""


def require_place(folder: Path, *, force: bool = False) -> NewFolder:
    """The place that a folder is.

    Args:
        folder: The folder.
        force: Whether it may hold files.

    Raises:
        DirectoryNotEmptyError: It holds files, and may not.
        ScaffoldError: It is a file, or nothing can be written there.
    """
    try:
        target = folder.resolve()
        mode = _mode(target)
        if mode is not None and not stat.S_ISDIR(mode):
            raise ScaffoldError(f"{target} is a file", remedy="choose another name, or move the file away")
        names = sorted(os.listdir(target)) if mode is not None else []  # noqa: PTH208 - names are what is asked for
    except OSError as error:
        raise unwritable(folder, error) from error
    except RuntimeError as error:
        # What 3.11 and 3.12 make of a loop: https://docs.python.org/3/library/pathlib.html#pathlib.Path.resolve
        raise unwritable(folder, os.strerror(errno.ELOOP)) from error
    held = [name for name in names if not _MAY_STAY.fullmatch(name)]
    if held and not force:
        raise _holding(target, held)
    _require_writable(target if mode is not None else target.parent, target)
    return NewFolder(
        target,
        exists=mode is not None,
        has_repository=".git" in names,
        holds_files=bool(held),
        license_file=next(filter(_LICENCE.fullmatch, names), ""),
    )


def unwritable(target: Path, error: Exception | str) -> ScaffoldError:
    """The error for a folder that cannot be written."""
    why = (error.strerror if isinstance(error, OSError) else "") or str(error)
    return ScaffoldError(
        f"{target} cannot be written: {why}", remedy="choose a folder that exists and that you may write to"
    )


def _mode(target: Path) -> int | None:
    # Not is_dir(): before 3.14 it raises for some errors, and since then for none.
    try:
        return target.stat().st_mode
    except FileNotFoundError:
        return None


def _holding(target: Path, held: list[str]) -> DirectoryNotEmptyError:
    more = f" and {len(held) - _SHOWN} more" if len(held) > _SHOWN else ""
    return DirectoryNotEmptyError(
        f"{target} holds files already: {', '.join(held[:_SHOWN])}{more}",
        remedy="choose another name, or a folder with nothing in it but .git, .venv and a licence; "
        "--force replaces what the template makes, too, and leaves the rest",
    )


def _require_writable(folder: Path, target: Path) -> None:
    mode = _mode(folder)
    if mode is None:
        raise unwritable(target, f"No such file or directory, {folder}")
    if not stat.S_ISDIR(mode):
        raise unwritable(target, f"{folder} is not a folder")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise unwritable(target, f"{folder} may not be written to")
