"""What an adoption has added, kept in the state folder so that it can be taken away again."""

from __future__ import annotations

import base64
import json
import os
import re
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from dext_tasks.errors import NotAdoptedError, OutsideProjectError
from dext_tasks.formats.json_syntax import loads
from dext_tasks.limits import LARGEST_TEXT
from dext_tasks.project_files import STATE_FOLDER, read_inside
from dext_tasks.regex import regex
from dext_tasks.scaffold.adoption.files import place_of
from dext_tasks.scaffold.file_changes import FileState
from dext_tasks.scaffold.file_replacing import replace_files

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

RECORD: Final = f"{STATE_FOLDER}/adoption.json"
"""Where it is, from the folder that was adopted."""
_IGNORE: Final = f"{STATE_FOLDER}/.gitignore"
_FORM: Final = 1
# All that an adoption writes: a record that came with a repository is somebody else's, and may name anything.
_WRITTEN: Final = (
    *("tasks.py", "tasks/__init__.py", "noxfile.py", "invoke.yaml", "invoke.yml", "pyproject.toml", ".gitlab-ci.yml"),
    *(".github/workflows/extension-check.yml", ".github/workflows/extension-release.yml"),
)
_MAY_NAME: Final = regex(rf"(?:[^/\0]+/)*(?:{'|'.join(map(re.escape, _WRITTEN))})")


class Addition(NamedTuple):
    """A file that an adoption made or extended.

    Attributes:
        path: From the folder that was adopted, with slashes; it may be above that.
        before: What it held; None if it was not there.
        after: Digest of what it holds since.
    """

    path: str
    before: bytes | None
    after: str


@dataclass(frozen=True)
class Record:
    """Every file that was made or extended.

    Attributes:
        folder: The folder that was adopted.
        top: What all files are in: the folder, or the top of its repository.
        additions: The files.
    """

    folder: Path
    top: Path
    additions: tuple[Addition, ...] = ()

    @classmethod
    def read(cls, folder: Path, top: Path) -> Record:
        """The record in a folder; without additions if there is none.

        Raises:
            NotAdoptedError: It is there, and cannot be read.
            OutsideProjectError: A link leads out of the folder.
        """
        try:
            text = read_inside(folder, folder / RECORD, LARGEST_TEXT).decode()
        except FileNotFoundError:
            return cls(folder, top)
        except (OSError, UnicodeDecodeError) as error:
            raise _unusable(folder, str(error)) from error
        try:
            return cls(folder, top, tuple(map(_addition, _files(loads(text)))))
        except (ValueError, RecursionError, TypeError, KeyError) as error:
            raise _unusable(folder, str(error)) from error

    def with_files(self, files: Mapping[str, tuple[bytes | None, bytes]]) -> Record:
        """The same with more files, by path: what each held, and what it will.

        Of a file that is there already and was left alone since, what it held before the first time is kept.
        """
        known = {each.path: each for each in self.additions}
        for path, (before, after) in files.items():
            earlier = known.get(path)
            is_same = earlier is not None and before is not None and earlier.after == digest(before)
            first = earlier.before if earlier and is_same else before
            known[path] = Addition(path, first, digest(after))
        return Record(self.folder, self.top, tuple(known.values()))

    @property
    def text(self) -> bytes:
        """The record as it is kept."""
        files = [
            {
                "path": each.path,
                "before": None if each.before is None else base64.b64encode(each.before).decode(),
                "after": each.after,
            }
            for each in self.additions
        ]
        return f"{json.dumps({'form': _FORM, 'files': files}, indent=2)}\n".encode()

    def states(self) -> dict[str, FileState]:
        """The files of the record itself, by path from the folder; the state folder stays out of version control."""
        ignored = {} if os.path.lexists(self.folder / _IGNORE) else {_IGNORE: FileState(b"*\n")}
        return {**ignored, RECORD: FileState(self.text)}

    def from_top(self, path: str) -> str:
        """A path from the folder as one from the top; of a link, the path of what it leads to.

        Raises:
            OutsideProjectError: It leads out of there.
        """
        place = Path(os.path.normpath(self.folder / path))
        if not place.is_relative_to(self.top):
            raise OutsideProjectError(f"{path} is outside of {self.top}", remedy=f"remove {RECORD}")
        return place_of(self.folder, self.top, path)


class Undoing(NamedTuple):
    """What an undo does.

    Attributes:
        record: What was added.
        removed: Files that were made, and go.
        restored: Files that were extended, and become what they were.
        left: Files that were changed since, and stay.
    """

    record: Record
    removed: tuple[str, ...]
    restored: tuple[str, ...]
    left: tuple[str, ...]


def has_record(folder: Path) -> bool:
    """Whether something is recorded in a folder."""
    return os.path.lexists(folder / RECORD)


def plan_undo(folder: Path, top: Path) -> Undoing:
    """What would be taken away; nothing is changed.

    Raises:
        NotAdoptedError: Nothing is recorded, or the record cannot be read.
        OutsideProjectError: The record names a file outside of the repository.
    """
    record = Record.read(folder, top)
    if not record.additions:
        raise NotAdoptedError(
            f"no adoption is recorded in {folder / RECORD}",
            remedy="name the folder that was adopted; git has what was committed",
        )
    removed: list[str] = []
    restored: list[str] = []
    left: list[str] = []
    for each in record.additions:
        found = _content(record, each)
        if found == each.before:
            continue
        if found is None or digest(found) != each.after:
            left.append(each.path)
        else:
            (removed if each.before is None else restored).append(each.path)
    return Undoing(record, tuple(removed), tuple(restored), tuple(left))


def undo(undoing: Undoing) -> None:
    """Take it away, all of it or nothing; the record stays for what was changed since.

    Raises:
        FileAccessError: A file cannot be written.
    """
    record, folder = undoing.record, undoing.record.folder
    states: dict[str, FileState | None] = {}
    for each in record.additions:
        if each.path in undoing.removed:
            states[record.from_top(each.path)] = None
        elif each.path in undoing.restored:
            place = record.from_top(each.path)
            states[place] = FileState(each.before or b"", FileState.read(record.top / place).is_executable)
    kept = Record(folder, record.top, tuple(each for each in record.additions if each.path in undoing.left))
    if kept.additions:
        states[record.from_top(RECORD)] = FileState(kept.text)
    else:
        states |= {record.from_top(path): None for path in _own_files(folder)}
    with replace_files(record.top, states):
        pass


def digest(content: bytes) -> str:
    """What tells contents apart."""
    return sha256(content).hexdigest()


def _own_files(folder: Path) -> Iterable[str]:
    """The record, and what keeps the state folder out of version control if nothing else is in it."""
    others = {each.name for each in (folder / STATE_FOLDER).iterdir()} - {Path(RECORD).name, Path(_IGNORE).name}
    is_ours = not others and (folder / _IGNORE).is_file() and (folder / _IGNORE).read_bytes() == b"*\n"
    return (RECORD, _IGNORE) if is_ours else (RECORD,)


def _content(record: Record, addition: Addition) -> bytes | None:
    place = record.top / record.from_top(addition.path)
    try:
        return read_inside(record.top, place, LARGEST_TEXT)
    except OSError:
        return None


def _files(data: Any) -> list[Any]:  # noqa: ANN401 - whatever a file holds
    if data["form"] != _FORM:
        raise ValueError("it is of another version of dext-tasks")
    return list(data["files"])


def _addition(data: Mapping[str, Any]) -> Addition:
    path, before, after = data["path"], data["before"], data["after"]
    if not (isinstance(path, str) and isinstance(after, str)) or not _MAY_NAME.fullmatch(path):
        raise ValueError(f"no adoption writes {path!r}")
    return Addition(path, None if before is None else base64.b64decode(before, validate=True), after)


def _unusable(folder: Path, why: str) -> NotAdoptedError:
    return NotAdoptedError(
        f"{folder / RECORD} cannot be read",
        remedy="remove it, and take away by hand what git shows as new",
        detail=why,
    )
