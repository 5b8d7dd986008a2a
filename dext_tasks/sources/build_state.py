"""The state of a source tree that a build is made of, and whether images were built from it or from another one."""

from __future__ import annotations

import os
from contextlib import suppress
from hashlib import sha256
from posixpath import join
from typing import TYPE_CHECKING, Final

from dext_tasks.engine.build import fingerprint
from dext_tasks.errors import DockerfileInvalidError, DockerfileMissingError, FileAccessError, OutsideProjectError
from dext_tasks.project_files import STATE_FOLDER, open_file
from dext_tasks.sources.context import PathKind, TooManyError
from dext_tasks.sources.source import NotOfferedError
from dext_tasks.sources.tree import TreeSource

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from dext_tasks.engine.build_history import Builds
    from dext_tasks.engine.engine import Engine
    from dext_tasks.engine.facts import ImageFacts
    from dext_tasks.formats.oci.platform import Platform
    from dext_tasks.project import Project
    from dext_tasks.sources.context import Context

# What git and this program keep there changes without any change of the extension.
_KEPT: Final = frozenset({".git", STATE_FOLDER})
# How much is read; of what is larger, or comes after that, size and time distinguish one state from another.
_MOST_OF_FILE: Final = 8 * 1024 * 1024
_MOST_OF_ALL: Final = 64 * 1024 * 1024


def state_of(project: Project) -> str:
    """A digest of the Dockerfile, of the settings of a build, and of every file that it copies.

    Returns:
        Hexadecimal digits; empty where that cannot be known, as there are too many files or no Dockerfile.
    """
    try:
        views = TreeSource(project).views
        digest = sha256(fingerprint(project).encode())
        digest.update(project.dockerfile.read_bytes())
        context = views[0].origins.context
        sources = sorted({source for view in views for source in view.origins.sources()})
        for part in _parts(context, sources):
            digest.update(part)
    except (NotOfferedError, TooManyError, OSError):
        return ""
    except (DockerfileInvalidError, DockerfileMissingError, FileAccessError, OutsideProjectError):
        return ""
    return digest.hexdigest()


def built_images(engine: Engine, project: Project, platforms: Iterable[Platform]) -> dict[Platform, ImageFacts]:
    """The images that the project's builds for some platforms have left in their engine.

    Raises:
        EngineUnreachableError: It does not answer.
        EngineTimeoutError: Not in time.
        EngineTooOldError: Its API is older than the minimum.
    """
    there = engine.tagged(project.local_repository)
    references = {platform: project.local_tag(platform) for platform in platforms}
    return {platform: engine.image(each) for platform, each in references.items() if each in there}


def other_states(builds: Builds, project: Project, images: Mapping[Platform, ImageFacts]) -> dict[Platform, str]:
    """The images that were built from another state of the tree than it has now, with what they were built from.

    Of an image whose build is not remembered that is not known; it is not among them.

    Args:
        builds: What was built.
        project: The tree.
        images: By platform.
    """
    remembered = {platform: builds.origins(image.id) for platform, image in images.items()}
    if not any(remembered.values()):
        return {}
    state, folder = state_of(project), str(project.root.resolve())
    found = {}
    for platform, origins in remembered.items():
        if state and origins and state not in {each.state for each in origins}:
            here = any(each.folder == folder for each in origins)
            found[platform] = "another state of the source tree" if here else f"another folder, {origins[-1].folder}"
    return found


def told(states: Mapping[Platform, str]) -> str:
    """What ``other_states`` found, in words; empty if it found nothing."""
    alike: dict[str, list[str]] = {}
    for platform, state in states.items():
        alike.setdefault(state, []).append(str(platform))
    said = (f"what is there for {' and '.join(names)} was built from {state}" for state, names in alike.items())
    return "; ".join(said)


def _parts(context: Context, sources: Iterable[str]) -> Iterator[bytes]:
    """Names and contents of files, each with its length before it, so that no two trees give the same."""
    left = _MOST_OF_ALL
    for path, entry in _files(context, sources):
        file = os.path.join(context.root, path)  # noqa: PTH118 - for thousands of files
        content = b""
        with suppress(OSError):
            content = _content(file, entry, left)
        left -= len(content)
        yield f"{len(os.fsencode(path))} {entry.name} {len(content)}\n".encode() + os.fsencode(path) + content


def _files(context: Context, sources: Iterable[str]) -> Iterator[tuple[str, PathKind]]:
    seen = [0]
    for source in sources:
        found = context.find(source)
        yield source, found.entry if found.is_sent else PathKind.NOTHING
        if found.is_sent and found.entry is PathKind.FOLDER:
            yield from ((join(source, inside), entry) for inside, entry in context.entries(source, seen, _KEPT))


def _content(file: str, entry: PathKind, left: int) -> bytes:
    if entry is PathKind.LINK:
        return os.fsencode(os.readlink(file))  # noqa: PTH115 - as above
    if entry is not PathKind.FILE:
        return b""
    found = os.stat(file)  # noqa: PTH116 - as above
    mode = b"x" if found.st_mode & 0o111 else b"-"
    if found.st_size > min(_MOST_OF_FILE, left):
        return mode + f"{found.st_size} {found.st_mtime_ns}".encode()
    with open_file(file) as stream:
        return mode + stream.read()
