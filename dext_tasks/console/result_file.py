"""A file that somebody asked a result to be written to: judged before the run, written at once after it."""

from __future__ import annotations

import errno
import os
import shutil
import stat
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from dext_tasks.errors import FileAccessError, UsageError, file_access
from dext_tasks.project_files import STATE_FOLDER, make_state_folder
from dext_tasks.systems import BINARY, NO_TERMINAL, NO_WAIT, has_room, is_read_only

# Reports with pictures have about a tenth of it for each platform.
_ROOM: Final = 1024 * 1024
_NEW_MODE: Final = 0o666


@dataclass(frozen=True)
class ResultFile:
    """A file that is wanted.

    Attributes:
        path: As it was given.
    """

    path: Path

    def require(self) -> None:
        """Require that it can be written; nothing of asking stays.

        Raises:
            UsageError: It is a folder, or the folder that it is to be in is missing.
            FileAccessError: This user may not write there, or there is no room.
        """
        try:
            mode = _mode(self.path)
            if mode is not None and stat.S_ISDIR(mode):
                raise UsageError(f"{self.path} cannot be written: it is a folder", remedy="name a file in it")
            if mode is None or stat.S_ISREG(mode):
                _require_room(self._folder())
            if mode is None:
                _require_right(self._folder(), os.W_OK | os.X_OK)
                self._try_folder()
            else:
                _require_right(self.path, os.W_OK)
            if mode is not None and stat.S_ISCHR(mode):
                _try_device(self.path)
        except OSError as error:
            raise self.unwritable(error) from error

    def write(self, text: str) -> None:
        """Write a text, as ``write_bytes``."""
        # What images and files are called need not be text.
        self.write_bytes(text.encode("utf-8", "backslashreplace"))

    def write_bytes(self, content: bytes) -> None:
        """Write it; who reads it meanwhile sees the whole file of before or of now.

        Raises:
            FileAccessError: It cannot be written.
        """
        try:
            self._make_state_folder()
            mode = _mode(self.path)
            if mode is not None and not stat.S_ISREG(mode):
                self.path.write_bytes(content)
            else:
                self._replace(content)
        except OSError as error:
            raise self.unwritable(error) from error

    def _folder(self) -> Path:
        """The folder that must be there: its own, or what the state folder is in, which is made when it is needed."""
        own = Path(os.path.realpath(self.path)).parent
        state = next((each for each in (own, *own.parents) if each.name == STATE_FOLDER), None)
        folder = own if state is None or _mode(own) is not None else state.parent
        mode = _mode(folder)
        if mode is None or not stat.S_ISDIR(mode):
            raise UsageError(
                f"{self.path} cannot be written: there is no folder {folder}",
                remedy="make the folder, or name a file in one that is there",
            )
        return folder

    def _try_folder(self) -> None:
        """Make a file in the folder and remove it: access() says that root may write to all of /proc and /sys."""
        folder = self._folder()
        try:
            descriptor, beside = _open_beside(folder / self.path.name)
        except FileNotFoundError as error:
            raise FileAccessError(
                f"{self.path} cannot be written: {folder} takes no new files", remedy="name a file in another folder"
            ) from error
        os.close(descriptor)
        beside.unlink()

    def _make_state_folder(self) -> None:
        if STATE_FOLDER in self.path.absolute().parent.parts:
            make_state_folder(self.path.absolute().parent)

    def _replace(self, content: bytes) -> None:
        target = Path(os.path.realpath(self.path))
        try:
            descriptor, beside = _open_beside(target)
        except PermissionError:
            # The file may be written to, and its folder may not.
            target.write_bytes(content)
            return
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
            with suppress(FileNotFoundError):
                shutil.copymode(target, beside)
            beside.replace(target)
        except BaseException:
            beside.unlink(missing_ok=True)
            raise

    def unwritable(self, error: OSError) -> FileAccessError:
        """Why it cannot be written."""
        told = file_access(error)
        why = os.strerror(error.errno) if error.errno else str(error)
        remedy = told.remedy if told else "name a file that can be written"
        return FileAccessError(f"{self.path} cannot be written: {why}", remedy=remedy)


def _open_beside(target: Path) -> tuple[int, Path]:
    """Make a new file beside another one: its descriptor, and its path."""
    beside = target.with_name(f".{target.name[:40]}.{os.urandom(4).hex()}")
    return os.open(beside, os.O_WRONLY | BINARY | os.O_CREAT | os.O_EXCL, _NEW_MODE), beside


def _mode(path: Path) -> int | None:
    # Not exists(), which in some versions of Python raises what this user may not see and in others calls it missing.
    with suppress(FileNotFoundError):
        return path.stat().st_mode
    return None


def _require_right(path: Path, right: int) -> None:
    if not os.access(path, right):
        code = errno.EROFS if is_read_only(path) else errno.EACCES
        raise OSError(code, os.strerror(code), str(path))


def _require_room(folder: Path) -> None:
    if not has_room(folder, _ROOM):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(folder))


def _try_device(path: Path) -> None:
    """Write nothing to a device, which tells one that takes nothing from one that takes anything."""
    descriptor = os.open(path, os.O_WRONLY | NO_WAIT | NO_TERMINAL)
    try:
        os.write(descriptor, b"")
    finally:
        os.close(descriptor)
