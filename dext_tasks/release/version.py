"""Which version a release is of."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from dext_tasks import calls
from dext_tasks.errors import UsageError
from dext_tasks.extension.version import Bump, as_version, greatest, next_version, parse_release
from dext_tasks.release.observe import published_as

if TYPE_CHECKING:
    from collections.abc import Callable

    from semver import Version

    from dext_tasks.git import Git
    from dext_tasks.release.observe import World

_LOG = logging.getLogger(__name__)


def choose_version(
    world: World, *, explicit: str, bump: Bump | None, ask: Callable[[Version], Bump] | None = None
) -> Version:
    """The version to release: the one named, the one this commit has begun, or the next one.

    A commit whose release was begun or finished keeps its version whatever the bump, so that running the
    same command again goes on with it instead of releasing the same commit twice.

    Args:
        world: Where answers come from.
        explicit: The version that was named; empty if none was.
        bump: What is to be raised of the last one; None if that was not said.
        ask: Asks somebody what is to be raised of a version; None if nobody can be asked.

    Raises:
        VersionInvalidError: The version named cannot be released.
        UsageError: Neither version nor bump is given, something is released already, and nobody can be asked.
    """
    if explicit:
        calls.decided(_LOG, "version %s: it was named", explicit)
        return parse_release(explicit)
    begun = _begun(world)
    if begun:
        calls.decided(_LOG, "version %s: the release of this commit was begun or finished as it", begun)
        return begun
    prefix = world.project.settings.release_tag_prefix
    names = [*world.repository.tags(), *_git_versions(world.git, prefix)]
    last = greatest(version for name in names if (version := as_version(name)))
    if bump is None and last is not None:
        if ask is None:
            raise UsageError(
                f"{last} is released, and the next version is not given",
                remedy="add --bump major|minor|patch, or --version X.Y.Z",
            )
        bump = ask(last)
    following = next_version(last, bump or Bump.MINOR)
    calls.decided(_LOG, "version %s: the %s one after %s", following, bump or Bump.MINOR, last or "none")
    return following


def _begun(world: World) -> Version | None:
    """The version this commit is or was being released as."""
    head = world.git.head()
    if not head:
        return None
    journals = world.journals.of_commit(head, world.project.image.name)
    prefix = world.project.settings.release_tag_prefix
    tagged = [name for name in _git_versions(world.git, prefix) if world.git.commit_of(f"{prefix}{name}") == head]
    versions = {as_version(name) for name in (*tagged, *(journal.version for journal in journals))}
    newest = greatest(version for version in (as_version(tag) for tag in world.repository.tags()) if version)
    published = published_as(world.repository, str(newest)) if newest else None
    if published and published.faults:
        # Nobody can go on with what the registry lost a part of; the same commit may be released anew.
        versions.discard(newest)
    elif published and published.revision == head:
        versions.add(newest)
    return greatest(version for version in versions if version)


def _git_versions(git: Git, prefix: str) -> list[str]:
    return [tag.removeprefix(prefix) for tag in git.tags() if tag.startswith(prefix)]
