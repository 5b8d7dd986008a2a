"""What an existing repository shows of the extensions in it; nothing is written, and nothing of it is run."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from dext_tasks.errors import GitError, ProjectNotFoundError, UsageError
from dext_tasks.formats.oci.platform import REQUIRED
from dext_tasks.git import Git
from dext_tasks.scaffold.adoption.evidence import gather
from dext_tasks.scaffold.adoption.extensions import dockerfiles, extensions
from dext_tasks.scaffold.adoption.found import KnownValue, Survey, TagHistory, Unclear
from dext_tasks.scaffold.adoption.history import tag_history
from dext_tasks.scaffold.adoption.image import image_of
from dext_tasks.scaffold.adoption.listing import list_files

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from dext_tasks.scaffold.adoption.evidence import Evidence
    from dext_tasks.scaffold.adoption.extensions import FoundExtension
    from dext_tasks.scaffold.adoption.listing import RepositoryFiles

_SHOWN: Final = 5


def survey(folder: Path) -> Survey:
    """What is found out about the extension in a folder.

    Raises:
        ProjectNotFoundError: There is none.
        UsageError: There are several, none of them in the folder itself.
    """
    found = surveys(folder)
    own = [each for each in found if each.root == folder.resolve()]
    if len(own or found) > 1:
        roots = ", ".join(os.path.relpath(each.root, folder.resolve()) for each in found)
        raise UsageError(f"{folder} holds several extensions: {roots}", remedy="name the folder of one, or add --all")
    return (own or list(found))[0]


def surveys(folder: Path) -> tuple[Survey, ...]:
    """What is found out about every extension in a folder or below it; of one whose context is above it, too.

    Raises:
        ProjectNotFoundError: There is none.
    """
    here = folder.resolve()
    files = list_files(here)
    evidence = gather(files)
    every = extensions(files, evidence)
    inner = os.path.relpath(here, files.top).replace(os.sep, "/").removeprefix(".")
    wanted = [each for each in every if _is_in(each, inner)]
    if not wanted:
        raise _nothing(folder, files)
    tags = _tags(files)
    return tuple(_one(files, each, evidence, tags, is_alone=len(every) == 1) for each in wanted)


def _is_in(extension: FoundExtension, folder: str) -> bool:
    prefix = f"{folder}/" if folder else ""
    return f"{extension.root}/".startswith(prefix) or any(each.name.startswith(prefix) for each in extension.files)


def _nothing(folder: Path, files: RepositoryFiles) -> ProjectNotFoundError:
    seen = dockerfiles(files)
    more = f" and {len(seen) - _SHOWN} more" if len(seen) > _SHOWN else ""
    looked = (
        f"looked at {', '.join(seen[:_SHOWN])}{more}"
        if seen
        else f"no Dockerfile is there among {len(files.names)} files"
    )
    return ProjectNotFoundError(
        f"no extension in {folder}: {looked}; an extension's copies metadata.json to the image's root, and has its "
        "labels",
        remedy="name the folder of an extension, or make one with `dext new NAME`",
    )


def _tags(files: RepositoryFiles) -> tuple[str, ...] | str:
    """The tags of the repository, or why they are not known."""
    if files.fault:
        return files.fault
    if not (files.top / ".git").exists():
        return ()
    try:
        return tuple(Git(files.top).tags())
    except GitError as error:
        return error.message


def _one(
    files: RepositoryFiles,
    extension: FoundExtension,
    evidence: Sequence[Evidence],
    tags: tuple[str, ...] | str,
    *,
    is_alone: bool,
) -> Survey:
    root = files.top / extension.root
    chosen = extension.files[0]
    dockerfile: KnownValue[str] | Unclear = KnownValue(os.path.relpath(files.top / chosen.name, root))
    if len(extension.files) > 1:
        dockerfile = Unclear("Which Dockerfile is the extension built from?", (), "several")
    own = tuple(each for each in evidence if any(file.name in dict(each.dockerfiles()) for file in extension.files))
    image = image_of(own, evidence if is_alone else own)
    metadata = os.path.relpath(files.top / chosen.metadata, root) if chosen.metadata else "metadata.json"
    names = (extension.root, root.name)
    history = (
        TagHistory(KnownValue("v"), doubts=(f"the git tags are not known: {tags}",))
        if isinstance(tags, str)
        else tag_history(tags, root, names, is_alone=is_alone)
    )
    return Survey(
        root=root,
        top=files.top,
        image=image,
        platforms=KnownValue(REQUIRED),
        dockerfile=dockerfile,
        metadata=KnownValue(metadata),
        build_args=KnownValue({}),
        build_target=KnownValue(""),
        history=history,
    )
