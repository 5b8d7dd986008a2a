"""The files metadata.json names, copied out of an image into a folder, without running anything.

Nothing in an image is trusted: members are written by their own path below the folder only, links are
recorded and never made, and the total is bounded.
"""

from __future__ import annotations

import tarfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from dext_tasks.engine.files import ImageFiles, image_files
from dext_tasks.errors import EngineCommandError, MetadataInvalidError
from dext_tasks.extension.metadata import FILE, Metadata, parse
from dext_tasks.sources.subject import FileFact, FileKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dext_tasks.engine.client import Client
    from dext_tasks.extension.platform import Platform

LABEL = "dev.dext-tasks.temporary"
_MOST_BYTES = 4 * 1024**3
# https://github.com/torvalds/linux/blob/master/include/uapi/linux/limits.h, bytes
_LONGEST_PATH = 4095
_LONGEST_NAME = 255


@dataclass(frozen=True)
class Snapshot:
    """Part of one platform's image on disk.

    Attributes:
        platform: Of the image.
        folder: Where ``/x`` of the image is at ``folder/x``.
        facts: What was found, by absolute path in the image.
        metadata: Content of metadata.json, None if the image has none.
    """

    platform: Platform
    folder: Path
    facts: dict[str, FileFact]
    metadata: bytes | None

    def path(self, absolute: str) -> Path:
        """Where a path of the image is on disk."""
        return self.folder / absolute.lstrip("/")


def take(client: Client, reference: str, platform: Platform, folder: Path) -> Snapshot:
    """Copy metadata.json and everything it names; what is absent in the image is absent here.

    Raises:
        ImageNotFoundError: The engine does not have the image.
        EngineCommandError: The files are larger than 4 GiB together.
    """
    facts: dict[str, FileFact] = {}
    with image_files(client, reference, platform, f"{LABEL}=snapshot") as image:
        _copy(image, FILE, folder, facts)
        document = folder / FILE.lstrip("/")
        content = document.read_bytes() if FILE in facts and document.is_file() else None
        for path in _named(content):
            # Links below a folder are not followed, a link that is asked for by name is.
            if path not in facts or facts[path].kind is FileKind.LINK:
                _copy(image, path, folder, facts)
    return Snapshot(platform, folder, facts, content)


def _named(content: bytes | None) -> list[str]:
    try:
        metadata = parse(content) if content is not None else None
    except MetadataInvalidError:
        return []
    return sorted(filter(_is_possible, set(_paths(metadata)))) if metadata else []


def _is_possible(path: str) -> bool:
    """Whether a Linux file system can hold the path; docker cannot even be asked for any other."""
    try:
        encoded = os.fsencode(path)
    except UnicodeEncodeError:
        return False
    fits = len(encoded) <= _LONGEST_PATH and all(len(name) <= _LONGEST_NAME for name in encoded.split(b"/"))
    return fits and b"\0" not in encoded


def _paths(metadata: Metadata) -> Iterator[str]:
    if metadata.icon:
        yield metadata.icon
    if metadata.ui:
        yield metadata.ui.root
        yield metadata.ui.entry
    if metadata.vm and metadata.vm.composefile:
        # Files beside it may be used by it; a compose file at the root would mean the whole image:
        # https://github.com/rancher-sandbox/rancher-desktop/issues/4577
        parent = str(PurePosixPath(metadata.vm.composefile).parent)
        yield metadata.vm.composefile if parent == "/" else parent
    yield from (binary.path for binary in metadata.binaries)


def _copy(image: ImageFiles, path: str, folder: Path, facts: dict[str, FileFact]) -> None:
    try:
        with image.archive(path) as archive:
            for absolute, member in _members(path, archive):
                fact = _fact(member, facts.get(_absolute(path, member.linkname) or ""))
                _require_bounded(fact.size + sum(each.size for each in facts.values()), path)
                facts[absolute] = fact
                _write(archive, member, folder / absolute.lstrip("/"))
    except (OSError, tarfile.TarError, ValueError) as error:
        raise EngineCommandError(
            f"{path} cannot be copied out of the image: {error}", remedy="look at it with `docker cp` by hand"
        ) from error


def _absolute(asked: str, member: str) -> str | None:
    """Where a member is in the image; the first part of its name is the base name of what was asked for."""
    below = PurePosixPath(member).parts[1:] if asked != "/" else PurePosixPath(member).parts
    if ".." in below or any(part.startswith("/") for part in below):
        return None
    return str(PurePosixPath(asked, *below))


def _write(archive: tarfile.TarFile | None, member: tarfile.TarInfo, target: Path) -> None:
    if member.isdir():
        target.mkdir(parents=True, exist_ok=True)
        return
    content = archive.extractfile(member) if archive and member.isfile() else None
    if content is None:
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    with content, target.open("wb") as out:
        while chunk := content.read(1 << 20):
            out.write(chunk)
    target.chmod(0o755 if member.mode & 0o111 else 0o644)


def _require_bounded(total: int, path: str) -> None:
    if total > _MOST_BYTES:
        raise EngineCommandError(
            f"the files metadata.json names are larger than {_MOST_BYTES >> 30} GiB, with {path} still to come",
            remedy="name folders of the extension's own in metadata.json, not the whole image",
        )
