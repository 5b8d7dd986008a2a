"""Claiming the version on the git remote, so that of several releases one writes the index."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, ClassVar, Final

from dext_tasks.errors import DextError, GitError, ReleaseRacedError
from dext_tasks.git.remote import CLAIMS
from dext_tasks.redaction import without_logins
from dext_tasks.release.claim import STALE, Claim, HeldClaim, SeenClaim, seen_claim
from dext_tasks.release.published import version_in_registry
from dext_tasks.release.steps.index import index_of
from dext_tasks.release.steps.step import ReleaseStep

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dext_tasks.release.state import GitState, Intent, Outlook
    from dext_tasks.release.steps.step import ReleaseRun, Step

REFUSED: Final = "claim"
"""Under which the journal has why a remote did not let a claim be removed."""
UNCLAIMED: Final = "no claim"
"""Under which the journal has why a release went on without a claim."""
_ALONE: Final = "releases on several machines are told apart by the registry alone"


class TakeClaim(ReleaseStep):
    """Takes the version's claim, which one release at a time can have, whatever machine it runs on."""

    title: ClassVar[str] = "claim"

    def plan(self, outlook: Outlook) -> Iterator[Step]:
        """See ReleaseStep."""
        intent, git = outlook.intent, outlook.state.git
        if not git.has_remote:
            yield self.skipped(intent.git_tag, f"there is no remote {without_logins(intent.remote)!r}; {_ALONE}")
        elif outlook.ours is None:
            yield self.unless("", intent.git_tag, _will(intent, git))
        elif (claim := _needless(outlook)) is None:
            yield self.unless("the version is published", intent.git_tag, "")
        # What another run was refused is tried: the host had a bad moment, or a right may have been given since.
        elif outlook.has_tried and (refused := _refused(outlook)):
            remote = without_logins(intent.remote)
            yield self.skipped(intent.git_tag, f"{remote} does not let that of {claim.holder} be removed: {refused}")
        else:
            yield self.unless("", intent.git_tag, f"remove that of {claim.holder}")

    def obstacles(self, outlook: Outlook) -> Iterator[DextError]:
        """The version is claimed for another commit."""
        intent, state = outlook.intent, outlook.state
        claim = state.git.claim
        if claim and intent.commit and not state.published and not claim.is_of(intent.commit):
            yield _held_by_another(intent, claim)

    def notes(self, outlook: Outlook) -> Iterator[str]:
        """A claim that the remote keeps although the version is published, or one that it did not take."""
        yield from _went_without(outlook)
        if refused := _refused(outlook):
            intent, remote = outlook.intent, without_logins(outlook.intent.remote)
            ref = f"{CLAIMS}{intent.git_tag}"
            yield (
                f"{remote} keeps {ref}, the claim of a release that has ended, and did not let it be removed "
                f"({refused}). It stops no release. Once this login may delete it there, `inv release.abort --version "
                f"{intent.version}` removes it, and so does `git push --delete {remote} {ref}`"
            )

    @contextmanager
    def prepared(self, run: ReleaseRun) -> Iterator[None]:
        """Whatever comes of the release, the claim goes, unless an index is on its way that nobody has read back."""
        try:
            yield
        finally:
            if run.claim:
                _give_back(run, run.claim)

    def run(self, run: ReleaseRun, _: Step) -> str | None:
        """Take it, or remove what an earlier run of this release left.

        Raises:
            ReleaseRacedError: Another release has it, with another index.
        """
        if run.digest:
            found = run.world.git.claim(run.intent.remote, run.intent.git_tag)
            return _remove(run, found) or None
        if refused := _claimed(run):
            return f"{run.intent.remote} takes no claim: {refused}; {_ALONE}"
        run.require_claim = partial(_require_claim, run)
        return None


def _will(intent: Intent, git: GitState) -> str:
    """What becomes of the claim before the index."""
    claim = git.claim
    if git.claim_refusal:
        return f"{without_logins(intent.remote)} lets this login take none: {git.claim_refusal}; {_ALONE}"
    if claim is None:
        return f"on {intent.remote}, until it is released"
    if claim.may_be_taken_over(intent.commit):
        return f"take over from {claim.holder}"
    return f"on {intent.remote}, where {claim.holder} has it now"


def _went_without(outlook: Outlook) -> Iterator[str]:
    intent, journal = outlook.intent, outlook.state.journal
    if outlook.ours and journal and (refused := journal.refused.get(UNCLAIMED)):
        remote, ref = without_logins(intent.remote), f"{CLAIMS}{intent.git_tag}"
        yield (
            f"{intent.target} was released without a claim, because {remote} did not take {ref} ({refused}): "
            f"{_ALONE}. Where releases may run on several machines, let this login push {CLAIMS}* there"
        )


def _needless(outlook: Outlook) -> SeenClaim | None:
    """A claim that nobody needs any more: its release has ended, or the very index that it is for is published."""
    claim, ours = outlook.state.git.claim, outlook.ours
    is_needless = claim and ours and (claim.is_abandoned or claim.is_of_index(ours.digest))
    return claim if is_needless else None


def _refused(outlook: Outlook) -> str:
    """The words by which the remote keeps a claim that nobody needs any more; empty if it keeps none."""
    journal = outlook.state.journal
    return journal.refused.get(REFUSED, "") if journal and _needless(outlook) else ""


def _claimed(run: ReleaseRun) -> str:
    """Take the claim; the words by which the remote refuses it, which are written down."""
    taken = _take(run)
    run.claim, refused = (None, taken) if isinstance(taken, str) else (taken, "")
    if refused != run.journal.refused.get(UNCLAIMED, ""):
        others = {name: why for name, why in run.journal.refused.items() if name != UNCLAIMED}
        run.write(replace(run.journal, refused={**others, **({UNCLAIMED: refused} if refused else {})}))
    return refused


def _take(run: ReleaseRun) -> HeldClaim | str:
    """The claim, or the words by which the remote refuses it.

    A rule says so each time, unlike a host with a bad moment; without a claim two machines may publish one version.
    """
    git, remote, tag, limits = run.world.git, run.intent.remote, run.intent.git_tag, run.world.repository.limits
    index = index_of(run).digest
    platforms = {str(platform): run.manifests[platform] for platform in run.intent.platforms}
    mine = Claim.new(run.intent.image.name, run.journal.commit, index, platforms)
    lease, new, refused = mine.new_lease(), git.new_claim(mine.text, mine.since), ""
    # What was there when the release began; whatever it is now, the remote compares.
    found = before = run.world.remote_refs.claims.get(tag, "")
    with ExitStack() as unless_taken:
        lease.take()
        unless_taken.callback(lease.give_back)
        for pause in (*map(limits.pause, range(limits.tries - 1)), 0.0):
            seen = seen_claim(git, remote, tag, found)
            if seen and seen.is_of_index(index) and not seen.is_abandoned:
                return HeldClaim(seen.object, None)
            if seen and not seen.may_be_taken_over(run.journal.commit):
                raise _held_by_another(run.intent, seen)
            before = seen.object if seen else ""
            refused = git.swap_claim(remote, tag, new, before)
            found = git.claim(remote, tag) if refused else new
            if found == new:
                unless_taken.pop_all()
                return HeldClaim(new, lease)
            if found == before:
                run.world.cancellation.sleep(pause)
    if found != before:
        raise GitError(f"the claim of {tag} on {remote} changes all the time", remedy="run the same command again")
    return refused


def _require_claim(run: ReleaseRun) -> None:
    """Require that the claim which a run goes on by is still there; asked right before the index is written.

    Where the version is there, too, who went on by this claim has ended first: what it is, is looked at next.

    Raises:
        ReleaseRacedError: It was removed, or another release has it.
    """
    git, remote, tag = run.world.git, run.intent.remote, run.intent.git_tag
    found = git.claim(remote, tag)
    if run.claim is None or found == run.claim.object:
        return
    if run.claim.lease is None:
        # Whoever had it has ended; this run is next, unless another was faster.
        _claimed(run)
        return
    if seen := seen_claim(git, remote, tag, found):
        raise _held_by_another(run.intent, seen)
    if version_in_registry(run.world.repository, run.intent.target)[0]:
        return
    raise ReleaseRacedError(
        f"the claim of this release on {run.intent.target} was removed from {remote}, as `inv release.abort` does; "
        "nothing of the version was changed",
        remedy="run the same command again, if the release is to go on",
    )


def _give_back(run: ReleaseRun, claim: HeldClaim) -> None:
    """Remove the claim that a run went on by, unless it is not known what became of the index.

    Another release's goes once the very index that it is for was read back: that one may have ended long ago.
    """
    is_own = claim.lease is not None
    try:
        # If it cannot be removed now, the next look shows it.
        with suppress(GitError):
            if run.digest or (is_own and not run.is_index_sent):
                _remove(run, claim.object)
    finally:
        if claim.lease:
            claim.lease.give_back()


def _remove(run: ReleaseRun, found: str) -> str:
    """Remove a claim, if it is there; the words by which the remote refuses that.

    Raises:
        GitError: The remote could not be asked.
    """
    git, remote, tag = run.world.git, run.intent.remote, run.intent.git_tag
    try:
        refused = git.swap_claim(remote, tag, "", found) if found else ""
    except GitError as error:
        refused = error.message
    if refused:
        refused = run.world.once_more(
            lambda: git.swap_claim(remote, tag, "", found) if git.claim(remote, tag) == found else ""
        )
    if refused and run.digest:
        run.write(replace(run.journal, refused={**run.journal.refused, REFUSED: refused}))
    return refused


def _held_by_another(intent: Intent, seen: SeenClaim) -> ReleaseRacedError:
    what = (
        f"{intent.target} is claimed on {intent.remote} by {seen.holder}; this is a release from commit "
        f"{intent.commit[:12]}, and it changed nothing of the version"
    )
    abort = f"`inv release.abort --version {intent.version}` removes the claim"
    if seen.is_abandoned:
        return ReleaseRacedError(what, remedy=f"that release has ended, or is {STALE // 60} minutes old: {abort}")
    wait = "wait until that release has ended, then run the same command again"
    if seen.is_of(intent.commit):
        wait += f", which takes the claim over once it is {STALE // 60} minutes old"
    return ReleaseRacedError(what, remedy=f"{wait}; {abort}, if you know that it runs no more")
