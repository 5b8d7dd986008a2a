"""Any image in the engine as a source, for every platform that it exists for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dext_tasks.engine.variants import variants
from dext_tasks.errors import ReferenceInvalidError
from dext_tasks.formats.oci.platform import REQUIRED, Platform
from dext_tasks.formats.oci.reference import DEFAULT_TAG, Reference
from dext_tasks.runtime.parallel import for_each
from dext_tasks.sources.facts import PlatformSet
from dext_tasks.sources.image import ImageSource
from dext_tasks.sources.snapshot import Snapshot, take
from dext_tasks.sources.source import NotOfferedError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from dext_tasks.engine.engine import Engine
    from dext_tasks.engine.variants import Variant


class EngineImageSource(ImageSource):
    """What the images of one reference say.

    Args:
        reference: As given.
        found: The images, by platform.
        snapshots: Their files, by the same platforms.
    """

    def __init__(
        self, reference: str, found: Mapping[Platform, Variant], snapshots: Mapping[Platform, Snapshot]
    ) -> None:
        images = {platform: variant.image for platform, variant in found.items()}
        super().__init__(images, snapshots, _tag(reference), own_image=_parsed(reference), name="engine image")
        self._guessed = sorted(platform for platform, variant in found.items() if not variant.is_sure)

    @property
    def platforms(self) -> PlatformSet:
        """See Source; a platform that was not pulled may be published all the same."""
        if any(platform not in self.images for platform in REQUIRED):
            there = ", ".join(map(str, self.images))
            raise NotOfferedError(f"only {there} of it is in the engine; --remote shows what is published")
        said = ", ".join(map(str, self._guessed))
        unsure = f"this engine does not show what the image for {said} says of itself" if said else ""
        return PlatformSet(super().platforms.found, unsure=unsure)

    @property
    def tag(self) -> str:
        """See Source."""
        if not self.version:
            raise NotOfferedError("the reference names no tag")
        return self.version


def engine_image(engine: Engine, reference: str, folder: Path) -> EngineImageSource:
    """The images of a reference, with copies of the files that metadata.json names.

    Args:
        engine: Where they are.
        reference: Name, digest or ID, as docker takes it.
        folder: An empty folder that outlives the source.

    Raises:
        ImageNotFoundError: The engine has none.
    """
    found = variants(engine, reference, REQUIRED)

    def snapshot(platform: Platform) -> Snapshot:
        below = folder / platform.slug
        below.mkdir()
        return take(engine.client, reference, platform, below, found[platform].image.programs)

    return EngineImageSource(reference, found, for_each(found, snapshot, engine.client.cancellation))


def _tag(reference: str) -> str:
    parsed = _parsed(reference)
    if parsed is None:
        return ""
    return parsed.tag or ("" if parsed.digest else DEFAULT_TAG)


def _parsed(reference: str) -> Reference | None:
    try:
        return None if _is_id(reference) else Reference.parse(reference)
    except ReferenceInvalidError:
        return None


def _is_id(reference: str) -> bool:
    """Whether docker may have taken the string for an ID, which is not a name."""
    digits = reference.removeprefix("sha256:")
    return len(digits) >= 12 and all(digit in "0123456789abcdef" for digit in digits)  # noqa: PLR2004 - as `docker image ls` shows them
