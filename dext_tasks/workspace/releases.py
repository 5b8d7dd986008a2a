"""What is done with releases of an extension: planned, published, continued, given up, listed and proven."""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dext_tasks.workspace.base import WorkspaceBase

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dext_tasks.extension.version import Bump
    from dext_tasks.release.abort import LeftBehind, Removal
    from dext_tasks.release.handover import Handover
    from dext_tasks.release.listing import Listing
    from dext_tasks.release.observe import World
    from dext_tasks.release.proof import Proven
    from dext_tasks.release.run import PlannedRelease, Released
    from dext_tasks.release.steps.step import ReleaseObserver


@dataclass(frozen=True, kw_only=True)
class ReleaseWork(WorkspaceBase):
    """Releases, before, while and after they are made."""

    def plan_release(self, *, version: str = "", bump: Bump | None = None, pre: str = "") -> PlannedRelease:
        """What a release would do, and what is done already; changes nothing.

        Args:
            version: The version to release; empty for the one that this commit was begun as, or the next one.
            bump: What is raised of the last version, if there is one.
            pre: What a pre-release is called, such as ``rc``, of which the next one is planned; empty for a release.

        Raises:
            VersionInvalidError: No version or pre-release is called so.
            UsageError: Something is released already, and the next version is not given.
            ConfirmationNeededError: The last version looks like no version of an extension, such as a date.
            DextError: Registry, git or engine could not be asked.
        """
        from dext_tasks.extension.version import parse_pre
        from dext_tasks.release.run import look
        from dext_tasks.release.version import choose_version

        world = self.world(push=False)
        commit = world.git.head()
        chosen = choose_version(world, commit, explicit=version, bump=bump, pre=parse_pre(pre) if pre else "")
        return look(world, chosen, commit)

    def plan_from_changelog(self) -> PlannedRelease:
        """The same for the version of the topmost entry of the changelog, as it is committed; changes nothing.

        Raises:
            ChangelogError: There is no changelog, or its topmost entry is not one of a version.
            DextError: Registry, git or engine could not be asked.
        """
        from dext_tasks.release.version_sources import plan_from_changelog

        world = self.world(push=False)
        return plan_from_changelog(world, world.git.head())

    def plan_from_commits(self, *, pre: str = "") -> PlannedRelease:
        """The same for what follows from the Conventional Commits since the last version; changes nothing.

        ``PlannedRelease.reasons`` says why; it is empty for what was begun, and for a first version.

        Args:
            pre: What a pre-release is called, such as ``rc``, of which the next one is planned; empty for a release.

        Raises:
            HistoryMissingError: The commits are not in this clone.
            NothingToReleaseError: None of them is a reason for a release.
            VersionInvalidError: No pre-release is called so.
            DextError: Registry, git or engine could not be asked.
        """
        from dext_tasks.extension.version import parse_pre
        from dext_tasks.release.version_sources import plan_from_commits

        world = self.world(push=False)
        return plan_from_commits(world, world.git.head(), parse_pre(pre) if pre else "")

    def begun_release(self) -> PlannedRelease:
        """What is left of the release of this commit that was begun, as ``inv release.resume`` has it; changes nothing.

        Raises:
            UsageError: None was begun, or several, or it is one of another commit that is not done.
            DextError: Registry, git or engine could not be asked.
        """
        from dext_tasks.release.resume import begun

        world = self.world(push=False)
        return begun(world, world.git.head())

    def list_releases(self, *, all: bool = False) -> Listing:  # noqa: A002 - the flag's name
        """The versions that are published, tagged or begun, greatest first, and how far each is; changes nothing.

        Args:
            all: Whether every one is listed, and not only the 20 greatest.

        Raises:
            DextError: Registry or git could not be asked.
        """
        from dext_tasks.release.listing import NEWEST, list_versions

        return list_versions(self.world(push=False), None if all else NEWEST)

    def release(self, planned: PlannedRelease, observer: ReleaseObserver | None = None) -> Released:
        """Carry out a plan: build, check, smoke-test and publish exactly the digests that were tested.

        What was done since the plan was made is not done again. Called again after an interruption, it goes on.

        Args:
            planned: From ``plan_release`` or the like.
            observer: Told of what goes on, from several threads; nobody if None.

        Raises:
            ChecksFailedError: A check found errors.
            SmokeFailedError: A platform failed its smoke test.
            PreflightError: A later step would fail because something is missing; nothing was changed.
            ReleaseRacedError: Another release of the same version came first.
            NotConvergedError: Everything ran, and something is still not as planned.
            DextError: An obstacle of the plan, or a step that failed.
        """
        from dext_tasks.release.run import carry_out
        from dext_tasks.release.steps.step import SilentRelease

        with self._turn(planned) as (world, seen):
            return carry_out(world, seen, observer or SilentRelease())

    def prepare_release(self, planned: PlannedRelease, observer: ReleaseObserver | None = None) -> Handover:
        """Build, check, smoke-test and push to staging the platforms of the settings, and publish nothing.

        Write ``Handover.text`` to a file for ``finish_release``, which another machine may call.

        Args:
            planned: From ``plan_release`` or the like.
            observer: Told of what goes on, from several threads; nobody if None.

        Raises:
            ChecksFailedError: A check found errors.
            SmokeFailedError: A platform failed its smoke test.
            PreflightError: A later step would fail because something is missing; nothing was changed.
            NotConvergedError: Everything ran, and something is still not as planned.
            DextError: An obstacle of the plan, or a step that failed.
        """
        from dext_tasks.release.run import prepare
        from dext_tasks.release.steps.step import SilentRelease

        with self._turn(planned, is_part=True) as (world, seen):
            return prepare(world, seen, observer or SilentRelease())

    @contextmanager
    def _turn(self, planned: PlannedRelease, *, is_part: bool = False) -> Iterator[tuple[World, PlannedRelease]]:
        """Wait for this machine's other releases of the extension, and look again at what is done already."""
        from dext_tasks.release.run import look, turn

        self.require_buildable()
        world = self.world(push=True)
        with turn(world, lambda: None):
            yield world, look(world, planned.intent.version, planned.intent.commit, is_part=is_part)

    def finish_release(
        self, handovers: Iterable[str | os.PathLike[str]], observer: ReleaseObserver | None = None
    ) -> Released:
        """Publish what others prepared of the commit that is checked out; nothing is built or tested.

        Args:
            handovers: Files with what ``prepare_release`` or ``inv release --prepare`` handed over, or folders of them.
            observer: Told of what goes on, from several threads; nobody if None.

        Raises:
            HandoverError: The files are not of this release or not all of it, or an image is no longer in the registry.
            FileAccessError: A file cannot be read.
            ReleaseRacedError: Another release of the same version came first.
            NotConvergedError: Everything ran, and something is still not as planned.
            DextError: An obstacle of the plan, or a step that failed.
        """
        from dext_tasks.extension.version import parse_release
        from dext_tasks.release.handover import handed_over, require_staged
        from dext_tasks.release.run import carry_out, look, turn
        from dext_tasks.release.steps.step import SilentRelease

        self.require_buildable()
        asked = self.world(push=True)
        commit = asked.git.head()
        world, handover = handed_over(asked, [os.fspath(each) for each in handovers], commit)
        with turn(world, lambda: None):
            planned = look(world, parse_release(handover.version), commit)
            require_staged(planned.intent, planned.state)
            return carry_out(world, planned, observer or SilentRelease())

    def release_notes(self, planned: PlannedRelease) -> str:
        """What changed in a version, in Markdown, and how it is installed; for a release of GitHub or GitLab.

        It is the entry of the changelog, or else the commits that ``plan_from_commits`` has found.

        Raises:
            GitError: The changelog of the commit could not be read.
        """
        from dext_tasks.release.notes import announcement

        return announcement(self.world(push=False), planned.intent, planned.commits)

    def left_behind(self, version: str) -> LeftBehind:
        """What a release that is not to go on has left: claim, staging tags, journal; changes nothing.

        Args:
            version: Of that release.

        Raises:
            VersionInvalidError: No version is called so.
            DextError: Registry or git remote could not be asked.
        """
        from dext_tasks.extension.version import parse_release
        from dext_tasks.release.abort import left_behind

        return left_behind(self.world(push=False), parse_release(version))

    def abort_release(self, left: LeftBehind) -> tuple[Removal, ...]:
        """Take away what a release has left. Nothing of what is published is touched.

        Args:
            left: From ``left_behind``.

        Returns:
            What was to be taken away; staging tags that the registry keeps included, see ``Removal.refused``.

        Raises:
            ReleaseRacedError: A release of it is running on this machine, or has published the version meanwhile.
            GitError: The git remote could not be asked, or keeps the claim.
            DextError: The registry did not delete a staging tag, and may do so later; the journal was kept, then.
        """
        from dext_tasks.release.abort import abort, require_removed

        removed = abort(self.world(push=True), left)
        require_removed(removed)
        return removed

    def verify_release(self, reference: str) -> Proven:
        """Prove of a published release, anybody's, that it is exactly the images that were tested; changes nothing.

        Args:
            reference: A published image, such as ``acme/demo:1.2.0``, or a version of this extension.

        Returns:
            What was proven, and what is not so: see ``Proven.require_whole``.

        Raises:
            UsageError: No version is named.
            ReferenceInvalidError: No image is called so.
            ImageNotFoundError: The image does not exist.
            DextError: Registry or git remote could not be asked.
        """
        from dext_tasks.release.verification import verify

        return verify(reference, lambda: self.project, self.access, self.cancellation)

    def world(self, *, push: bool) -> World:
        """Where a release asks, and where its steps take effect.

        Args:
            push: Whether the registry is asked with the right to push.
        """
        from dext_tasks.git import Git
        from dext_tasks.monorepo import require_own_versions
        from dext_tasks.registry.repository import Repository
        from dext_tasks.release.journal import Journals
        from dext_tasks.release.observe import World

        git = Git(self.project.root)
        repository = Repository.open(self.project.image, self.access, push=push)
        require_own_versions(self.project, git)
        return World(self.project, self.engines, repository, git, Journals.of(self.project))
