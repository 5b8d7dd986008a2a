"""The file system of an image in a registry: layers are read from the newest down, and no more of them than needed."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from dext_tasks.errors import RegistryResponseError
from dext_tasks.extension.metadata import FILE, Metadata, read_or_none
from dext_tasks.formats.oci.layers import (
    PIECE,
    Archive,
    ArchiveError,
    Layer,
    LayerEntry,
    LayerFileKind,
    LayerOrigin,
    LayerPath,
    Missing,
    TooLargeError,
    Tree,
    bounded,
    decompressed,
    parts,
)
from dext_tasks.limits import LARGEST_TEXT, LayerLimits
from dext_tasks.sources.contents import named
from dext_tasks.sources.facts import FileFact, FileKind
from dext_tasks.sources.source import NotOfferedError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from contextlib import AbstractContextManager

    from dext_tasks.formats.oci.layers import LayerEntry, Read
    from dext_tasks.formats.oci.manifest import Blob, Manifest
    from dext_tasks.registry.repository import Repository
    from dext_tasks.runtime.cancellation import Cancellation


# Bytes of layers that are kept in case they are asked for again: of one, and of all together.
_SMALL = 4 * 1024 * 1024
_KEPT = 32 * 1024 * 1024


@dataclass
class KeptLayers:
    """Bytes of small layers, for every platform that has them."""

    _bytes: dict[str, bytes] = field(default_factory=dict)
    _turns: dict[str, threading.Lock] = field(default_factory=dict)

    def turn(self, layer: Blob) -> AbstractContextManager[object]:
        """Whoever wants the same layer meanwhile waits, for it may be kept then; a large one never is."""
        return self._turns.setdefault(layer.digest, threading.Lock()) if 0 < layer.size <= _SMALL else nullcontext()

    def get(self, layer: Blob) -> bytes | None:
        """The layer, if it is kept."""
        return self._bytes.get(layer.digest)

    def keep(self, layer: Blob, content: bytes) -> None:
        """Keep it, if there is room."""
        if sum(map(len, self._bytes.values())) < _KEPT:
            self._bytes[layer.digest] = content


@dataclass
class LayerBlobs:
    """The layers of one platform.

    Attributes:
        repository: Where they are.
        cancellation: Looked at between any two pieces.
        most: Bytes that are read of one layer at most, as it comes.
        kept: What needs not be asked for again.
        requests: How many were asked of the registry.
    """

    repository: Repository
    cancellation: Cancellation
    most: int
    kept: KeptLayers = field(default_factory=KeptLayers)
    requests: int = 0

    @contextmanager
    def open(self, layer: Blob) -> Iterator[Read]:
        """Reads of a layer's bytes; what is left at the end is read, too, so that its digest is held.

        Raises:
            TooLargeError: It has more bytes than are read.
            RegistryUnreachableError: The registry stopped answering.
            RegistryResponseError: There is no such layer, or it has another digest.
        """
        with self.kept.turn(layer):
            kept = self.kept.get(layer)
            if kept is not None:
                yield io.BytesIO(kept).read
                return
            with self._asked(layer) as read:
                yield read

    @contextmanager
    def _asked(self, layer: Blob) -> Iterator[Read]:
        self.requests += 1
        pieces: list[bytes] | None = [] if 0 < layer.size <= _SMALL else None
        with self.repository.open_blob(layer.digest) as stream:
            limited = bounded(stream.read, self.most)

            def read(most: int) -> bytes:
                nonlocal pieces
                self.cancellation.check()
                piece = limited(most)
                if pieces is not None:
                    pieces.append(piece)
                    # The size was only claimed.
                    pieces = pieces if sum(map(len, pieces)) <= _SMALL else None
                return piece

            yield read
            while read(PIECE):
                pass
        if pieces is not None:
            self.kept.keep(layer, b"".join(pieces))


_MOST_OTHER = 64 * 1024
_TEXTS = frozenset(
    {
        *(".html", ".htm", ".js", ".mjs", ".cjs", ".jsx", ".ts", ".tsx", ".vue", ".svelte", ".css", ".svg"),
        *(".json", ".yaml", ".yml", ".sh", ".txt", ".md", ".env", ".conf", ".toml"),
    }
)


class LayeredImage:
    """The file system of a manifest's layers.

    Every method that reads layers raises NotOfferedError where they are too large or compressed in a way
    that cannot be read here, RegistryUnreachableError where the registry stops answering, and
    RegistryResponseError where a layer is damaged.

    Args:
        repository: Where the layers are.
        manifest: What names them.
        cancellation: Looked at between any two pieces.
        bounds: What the image may cost.
        kept: Layers that images of other platforms have, too.
    """

    def __init__(
        self,
        repository: Repository,
        manifest: Manifest,
        cancellation: Cancellation,
        bounds: LayerLimits = LayerLimits(),  # noqa: B008 - frozen
        kept: KeptLayers | None = None,
    ) -> None:
        self.name = repository.reference.name
        self.blobs = LayerBlobs(repository, cancellation, bounds.layer, kept or KeptLayers())
        self.layers_read = 0
        self._layers = tuple(reversed(manifest.layers))
        self._bounds = bounds
        self._left = bounds.total
        self._tree = Tree()
        self._wanted = frozenset({FILE})
        self._contents: dict[LayerOrigin, bytes] = {}
        self._kept = 0
        self._silence = ""

    def want(self, paths: Iterable[str]) -> None:
        """Keep the bytes of these files, and of those below these folders, when a layer is read that has them."""
        self._wanted = frozenset("/" + "/".join(parts(path)) for path in paths)

    def find(self, path: str, *, follow: bool = True) -> LayerPath | None:
        """What is at an absolute path; layers are read until that is known."""
        while (found := self._tree.find(path, follow=follow)) is Missing.UNKNOWN:
            self._tree.complete = self.layers_read == len(self._layers)
            if not self._tree.complete:
                self._tree.add(self._scan(self.layers_read, frozenset()))
                self.layers_read += 1
        return found if isinstance(found, LayerPath) else None

    def below(self, found: LayerPath) -> Iterator[LayerPath]:
        """Everything below a folder in the layers read so far."""
        return self._tree.below(found)

    def content(self, entry: LayerEntry, others: Iterable[LayerEntry]) -> bytes:
        """The first bytes of a file.

        Args:
            entry: The file.
            others: Files whose bytes will be asked for, too: a layer that must be read again is read for all.

        Raises:
            NotOfferedError: Also where the files that were asked for are too large together.
        """
        origin = entry.origin
        if origin is None:
            raise NotOfferedError("a sparse file is in the image")
        if origin not in self._contents and self._kept <= self._bounds.kept:
            same = {each.origin for each in others if each.origin and each.origin.layer == origin.layer}
            self._scan(origin.layer, frozenset({origin, *same}))
        if origin not in self._contents:
            raise NotOfferedError(f"what metadata.json names is larger than {self._bounds.kept >> 20} MiB")
        return self._contents[origin]

    def _scan(self, number: int, origins: frozenset[LayerOrigin]) -> Layer:
        digest = self._layers[number].digest
        if self._silence:
            raise NotOfferedError(self._silence)
        try:
            with self.blobs.open(self._layers[number]) as raw:
                return self._read(number, raw, origins)
        except TooLargeError as error:
            # Asked again it would cost as much again.
            self._silence = f"layer {digest[:19]} cannot be read: {error}"
            raise NotOfferedError(self._silence) from error
        except ArchiveError as error:
            raise RegistryResponseError(
                f"layer {digest} of {self.name} is damaged: {error}", remedy="push the image again"
            ) from error

    def _read(self, number: int, raw: Read, origins: frozenset[LayerOrigin]) -> Layer:
        layer = Layer(number, self._bounds)
        source = bounded(self._counted(decompressed(raw)), min(self._bounds.layer, self._left))
        archive = Archive(source, self._bounds)
        for member in archive:
            origin = layer.add(member)
            if origin and (origin in origins or self._is_wanted(member.name)):
                self._keep(origin, archive.content(_most(member.name)))
        return layer

    def _counted(self, read: Read) -> Read:
        def counted(most: int) -> bytes:
            piece = read(most)
            self._left -= len(piece)
            return piece

        return counted

    def _is_wanted(self, name: str) -> bool:
        path = PurePosixPath("/", *parts(name))
        return str(path) in self._wanted or any(str(folder) in self._wanted for folder in path.parents)

    def _keep(self, origin: LayerOrigin, content: bytes) -> None:
        self._kept += len(content) if origin not in self._contents else 0
        if self._kept <= self._bounds.kept:
            self._contents[origin] = content


def _most(name: str) -> int:
    return LARGEST_TEXT if PurePosixPath(name).suffix.lower() in _TEXTS else _MOST_OTHER


_MOST_PATHS = 100_000
_KINDS = {
    LayerFileKind.FILE: FileKind.FILE,
    LayerFileKind.FOLDER: FileKind.FOLDER,
    LayerFileKind.SYMLINK: FileKind.LINK,
}


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
        if found is None or found.entry.kind is not LayerFileKind.FILE:
            return None
        return self._image.content(found.entry, ())

    @cached_property
    def parsed(self) -> Metadata | None:
        """What metadata.json names; None if it is absent or cannot be read."""
        return read_or_none(self.metadata)

    @property
    def facts(self) -> Mapping[str, FileFact]:
        """What is there."""
        return self

    def read(self, absolute: str, most: int) -> bytes:
        """The first bytes of a file; nothing for what is not a file.

        Raises:
            NotOfferedError: More than 64 MiB of files were asked for.
        """
        return (self.content(absolute) or b"")[:most]

    def content(self, absolute: str) -> bytes | None:
        """A file's content, at most 16 MiB of text and 64 KiB of anything else; None for what is not a file.

        Raises:
            NotOfferedError: As ``read``.
        """
        entry = self._entry(absolute)
        if entry is None or entry.kind is not LayerFileKind.FILE:
            return None
        return self._image.content(entry, self._entries())[:LARGEST_TEXT]

    def __getitem__(self, path: str) -> FileFact:
        entry = self._entry(path)
        if entry is None:
            raise KeyError(path)
        target = entry.link if entry.kind is LayerFileKind.SYMLINK else ""
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

    def _entry(self, path: str) -> LayerEntry | None:
        """What is at a path: links are followed to what metadata.json names, not below it, as `docker cp` does."""
        if path in self._named:
            found = self._image.find(path)
            return found.entry if found else None
        folder = next((str(each) for each in PurePosixPath(path).parents if str(each) in self._named), None)
        base = self._image.find(folder) if folder else None
        if base is None or folder is None or base.entry.kind is not LayerFileKind.FOLDER:
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

    def _entries(self) -> Iterator[LayerEntry]:
        return (entry for path in self if (entry := self._entry(path)) and entry.kind is LayerFileKind.FILE)
