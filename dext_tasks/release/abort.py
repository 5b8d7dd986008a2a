"""What a release that is not to go on has left, and taking it away. Nothing of what is published is ever touched."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dext_tasks.errors import GitError, RegistryUnreachableError, ReleaseRacedError
from dext_tasks.git.remote import CLAIMS
from dext_tasks.release.claim import seen_claim
from dext_tasks.release.published import version_in_registry
from dext_tasks.release.run import turn
from dext_tasks.release.staging import staging_reference

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from semver import Version

    from dext_tasks.errors import DextError
    from dext_tasks.formats.oci.reference import Reference
    from dext_tasks.release.claim import SeenClaim
    from dext_tasks.release.observe import World


@dataclass(frozen=True)
class LeftBehind:
    """What is there of a release.

    Attributes:
        version: Of the release.
        target: Its reference.
        published: Digest of what is published as the version; empty if nothing is.
        claim: On the git remote; None if there is none.
        git_tag: Its name, by which it is claimed.
        staged: Staging tags in the registry that the journal names; none where the version is published, because they
            keep its images.
        journal: Whether there is a journal that nothing needs any more.
    """

    version: Version
    target: Reference
    published: str
    claim: SeenClaim | None
    git_tag: str
    staged: tuple[str, ...]
    journal: bool

    @property
    def is_nothing(self) -> bool:
        """Whether there is nothing to take away."""
        return not (self.claim or self.staged or self.journal)


@dataclass(frozen=True)
class Removal:
    """One thing that was to be taken away.

    Attributes:
        what: It was.
        refused: Why it is still there; empty if it is gone.
        claimed: The git tag by which it claims a version, if it is a claim; such a one stops other releases.
        error: To be raised where it may be taken away later; None if it is gone, or nothing can be done about it.
    """

    what: str
    refused: str = ""
    claimed: str = ""
    error: DextError | None = None


def left_behind(world: World, version: Version) -> LeftBehind:
    """What a release has left; changes nothing.

    Raises:
        DextError: Registry or git remote could not be asked.
    """
    settings = world.project.settings
    git_tag, target = f"{settings.release_tag_prefix}{version}", world.project.image.with_tag(str(version))
    published, tags = version_in_registry(world.repository, target)
    journal = None if published else world.journals.read(str(version))
    tested = journal.tested.values() if journal else ()
    staging = (staging_reference(world.project.image, each.image).tag for each in tested)
    return LeftBehind(
        version=version,
        target=target,
        published=published.digest if published else "",
        claim=seen_claim(world.git, settings.release_remote, git_tag, world.remote_refs.claims.get(git_tag, "")),
        git_tag=git_tag,
        staged=tuple(sorted(tag for tag in staging if tag in tags)),
        journal=journal is not None,
    )


def abort(world: World, left: LeftBehind) -> tuple[Removal, ...]:
    """Take it away: first the claim, so that a release which is still running somewhere ends before its index.

    Raises:
        ReleaseRacedError: A release of the extension is running on this machine, or published the version meanwhile.
        GitError: The git remote could not be asked.
    """
    with turn(world, lambda: _busy(left)):
        return tuple(_removals(world, left))


def _removals(world: World, left: LeftBehind) -> Iterator[Removal]:
    if left.claim:
        remote = world.project.settings.release_remote
        refused = world.git.swap_claim(remote, left.git_tag, "", left.claim.object)
        yield Removal(f"the claim of {left.git_tag} on {remote}", refused, left.git_tag)
    if left.staged or left.journal:
        published, _ = version_in_registry(world.repository, left.target)
        if published:
            raise ReleaseRacedError(
                f"{left.target} was published meanwhile, as {published.digest}; nothing of it was removed",
                remedy="`inv release.status` shows what is there",
            )
    staged = [_unstaged(world, left, tag) for tag in left.staged]
    yield from staged
    if left.journal:
        what = f"the journal of {left.version}"
        if any(each.error for each in staged):
            yield Removal(what, "it alone names the staging tags that are still to be deleted")
        else:
            world.journals.remove(str(left.version))
            yield Removal(what)


def _unstaged(world: World, left: LeftBehind, tag: str) -> Removal:
    what, repository = str(left.target.with_tag(tag)), world.repository
    kept = repository.delete_tag(tag)
    if kept and kept.error and not isinstance(kept.error, RegistryUnreachableError):
        kept = world.once_more(lambda: repository.delete_tag(tag))
    if kept is None:
        return Removal(what)
    file = world.journals.file(str(left.version))
    error = kept.error and type(kept.error)(
        f"{what} was not removed: {kept.words}",
        remedy=f"run the same command again, with a login that may delete tags there (`docker login "
        f"{left.target.registry}`); or remove {file}, which alone names what is left, and leave it there",
        detail=kept.error.detail,
    )
    return Removal(what, kept.words, error=error)


def require_removed(removed: Iterable[Removal]) -> None:
    """Require that no claim was left, and nothing that may be removed later; many registries delete no tags at all.

    Raises:
        GitError: The git remote did not let the claim be removed.
        LoginMissingError: The login given may not delete a staging tag.
        RegistryUnreachableError: The registry could not be asked to.
        RegistryResponseError: It answered something else.
    """
    for each in removed:
        if each.error:
            raise each.error
        if each.claimed and each.refused:
            raise GitError(
                f"{each.what} was not removed: {each.refused}",
                remedy="run the same command again, if the claim has changed since it was looked at; otherwise with a "
                f"login that may delete {CLAIMS}{each.claimed} there",
            )


def _busy(left: LeftBehind) -> None:
    raise ReleaseRacedError(
        f"a release of this extension is running on this machine, and nothing of {left.target} was removed",
        remedy="end it (Ctrl-C, or SIGTERM), then run the same command again",
    )
