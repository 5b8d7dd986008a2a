"""The files of the commit that is released: all that is built, checked and tested is made from them.

What is edited, checked out or left lying in the working tree does not reach a release.
"""

from __future__ import annotations

import os
import stat
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from dext_tasks.errors import (
    DextError,
    DirtyTreeError,
    DockerfileInvalidError,
    DockerfileMissingError,
    FileAccessError,
    OutsideProjectError,
)
from dext_tasks.formats.dockerfile.pathglob import has_wildcard
from dext_tasks.runtime.temporary import sweep_folders, temporary_folder
from dext_tasks.sources.context import TooManyError
from dext_tasks.sources.source import NotOfferedError
from dext_tasks.sources.tree import TreeSource

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from dext_tasks.project import Project
    from dext_tasks.release.observe import World
    from dext_tasks.release.state import Intent

_REMEDY = (
    "commit what the build needs, or let the Dockerfile make it in a stage of its own (RUN npm run build); a release "
    "is made from a commit"
)


@contextmanager
def of_commit(world: World, intent: Intent) -> Iterator[World]:
    """The world with the commit's files in the place of the working tree, for as long as the block runs.

    They are in a temporary folder of this run; the next one removes what a killed run left.

    Raises:
        GitError: Some of them cannot be had.
        DirtyTreeError: What the build needs is in the working tree alone.
        FileAccessError: Somebody removed some of them while the block ran; see World.require_source, too.
    """
    sweep_folders()
    with temporary_folder(world.any_engine.client.folder_prefix) as folder:
        top = Path(folder, "source").resolve()
        made = replace(world.project, root=world.git.export(intent.commit, top), home=world.project.root)
        world.cancellation.check()
        if lacking := _lacking(world.project, made, top):
            raise DirtyTreeError(
                f"the build needs what is in the working tree and not in commit {intent.commit[:12]}: "
                f"{', '.join(lacking)}",
                remedy=_REMEDY,
            )
        exported = _entries(top)
        sealed = replace(world, project=made, require_source=lambda: _require(exported, _entries(top), folder))
        try:
            yield sealed
        except (DextError, OSError) as error:
            # A smoke test may leave files there, but nothing takes one away.
            if lost := exported.keys() - _entries(top).keys():
                raise _changed(lost, folder) from error
            raise


def _entries(top: Path) -> dict[str, tuple[int, int, int]]:
    """Mode, size and time of all that is in a folder, by path; those of a folder are its mode alone."""
    found = {}
    for place, folders, names in os.walk(top):
        for path in (Path(place, name) for name in (*folders, *names)):
            # It may go at this moment.
            with suppress(FileNotFoundError):
                seen = path.lstat()
                facts = (0, 0) if stat.S_ISDIR(seen.st_mode) else (seen.st_size, seen.st_mtime_ns)
                found[path.relative_to(top).as_posix()] = (seen.st_mode, *facts)
    return found


def _require(exported: Mapping[str, object], now: Mapping[str, object], folder: str) -> None:
    if different := {path for path, _ in exported.items() ^ now.items()}:
        raise _changed(different, folder)


def _changed(paths: Iterable[str], folder: str) -> FileAccessError:
    first, *others = sorted(paths)
    more = f" and {len(others)} more" if others else ""
    return FileAccessError(
        f"the files of the commit, in {folder}, were changed or removed while the release ran: {first}{more}",
        remedy="keep whatever cleans temporary folders away from those in use, or set TMPDIR to another one; "
        "then run the same command again, which goes on from there",
    )


def _lacking(tree: Project, made: Project, top: Path) -> list[str]:
    """What a build takes from the working tree and cannot take from the commit: paths from the project."""
    if not made.root.is_dir():
        return ["."]
    try:
        is_there = made.dockerfile.resolve().is_relative_to(top)
    except (DockerfileMissingError, FileAccessError, OutsideProjectError):
        is_there = False
    if not is_there:
        return [os.path.relpath(tree.dockerfile, tree.root)]
    try:
        absent = {source for view in TreeSource(made).views for source in view.origins.absent()}
    except (DockerfileInvalidError, NotOfferedError, TooManyError):
        # The build will show it.
        return []
    return sorted(source for source in absent if _is_at(tree.root, source))


def _is_at(folder: Path, source: str) -> bool:
    """Whether something is at the source of a COPY or ADD."""
    if has_wildcard(source):
        return any(True for _ in folder.glob(source))
    return os.path.lexists(folder / source)
