"""Any extension image as candidates of a smoke test: from the engine, or from a registry what is missing there."""

from __future__ import annotations

from contextlib import closing, suppress
from dataclasses import replace
from threading import Lock
from typing import TYPE_CHECKING, Final, Self

from dext_tasks.engine.facts import Store
from dext_tasks.engine.variants import variants
from dext_tasks.errors import (
    DextError,
    EngineCommandError,
    EngineUnreachableError,
    HelperImageMissingError,
    ImageNotFoundError,
)
from dext_tasks.errors import InterruptedError as Interrupted
from dext_tasks.extension.tags import resolve
from dext_tasks.formats.oci.reference import Reference
from dext_tasks.registry.repository import Repository
from dext_tasks.runtime.parallel import to_its_end

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dext_tasks.engine.engine import Engine
    from dext_tasks.engine.facts import ImageFacts
    from dext_tasks.formats.oci.platform import Platform
    from dext_tasks.registry.access import Access


def named(engines: Iterable[Engine], text: str, access: Access) -> Reference:
    """The reference of an image as it was asked for; without a tag the greatest version, as desktops choose it.

    Raises:
        ReferenceInvalidError: The string is not a reference.
        ImageNotFoundError: It has no tag, and no tag that is there is a version.
        DextError: It has no tag, no engine has any of it, and its registry cannot be asked.
    """
    given = Reference.parse(text)
    if given.tag or given.digest:
        return given
    found = resolve(_tags(engines, given, access))
    if found is None:
        raise ImageNotFoundError(
            f"{given.name} has no tag that is a semver version", remedy="name the tag: --image NAME:TAG"
        )
    return given.with_tag(found.tag)


def _tags(engines: Iterable[Engine], given: Reference, access: Access) -> set[str]:
    local = {tagged.rpartition(":")[2] for engine in engines for tagged in engine.tagged(given.name)}
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


def has(engine: Engine, reference: str, platform: Platform) -> bool:
    """Whether the engine has the image for the platform."""
    return platform in _there(engine, reference, [platform])


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


def has_helper(engine: Engine, reference: str) -> bool:
    """Whether the engine has the image of the helper container for its own platform."""
    platform = engine.facts.platform
    return platform in _there(engine, reference, [platform])


def require_helper(engine: Engine, reference: str, loans: Loans | None) -> None:
    """Require that the engine has the image of the helper container, or fetches it now.

    Args:
        engine: Where it is to run.
        reference: The image.
        loans: Keeps count of what is pulled.

    Raises:
        HelperImageMissingError: It has not, and cannot.
    """
    platform = engine.facts.platform
    if has_helper(engine, reference):
        return
    if loans:
        loans.remember([reference])
        loans.fetched_platform(reference, platform)
    try:
        engine.pull(reference, platform)
    except (Interrupted, EngineUnreachableError):
        raise
    except DextError as error:
        docker = engine.client.by_hand
        raise HelperImageMissingError(
            f"the backend is reached through a helper container, whose image the engine cannot get: {error.message}",
            remedy=f"load it into the engine by hand ({docker} load, {docker} pull {reference}), or name another one "
            "whose entry point is socat with smoke.proxy-image (--smoke-proxy-image)",
            detail=error.detail,
        ) from error


def _absent(reference: str, platforms: str) -> ImageNotFoundError:
    return ImageNotFoundError(
        f"there is no image of {reference} for {platforms}",
        remedy="name the platforms it is there for: --platform linux/amd64",
    )


# After an interruption an engine may finish a pull that nobody waits for any more; seconds.
_LATE: Final = 1.0
# How often, and after how many seconds again, an engine is asked for all its images.
_LOOKS: Final = 3
_LOOK: Final = 0.2
# From this version of its API on an engine removes one platform of an image:
# https://docs.docker.com/reference/api/engine/version-history/#v150-api-changes
_REMOVES_PLATFORMS: Final = (1, 50)


class Loans:
    """What the engine had before; a context manager that leaves it with that and no more.

    A name that was there is given back to the image it named. Where an image was there for one platform and was
    fetched for another, that platform is removed if the engine can, and stays otherwise.

    Args:
        engine: That fetches.

    Attributes:
        left: What could not be removed, one line each, once the block has ended.
    """

    def __init__(self, engine: Engine) -> None:
        self.left: list[str] = []
        self._engine = engine
        self._before: dict[str, str] = {}
        self._known: frozenset[str] | None = None
        self._fetched: dict[str, None] = {}
        self._platforms: dict[tuple[str, Platform], None] = {}
        self._are_kept = False
        # Platforms are tested at once, and may fetch the same.
        self._lock = Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._before and not self._are_kept:
            to_its_end(self._give_back, self._engine.client.cancellation)

    def remember(self, references: Iterable[str]) -> None:
        """Look at what is there of images before anything fetches them; what was looked at once is not again."""
        with self._lock:
            new = [each for each in dict.fromkeys(references) if each and each not in self._before]
            if new and not self._before:
                self._known = self._all_ids()
            for reference in new:
                found = self._engine.find(reference)
                self._before[reference] = found.id if found else ""

    def _all_ids(self) -> frozenset[str] | None:
        """What is there; None if the engine cannot say, and then nothing without a name is removed."""
        for _ in range(_LOOKS):
            with suppress(EngineCommandError):
                return self._engine.image_ids()
            self._engine.client.cancellation.sleep(_LOOK)
        return None

    def fetched(self, ids: Iterable[str]) -> None:
        """Images that were fetched or run under remembered names, which may have lost these names since."""
        with self._lock:
            self._fetched |= dict.fromkeys(ids)

    def fetched_platform(self, reference: str, platform: Platform) -> None:
        """A platform of an image was fetched."""
        with self._lock:
            self._platforms[reference, platform] = None

    def keep(self) -> None:
        """What was installed stays to be looked at, and so does what it runs."""
        self._are_kept = True

    def _give_back(self) -> None:
        left = self._restored()
        if self._engine.client.cancellation.was_asked:
            self._engine.client.cancellation.sleep(_LATE)
            left = self._restored()
        self.left = left

    def _restored(self) -> list[str]:
        """Remove all that can be; what is still there, and why."""
        left = []
        # Names are given back first: with the last one of the others an image would go that has its own to get.
        for reference, before in sorted(self._before.items(), key=lambda each: not each[1]):
            try:
                self._restore(reference, before)
            except DextError as error:
                left.append(f"{reference}: {error.message}")
        for identity in self._new():
            try:
                self._remove_nameless(identity)
            except DextError as error:
                left.append(f"{identity}: {error.message}")
        return left

    def _new(self) -> list[str]:
        """What was fetched and was not there before under any name or none."""
        known = self._known
        return [] if known is None else [each for each in self._fetched if each not in known]

    def _remove_nameless(self, identity: str) -> None:
        """Remove what has lost its name; what has one again was given it by somebody else."""
        found = self._engine.find(identity)
        if found and not found.tags:
            self._engine.untag(identity)

    def _restore(self, reference: str, before: str) -> None:
        found = self._engine.find(reference)
        if found is None:
            return
        if not before:
            self._engine.untag(reference)
        elif found.id != before:
            self._engine.tag(before, reference)
            self.fetched([found.id])
        else:
            self._remove_platforms(reference)

    def _remove_platforms(self, reference: str) -> None:
        for name, platform in list(self._platforms) if self._engine.has_api(_REMOVES_PLATFORMS) else ():
            if name == reference:
                self._engine.remove_platform(reference, platform)
                del self._platforms[name, platform]
