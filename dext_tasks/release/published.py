"""What a registry has of a version, and of the tags that move."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from dext_tasks.errors import NotAnImageError, RegistryResponseError
from dext_tasks.extension.labels import CREATED, REVISION, VERSION
from dext_tasks.extension.version import as_version
from dext_tasks.formats.oci.manifest import ImageConfig, Index, Manifest
from dext_tasks.release.record import is_of_release
from dext_tasks.release.state import Published

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from dext_tasks.formats.oci.platform import Platform
    from dext_tasks.formats.oci.reference import Reference
    from dext_tasks.registry.repository import Repository

# What builds write that are to give the same bytes again: https://reproducible-builds.org/docs/source-date-epoch/
_NO_YEAR = 1970


def published_as(repository: Repository, tag: str, *, by_labels: bool = False) -> Published | None:
    """What a tag points at, with what its images say of themselves; None if there is no such tag.

    What the registry has lost, or what was never an image, is a fault of what is published, not of the question:
    registries drop manifests that no tag names (https://github.com/actions/delete-package-versions/issues/162).

    Args:
        repository: In the registry.
        tag: In question.
        by_labels: Whether each image is asked for its labels, also where a release recorded them in the index.

    Raises:
        RegistryUnreachableError: It could not be asked.
        RegistryResponseError: What it answered proves nothing.
        LoginMissingError: The registry wants a login.
    """
    try:
        found = repository.get(tag)
    except RegistryResponseError as error:
        fault, digest = fault_of(error), repository.digest(tag)
        if digest is None:
            raise RegistryResponseError.unclear(error.message, remedy="run the same command again") from error
        return Published(digest, {}, "", "", (fault,))
    if isinstance(found, Index):
        return _published_index(repository, found, by_labels=by_labels)
    return _published_manifest(repository, found) if found else None


def fault_of(error: NotAnImageError | RegistryResponseError) -> str:
    """What is wrong with what is published.

    Raises:
        RegistryResponseError: It itself, where the registry was not understood, which proves nothing.
    """
    if isinstance(error, RegistryResponseError) and not error.is_answer:
        raise error
    return error.message


def _published_manifest(repository: Repository, manifest: Manifest) -> Published:
    try:
        config = repository.config(manifest)
    except (NotAnImageError, RegistryResponseError) as error:
        return Published(manifest.digest, {}, "", "", (fault_of(error),))
    return _published(manifest.digest, {config.platform: manifest.digest}, [config], ())


def _published_index(repository: Repository, index: Index, *, by_labels: bool) -> Published:
    # What a release recorded in the index need not be asked of each image.
    is_recorded = not by_labels and is_of_release(index.annotations, index.platforms)
    configs, faults = [], []
    for platform, digest in index.platforms.items():
        try:
            if not is_recorded:
                configs.append(repository.config(manifest_of(repository, digest)))
            elif not repository.has_manifest(digest):
                raise _useless(repository, digest, "is gone from the registry")
        except (NotAnImageError, RegistryResponseError) as error:
            faults.append(f"{platform}: {fault_of(error)}")
    if is_recorded:
        said = index.annotations
        return Published(index.digest, index.platforms, said[REVISION], said[VERSION], tuple(faults))
    return _published(index.digest, index.platforms, configs, tuple(faults))


def _published(
    digest: str, manifests: Mapping[Platform, str], configs: list[ImageConfig], faults: tuple[str, ...]
) -> Published:
    return Published(digest, manifests, common_label(configs, REVISION), common_label(configs, VERSION), faults)


def common_label(configs: Iterable[ImageConfig], label: str) -> str:
    """The value of a label that all images have; empty if they have none, or several."""
    values = {config.labels.get(label, "") for config in configs}
    return values.pop() if len(values) == 1 else ""


def day_of(repository: Repository, published: Published) -> str:
    """The day on which its first image says it was made, as YYYY-MM-DD; empty if it does not say.

    Raises:
        DextError: As ``published_as``.
    """
    for digest in list(published.manifests.values())[:1]:
        try:
            config = repository.config(manifest_of(repository, digest))
        except (NotAnImageError, RegistryResponseError) as error:
            fault_of(error)
            continue
        for text in (config.labels.get(CREATED, ""), config.created):
            with suppress(ValueError):
                found = date.fromisoformat(text[:10])
                if found.year > _NO_YEAR:
                    return str(found)
    return ""


def manifest_of(repository: Repository, digest: str) -> Manifest:
    """The manifest of a digest that an index names; asked for twice before it counts as gone.

    Raises:
        RegistryResponseError: The registry does not have it any more, or it is an index again.
    """
    found = repository.get(digest) or repository.get(digest)
    if isinstance(found, Manifest):
        return found
    raise _useless(repository, digest, "is an index, not a manifest" if found else "is gone from the registry")


def _useless(repository: Repository, digest: str, is_what: str) -> RegistryResponseError:
    return RegistryResponseError(
        f"{repository.reference.name} names {digest}, which {is_what}", remedy="release a greater version"
    )


@dataclass(frozen=True)
class TagPlace:
    """Where a tag is that moves.

    Attributes:
        digest: What it points at; empty if it is not there.
        version: The tag of the version that it is at, if the registry has that and it says so itself.
    """

    digest: str
    version: frozenset[str]


def place_of(repository: Repository, tag: str, tags: frozenset[str]) -> TagPlace:
    """Where a tag is that moves. A list of tags may lag behind, and not have the version that the tag is at already.

    Args:
        repository: In the registry.
        tag: That moves.
        tags: As they are listed.
    """
    found = repository.get(tag)
    said = found.annotations.get(VERSION, "") if isinstance(found, Index) else ""
    # The tag may also be at a version that was deleted.
    is_there = found and as_version(said) and (said in tags or repository.digest(said) == found.digest)
    return TagPlace(found.digest if found else "", frozenset({said} if is_there else ()))


def version_in_registry(repository: Repository, target: Reference) -> tuple[Published | None, frozenset[str]]:
    """What a version's tag points at, and every tag; None only if both answers say that it is not there.

    By one answer alone no version is taken for new: some registries have several servers, which are not of one mind.

    Raises:
        RegistryResponseError: The version is listed, and there is no manifest of it.
        DextError: As ``published_as``.
    """
    tags = repository.tags()
    # The manifest last: what is done next depends on it most.
    return confirmed(repository, target, published_as(repository, target.tag), tags)


def confirmed(
    repository: Repository, target: Reference, published: Published | None, tags: frozenset[str]
) -> tuple[Published | None, frozenset[str]]:
    """What a version's tag points at, asked for once more if the list of tags has it; and the tags.

    Args:
        repository: In the registry.
        target: The version.
        published: What was answered.
        tags: As they are listed.

    Raises:
        DextError: As ``version_in_registry``.
    """
    found = published or published_if_listed(repository, target.tag, tags)
    if found is None and target.tag in tags:
        raise contradictory(target)
    return found, tags


def contradictory(target: Reference) -> RegistryResponseError:
    """The error for a version that a registry lists, and says that it has no manifest of."""
    return RegistryResponseError(
        f"registry {target.registry} lists {target}, and says that it has no manifest of it",
        remedy="run the same command again; if it stays so, ask the registry's operator, or release another version "
        "with --version X.Y.Z",
    )


def published_if_listed(repository: Repository, tag: str, tags: frozenset[str]) -> Published | None:
    """What a tag points at that is in the list of tags, and was not there: it may have come in between.

    Raises:
        DextError: As ``published_as``.
    """
    return published_as(repository, tag) if tag in tags else None
