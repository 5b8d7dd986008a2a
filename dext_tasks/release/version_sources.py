"""Plans of releases whose version is read: in the changelog, or from the commits since the last version."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from dext_tasks.errors import AlreadyPublishedError
from dext_tasks.release.commits import CommitsSince
from dext_tasks.release.notes import version_of_changelog
from dext_tasks.release.run import look
from dext_tasks.release.version import choose_version

if TYPE_CHECKING:
    from dext_tasks.release.observe import World
    from dext_tasks.release.run import PlannedRelease


def plan_from_changelog(world: World, commit: str) -> PlannedRelease:
    """The plan of the release of the changelog's topmost entry; changes nothing.

    Raises:
        ChangelogError: The changelog has no version to be released.
        DextError: Somebody could not be asked.
    """
    return in_changelog(look(world, version_of_changelog(world, commit), commit), world)


def in_changelog(planned: PlannedRelease, world: World) -> PlannedRelease:
    """A plan whose obstacles say what to do in the changelog, where its version was read."""
    published, name = planned.state.published, world.project.settings.release_changelog
    # Of this commit it is published for other platforms.
    if published is None or published.revision == planned.intent.commit:
        return planned
    obstacles = tuple(
        AlreadyPublishedError(
            f"the topmost entry of {name} is {planned.intent.version}, which is published: {each.message}",
            remedy="write the next version's entry, as inv release --write-changelog does it, and commit it",
        )
        if isinstance(each, AlreadyPublishedError)
        else each
        for each in planned.plan.obstacles
    )
    return replace(planned, plan=replace(planned.plan, obstacles=obstacles))


def plan_from_commits(world: World, commit: str, pre: str = "") -> PlannedRelease:
    """The plan of the release that follows from the Conventional Commits since the last version; changes nothing.

    Args:
        world: Where answers come from.
        commit: What is to be released.
        pre: What a pre-release is called, of which the next one is planned; empty for a release.

    Raises:
        HistoryMissingError: The commits are not in this clone.
        NothingToReleaseError: None of them is a reason for a release.
        DextError: Somebody could not be asked.
    """
    asked = CommitsSince(world, commit)
    version = choose_version(world, commit, explicit="", bump=None, ask=asked, pre=pre)
    return replace(look(world, version, commit), reasons=tuple(asked.reasons), commits=asked.notes)
