"""Rendering a template into a new folder, all of it or nothing."""

from __future__ import annotations

import os
import stat
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final, NamedTuple

from dext_tasks._version import __version__
from dext_tasks.config.repository import tag_prefix_of
from dext_tasks.errors import ScaffoldError, file_access
from dext_tasks.runtime.temporary import folder_of_run
from dext_tasks.scaffold.answers import NONE
from dext_tasks.scaffold.destination import NewFolder, require_place, unwritable
from dext_tasks.scaffold.filling import become, fill, overwrite, replaced
from dext_tasks.scaffold.pipelines import can_be_written
from dext_tasks.scaffold.repository import GitCommand, GitOutcome, commit_first, initialise, without_hooks
from dext_tasks.scaffold.templates import template_path
from dext_tasks.scaffold.validation import validate

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dext_tasks.scaffold.answers import Answers


class LeftOut(NamedTuple):
    """What an extension below the top of a repository has no files for, as nothing reads them there.

    Attributes:
        is_below: Whether it is below the top.
        pipeline: System whose pipeline is to be written at the top; empty for none, and where none can be.
    """

    is_below: bool = False
    pipeline: str = ""

    @classmethod
    def of(cls, answers: Answers) -> LeftOut:
        """By the answers."""
        is_wanted = answers.folder and answers.ci != NONE and can_be_written(answers.folder)
        return cls(bool(answers.folder), answers.ci if is_wanted else "")


NOTHING_LEFT_OUT: Final = LeftOut()
"""At the top of a repository."""


@dataclass(frozen=True)
class Scaffolded:
    """A new extension.

    Attributes:
        path: Its folder, absolute.
        files: What was rendered, relative to ``path``, sorted.
        git: What git holds of it.
        git_output: Git's own words where something was left undone, else empty.
        replaced: Those of the files that took the place of one that was there.
        missing: What it has no files for.
    """

    path: Path
    files: tuple[Path, ...]
    git: GitOutcome
    git_output: str = ""
    replaced: tuple[Path, ...] = ()
    missing: LeftOut = NOTHING_LEFT_OUT


@dataclass(frozen=True)
class Preview:
    """An extension that could be made.

    Attributes:
        path: Its folder, absolute.
        files: What would be rendered, relative to ``path``, sorted.
        replaced: Those of the files that would take the place of one that is there.
        missing: What it would have no files for.
    """

    path: Path
    files: tuple[Path, ...]
    replaced: tuple[Path, ...] = ()
    missing: LeftOut = NOTHING_LEFT_OUT


def preview(answers: Answers, destination: Path, *, force: bool = False) -> Preview:
    """What ``render`` would make of the same arguments; it is rendered in the folder for temporary files.

    Raises:
        DirectoryNotEmptyError: As ``render``.
        ScaffoldError: As ``render``.
    """
    validate(answers)
    source = template_path()
    place = require_place(destination, force=force)
    with folder_of_run() as folder:
        staged = folder / place.path.name
        copy_template(source, staged, answers)
        files = _files(staged)
        before = replaced(files, place.path) if force else ()
        return Preview(place.path, files, before, LeftOut.of(answers))


def render(
    answers: Answers,
    destination: Path,
    *,
    git: GitCommand = without_hooks,
    force: bool = False,
) -> Scaffolded:
    """Make a new extension in ``destination``: a folder that does not exist yet, or that holds nothing of a project.

    It is rendered in a temporary folder on the same file system. That takes the place of a new folder at once, and
    what is in it is moved into one that exists: an interruption leaves nothing half written.

    Args:
        answers: What to render.
        destination: The folder.
        git: Runs git.
        force: Whether the destination may hold files; the template's take the place of those with the same names.

    Raises:
        DirectoryNotEmptyError: The destination holds files.
        FileAccessError: There is no room, or no right to write.
        ScaffoldError: An answer cannot be used, the template is missing, or the destination cannot be written.
    """
    validate(answers)
    source = template_path()
    place = require_place(destination, force=force)
    with _staging(place) as staged:
        copy_template(source, staged, answers)
        _make_writable(staged)
        files = _files(staged)
        if force and place.exists:
            before, held = _overwritten(staged, place, files, git)
        else:
            before, held = (), _placed(staged, place, files, git)
    # Not before the temporary folder is gone, of which a commit would have what was replaced.
    state, said = held or commit_first(place.path, git)
    return Scaffolded(place.path, files, state, said, before, LeftOut.of(answers))


_Held = tuple[GitOutcome, str]


def _placed(staged: Path, place: NewFolder, files: tuple[Path, ...], git: GitCommand) -> _Held | None:
    """Put an extension where no files are; what git holds of it, or None where it is yet to be committed."""
    if place.has_repository:
        fill(staged, place.path, files)
        return None
    held = initialise(staged, place.path if place.exists else place.path.parent, git)
    if place.exists:
        fill(staged, place.path, files)
    else:
        become(staged, place.path)
    return held


def _overwritten(
    staged: Path, place: NewFolder, files: tuple[Path, ...], git: GitCommand
) -> tuple[tuple[Path, ...], _Held | None]:
    """Put an extension where files may be: those that it replaces, and what ``_placed`` says.

    No commit gets any that the template did not make, but those of a clone.
    """
    before = replaced(files, place.path)
    held = None if place.has_repository else initialise(staged, place.path, git)
    overwrite(staged, place.path, files)
    if place.has_repository and place.holds_files:
        held = (GitOutcome.INSIDE_REPOSITORY, "")
    return before, held


@contextmanager
def _staging(place: NewFolder) -> Iterator[Path]:
    target = place.path
    try:
        # The folder around one that exists may be another file system, or may not be written to.
        around = (".dext-new-", target) if place.exists else (f".{target.name}-", target.parent)
        parent = TemporaryDirectory(prefix=around[0], dir=around[1])
    except OSError as error:
        raise unwritable(target, error) from error
    with parent:
        # One level down: the temporary folder itself is private to its owner.
        yield Path(parent.name) / (target.name or "extension")


def template_values(answers: Answers, version: str = __version__) -> dict[str, object]:
    """What a template knows by name: the answers, and what follows from them and the version of dext-tasks."""
    return asdict(answers) | {"template_version": version, "tag_prefix": tag_prefix_of(answers.folder, "v")}


def copy_template(source: Path, destination: Path, answers: Answers, version: str = __version__) -> None:
    """Render a template into a folder that is not there yet, with files as the template has them.

    Args:
        source: Folder of the template.
        destination: The new folder.
        answers: What to render it with.
        version: Of dext-tasks, whose template it is.

    Raises:
        FileAccessError: There is no room, or no right to write.
        ScaffoldError: Copier fails.
    """
    # Only two verbs need copier, and importing it takes longer than any other command's whole start.
    from copier import Settings, run_copy
    from plumbum import local

    data = template_values(answers, version)
    try:
        # Copier looks for git to see whether a template is a repository or a bundle (by `git init` in a
        # temporary folder) and asks it about each file it writes. This template is neither, so git is
        # hidden from it: no processes, and no GIT_DIR of a surrounding hook is touched.
        # https://github.com/copier-org/copier/blob/master/copier/_vcs.py, and for copier without git
        # https://github.com/copier-org/copier/pull/2651 (9.15.2)
        # Settings of whoever runs it are for templates of their own; and without a home copier cannot look for them.
        with local.env(PATH=os.devnull):
            run_copy(str(source), destination, data=data, defaults=True, quiet=True, settings=Settings())
    except Exception as error:  # copier passes on whatever jinja2, yaml and pydantic raise
        # No room, no right: the template is not what is wrong.
        told = file_access(error) if isinstance(error, OSError) else None
        raise told or ScaffoldError(
            f"the template could not be rendered: {type(error).__name__}",
            remedy="reinstall dext-tasks; if it happens again, report it with the lines above",
            detail=str(error),
        ) from error


def _make_writable(folder: Path) -> None:
    """Copier keeps the mode of the template's files, and an installed package may be read-only."""
    for path in folder.rglob("*"):
        path.chmod(path.stat().st_mode | stat.S_IWUSR)


def _files(folder: Path) -> tuple[Path, ...]:
    return tuple(sorted(path.relative_to(folder) for path in folder.rglob("*") if path.is_file()))
