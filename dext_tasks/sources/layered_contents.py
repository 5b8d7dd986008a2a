"""What metadata.json names of an image in a registry, as rules ask for it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from itertools import islice
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from dext_tasks.extension.metadata import FILE, Metadata
from dext_tasks.formats.oci.layers import Kind
from dext_tasks.sources.layered import MOST_TEXT
from dext_tasks.sources.named import named, read
from dext_tasks.sources.subject import FileFact, FileKind, NotOfferedError

if TYPE_CHECKING:
    from dext_tasks.formats.oci.layers import Entry
    from dext_tasks.sources.layered import LayeredImage

_MOST_PATHS = 100_000
_KINDS = {Kind.FILE: FileKind.FILE, Kind.FOLDER: FileKind.FOLDER, Kind.SYMLINK: FileKind.LINK}


class LayeredContents(Mapping[str, FileFact]):
    """Facts and bytes of what metadata.json names, by absolute path in the image.

    A path that is asked for is looked for in as many layers as it takes. The list of all paths is that of the
    layers read so far, which hold at least the folders themselves: a folder that several layers fill is listed
    in part, and each of its files is still found when asked for.

    Args:
        image: The file system.
    """

    programs = None

    def __init__(self, image: LayeredImage) -> None:
        self._image = image

    def settle(self) -> None:
        """Read as many layers as it takes to know every path that metadata.json names."""
        for path in self._named:
            self._image.find(path)

    @cached_property
    def metadata(self) -> bytes | None:
        """Content of metadata.json, None if the image has none."""
        found = self._image.find(FILE)
        if found is None or found.entry.kind is not Kind.FILE:
            return None
        return self._image.content(found.entry, ())

    @cached_property
    def parsed(self) -> Metadata | None:
        """What metadata.json names; None if it is absent or cannot be read."""
        return read(self.metadata)

    @property
    def facts(self) -> Mapping[str, FileFact]:
        """What is there."""
        return self

    def read(self, absolute: str, most: int) -> bytes:
        """The first bytes of a file; nothing for what is no file.

        Raises:
            NotOfferedError: More than 64 MiB of files were asked for.
        """
        return (self.content(absolute) or b"")[:most]

    def content(self, absolute: str) -> bytes | None:
        """A file's content, at most 16 MiB of it, of what is no text 64 KiB; None for what is no file.

        Raises:
            NotOfferedError: As ``read``.
        """
        entry = self._entry(absolute)
        if entry is None or entry.kind is not Kind.FILE:
            return None
        return self._image.content(entry, self._entries())[:MOST_TEXT]

    def __getitem__(self, path: str) -> FileFact:
        entry = self._entry(path)
        if entry is None:
            raise KeyError(path)
        target = entry.link if entry.kind is Kind.SYMLINK else ""
        return FileFact(_KINDS.get(entry.kind, FileKind.OTHER), entry.mode, entry.size, target)

    def __iter__(self) -> Iterator[str]:
        # A list, because looking at one of them may add others.
        found = list(islice(self._paths(), _MOST_PATHS + 1))
        if len(found) > _MOST_PATHS:
            raise NotOfferedError(f"metadata.json names folders with more than {_MOST_PATHS} files")
        return iter(dict.fromkeys(found))

    def __len__(self) -> int:
        return sum(1 for _ in self)

    @cached_property
    def _named(self) -> frozenset[str]:
        paths = frozenset({FILE, *named(self.metadata)})
        self._image.want(paths)
        return paths

    def _entry(self, path: str) -> Entry | None:
        """What is at a path: links are followed to what metadata.json names, not below it, as `docker cp` does."""
        if path in self._named:
            found = self._image.find(path)
            return found.entry if found else None
        folder = next((str(each) for each in PurePosixPath(path).parents if str(each) in self._named), None)
        base = self._image.find(folder) if folder else None
        if base is None or folder is None or base.entry.kind is not Kind.FOLDER:
            return None
        below = PurePosixPath(path).relative_to(folder)
        found = self._image.find(str(PurePosixPath(base.real, below)), follow=False)
        return found.entry if found else None

    def _paths(self) -> Iterator[str]:
        for path in sorted(self._named):
            found = self._image.find(path)
            if found is None:
                continue
            yield path
            for each in self._image.below(found):
                yield str(PurePosixPath(path, PurePosixPath(each.real).relative_to(found.real)))

    def _entries(self) -> Iterator[Entry]:
        return (entry for path in self if (entry := self._entry(path)) and entry.kind is Kind.FILE)
