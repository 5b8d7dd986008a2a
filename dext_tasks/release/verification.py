"""Proving a published release that is named, with what is known of it where it is one of the project at hand."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Final

from dext_tasks.errors import ProjectNotFoundError, ReferenceInvalidError, UsageError
from dext_tasks.extension.version import as_version
from dext_tasks.formats.oci.reference import Reference
from dext_tasks.git import Git
from dext_tasks.registry.repository import Repository
from dext_tasks.release import proof

if TYPE_CHECKING:
    from collections.abc import Callable

    from dext_tasks.project import Project
    from dext_tasks.registry.access import Access
    from dext_tasks.runtime.cancellation import Cancellation

_NAMED: Final = "a published image, HOST/ORG/NAME:VERSION or with @DIGEST; or a version of the extension at hand"


def verify(named: str, project: Callable[[], Project], access: Access, cancellation: Cancellation) -> proof.Proven:
    """Prove of a published release, anybody's, that it is exactly the images that were tested; changes nothing.

    Args:
        named: A published image, or a version of the project at hand.
        project: Gives the project at hand; raises ProjectNotFoundError if there is none.
        access: The way to registries.
        cancellation: Of the run.

    Raises:
        UsageError: No version is named.
        ReferenceInvalidError: No image is called so.
        ProjectNotFoundError: A version alone is named, and there is no project at hand.
        ImageNotFoundError: The image does not exist.
        DextError: Registry or git remote could not be asked.
    """
    reference = _reference(named, project)
    return proof.prove(Repository.open(reference, access), reference, cancellation, _own(reference, project))


def _reference(named: str, project: Callable[[], Project]) -> Reference:
    if not named:
        raise UsageError("no release is named", remedy=f"name {_NAMED}")
    if as_version(named):
        return project().image.with_tag(named)
    reference = Reference.parse(named)
    if not (reference.tag or reference.digest):
        raise UsageError(f"{named} names no version", remedy="add its tag, as in NAME:1.2.0; see inv release.list")
    return reference


def _own(reference: Reference, project: Callable[[], Project]) -> proof.Own | None:
    """What is known of it, if it is a release of the project at hand."""
    with suppress(ProjectNotFoundError, ReferenceInvalidError):
        ours = project()
        settings, git = ours.settings, Git(ours.root)
        if ours.image.name == reference.name and git.is_repository():
            prefix, remote = settings.release_tag_prefix, settings.release_remote
            return proof.Own(settings.platforms, lambda version: proof.tagged(git, f"{prefix}{version}", remote))
    return None
