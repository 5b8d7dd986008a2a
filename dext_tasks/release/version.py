"""Which version a release is of."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dext_tasks import calls
from dext_tasks.errors import ConfirmationNeededError, UsageError
from dext_tasks.extension.tags import described, setting_for, strays, versions_of
from dext_tasks.extension.version import Bump, greatest, next_version, numbered_on, parse_release
from dext_tasks.release.claim import seen_claim
from dext_tasks.release.observe import line_of
from dext_tasks.release.published import contradictory, published_as

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from semver import Version

    from dext_tasks.extension.version_line import VersionLine
    from dext_tasks.release.observe import World
    from dext_tasks.release.state import Published

_LOG = logging.getLogger(__name__)


def choose_version(  # noqa: PLR0913 - one flag each
    world: World,
    commit: str,
    *,
    explicit: str,
    bump: Bump | None,
    ask: Callable[[Version], Bump] | None = None,
    pre: str = "",
) -> Version:
    """The version to release: the one named, the one this commit has begun, or the next one.

    A commit whose release was begun or finished keeps its version whatever the bump, so that running the
    same command again goes on with it instead of releasing the same commit twice.

    Args:
        world: Where answers come from.
        commit: What is to be released; empty if there is none.
        explicit: The version that was named; empty if none was.
        bump: What is to be raised of the last one; None if that was not said.
        ask: Asks somebody what is to be raised of a version; None if nobody can be asked.
        pre: What a pre-release is called, such as ``rc``, of which the next one is chosen; empty for a release.

    Raises:
        ConfirmationNeededError: The last one looks like no version of an extension, and nobody can be asked.
        VersionInvalidError: The version named cannot be released.
        VersionOutsideLineError: The bump leads out of the line.
        UsageError: Neither version nor bump is given, something is released already, and nobody can be asked.
        RegistryResponseError: The registry does not say whether this commit was begun already.
    """
    if explicit:
        calls.decided(_LOG, "version %s: it was named", explicit)
        return parse_release(explicit)
    known = _Known.of(world)
    begun = greatest(known.begun(commit))
    if begun:
        calls.decided(_LOG, "version %s: the release of this commit was begun or finished as it", begun)
        return begun
    last = known.last()
    if pre and bump is None and last is not None and last.prerelease:
        # What is prepared is known.
        bump = Bump.PATCH
    if bump is None and last is not None:
        if ask is None:
            raise UsageError(
                f"{last} is released, and the next version is not given",
                remedy="add --bump major|minor|patch, or --version X.Y.Z",
            )
        bump = ask(last)
    if last is not None and ask is None:
        _require_meant(last, pre, world.project.settings.release_ignore_tags)
    following = next_version(last, bump or Bump.MINOR, known.line)
    calls.decided(_LOG, "version %s: the %s one after %s", following, bump or Bump.MINOR, last or "none")
    return numbered_on(following, pre, known.versions()) if pre else following


def _require_meant(last: Version, pre: str, ignored: Sequence[str]) -> None:
    """Require that the last version looks like one: what is published cannot be taken back, and nobody looks at it."""
    is_named_so = bool(pre) and (last.prerelease or "").partition(".")[0] == pre
    found = () if is_named_so else strays([str(last)], ignored)
    if found:
        raise ConfirmationNeededError(
            f"the next version would follow {last}, and nobody can be asked whether it should: {described(found)}",
            remedy=f"set {setting_for(found, ignored)}; if {last} is a version of this extension, name the next one "
            "with --version X.Y.Z",
        )


def begun_as(world: World, commit: str) -> frozenset[Version]:
    """The versions a commit is or was being released as, by journals, git tags, the registry and claims."""
    return _Known.of(world).begun(commit)


@dataclass(frozen=True)
class _Known:
    """What is known of earlier versions.

    Attributes:
        world: Where answers come from.
        line: What the version has to be of; None for all versions.
    """

    world: World
    line: VersionLine | None

    @classmethod
    def of(cls, world: World) -> _Known:
        return cls(world, line_of(world.project.settings))

    def versions(self) -> frozenset[Version]:
        """The versions that the registry or git have, of the line."""
        return self._versions([*self.world.repository.listed_tags(), *self._git_names()])

    def last(self) -> Version | None:
        """The greatest of them."""
        return greatest(self.versions())

    def begun(self, commit: str) -> frozenset[Version]:
        """The versions a commit is or was being released as.

        Raises:
            RegistryResponseError: The registry lists the greatest version, says that it has no manifest of it, and
                nobody else says of which commit it is.
        """
        world = self.world
        if not commit:
            return frozenset()
        journals = world.journals.of_commit(commit, world.project.image.name)
        prefix = world.project.settings.release_tag_prefix
        tags = world.released_tags
        tagged = [name for name in self._git_names() if tags[f"{prefix}{name}"] == commit]
        versions = {*self._versions([*tagged, *(journal.version for journal in journals)]), *self._claimed(commit)}
        newest = greatest(self._versions(world.repository.listed_tags()))
        if newest is None:
            return frozenset(versions)
        published = self._published(newest)
        if published is None and newest not in versions and f"{prefix}{newest}" not in tags:
            # As the next version the same commit could be released twice.
            raise contradictory(world.project.image.with_tag(str(newest)))
        if published and published.faults:
            # Nobody can go on with what the registry lost a part of; the same commit may be released anew.
            versions.discard(newest)
        elif published and published.revision == commit:
            versions.add(newest)
        return frozenset(versions)

    def _published(self, version: Version) -> Published | None:
        """What the tag of a version that is listed points at; gone, or broken, only if it is so twice.

        Some registries have several servers, which are not of one mind.
        """
        repository, tag = self.world.repository, str(version)
        found = published_as(repository, tag)
        if found and not found.faults:
            return found
        repository.forget()
        return published_as(repository, tag)

    def _claimed(self, commit: str) -> frozenset[Version]:
        """The versions whose claims on the git remote are of a commit."""
        settings, claims = self.world.project.settings, self.world.remote_refs.claims
        prefix, remote, git = settings.release_tag_prefix, settings.release_remote, self.world.git
        seen = {name: seen_claim(git, remote, name, found) for name, found in claims.items() if name.startswith(prefix)}
        return self._versions(
            name.removeprefix(prefix) for name, claim in seen.items() if claim and claim.is_of(commit)
        )

    def _versions(self, names: Iterable[str]) -> frozenset[Version]:
        found = versions_of(names, self.world.project.settings.release_ignore_tags)
        return frozenset(version for version in found if self.line is None or version in self.line)

    def _git_names(self) -> list[str]:
        """What follows the prefix in tags of git, here or on the remote."""
        prefix = self.world.project.settings.release_tag_prefix
        return [tag.removeprefix(prefix) for tag in self.world.released_tags if tag.startswith(prefix)]
