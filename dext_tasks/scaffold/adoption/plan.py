"""What an adoption writes: planned as a whole, without writing anything, and applied as a whole."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final, NamedTuple

from dext_tasks.config import OPTIONS
from dext_tasks.config.repository import repository_top
from dext_tasks.config.resolve import Layers, NamedFile, Resolved, resolve
from dext_tasks.errors import ConfigError, DirtyTreeError, FileAccessError, ProjectNotFoundError, UsageError
from dext_tasks.git import Git, dirty
from dext_tasks.matrix import own_names
from dext_tasks.project import Project
from dext_tasks.scaffold.adoption.answers import is_set
from dext_tasks.scaffold.adoption.files import place_of, state_of
from dext_tasks.scaffold.adoption.found import Unclear
from dext_tasks.scaffold.adoption.record import Record
from dext_tasks.scaffold.adoption.settings_file import add_settings
from dext_tasks.scaffold.adoption.wiring import ByHand, Member, Wired, Wiring
from dext_tasks.scaffold.file_changes import FileState
from dext_tasks.scaffold.file_replacing import replace_files, require_whole, require_writable
from dext_tasks.scaffold.pipelines import PipelineSystem, pipeline

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from dext_tasks.config import Settings
    from dext_tasks.scaffold.adoption.found import Survey, ValueOrigin

_SECTIONS: Final = frozenset(option.group.key for option in OPTIONS if option.group.key)
# https://docs.pyinvoke.org/en/stable/concepts/loading.html
_MODULE: Final = "tasks.py"
_PACKAGE: Final = "tasks/__init__.py"
_COMMIT: Final = "commit them, or put them away with `git stash`; changes in other files do not matter"


class PlannedFile(NamedTuple):
    """A file that is written.

    Attributes:
        path: From the folder that is adopted, with slashes.
        before: What is there; None if nothing is.
        content: What it will hold.
        line: Where what is new begins, from 1; 0 in a new file.
    """

    path: str
    before: FileState | None
    content: bytes
    line: int = 0


@dataclass(frozen=True)
class Wishes:
    """What is wanted besides what was found.

    Attributes:
        pipeline: The CI system that pipelines are written for; None for none.
        notes: What is to be said of this choice, a sentence each, without its full stop.
    """

    pipeline: PipelineSystem | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Adoption:
    """What is written into a repository.

    Attributes:
        folder: What is adopted: an extension, or a repository of several.
        top: What all files are in: the folder, or the top of its repository.
        surveys: What was found out, an extension each.
        files: What is written; empty if there is nothing to do.
        shown: What a person has to write.
        notes: What people should know, a sentence each, without its full stop.
        members: The extensions of a repository of several, as their tasks are called.
        taken: Names of verbs that the repository has for tasks of its own.
    """

    folder: Path
    top: Path
    surveys: tuple[Survey, ...]
    files: tuple[PlannedFile, ...] = ()
    shown: tuple[ByHand, ...] = ()
    notes: tuple[str, ...] = ()
    members: tuple[Member, ...] = ()
    taken: tuple[str, ...] = ()

    @property
    def has_tasks(self) -> bool:
        """Whether ``inv`` knows the verbs when it is written."""
        return not any(each.file.startswith("tasks") for each in self.shown)

    def apply(self) -> None:
        """Write all of it, or nothing, with a record of what was there.

        Raises:
            DirtyTreeError: A file has changed since.
            FileAccessError: A file cannot be written.
            NotAdoptedError: There is a record that cannot be read.
        """
        if not self.files:
            return
        changed = [each.path for each in self.files if state_of(self.folder, self.top, each.path) != each.before]
        if changed:
            raise DirtyTreeError(f"{', '.join(changed)} changed meanwhile", remedy="run it again")
        record = self._record()
        # First what says how to undo the rest, should the machine go down before all of it is done.
        states = {record.from_top(path): state for path, state in record.states().items()}
        for place, each in zip(self._places(), self.files, strict=True):
            is_executable = each.before is not None and each.before.is_executable
            states[place] = FileState(each.content, is_executable)
        with replace_files(self.top.resolve(), states):
            pass

    @property
    def is_applied(self) -> bool:
        """Whether all of it is written."""
        found = ((state_of(self.folder, self.top, each.path), each.content) for each in self.files)
        return all(state is not None and state.content == content for state, content in found)

    def require_possible(self) -> None:
        """Require that it can be written, and that git has what is changed.

        Raises:
            DirtyTreeError: A file that is changed is not committed.
            FileAccessError: A folder cannot be written to.
            GitError: Git cannot be used.
            HalfWrittenError: An adoption before was killed while it wrote files.
            NotAdoptedError: There is a record that cannot be read.
        """
        if not self.files:
            return
        require_whole(self.top.resolve())
        places = self._places()
        record = self._record()
        for path in record.states():
            record.from_top(path)
        if repository_top(self.top) is not None and (changes := Git(self.top).changes_in(places)):
            raise dirty(changes, remedy=_COMMIT)
        for folder in {(self.top / place).parent for place in places} | {self.top, self.folder}:
            require_writable(folder)

    def _places(self) -> list[str]:
        """Where each file is written, from the top; each is another one."""
        places = [place_of(self.folder, self.top, each.path) for each in self.files]
        for place, count in Counter(places).items():
            if count > 1:
                paths = " and ".join(each.path for each, at in zip(self.files, places, strict=True) if at == place)
                raise FileAccessError(f"{paths} are one file", remedy="put a file of its own in the place of each link")
        return places

    def _record(self) -> Record:
        before = {each.path: each.before.content if each.before else None for each in self.files}
        return Record.read(self.folder, self.top).with_files(
            {each.path: (before[each.path], each.content) for each in self.files}
        )


def adopt_one(survey: Survey, wishes: Wishes) -> Adoption:
    """What is written into the folder of an extension.

    Raises:
        ConfigError: Its settings are wrong.
        DextError: A file that would be extended cannot be.
    """
    made = _Draft(survey.root, survey.top)
    made.wire(Wiring())
    made.settle(survey, "")
    made.pipe(wishes, [survey])
    return made.done([survey])


def adopt_all(top: Path, surveys: Sequence[Survey], wishes: Wishes) -> Adoption:
    """What is written into a repository with several extensions: tasks at the top, settings in each.

    Raises what ``adopt_one`` raises.
    """
    made = _Draft(top, top)
    members = _members(top, surveys)
    made.wire(Wiring(members))
    for survey in surveys:
        made.settle(survey, survey.root.relative_to(top).as_posix())
    made.pipe(wishes, surveys)
    return made.done(surveys, members)


@dataclass(frozen=True)
class _Draft:
    """An adoption that is being planned.

    Attributes:
        folder: As of the adoption.
        top: The same.
        files: The same, as far as it is known.
        shown: The same.
        notes: The same.
        taken: The same.
    """

    folder: Path
    top: Path
    files: list[PlannedFile] = field(default_factory=list)
    shown: list[ByHand] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    taken: list[str] = field(default_factory=list)

    def wire(self, wiring: Wiring) -> None:
        self.notes.extend(self._hidden_tasks())
        name = self._tasks_file()
        if name:
            self.taken.extend(wiring.taken(name, self._content(name)))
            self._add(name, wiring.tasks(name, self._content(name)))
        else:
            text = wiring.tasks(_MODULE, None)
            assert isinstance(text, Wired)  # noqa: S101 - a new file is always certain
            why = "a folder `tasks` of modules is there, which a tasks.py would hide from Python"
            self.shown.append(ByHand(_MODULE, text.content.decode(), why))
        self._add("noxfile.py", wiring.sessions("noxfile.py", self._content("noxfile.py")))

    def settle(self, survey: Survey, folder: str) -> None:
        """Add the settings of an extension in a folder of this one; empty for this one itself."""
        prefix = "" if folder in {"", "."} else f"{folder}/"
        known = resolve(Layers(survey.root))
        change = add_settings(_unset(survey.settings(), known), lambda name: self._content(f"{prefix}{name}"))
        if change is not None:
            made = change.made
            name = f"{prefix}{change.name}"
            self._add(name, made._replace(file=name) if isinstance(made, ByHand) else made)

    def pipe(self, wishes: Wishes, surveys: Sequence[Survey]) -> None:
        """Add the pipelines of the repository."""
        self.notes.extend(wishes.notes)
        system = wishes.pipeline
        if system is None:
            return
        try:
            made = pipeline(system, [Project(each.root, settled(each)) for each in surveys])
        except (ConfigError, ProjectNotFoundError, UsageError) as error:
            self.notes.append(f"no pipeline is written: {error.message}")
            return
        for name in made.files:
            if name in made.present:
                self.notes.append(f"{name} is there already and stays; see `dext ci.{system} --dry-run`")
            elif name not in made.unchanged:
                path = os.path.relpath(made.top / name, self.folder.resolve()).replace(os.sep, "/")
                self._add(path, Wired(made.files[name].encode()))
                # Otherwise both push the same version. What is twice is said once.
                self.notes.extend(_publishing(each) for survey in surveys for each in survey.publishing)

    def done(self, surveys: Sequence[Survey], members: tuple[Member, ...] = ()) -> Adoption:
        notes = [*self.notes, *(note for each in surveys for note in (*each.notes, *each.history.doubts))]
        return Adoption(
            self.folder,
            self.top,
            tuple(surveys),
            tuple(self.files),
            tuple(self.shown),
            tuple(dict.fromkeys(notes)),
            members,
            tuple(self.taken),
        )

    def _add(self, path: str, made: Wired | ByHand | None) -> None:
        if isinstance(made, ByHand):
            self.shown.append(made)
        elif made is not None:
            self.files.append(PlannedFile(path, state_of(self.folder, self.top, path), made.content, made.line))
            self.notes.extend(made.notes)

    def _hidden_tasks(self) -> Iterator[str]:
        """What ``inv`` no longer finds from the folder, as it takes the nearest tasks.py alone."""
        if self._content(self._tasks_file() or _MODULE) is not None:
            return
        above = (each for each in self.folder.parents if each.is_relative_to(self.top))
        found = next((each / name for each in above for name in (_MODULE, _PACKAGE) if (each / name).is_file()), None)
        if found:
            yield f"from {self.folder}, `inv` no longer finds the tasks of {found}; `dext adopt --all` extends them"

    def _tasks_file(self) -> str:
        """The file that invoke loads, or would; empty where a new one would be in the way."""
        if not os.path.lexists(self.folder / _MODULE):
            if os.path.lexists(self.folder / _PACKAGE):
                return _PACKAGE
            if (self.folder / "tasks").is_dir() and any((self.folder / "tasks").glob("*.py")):
                return ""
        return _MODULE

    def _content(self, path: str) -> bytes | None:
        state = state_of(self.folder, self.top, path)
        return state.content if state else None


def _publishing(push: ValueOrigin) -> str:
    return f"{push.file}:{push.line} pushes the image, too, and stays: let only one pipeline publish versions"


def settled(survey: Survey) -> Settings:
    """The settings that an extension has when it is adopted.

    Raises:
        ConfigError: They are wrong.
    """
    known = resolve(Layers(survey.root))
    named = NamedFile("what was found", _unset(survey.settings(), known))
    return resolve(Layers(survey.root, named=named)).settings


def _unset(settings: Mapping[str, object], known: Resolved) -> dict[str, object]:
    """Settings without those that the project's files have already."""
    left: dict[str, object] = {}
    for key, value in settings.items():
        if key in _SECTIONS and isinstance(value, Mapping):
            inner = {name: _plain(each) for name, each in value.items() if not is_set(known, f"{key}.{name}")}
            left |= {key: inner} if inner else {}
        elif not is_set(known, key):
            left[key] = _plain(value)
    return left


def _plain(value: object) -> object:
    return dict(value) if isinstance(value, Mapping) else value


def _members(top: Path, surveys: Sequence[Survey]) -> tuple[Member, ...]:
    """Each extension with a name that no other has, the one by which `dext ci.matrix` calls it, too."""
    folders = [survey.root.relative_to(top).as_posix() for survey in surveys]
    named = [PurePosixPath(_named(folder, survey)) for folder, survey in zip(folders, surveys, strict=True)]
    return tuple(Member(name, folder) for name, folder in zip(own_names(named), folders, strict=True))


def _named(folder: str, survey: Survey) -> str:
    if folder != ".":
        return folder
    # That of the folder is another one in each checkout.
    return "extension" if isinstance(survey.image, Unclear) else survey.image.value.rpartition("/")[2]
