"""Replacing several files of a folder: all of them, or none."""

from __future__ import annotations

import errno
import os
import shutil
import stat
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from dext_tasks.errors import HalfWrittenError, file_access

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from dext_tasks.scaffold.file_changes import FileState

_RIGHTS = 0o777
_PREFIX = ".dext-replaced-"


@dataclass(frozen=True)
class _Replacement:
    """A file to be replaced.

    Attributes:
        target: The file.
        new: What takes its place; not there if the file is removed.
        old: A copy of what it was; not there if it is new.
    """

    target: Path
    new: Path
    old: Path

    def prepare(self, state: FileState | None) -> None:
        """Write both beside the project's files, of which none is touched yet."""
        self.old.parent.mkdir(parents=True, exist_ok=True)
        self.new.parent.mkdir(parents=True, exist_ok=True)
        if os.path.lexists(self.target):
            # A link is replaced itself, and what it leads to stays.
            shutil.copy2(self.target, self.old, follow_symlinks=False)
        if state is None:
            return
        self.new.write_bytes(state.content)
        is_file = self.old.is_file() and not self.old.is_symlink()
        rights = stat.S_IMODE((self.old if is_file else self.new).stat().st_mode) & _RIGHTS
        # Whoever may read it may run it, too.
        runs = (rights & 0o444) >> 2
        self.new.chmod(rights | runs if state.is_executable else rights & ~0o111)

    def do(self) -> None:
        """Replace or remove the file; at each moment it is one or the other."""
        if self.new.exists():
            self.target.parent.mkdir(parents=True, exist_ok=True)
            self.new.replace(self.target)
        else:
            self.target.unlink()

    def undo(self) -> None:
        """Bring back what it was, whether or not it was replaced."""
        if os.path.lexists(self.old):
            self.target.parent.mkdir(parents=True, exist_ok=True)
            self.old.replace(self.target)
        else:
            self.target.unlink(missing_ok=True)


@contextmanager
def replace_files(root: Path, files: Mapping[str, FileState | None]) -> Iterator[None]:
    """Replace files before a block; should it fail, or be interrupted, all is as it was.

    Args:
        root: The folder.
        files: What each will be, by path in it; None for one that goes.

    Raises:
        FileAccessError: A file cannot be written.
        HalfWrittenError: A run that was killed may have replaced some files of the folder, and not the others.
    """
    require_whole(root)
    try:
        with _beside(root) as place:
            # By their names, so that whoever finds this after a kill can tell, and copy back, what is what.
            replacements = [_Replacement(root / path, place / "new" / path, place / "old" / path) for path in files]
            for replacement, state in zip(replacements, files.values(), strict=True):
                require_writable(replacement.target.parent)
                replacement.prepare(state)
            made = _absent(root, [each.target for each in replacements])
            try:
                for replacement in replacements:
                    replacement.do()
                yield
            except BaseException:
                for replacement in reversed(replacements):
                    replacement.undo()
                for folder in made:
                    with suppress(OSError):
                        folder.rmdir()
                raise
        _remove_empty(root, [root / path for path, state in files.items() if state is None])
    except OSError as error:
        raise file_access(error) or error from error


def require_whole(root: Path) -> None:
    """Require that nothing is left in a folder of a run that was killed while it replaced files.

    What is left says nothing that can be trusted, as it may have come with the repository: it is named, and not used.

    Args:
        root: The folder; it need not be there.

    Raises:
        HalfWrittenError: Something is.
    """
    left = next(iter(sorted(root.glob(f"{_PREFIX}*"))), None)
    if left is not None:
        raise HalfWrittenError(
            f"{left} is there: a run was killed while it wrote files, or is still at it",
            remedy=f"once none is, copy back from {left.name}/old what should be as it was, and remove {left.name}",
        )


@contextmanager
def _beside(root: Path) -> Iterator[Path]:
    """A folder on the file system of the files, from where each can be moved to its place at once."""
    try:
        made = TemporaryDirectory(prefix=_PREFIX, dir=root)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(root)) from error
    with made as place:
        yield Path(place)


def require_writable(folder: Path) -> None:
    """Require that files can be put into a folder, which need not be there yet.

    Raises:
        PermissionError: They cannot.
    """
    there = next(each for each in (folder, *folder.parents) if each.exists())
    if not os.access(there, os.W_OK | os.X_OK, effective_ids=os.access in os.supports_effective_ids):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(there))


def _absent(root: Path, files: Iterable[Path]) -> list[Path]:
    """The folders of files that are not there yet, innermost first."""
    folders = {each for file in files for each in file.parents if each.is_relative_to(root) and not each.exists()}
    return sorted(folders, reverse=True)


def _remove_empty(root: Path, files: list[Path]) -> None:
    """Remove folders that are left without files."""
    for file in files:
        for folder in file.parents:
            if folder == root or not folder.is_dir() or any(folder.iterdir()):
                break
            folder.rmdir()
