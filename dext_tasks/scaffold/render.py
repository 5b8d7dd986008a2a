"""Rendering a template into a new directory, all of it or nothing."""

from __future__ import annotations

import os
import stat
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from dext_tasks._version import __version__
from dext_tasks.errors import DirectoryNotEmptyError, ScaffoldError
from dext_tasks.scaffold.repository import Git, GitState, initialise, run_git
from dext_tasks.scaffold.templates import DEFAULT, template_path
from dext_tasks.scaffold.validation import validate

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dext_tasks.scaffold.answers import Answers


@dataclass(frozen=True)
class Scaffolded:
    """A new extension.

    Attributes:
        path: Its directory, absolute.
        files: What was rendered, relative to ``path``, sorted.
        git: What git holds of it.
        git_output: Git's own words where something was left undone, else empty.
    """

    path: Path
    files: tuple[Path, ...]
    git: GitState
    git_output: str = ""


@dataclass(frozen=True)
class Preview:
    """An extension that could be made.

    Attributes:
        path: Its directory, absolute.
        files: What would be rendered, relative to ``path``, sorted.
    """

    path: Path
    files: tuple[Path, ...]


def preview(answers: Answers, destination: Path, *, template: str = DEFAULT) -> Preview:
    """What ``render`` would make of the same arguments; it is rendered in the folder for temporary files.

    Raises:
        DirectoryNotEmptyError: As ``render``.
        ScaffoldError: As ``render``.
    """
    validate(answers)
    source = template_path(template)
    target = destination.resolve()
    _refuse_occupied(target)
    if not os.access(target.parent, os.W_OK):
        raise _unwritable(target, f"{target.parent} is no directory that may be written to")
    with TemporaryDirectory() as folder:
        staged = Path(folder) / target.name
        _run_copier(source, staged, answers)
        return Preview(target, _files(staged))


def render(answers: Answers, destination: Path, *, template: str = DEFAULT, git: Git = run_git) -> Scaffolded:
    """Make a new extension in ``destination``, which must not exist yet or be an empty directory.

    Everything happens in a temporary directory beside it, which then takes its place: an interruption
    leaves nothing half written.

    Raises:
        DirectoryNotEmptyError: The destination holds files.
        ScaffoldError: An answer cannot be used, there is no such template, or the destination cannot be
            written.
    """
    validate(answers)
    source = template_path(template)
    target = destination.resolve()
    _refuse_occupied(target)
    with _staging(target) as staged:
        _run_copier(source, staged, answers)
        _make_writable(staged)
        files = _files(staged)
        state, output = initialise(staged, target.parent, git)
        _move(staged, target)
    return Scaffolded(target, files, state, output)


def _refuse_occupied(target: Path) -> None:
    try:
        occupied = target.is_dir() and any(target.iterdir())
        is_file = target.exists() and not target.is_dir()
    except OSError as error:
        raise _unwritable(target, error) from error
    if occupied:
        raise DirectoryNotEmptyError(
            f"{target} holds files already", remedy="choose another name, or an empty directory"
        )
    if is_file:
        raise ScaffoldError(f"{target} is a file", remedy="choose another name, or move the file away")


@contextmanager
def _staging(target: Path) -> Iterator[Path]:
    try:
        parent = TemporaryDirectory(prefix=f".{target.name}-", dir=target.parent)
    except OSError as error:
        raise _unwritable(target, error) from error
    with parent:
        # One level down: the temporary directory itself is private to its owner.
        yield Path(parent.name) / target.name


def _unwritable(target: Path, error: OSError | str) -> ScaffoldError:
    reason = (error.strerror or error) if isinstance(error, OSError) else error
    return ScaffoldError(
        f"{target} cannot be written: {reason}",
        remedy="choose a directory that exists and that you may write to",
    )


def _run_copier(source: Path, destination: Path, answers: Answers) -> None:
    # Only `dext new` needs copier, and importing it takes longer than any other command's whole start.
    from copier import run_copy  # noqa: PLC0415 - see above
    from plumbum import local  # noqa: PLC0415 - comes with copier

    data = asdict(answers) | {"template_version": __version__}
    try:
        # Copier looks for git to see whether a template is a repository or a bundle (by `git init` in a
        # temporary directory) and asks it about each file it writes. This template is neither, so git is
        # hidden from it: no processes, and no GIT_DIR of a surrounding hook is touched.
        # https://github.com/copier-org/copier/blob/master/copier/_vcs.py, and for copier without git
        # https://github.com/copier-org/copier/pull/2651 (9.15.2)
        with local.env(PATH=os.devnull):
            run_copy(str(source), destination, data=data, defaults=True, quiet=True)
    except Exception as error:  # copier passes on whatever jinja2, yaml and pydantic raise
        raise ScaffoldError(
            f"the template could not be rendered: {type(error).__name__}",
            remedy="reinstall dext-tasks; if it happens again, report it with the lines above",
            detail=str(error),
        ) from error


def _make_writable(directory: Path) -> None:
    """Copier keeps the mode of the template's files, and an installed package may be read-only."""
    for path in directory.rglob("*"):
        path.chmod(path.stat().st_mode | stat.S_IWUSR)


def _files(directory: Path) -> tuple[Path, ...]:
    return tuple(sorted(path.relative_to(directory) for path in directory.rglob("*") if path.is_file()))


def _move(staged: Path, target: Path) -> None:
    try:
        staged.rename(target)
    except OSError as error:
        # Somebody may have been faster; rename(2) replaces an empty directory and nothing else.
        _refuse_occupied(target)
        raise _unwritable(target, error) from error
