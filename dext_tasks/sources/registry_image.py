"""An image in a registry as a source: its index, manifests and configurations, and no layer unless asked for."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Self

from dext_tasks.errors import ImageNotFoundError, NotAnImageError, RegistryResponseError
from dext_tasks.extension.tags import Resolution, resolve
from dext_tasks.formats.oci.manifest import ImageConfig, Index, Manifest
from dext_tasks.formats.oci.reference import Reference
from dext_tasks.registry.repository import LOST, Repository
from dext_tasks.runtime.cancellation import Cancellation
from dext_tasks.runtime.parallel import Begun, ask_each
from dext_tasks.sources.contents import ContentsSource
from dext_tasks.sources.facts import LabelSet, Place, PlatformSet, SourceScope
from dext_tasks.sources.source import NotOfferedError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dext_tasks.formats.oci.platform import Platform
    from dext_tasks.limits import LayerLimits
    from dext_tasks.registry.access import Access
    from dext_tasks.sources.registry_layers import KeptLayers, LayeredContents

# More than any image has; each takes two requests.
_MOST_PLATFORMS = 64
_SHOWN = 5


@dataclass(frozen=True)
class RemoteImage:
    """One platform's image."""

    manifest: Manifest
    config: ImageConfig


class RemoteSource(ContentsSource):
    """What a registry says of an image.

    One request is made for the index and two for each platform, the first time any facet needs them; one for
    the tags only when they are asked for. Facets raise ImageNotFoundError if the image is not there, NotAnImageError
    if it is something else, and RegistryUnreachableError, LoginMissingError or RegistryResponseError if that cannot
    be told.

    Args:
        repository: The repository; its reference says which image.
        cancellation: Of the run.
        deep: Whether layers may be read, down to those that hold what metadata.json names.
        bounds: What the layers of one platform may cost, if not the usual.
    """

    name = "registry image"
    silence = "a registry does not show this"

    def __init__(
        self,
        repository: Repository,
        cancellation: Cancellation | None = None,
        *,
        deep: bool = False,
        bounds: LayerLimits | None = None,
    ) -> None:
        self.repository = repository
        self.deep = deep
        self._cancellation = cancellation or Cancellation()
        self._bounds = bounds
        self._begun: Begun[Mapping[Platform, RemoteImage]] | None = None

    @classmethod
    def open(
        cls, reference: str, access: Access, cancellation: Cancellation | None = None, *, deep: bool = False
    ) -> RemoteSource:
        """The image of a reference, with the login docker has for its registry; nothing is asked yet.

        Raises:
            ReferenceInvalidError: The string is not a reference.
        """
        return cls(Repository.open(Reference.parse(reference), access), cancellation, deep=deep)

    def begin(self) -> None:
        """Begin to ask for the images, while something else goes on; whoever wants them gets what came of it."""
        self._begun = Begun(self._found, self._cancellation)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.repository.close()

    @cached_property
    def resolution(self) -> Resolution | None:
        """How the tag was found; None if the reference names a tag or a digest itself.

        Raises:
            ImageNotFoundError: No tag of the repository is a version.
        """
        given = self.repository.reference
        if given.tag or given.digest:
            return None
        found = resolve(self.tags)
        if found is None:
            raise ImageNotFoundError(
                f"{given.name} has no tag that is a semver version; {self._tags_there()}",
                remedy="name the tag to look at, or release a version first",
            )
        return found

    @cached_property
    def reference(self) -> Reference:
        """What is looked at, with its tag."""
        given = self.repository.reference
        return given.with_tag(self.resolution.tag) if self.resolution else given

    @property
    def scope(self) -> SourceScope:
        """See Source."""
        return SourceScope(str(self.reference))

    @property
    def note(self) -> str:
        """See Source; which tag was taken where none was given, and why."""
        return str(self.resolution) if self.resolution else ""

    @property
    def labels(self) -> Sequence[LabelSet]:
        """See Source."""
        return [_label_set(platform, image.config.labels) for platform, image in self.images.items()]

    @property
    def platforms(self) -> PlatformSet:
        """See Source."""
        said = {platform: image.config.platform for platform, image in self.images.items()}
        return PlatformSet(said, self._top.repeated if isinstance(self._top, Index) else frozenset())

    @property
    def own_image(self) -> Reference:
        """See Source."""
        return self.repository.reference

    @property
    def tag(self) -> str:
        """See Source."""
        if not self.reference.tag:
            raise NotOfferedError("the reference names a digest and no tag")
        return self.reference.tag

    @cached_property
    def tags(self) -> frozenset[str]:
        """See Source."""
        return self.repository.tags()

    @property
    def declared(self) -> frozenset[str]:
        """See Source."""
        raise NotOfferedError("without its Dockerfile, an image does not show which labels it inherited")

    @cached_property
    def contents(self) -> Mapping[Platform, LayeredContents]:
        """See ContentsSource."""
        if not self.deep:
            raise NotOfferedError("give --deep to read the layers with the files that metadata.json names")
        from dext_tasks.sources.registry_layers import KeptLayers

        # Files that are copied into both platforms' images are the same layers in both.
        same = {image.manifest.layers: platform for platform, image in self.images.items()}
        kept = KeptLayers()
        settled = ask_each(same, lambda layers: self._settled(same[layers], kept), self._cancellation)
        return {platform: settled[image.manifest.layers] for platform, image in self.images.items()}

    @cached_property
    def images(self) -> Mapping[Platform, RemoteImage]:
        """Each platform's image."""
        return self._begun.answer() if self._begun else self._found()

    def _found(self) -> Mapping[Platform, RemoteImage]:
        top = self._top
        if isinstance(top, Manifest):
            config = self.repository.config(top)
            return {config.platform: RemoteImage(top, config)}
        if len(top.platforms) > _MOST_PLATFORMS:
            raise RegistryResponseError(
                f"{self.reference} lists {len(top.platforms)} platforms, more than any image has",
                remedy="check that the reference names an extension",
            )
        return ask_each(top.platforms, lambda platform: self._image(top.platforms[platform]), self._cancellation)

    @cached_property
    def _top(self) -> Index | Manifest:
        found = self.repository.get(self.reference.digest or self.reference.tag)
        if found is None:
            raise ImageNotFoundError(
                f"{self.reference} is not in the registry; {self._tags_there()}",
                remedy="name a tag that is there, or push the image first (inv release)",
            )
        if isinstance(found, Manifest) and found.artifact:
            raise self._not_an_image(found.artifact)
        return found

    def _not_an_image(self, artifact: str) -> NotAnImageError:
        chosen = f" ({self.note})" if self.note else ""
        return NotAnImageError(
            f"{self.reference} is {artifact}, not an image{chosen}",
            remedy="name the tag of an image, and push everything else to a repository of its own: Docker's "
            "validator and desktops take the greatest version, whatever it is",
        )

    def _image(self, digest: str) -> RemoteImage:
        found = self.repository.get(digest)
        if not isinstance(found, Manifest):
            raise RegistryResponseError(
                f"{self.reference} lists {digest}, which is {'an index' if found else 'not there'}",
                remedy=LOST,
            )
        return RemoteImage(found, self.repository.config(found))

    def _settled(self, platform: Platform, kept: KeptLayers) -> LayeredContents:
        # Not needed by most runs, which they would slow by a tenth.
        from dext_tasks.limits import LayerLimits
        from dext_tasks.sources.registry_layers import LayeredContents, LayeredImage

        bounds = self._bounds or LayerLimits()
        contents = LayeredContents(
            LayeredImage(self.repository, self.images[platform].manifest, self._cancellation, bounds, kept)
        )
        try:
            contents.settle()
        except NotOfferedError:
            # For whoever asks for it; the other platform may well be readable.
            return contents
        return contents

    def _tags_there(self) -> str:
        if not self.tags:
            return "there is no such repository, or nothing in it"
        found = resolve(self.tags)
        every = [*(found.versions if found else ()), *(found.others if found else sorted(self.tags))]
        more = f" and {len(every) - _SHOWN} more" if len(every) > _SHOWN else ""
        return f"there are {', '.join(every[:_SHOWN])}{more}"


class StagedSource(RemoteSource):
    """Images of a registry that are about to be published together, and that no index names yet.

    Args:
        repository: They are in.
        version: They are about to be published as.
        manifests: Digest of each platform's manifest.
        cancellation: Of the run.
        tags: That the version is compared with.
    """

    name = "staged images"

    def __init__(
        self,
        repository: Repository,
        version: str,
        manifests: Mapping[Platform, str],
        cancellation: Cancellation,
        *,
        tags: frozenset[str],
    ) -> None:
        super().__init__(repository.tagged(version), cancellation, deep=True)
        self._manifests = manifests
        self._tags = tags

    @property
    def tags(self) -> frozenset[str]:
        """See Source."""
        return self._tags

    @cached_property
    def _top(self) -> Index:
        return Index("", self._manifests, {})


def _label_set(platform: Platform, labels: Mapping[str, str]) -> LabelSet:
    return LabelSet(
        platform, labels, Place(platform=platform), {key: Place(label=key, platform=platform) for key in labels}
    )
