"""The release of a commit that was begun and is not done."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dext_tasks.errors import UsageError
from dext_tasks.extension.version import parse_release
from dext_tasks.release.plan import make
from dext_tasks.release.run import look
from dext_tasks.release.version import begun_as

if TYPE_CHECKING:
    from dext_tasks.release.journal import Journal
    from dext_tasks.release.observe import World
    from dext_tasks.release.run import PlannedRelease

_SHOWN = 12
_BEGIN = "begin one with inv release --bump major|minor|patch, or --version X.Y.Z"


def begun(world: World, commit: str, *, named: str = "", is_part: bool = False) -> PlannedRelease:
    """The plan of the release to continue; changes nothing.

    If all that were begun are done, it is the one of the greatest version, whose plan has nothing left to do: what
    was killed after its last step, and what is resumed twice, ends well.

    Args:
        world: Where answers come from.
        commit: What is checked out; empty if there is no commit.
        named: The version, if it is known; it has to be of this commit then.
        is_part: See Intent.

    Raises:
        UsageError: None was begun of this commit, or several, or it is one of another commit that is not done.
        DextError: Somebody could not be asked.
    """
    if not commit:
        raise UsageError("nothing is committed here, so no release was begun", remedy=_BEGIN)
    versions = {parse_release(named)} if named else begun_as(world, commit)
    planned = [look(world, version, commit, is_part=is_part) for version in sorted(versions)]
    unfinished = [each for each in planned if _is_unfinished(world, each)]
    if len(unfinished) > 1:
        names = [str(each.intent.version) for each in unfinished]
        raise UsageError(
            f"several releases of this commit were begun: {', '.join(names)}",
            remedy=f"name the one to continue: inv release --version {names[-1]}; "
            "inv release.abort --version takes away what another has left",
        )
    if unfinished:
        return unfinished[0]
    _require_none_elsewhere(world, commit)
    if not planned:
        raise UsageError(
            f"no release of commit {commit[:_SHOWN]} was begun, or it was stopped before its images were tested",
            remedy="run the inv release command that was stopped once more, as nothing of it was written down; "
            f"if there was none, {_BEGIN}",
        )
    return planned[-1]


def _is_unfinished(world: World, planned: PlannedRelease) -> bool:
    """Whether something is left to do that the release is not whole without."""
    prefix = world.project.settings.release_tag_prefix
    return bool(make(planned.intent, planned.state, prefix, has_tried=True).todo)


def _require_none_elsewhere(world: World, commit: str) -> None:
    """Settings, which say what is built, are those of what is checked out: so another commit is not continued."""
    others = [each for each in _unfinished(world) if each.commit != commit]
    if others:
        found = ", ".join(f"{each.version} from commit {each.commit[:_SHOWN]}" for each in others)
        last = others[-1]
        raise UsageError(
            f"no release of the commit that is checked out is unfinished; of others there are: {found}",
            remedy=f"check out the commit (git checkout {last.commit[:_SHOWN]}) and run inv release.resume again; "
            f"or take away what is left, with inv release.abort --version {last.version}",
        )


def _unfinished(world: World) -> list[Journal]:
    """Journals of versions without a git tag, which comes last but for tags that move."""
    settings, refs = world.project.settings, world.remote_refs
    tags = refs.tags if refs.is_configured else world.git.tags()
    journals = [each for each in world.journals.every() if each.image == world.project.image.name]
    return [each for each in journals if f"{settings.release_tag_prefix}{each.version}" not in tags]
