"""inv release.verify and inv release.list: what is published."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dext_tasks.tasks.verb import verb

if TYPE_CHECKING:
    from dext_tasks.tasks.run import Run


@verb(
    options=("platforms", "image", "release_tag_prefix", "release_remote"),
    help={
        "reference": "a published image, HOST/ORG/NAME:VERSION or with @DIGEST; or a version of the extension at hand"
    },
    positional=("reference",),
    example="my-org/my-extension:1.2.0",
)
def verify(run: Run, reference: str = "") -> None:
    """Prove of a published release, anybody's, that it is exactly the images that were tested; changes nothing."""
    from dext_tasks.console.tables import proven_data, proven_table

    proven = run.verify_release(reference)
    run.output.table(proven_table(proven), result=True)
    run.output.data(proven_data(proven))
    proven.require_whole()


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
