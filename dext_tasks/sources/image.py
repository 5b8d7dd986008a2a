"""Images in the engine, one per platform, as a source."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from dext_tasks.sources.contents import ContentsSource
from dext_tasks.sources.facts import LabelSet, Place, PlatformSet, SourceScope
from dext_tasks.sources.source import NotOfferedError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dext_tasks.engine.facts import ImageFacts
    from dext_tasks.formats.oci.platform import Platform
    from dext_tasks.formats.oci.reference import Reference
    from dext_tasks.sources.snapshot import Snapshot

_NOTHING: Mapping[str, frozenset[str]] = MappingProxyType({})


class ImageSource(ContentsSource):
    """What images in the engine say.

    Args:
        images: By the platform each stands for.
        snapshots: Their files, by the same platforms.
        version: Tag they are or will be published under; empty if none is known yet.
        declared: Keys of the labels their build sets; None if that is not known.
        escaped: Names of variables that a label has literally and on purpose, by key, where their Dockerfile shows it.
        own_image: Where they are or will be published; None if that is not known.
        tags: All tags of the repository there; None if that is not known.
        unbuilt: Platforms of the project that were not built yet.
        note: What people should know of where they come from; empty if there is nothing to it.
        name: What is checked, for people.
    """

    silence = "an image in the engine does not show this"

    def __init__(  # noqa: PLR0913 - each is asked for by some rule
        self,
        images: Mapping[Platform, ImageFacts],
        snapshots: Mapping[Platform, Snapshot],
        version: str = "",
        *,
        declared: frozenset[str] | None = None,
        escaped: Mapping[str, frozenset[str]] = _NOTHING,
        own_image: Reference | None = None,
        tags: frozenset[str] | None = None,
        unbuilt: frozenset[Platform] = frozenset(),
        note: str = "",
        name: str = "built images",
    ) -> None:
        self.images = images
        self.snapshots = snapshots
        self.version = version
        self.name = name
        self._declared = declared
        self._escaped = escaped
        self._own_image = own_image
        self._tags = tags
        self._unbuilt = unbuilt
        self._note = note

    @property
    def note(self) -> str:
        """See Source."""
        return self._note

    @property
    def scope(self) -> SourceScope:
        """See Source."""
        by_reference: dict[str, list[str]] = {}
        for platform, image in self.images.items():
            by_reference.setdefault(image.reference, []).append(str(platform))
        return SourceScope(", ".join(f"{name} for {' and '.join(found)}" for name, found in by_reference.items()))

    @property
    def declared(self) -> frozenset[str]:
        """See Source."""
        if self._declared is None:
            raise NotOfferedError("without its Dockerfile, an image does not show which labels it inherited")
        return self._declared

    @property
    def own_image(self) -> Reference:
        """See Source."""
        if self._own_image is None:
            raise NotOfferedError("where the images will be published is not known")
        return self._own_image

    @property
    def labels(self) -> Sequence[LabelSet]:
        """See Source."""
        return [self._label_set(platform, image) for platform, image in self.images.items()]

    @property
    def contents(self) -> Mapping[Platform, Snapshot]:
        """See ContentsSource."""
        return self.snapshots

    @property
    def platforms(self) -> PlatformSet:
        """See Source."""
        found = {platform: image.platform for platform, image in self.images.items()}
        return PlatformSet(found, unbuilt=self._unbuilt)

    @property
    def tag(self) -> str:
        """See Source."""
        if not self.version:
            raise NotOfferedError("a local build has no version yet; `inv release` checks the tag")
        return self.version

    @property
    def tags(self) -> frozenset[str]:
        """See Source."""
        if self._tags is None:
            raise NotOfferedError(self.silence)
        return self._tags

    def _label_set(self, platform: Platform, image: ImageFacts) -> LabelSet:
        places = {key: Place(label=key, platform=platform) for key in image.labels}
        return LabelSet(platform, image.labels, Place(platform=platform), places, escaped=self._escaped)
