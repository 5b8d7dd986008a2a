"""Images in the engine, one a platform, as a source."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dext_tasks.extension.metadata import FILE
from dext_tasks.sources.scripts import is_script
from dext_tasks.sources.subject import Document, FileSet, LabelSet, NotOfferedError, Place, PlatformSet, Subject

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dext_tasks.engine.facts import ImageFacts
    from dext_tasks.extension.platform import Platform
    from dext_tasks.sources.snapshot import Snapshot


class ImageSource(Subject):
    """What images in the engine say.

    Args:
        images: By the platform each stands for.
        snapshots: Their files, by the same platforms.
        version: Tag they are or will be published under; empty if none is known yet.
        declared: Keys of the labels their build sets; None if that is not known.
        name: What is checked, for people.
    """

    silence = "an image in the engine does not show this"

    def __init__(
        self,
        images: Mapping[Platform, ImageFacts],
        snapshots: Mapping[Platform, Snapshot],
        version: str = "",
        *,
        declared: frozenset[str] | None = None,
        name: str = "built images",
    ) -> None:
        self.images = images
        self.snapshots = snapshots
        self.version = version
        self.name = name
        self._declared = declared

    @property
    def declared(self) -> frozenset[str]:
        """See Subject."""
        if self._declared is None:
            raise NotOfferedError("without its Dockerfile an image does not tell its own labels from inherited ones")
        return self._declared

    @property
    def labels(self) -> Sequence[LabelSet]:
        """See Subject."""
        return [_label_set(platform, image) for platform, image in self.images.items()]

    @property
    def documents(self) -> Sequence[Document]:
        """See Subject."""
        return [
            Document(snapshot.metadata, Place(path=FILE, platform=platform))
            for platform, snapshot in self.snapshots.items()
        ]

    @property
    def files(self) -> Sequence[FileSet]:
        """See Subject."""
        return [
            FileSet(platform, snapshot.metadata, snapshot.facts, snapshot.read)
            for platform, snapshot in self.snapshots.items()
        ]

    @property
    def compose(self) -> Sequence[Document]:
        """See Subject."""
        return [
            Document(snapshot.content(metadata.vm.composefile), Place(path=metadata.vm.composefile, platform=platform))
            for platform, snapshot in self.snapshots.items()
            if (metadata := snapshot.parsed) and metadata.vm and metadata.vm.composefile
        ]

    @property
    def scripts(self) -> Sequence[Document]:
        """See Subject."""
        return [
            Document(snapshot.content(path), Place(path=path, platform=platform))
            for platform, snapshot in self.snapshots.items()
            for path in snapshot.facts
            if (metadata := snapshot.parsed) and metadata.ui and is_script(path, metadata.ui.root)
        ]

    @property
    def platforms(self) -> PlatformSet:
        """See Subject."""
        return PlatformSet({platform: image.platform for platform, image in self.images.items()})

    @property
    def tag(self) -> str:
        """See Subject."""
        if not self.version:
            raise NotOfferedError("a local build has no version yet; `inv release` checks the tag")
        return self.version


def _label_set(platform: Platform, image: ImageFacts) -> LabelSet:
    places = {key: Place(label=key, platform=platform) for key in image.labels}
    return LabelSet(platform, image.labels, Place(platform=platform), places)
