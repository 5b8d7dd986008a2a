"""The images of several platforms that one reference stands for in an engine.

Only the containerd store has them. What an engine says about one of them grew over time:

- From API 1.49 on ``docker image inspect --platform`` shows any of them in full.
- Before, it shows one the engine chooses. ``docker create --platform`` shows whether another is there, and
  ``docker inspect`` of that container its labels, but not the platform its configuration names.
- ``docker save`` would have it all, and fails where one platform of the index was not pulled (Docker 26.1:
  "unable to create manifests file: content digest ... not found").
- ``docker buildx imagetools inspect`` asks registries only.

So platforms are tried one by one; which others are there is not asked.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from dext_tasks.engine.api_request import is_number
from dext_tasks.engine.client import RUN_LABEL
from dext_tasks.engine.faults import passing
from dext_tasks.engine.files import image_files
from dext_tasks.errors import DextError, ImageNotFoundError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from dext_tasks.engine.engine import Engine
    from dext_tasks.engine.facts import ImageFacts
    from dext_tasks.formats.oci.platform import Platform

# https://docs.docker.com/reference/api/engine/version-history/#v149-api-changes
_INSPECTS_PLATFORMS = (1, 49)
# What the stores say when the image is there for other platforms only.
_ELSEWHERE = ("does not match the specified platform", "no match for platform", "not found")


@dataclass(frozen=True)
class Variant:
    """One platform's image.

    Attributes:
        image: What is known of it.
        is_sure: Whether its platform is what its configuration says, not only what was asked for.
    """

    image: ImageFacts
    is_sure: bool


def variants(engine: Engine, reference: str, platforms: Iterable[Platform]) -> Mapping[Platform, Variant]:
    """The images of a reference, of these platforms and of the one the engine shows.

    Raises:
        ImageNotFoundError: The engine has no image of that reference at all.
    """
    shown = engine.image(reference)
    found = {shown.platform: Variant(shown, is_sure=True)}
    for platform in platforms:
        other = None if platform in found else _variant(engine, shown, platform)
        if other:
            found[platform] = other
    return dict(sorted(found.items()))


def _variant(engine: Engine, shown: ImageFacts, platform: Platform) -> Variant | None:
    api = tuple(int(part) for part in engine.facts.api.split(".") if is_number(part))
    try:
        if api >= _INSPECTS_PLATFORMS:
            return Variant(engine.platform_image(shown.reference, platform), is_sure=True)
        labels = _labels(engine, shown.reference, platform)
    except ImageNotFoundError:
        return None
    except DextError as error:
        # What comes and goes says "not found", too, and of something else.
        if passing(error) or not any(text in error.detail.lower() for text in _ELSEWHERE):
            raise
        return None
    return Variant(replace(shown, platform=platform, labels=labels, size=0), is_sure=False)


def _labels(engine: Engine, reference: str, platform: Platform) -> dict[str, str]:
    """Labels of an image, read from a container that is never started."""
    with image_files(engine.client, reference, platform) as files:
        what = "docker container inspect"
        found = engine.client.api.get(f"/containers/{files.container}/json", what)
    with engine.client.api.understood(what):
        labels = dict((found.get("Config") or {}).get("Labels") or {})
    return {key: value for key, value in labels.items() if key != RUN_LABEL}
