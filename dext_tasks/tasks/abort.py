"""inv release.abort."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dext_tasks.errors import UsageError
from dext_tasks.tasks.verb import verb

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dext_tasks.release.abort import LeftBehind, Removal
    from dext_tasks.tasks.run import Run


@verb(
    options=("image", "release_tag_prefix", "release_remote"),
    help={"version": "the version whose release is not to go on, such as 1.2.0", "yes": "do not ask before removing"},
    changes=True,
    needs_posix=True,
    example="--version 1.2.0 --dry-run",
)
def abort(run: Run, version: str = "", yes: bool = False) -> None:
    """Take away what a release that is not to go on has left: claim, staging tags, journal. Nothing published goes."""
    from dext_tasks.extension.version import parse_release
    from dext_tasks.release.abort import abort as take_away
    from dext_tasks.release.abort import left_behind, require_removed
    from dext_tasks.tasks.question import confirm

    if not version:
        raise UsageError("no version is named", remedy="add --version X.Y.Z")
    world = run.world(push=not run.dry_run)
    left = left_behind(world, parse_release(version))
    for line in _lines(left):
        run.output.say(line, result=run.dry_run)
    removed: Sequence[Removal] = ()
    if not (run.dry_run or left.is_nothing):
        confirm(f"Remove this of {left.target}?", yes=yes, output=run.output)
        removed = take_away(world, left)
    for each in removed:
        run.output.say(f"not removed: {each.what}: {each.refused}" if each.refused else f"removed: {each.what}")
    run.output.data(_data(left, removed, dry_run=run.dry_run))
    require_removed(removed)


def _lines(left: LeftBehind) -> list[str]:
    """What is there, for people."""
    found = []
    if left.published:
        found.append(f"{left.target} is published as {left.published}; it stays, with what its release keeps")
    if left.claim:
        found.append(f"{left.git_tag} is claimed by {left.claim.holder}")
        if not left.claim.is_abandoned:
            found.append("that release may still be running: without its claim it ends before it writes the index")
    found += [f"{left.target.with_tag(tag)} is an image that was tested" for tag in left.staged]
    if left.journal:
        found.append(f"there is a journal of {left.version}: without it a release builds and tests anew")
    return [*found, "there is nothing to take away"] if left.is_nothing else found


def _data(left: LeftBehind, removed: Sequence[Removal], *, dry_run: bool) -> dict[str, object]:
    return {
        "dry_run": dry_run,
        "reference": str(left.target),
        "published": left.published,
        "claim": left.claim.holder if left.claim else "",
        "staging": list(left.staged),
        "journal": left.journal,
        "removed": [each.what for each in removed if not each.refused],
        "refused": {each.what: each.refused for each in removed if each.refused},
    }
