"""The file system of an image in a registry: layers are read from the newest down, only as far as need be."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from dext_tasks.errors import RegistryResponseError
from dext_tasks.extension.metadata import FILE
from dext_tasks.formats.oci.layers import (
    Archive,
    ArchiveError,
    Bounds,
    Entry,
    Found,
    Layer,
    Origin,
    TooLargeError,
    Tree,
    Verdict,
    bounded,
    decompressed,
    parts,
)
from dext_tasks.sources.layer_blobs import KeptLayers, LayerBlobs
from dext_tasks.sources.subject import NotOfferedError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dext_tasks.formats.oci.layers import Read
    from dext_tasks.formats.oci.manifest import Manifest
    from dext_tasks.registry.repository import Repository
    from dext_tasks.runtime.cancellation import Cancellation

# The most that is kept of a file: all of what may be text, of others what tells their format.
MOST_TEXT = 16 * 1024 * 1024
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
        bounds: Bounds = Bounds(),  # noqa: B008 - frozen
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
        self._contents: dict[Origin, bytes] = {}
        self._kept = 0
        self._silence = ""

    def want(self, paths: Iterable[str]) -> None:
        """Keep the bytes of these files, and of those below these folders, when a layer is read that has them."""
        self._wanted = frozenset("/" + "/".join(parts(path)) for path in paths)

    def find(self, path: str, *, follow: bool = True) -> Found | None:
        """What is at an absolute path; layers are read until that is known."""
        while (found := self._tree.find(path, follow=follow)) is Verdict.UNKNOWN:
            self._tree.complete = self.layers_read == len(self._layers)
            if not self._tree.complete:
                self._tree.add(self._scan(self.layers_read, frozenset()))
                self.layers_read += 1
        return found if isinstance(found, Found) else None

    def below(self, found: Found) -> Iterator[Found]:
        """Everything below a folder in the layers read so far."""
        return self._tree.below(found)

    def content(self, entry: Entry, others: Iterable[Entry]) -> bytes:
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

    def _scan(self, number: int, origins: frozenset[Origin]) -> Layer:
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

    def _read(self, number: int, raw: Read, origins: frozenset[Origin]) -> Layer:
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

    def _keep(self, origin: Origin, content: bytes) -> None:
        self._kept += len(content) if origin not in self._contents else 0
        if self._kept <= self._bounds.kept:
            self._contents[origin] = content


def _most(name: str) -> int:
    return MOST_TEXT if PurePosixPath(name).suffix.lower() in _TEXTS else _MOST_OTHER
