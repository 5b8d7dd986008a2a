"""Other extensions in the same repository, whose versions must not be taken for this one's."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

from dext_tasks.config.repository import folder_in_repository, repository_top
from dext_tasks.config.resolve import SETTINGS_FILES, Layers, resolve
from dext_tasks.errors import ConfigError, DextError
from dext_tasks.extension.version import as_version
from dext_tasks.project import Project

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from dext_tasks.git import Git

_SOME_VERSION = "1.0.0"


@dataclass(frozen=True)
class Sibling:
    """Another extension.

    Attributes:
        folder: Where it is, from the top of the repository; ``.`` at the top itself.
        image: Where it is published, without tag.
        tag_prefix: What precedes the version in its git tags.
    """

    folder: str
    image: str
    tag_prefix: str


def siblings(project: Project, git: Git) -> tuple[Sibling, ...]:
    """Every other folder of the repository with settings that name an image.

    Only what its own files say: variables and flags are this extension's.

    Raises:
        GitError: git cannot list the repository's files.
    """
    top = repository_top(project.root)
    if top is None:
        return ()
    files = filter(_may_be_ours, git.files_named(SETTINGS_FILES))
    folders = {file.parent.resolve() for file in files} - {project.root.resolve()}
    return tuple(found for folder in sorted(folders) if (found := _sibling(top, folder)))


def require_own_versions(project: Project, git: Git) -> tuple[Sibling, ...]:
    """Require that no other extension of the repository shares image or git tags with this one; those there are.

    Raises:
        ConfigError: One does.
        ReferenceInvalidError: The project has no image.
        GitError: git cannot list the repository's files.
    """
    others = siblings(project, git)
    _require_none([why for other in others for why in _shared(project, other)])
    return others


def require_apart(projects: Sequence[Project]) -> None:
    """Require that no two of several extensions share image or git tags, without looking for others.

    Raises:
        ConfigError: Two do.
        ReferenceInvalidError: One has no image.
    """
    known = [
        Sibling(folder_in_repository(each.root) or ".", each.image.name, each.settings.release_tag_prefix)
        for each in projects
    ]
    pairs = combinations(zip(projects, known, strict=True), 2)
    _require_none([f"{mine.folder}: {why}" for (project, mine), (_, other) in pairs for why in _shared(project, other)])


def _require_none(shared: Sequence[str]) -> None:
    if shared:
        raise ConfigError(
            shared[0] if len(shared) == 1 else f"{len(shared)} settings are shared with other extensions",
            remedy="give each extension of the repository an `image` and a `release.tag-prefix` of its own",
            detail="\n".join(shared) if len(shared) > 1 else "",
        )


def _may_be_ours(file: Path) -> bool:
    """Whether a file says anything of this program; most of a large repository's do not, and need no parser."""
    try:
        return b"dext" in file.read_bytes()
    except OSError:
        return False


def _sibling(top: Path, folder: Path) -> Sibling | None:
    try:
        settings = resolve(Layers(folder)).settings
        image = Project(folder, settings).image.name if settings.image else ""
    except DextError:
        # What is wrong with that one is reported to whoever works on it.
        return None
    return Sibling(folder.relative_to(top).as_posix(), image, settings.release_tag_prefix) if image else None


def _shared(project: Project, other: Sibling) -> Iterator[str]:
    if project.image.name == other.image:
        yield f"the extension in {other.folder} is published as {other.image}, too"
    prefix = project.settings.release_tag_prefix
    if _reads_as(prefix, other.tag_prefix) or _reads_as(other.tag_prefix, prefix):
        yield (
            f"the git tags of the extension in {other.folder} begin with {other.tag_prefix!r}, those of this one with "
            f"{prefix!r}: a version of one would be taken for the other's"
        )


def _reads_as(tags: str, prefix: str) -> bool:
    """Whether tags with one prefix are versions to somebody who looks for another."""
    tag = f"{tags}{_SOME_VERSION}"
    return tag.startswith(prefix) and as_version(tag.removeprefix(prefix)) is not None
