"""The files metadata.json names, copied out of an image into a folder, without running anything.

Nothing in an image is trusted: members are written by their own path below the folder only, symbolic links
are recorded and never made, and the total is bounded.
"""

from __future__ import annotations

import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from dext_tasks.engine.files import ImageFiles, image_files
from dext_tasks.errors import EngineCommandError, why_failed
from dext_tasks.extension.metadata import FILE, read_or_none
from dext_tasks.formats.executable import HEAD
from dext_tasks.formats.oci.layers import PIECE, Archive, ArchiveMember, MemberKind
from dext_tasks.formats.symlinks import follow
from dext_tasks.limits import LARGEST_SNAPSHOT, LARGEST_TEXT
from dext_tasks.sources.contents import named
from dext_tasks.sources.facts import FileFact, FileKind, link_target

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from dext_tasks.engine.client import Client
    from dext_tasks.extension.metadata import Metadata
    from dext_tasks.formats.oci.platform import Platform
    from dext_tasks.runtime.parallel import Clearing

_SHELL = "/bin/sh"
_KINDS = {MemberKind.FILE: FileKind.FILE, MemberKind.FOLDER: FileKind.FOLDER, MemberKind.SYMLINK: FileKind.LINK}


@dataclass(frozen=True)
class Snapshot:
    """Part of one platform's image on disk.

    Attributes:
        platform: Of the image.
        folder: Where ``/x`` of the image is at ``folder/x``.
        facts: What was found, by absolute path in the image.
        metadata: Content of metadata.json, None if the image has none.
        programs: First bytes of what the image runs and of its shell, by absolute path; what is absent is left out.
    """

    platform: Platform
    folder: Path
    facts: dict[str, FileFact]
    metadata: bytes | None
    programs: Mapping[str, bytes] = field(default_factory=dict)

    def path(self, absolute: str) -> Path:
        """Where a path of the image is on disk."""
        return _on_disk(self.folder, absolute)

    @property
    def parsed(self) -> Metadata | None:
        """What metadata.json names; None if it is absent or cannot be read."""
        return read_or_none(self.metadata)

    def read(self, absolute: str, most: int) -> bytes:
        """The first bytes of a file; nothing for what is not a file."""
        fact = self.facts.get(absolute)
        if fact is None or fact.kind is not FileKind.FILE:
            return b""
        try:
            with self.path(absolute).open("rb") as file:
                return file.read(most)
        except OSError:
            return b""

    def whole(self, absolute: str) -> bytes | None:
        """All of a file's content, links inside the image followed where they lead to what was copied."""
        found = follow(absolute, partial(link_target, self.facts)) or absolute
        fact = self.facts.get(found)
        try:
            return self.path(found).read_bytes() if fact and fact.kind is FileKind.FILE else None
        except OSError:
            return None

    def content(self, absolute: str) -> bytes | None:
        """A file's content, at most 16 MiB of it; None for what is not a file."""
        fact = self.facts.get(absolute)
        return self.read(absolute, LARGEST_TEXT) if fact and fact.kind is FileKind.FILE else None


def take(  # noqa: PLR0913, PLR0917 - what is copied, where to, and what becomes of the rest
    client: Client,
    reference: str,
    platform: Platform,
    folder: Path,
    programs: Sequence[str] = (),
    clearing: Clearing | None = None,
) -> Snapshot:
    """Copy metadata.json and everything it names; what is absent in the image is absent here.

    Args:
        client: The docker client.
        reference: The image.
        platform: Which of its platforms.
        folder: Where to; an empty folder.
        programs: Where the program may be that it runs; its beginning is read, and that of the image's shell.
        clearing: Removes the container that it takes, while something else goes on; if None, this waits for that.

    Raises:
        ImageNotFoundError: The engine does not have the image.
        EngineCommandError: The files are larger than 4 GiB together, or cannot be written here.
    """
    facts: dict[str, FileFact] = {}
    with (
        image_files(client, reference, platform, clearing=clearing) as files,
        ThreadPoolExecutor(max_workers=1) as beside,
    ):
        heads = beside.submit(lambda: dict(_heads(files, programs)) if programs else {})
        _copy(files, FILE, folder, facts)
        document = folder / FILE.lstrip("/")
        content = _beginning(document) if FILE in facts and document.is_file() else None
        for path in named(content):
            # Links below a folder are not followed, a link that is asked for by name is.
            if path not in facts or facts[path].kind is FileKind.LINK:
                _copy(files, path, folder, facts)
    return Snapshot(platform, folder, facts, content, heads.result())


def _beginning(file: Path) -> bytes:
    with file.open("rb") as stream:
        return stream.read(LARGEST_TEXT)


def _heads(files: ImageFiles, programs: Sequence[str]) -> Iterator[tuple[str, bytes]]:
    """What the image runs and its shell: together they show a base or a program of another architecture."""
    own = ((path, files.head(path, HEAD)) for path in programs)
    found = next(((path, head) for path, head in own if head), None)
    for path, head in filter(None, (found, (_SHELL, files.head(_SHELL, HEAD)))):
        if head:
            yield path, head


def _copy(image: ImageFiles, path: str, folder: Path, facts: dict[str, FileFact]) -> None:
    try:
        with image.archive(path) as archive:
            if archive is not None:
                _copy_members(archive, path, folder, facts)
    except (OSError, ValueError) as error:
        why = why_failed(error) if isinstance(error, OSError) else "it has a name that no file system takes"
        raise EngineCommandError(
            f"{path} cannot be copied out of the image: {why}", remedy="look at it with `docker cp` by hand"
        ) from error


def _copy_members(archive: Archive, path: str, folder: Path, facts: dict[str, FileFact]) -> None:
    total = sum(fact.size for fact in facts.values())
    for member in archive:
        absolute = _absolute(path, member.name)
        if absolute is None:
            continue
        # A hard link is the file that came before it under another name.
        original = _absolute(path, member.link) if member.kind is MemberKind.HARDLINK else None
        fact = facts.get(original or "") or FileFact(
            _kind(member), member.mode, member.size, member.link if member.kind is MemberKind.SYMLINK else ""
        )
        total += fact.size
        _require_bounded(total, path)
        facts[absolute] = fact
        if fact.kind is FileKind.FOLDER:
            _on_disk(folder, absolute).mkdir(parents=True, exist_ok=True)
        elif fact.kind is FileKind.FILE and absolute != original:
            _write(archive, _on_disk(folder, absolute), fact.mode, _on_disk(folder, original) if original else None)


def _kind(member: ArchiveMember) -> FileKind:
    kind = _KINDS.get(member.kind, FileKind.OTHER)
    # The engine copies sparse files as plain ones.
    return kind if member.whole else FileKind.OTHER


def _absolute(asked: str, member: str) -> str | None:
    """Where a member is in the image; the first part of its name is the base name of what was asked for."""
    below = PurePosixPath(member).parts[1:] if asked != "/" else PurePosixPath(member).parts
    if ".." in below or any(part.startswith("/") for part in below):
        return None
    return str(PurePosixPath(asked, *below))


def _on_disk(folder: Path, absolute: str) -> Path:
    return folder / absolute.lstrip("/")


def _write(archive: Archive, target: Path, mode: int, original: Path | None) -> None:
    """Write the member that an archive is at, or the file that came before it under another name."""
    target.parent.mkdir(parents=True, exist_ok=True)
    if original:
        shutil.copyfile(original, target)
    else:
        with target.open("wb") as out:
            while piece := archive.content(PIECE):
                out.write(piece)
    target.chmod(0o755 if mode & 0o111 else 0o644)


def _require_bounded(total: int, path: str) -> None:
    if total > LARGEST_SNAPSHOT:
        raise EngineCommandError(
            f"the files metadata.json names are larger than {LARGEST_SNAPSHOT >> 30} GiB, with {path} still to come",
            remedy="name folders of the extension's own in metadata.json, not the whole image",
        )
