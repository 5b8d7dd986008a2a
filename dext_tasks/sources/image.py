"""Images in the engine, one a platform, as a source."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dext_tasks.extension.metadata import FILE
from dext_tasks.sources.subject import Document, FileSet, LabelSet, NotOfferedError, Place, PlatformSet

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dext_tasks.engine.facts import ImageFacts
    from dext_tasks.extension.platform import Platform
    from dext_tasks.sources.snapshot import Snapshot


@dataclass(frozen=True)
class ImageSource:
    """What built images say.

    Attributes:
        images: By the platform each was built for.
        snapshots: Their files, by the same platforms.
        version: Tag they are to be published under; empty if none is known yet.
    """

    images: Mapping[Platform, ImageFacts]
    snapshots: Mapping[Platform, Snapshot]
    version: str = ""

    @property
    def name(self) -> str:
        """See Subject."""
        return "built images"

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
        return [FileSet(platform, snapshot.metadata, snapshot.facts) for platform, snapshot in self.snapshots.items()]

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
