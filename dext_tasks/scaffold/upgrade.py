"""What the template of today makes of a project that an earlier one made.

An upgrade is planned as a whole, without writing anything, and applied as a whole, so that a dry run
shows what a real one does.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from semver import Version

from dext_tasks._version import __version__
from dext_tasks.config.repository import repository_top
from dext_tasks.errors import ConflictsLeftError, DirtyTreeError, GitError, NotScaffoldedError, TemplateVersionError
from dext_tasks.extension.version import as_version
from dext_tasks.git import Git, Unmerged, dirty
from dext_tasks.project import named_root
from dext_tasks.runtime.temporary import folder_of_run
from dext_tasks.scaffold.answers import ANSWERS_FILE, Answers, answers_text, derive, recorded
from dext_tasks.scaffold.file_changes import FileChange, FileState, Side, decide, find_in, require_resolved
from dext_tasks.scaffold.file_replacing import replace_files, require_whole
from dext_tasks.scaffold.render import copy_template
from dext_tasks.scaffold.templates import frozen_template, frozen_versions, template_path
from dext_tasks.scaffold.validation import require
from dext_tasks.wording import counted

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_VERSION_KEY: Final = "_template_version"
_SHOWN: Final = 5
# How git's lines begin where both sides are kept: https://git-scm.com/docs/git-status#_short_format
_UNMERGED: Final = frozenset({"AA", "AU", "DD", "DU", "UA", "UD", "UU"})


@dataclass(frozen=True)
class TemplateVersion:
    """The template as a version of dext-tasks has it.

    Attributes:
        version: Of dext-tasks.
        folder: Where it is.
    """

    version: Version
    folder: Path

    @classmethod
    def installed(cls) -> TemplateVersion:
        """The one that comes with this dext-tasks."""
        return cls(Version.parse(__version__), template_path())


@dataclass(frozen=True)
class Scaffold:
    """A project as ``dext new`` made it, or as the last upgrade left it.

    Attributes:
        root: Its folder.
        version: Of dext-tasks, whose template it has.
        text: Its answers file.
    """

    root: Path
    version: Version
    text: str

    @classmethod
    def of(cls, folder: Path, *, is_named: bool = False) -> Scaffold:
        """Read it.

        Args:
            folder: The project's, or one in it.
            is_named: Whether it is the project's, so that nothing above it is.

        Raises:
            NotScaffoldedError: ``dext new`` did not make it, or nothing tells how.
        """
        root = _root(named_root(folder), is_named=is_named)
        found = find_in(root, ANSWERS_FILE, frozenset())
        if not isinstance(found, FileState):
            why = found.why if found else "it is gone"
            raise NotScaffoldedError(
                f"{root / ANSWERS_FILE} cannot be read: {why}", remedy="restore the file as dext new wrote it"
            )
        text = found.content.decode("utf-8", "replace")
        return cls(root, _version(text), text)

    @property
    def answers(self) -> Answers:
        """What the template was rendered with.

        Raises:
            ScaffoldError: They are not all there.
        """
        # Read late: a newer dext-tasks may have asked for others, which is then not what is wrong.
        return recorded(self.text)


@dataclass(frozen=True)
class Upgrade:
    """What an upgrade changes.

    Attributes:
        root: Folder of the project.
        before: The version that it has.
        after: The version that it will have.
        files: What becomes of each file that is not left alone, sorted by path.
    """

    root: Path
    before: Version
    after: Version
    files: tuple[FileChange, ...] = ()

    @property
    def is_available(self) -> bool:
        """Whether there is anything to do."""
        return self.before != self.after or bool(self.files)

    @property
    def conflicts(self) -> tuple[FileChange, ...]:
        """Files in which somebody has to choose."""
        return tuple(each for each in self.files if each.sides)


def available(scaffold: Scaffold, target: TemplateVersion | None = None) -> Upgrade:
    """Whether a project can be upgraded, without saying what that changes.

    Raises:
        TemplateVersionError: As ``plan_upgrade``.
    """
    target = target or TemplateVersion.installed()
    _base(scaffold, target)
    return Upgrade(scaffold.root, scaffold.version, target.version)


def plan_upgrade(
    scaffold: Scaffold, changed: Mapping[str, str] | None = None, target: TemplateVersion | None = None
) -> Upgrade:
    """What an upgrade will change; nothing is written.

    Args:
        scaffold: The project.
        changed: Answers that are to be others from now on, as a person writes them.
        target: The template to upgrade to; the installed one if it is not given.

    Raises:
        ConflictsLeftError: Files have conflict markers already, or git has both sides of a conflict.
        DirtyTreeError: Something is not committed, or there is no repository.
        GitError: Git cannot be used.
        HalfWrittenError: An upgrade before was killed while it wrote files.
        ScaffoldError: The answers cannot be used, or a template cannot be rendered.
        TemplateVersionError: The project's template is newer than this one, or not known.
    """
    require_whole(scaffold.root)
    target = target or TemplateVersion.installed()
    before = _base(scaffold, target)
    written = {**scaffold.answers.written(), **(changed or {})}
    require(written, written.keys() - (changed or {}).keys())
    answers = derive(**written)
    if scaffold.version == target.version and answers == scaffold.answers:
        _require_merged(Git(scaffold.root))
        return Upgrade(scaffold.root, scaffold.version, target.version)
    tracked = _committed(Git(scaffold.root))
    base = _rendered(before, scaffold.answers)
    theirs = _rendered(target, answers)
    ours: dict[str, Side] = {path: find_in(scaffold.root, path, tracked) for path in sorted({*base, *theirs})}
    # What it says was read, and it is written anew.
    ours[ANSWERS_FILE] = base[ANSWERS_FILE]
    require_resolved(ours)
    files = decide(base, ours, theirs)
    _require_tracked(scaffold.root, files, tracked)
    return Upgrade(scaffold.root, scaffold.version, target.version, files)


def apply_upgrade(upgrade: Upgrade) -> None:
    """Do what was planned, all of it or nothing.

    Raises:
        DirtyTreeError: Something has changed since, such as in an editor; git has not got that.
        FileAccessError: A file cannot be written.
        GitError: Git does not take the conflicts.
    """
    _require_tracked(upgrade.root, upgrade.files, _committed(Git(upgrade.root)))
    # Last what says that it is done: should the machine go down before, the project still has its old version.
    in_order = sorted(upgrade.files, key=lambda each: each.path == ANSWERS_FILE)
    written = {each.path: each.state for each in in_order if each.is_written}
    with replace_files(upgrade.root, written), folder_of_run() as place:
        if upgrade.conflicts:
            Git(upgrade.root).mark_unmerged([_unmerged(each, place) for each in upgrade.conflicts])


def is_applied(upgrade: Upgrade) -> bool:
    """Whether a project is as an upgrade leaves it, by the file that is written last."""
    states = (each.state for each in upgrade.files if each.path == ANSWERS_FILE)
    return all(state is not None and FileState.read(upgrade.root / ANSWERS_FILE) == state for state in states)


def _unmerged(change: FileChange, folder: Path) -> Unmerged:
    """A conflict as git takes it, its sides in files."""
    versions: list[Path | None] = []
    for name, content in vars(change.sides).items():
        file = folder / f"{change.path.replace('/', '-')}.{name}"
        file.write_bytes(content)
        versions.append(file if content else None)
    return Unmerged(change.path, tuple(versions), is_executable=bool(change.state and change.state.is_executable))


def _root(start: Path, *, is_named: bool) -> Path:
    """The nearest folder with an answers file, up to the top of the repository."""
    top = repository_top(start)
    above = start.parents if top and not is_named else ()
    for folder in (start, *(each for each in above if top and each.is_relative_to(top))):
        if os.path.lexists(folder / ANSWERS_FILE):
            return folder
    raise NotScaffoldedError(
        f"{start} has no {ANSWERS_FILE}, so `dext new` did not make it",
        remedy=_elsewhere(start)
        or "to get what the template has, make another extension with `dext new` and copy "
        "from it; the other verbs work without",
    )


def _elsewhere(start: Path) -> str:
    """Where in the repository there are projects, as what to do next; empty if there are none."""
    if repository_top(start) is None:
        return ""
    try:
        found = [file.parent for file in Git(start).files_named([ANSWERS_FILE])]
    except GitError:
        return ""
    shown = [f"--path {os.path.relpath(folder, start)}" for folder in found[:_SHOWN]]
    return f"name one of the extensions in this repository: {', '.join(shown)}" if shown else ""


def _version(text: str) -> Version:
    try:
        found = answers_text(text).get(_VERSION_KEY, "")
    except ValueError as error:
        raise NotScaffoldedError(
            f"{ANSWERS_FILE} is not YAML any more", remedy="restore the file as dext new wrote it", detail=str(error)
        ) from error
    version = as_version(found)
    if version is None:
        raise NotScaffoldedError(
            f"{ANSWERS_FILE} does not say which version of dext-tasks made the project",
            remedy=f"if dext new made it, restore the line {_VERSION_KEY}; the template of another tool is upgraded "
            "with that tool",
        )
    return version


def _base(scaffold: Scaffold, target: TemplateVersion) -> TemplateVersion:
    """The template that a project was made of."""
    if scaffold.version > target.version:
        raise TemplateVersionError(
            f"the project has the template of dext-tasks {scaffold.version}, and this is {target.version}",
            remedy=f"install dext-tasks {scaffold.version} or newer",
        )
    if scaffold.version == target.version:
        return target
    if str(scaffold.version) not in frozen_versions():
        raise TemplateVersionError(
            f"the template of dext-tasks {scaffold.version} is not known",
            remedy=f"correct {_VERSION_KEY} in {ANSWERS_FILE}; known are {', '.join(frozen_versions())}",
        )
    return TemplateVersion(scaffold.version, frozen_template(str(scaffold.version)))


def _committed(git: Git) -> frozenset[str]:
    """The files that git has, relative to the project's folder; of these each can be brought back."""
    if not git.is_repository():
        raise DirtyTreeError(
            f"{git.root} is not in a git repository, which keeps what an upgrade replaces",
            remedy='git init && git add --all && git commit -m "Before the upgrade", then run it again',
        )
    changes = [change for change in git.changes() if not change.startswith("??")]
    changes += [f" M {path} (git was told not to look at it)" for path in git.hidden_changes()]
    if changes:
        raise dirty(tuple(changes), remedy="commit them, or put them away with `git stash`")
    return git.tracked()


def _require_merged(git: Git) -> None:
    """Require that nothing is left to be chosen, such as by an upgrade before, where git is there to tell."""
    if not git.is_repository():
        return
    changes = (change.split(maxsplit=1) for change in git.changes())
    left = [path for state, path in changes if state in _UNMERGED]
    if left:
        raise ConflictsLeftError(
            f"{counted(len(left), 'file has', 'files have')} conflicts still: {', '.join(left)}",
            remedy="choose between the two sides at each <<<<<<<, then `git add` the file",
        )


def _require_tracked(root: Path, files: tuple[FileChange, ...], tracked: frozenset[str]) -> None:
    """Require that git has what is replaced or removed."""
    # Never followed: what a link leads to is not replaced.
    lost = [each.path for each in files if each.is_written and each.path not in tracked]
    lost = [path for path in lost if os.path.lexists(root / path)]
    if lost:
        raise DirtyTreeError(
            f"{counted(len(lost), 'file is', 'files are')} in the way, and not committed",
            remedy="commit them, or move them away",
            detail="\n".join(lost),
        )


def _rendered(template: TemplateVersion, answers: Answers) -> dict[str, FileState]:
    with folder_of_run() as place:
        folder = place / "extension"
        copy_template(template.folder, folder, answers, str(template.version))
        files = sorted(path for path in folder.rglob("*") if path.is_file())
        return {path.relative_to(folder).as_posix(): FileState.read(path) for path in files}
