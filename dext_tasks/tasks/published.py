"""inv release.verify and inv release.list: what is published."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from dext_tasks.errors import ProjectNotFoundError, ReferenceInvalidError, UsageError
from dext_tasks.tasks.verb import Run, verb

if TYPE_CHECKING:
    from dext_tasks.formats.oci.reference import Reference
    from dext_tasks.release.proof import Own

_REFERENCE = "a published image, HOST/ORG/NAME:VERSION or with @DIGEST; or a version of the extension at hand"


@verb(
    options=("platforms", "image", "release_tag_prefix", "release_remote"),
    help={"reference": _REFERENCE},
    positional=("reference",),
    example="my-org/my-extension:1.2.0",
)
def verify(run: Run, reference: str = "") -> None:
    """Prove of a published release, anybody's, that it is exactly the images that were tested; changes nothing."""
    from dext_tasks.console.tables import proven_data, proven_table
    from dext_tasks.registry.repository import Repository
    from dext_tasks.release.proof import prove

    wanted = _wanted(run, reference)
    repository = Repository.open(wanted, run.access)
    proven = prove(repository, wanted, run.cancellation, _own(run, wanted))
    run.output.table(proven_table(proven), result=True)
    run.output.data(proven_data(proven))
    proven.require_whole()


def _wanted(run: Run, text: str) -> Reference:
    from dext_tasks.extension.version import as_version
    from dext_tasks.formats.oci.reference import Reference

    if not text:
        raise UsageError("no release is named", remedy=f"name {_REFERENCE}")
    if as_version(text):
        return run.project.image.with_tag(text)
    reference = Reference.parse(text)
    if not (reference.tag or reference.digest):
        raise UsageError(f"{text} names no version", remedy="add its tag, as in NAME:1.2.0; see inv release.list")
    return reference


def _own(run: Run, wanted: Reference) -> Own | None:
    """What is known of it, if it is a release of the extension at hand."""
    from dext_tasks.git import Git
    from dext_tasks.release.proof import Own, tagged

    with suppress(ProjectNotFoundError, ReferenceInvalidError):
        settings, git = run.project.settings, Git(run.project.root)
        if run.project.image.name == wanted.name and git.is_repository():
            prefix, remote = settings.release_tag_prefix, settings.release_remote
            return Own(settings.platforms, lambda version: tagged(git, f"{prefix}{version}", remote))
    return None


@verb(
    name="list",
    options=("platforms", "image", "release_tag_prefix", "release_remote", "release_ignore_tags"),
    help={"all": "list every version, not only the newest"},
    needs_posix=True,
    example="--all --json",
)
def list_versions(run: Run, all: bool = False) -> None:  # noqa: A002 - the flag's name
    """List the versions that are published, tagged or begun, newest first, and how far each is; changes nothing."""
    from dext_tasks.console.tables import listing_data, listing_table
    from dext_tasks.release.listing import NEWEST
    from dext_tasks.release.listing import list_versions as listing_of

    listing = listing_of(run.world(push=False), None if all else NEWEST)
    if listing.entries:
        run.output.table(listing_table(listing), result=True)
    else:
        for line in (f"no version of {listing.image} is published, tagged or begun", *listing.notes):
            run.output.say(line, result=True)
    run.output.data(listing_data(listing))
