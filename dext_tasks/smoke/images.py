"""Any extension image as candidates of a smoke test: from the engine, or from a registry what is missing there."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING

from dext_tasks.engine.facts import Store
from dext_tasks.engine.variants import variants
from dext_tasks.errors import DextError, ImageNotFoundError
from dext_tasks.extension.tags import resolve
from dext_tasks.formats.oci.reference import Reference
from dext_tasks.registry.repository import Repository

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dext_tasks.engine.engine import Engine
    from dext_tasks.engine.facts import ImageFacts
    from dext_tasks.formats.oci.platform import Platform
    from dext_tasks.registry.access import Access
    from dext_tasks.smoke.loans import Loans


def named(engine: Engine, text: str, access: Access) -> Reference:
    """The reference of an image as it was asked for; without a tag the greatest version, as desktops choose it.

    Raises:
        ReferenceInvalidError: The text is no reference.
        ImageNotFoundError: It has no tag, and no tag that is there is a version.
        DextError: It has no tag, the engine has none of it, and its registry cannot be asked.
    """
    given = Reference.parse(text)
    if given.tag or given.digest:
        return given
    found = resolve(_tags(engine, given, access))
    if found is None:
        raise ImageNotFoundError(
            f"{given.name} has no tag that is a semver version", remedy="name the tag: --image NAME:TAG"
        )
    return given.with_tag(found.tag)


def _tags(engine: Engine, given: Reference, access: Access) -> set[str]:
    local = {tagged.rpartition(":")[2] for tagged in engine.tagged(given.name)}
    try:
        with closing(Repository.open(given, access)) as repository:
            return local | repository.tags()
    except DextError:
        if not local:
            raise
        return local


def images(
    engine: Engine, reference: Reference, platforms: Iterable[Platform], loans: Loans
) -> dict[Platform, ImageFacts]:
    """The image of each platform; what the engine does not have is pulled.

    Args:
        engine: Where from.
        reference: The image.
        platforms: Which of its platforms.
        loans: Keeps count of what is pulled.

    Raises:
        ImageNotFoundError: There is none for a platform, neither in the engine nor in the registry.
        LoginMissingError: The registry refused it.
        RegistryUnreachableError: It could not be reached.
    """
    wanted = list(platforms)
    loans.remember([str(reference)])
    if engine.facts.store is Store.CONTAINERD:
        return _together(engine, str(reference), wanted, loans)
    return {platform: _alone(engine, str(reference), platform, loans) for platform in wanted}


def _together(engine: Engine, reference: str, platforms: list[Platform], loans: Loans) -> dict[Platform, ImageFacts]:
    there = _there(engine, reference, platforms)
    missing = [platform for platform in platforms if platform not in there]
    for platform in missing:
        loans.fetched_platform(reference, platform)
        engine.pull(reference, platform)
    if missing:
        there = _there(engine, reference, platforms)
    absent = [str(platform) for platform in platforms if platform not in there]
    if absent:
        raise _absent(reference, ", ".join(absent))
    return {platform: there[platform] for platform in platforms}


def _there(engine: Engine, reference: str, platforms: list[Platform]) -> dict[Platform, ImageFacts]:
    try:
        return {platform: each.image for platform, each in variants(engine, reference, platforms).items()}
    except ImageNotFoundError:
        return {}


def _alone(engine: Engine, reference: str, platform: Platform, loans: Loans) -> ImageFacts:
    """In a store that holds one platform a tag, the next pull takes the tag away; the id stays."""
    found = _there(engine, reference, [platform]).get(platform)
    if found is None:
        engine.pull(reference, platform)
        found = engine.image(reference)
        loans.fetched([found.id])
    if found.platform != platform:
        raise _absent(reference, str(platform))
    return replace(found, reference=found.id)


def _absent(reference: str, platforms: str) -> ImageNotFoundError:
    return ImageNotFoundError(
        f"there is no image of {reference} for {platforms}",
        remedy="name the platforms it is there for: --platform linux/amd64",
    )
