"""The folder a new extension is made in: one that is not there yet, or that holds nothing of a project."""

from __future__ import annotations

import errno
import os
import re
import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dext_tasks.errors import DirectoryNotEmptyError, ScaffoldError

if TYPE_CHECKING:
    from pathlib import Path

# What people put into a folder first: a clone, an environment to install dext-tasks in, a licence. The template makes
# none of these.
_MAY_STAY = re.compile(r"\.git|\.venv|\.DS_Store|(licen[cs]e|copying)(\.\w+)?", re.IGNORECASE)
_SHOWN = 3


@dataclass(frozen=True)
class Place:
    """A folder that an extension can be made in.

    Attributes:
        path: Absolute.
        exists: Whether it is there already; it is filled then, and else it appears at once.
        has_repository: Whether it is the top of a git working tree.
    """

    path: Path
    exists: bool = False
    has_repository: bool = False


def require_place(folder: Path) -> Place:
    """The place that a folder is.

    Raises:
        DirectoryNotEmptyError: It holds files.
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
    _require_free(target, names)
    _require_writable(target if mode is not None else target.parent, target)
    return Place(target, exists=mode is not None, has_repository=".git" in names)


def unwritable(target: Path, error: Exception | str) -> ScaffoldError:
    """The error for a folder that cannot be written."""
    why = (error.strerror if isinstance(error, OSError) else "") or str(error)
    return ScaffoldError(
        f"{target} cannot be written: {why}", remedy="choose a directory that exists and that you may write to"
    )


def _mode(target: Path) -> int | None:
    # Not is_dir(): before 3.14 it raises for some errors, and since then for none.
    try:
        return target.stat().st_mode
    except FileNotFoundError:
        return None


def _require_free(target: Path, names: list[str]) -> None:
    held = [name for name in names if not _MAY_STAY.fullmatch(name)]
    if held:
        more = f" and {len(held) - _SHOWN} more" if len(held) > _SHOWN else ""
        raise DirectoryNotEmptyError(
            f"{target} holds files already: {', '.join(held[:_SHOWN])}{more}",
            remedy="choose another name, or a folder with nothing in it but .git, .venv and a licence",
        )


def _require_writable(folder: Path, target: Path) -> None:
    mode = _mode(folder)
    if mode is None:
        raise unwritable(target, f"No such file or directory, {folder}")
    if not stat.S_ISDIR(mode):
        raise unwritable(target, f"{folder} is not a folder")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise unwritable(target, f"{folder} may not be written to")
