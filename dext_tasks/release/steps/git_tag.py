"""Tagging the commit, once the version is published."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, ClassVar

from dext_tasks.errors import GitError
from dext_tasks.extension.version import as_version
from dext_tasks.release.steps.step import ReleaseStep

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from dext_tasks.errors import DextError
    from dext_tasks.git import Git
    from dext_tasks.release.observe import World
    from dext_tasks.release.state import Intent, Outlook
    from dext_tasks.release.steps.step import ReleaseRun, Step


class GitTag(ReleaseStep):
    """Makes an annotated tag that names the published digest."""

    title: ClassVar[str] = "git tag"

    def plan(self, outlook: Outlook) -> Iterator[Step]:
        """See ReleaseStep."""
        intent, git = outlook.intent, outlook.state.git
        # A lightweight tag names nothing of what was published; before anybody has it, it can be replaced.
        here = "" if git.is_lightweight else git.tag_commit
        where = "" if here else f" on {intent.remote}"
        is_there = intent.commit and intent.commit in (here, git.remote_tag_commit)
        done = f"stands for {intent.commit[:12]}{where}" if is_there else ""
        instead = ", in place of the lightweight one" if git.is_lightweight else ""
        yield self.unless(done, intent.git_tag, f"annotated, at {intent.commit[:12]}{instead}")

    def obstacles(self, outlook: Outlook) -> Iterator[DextError]:
        """See ReleaseStep."""
        git = outlook.state.git
        # Where the remote has the tag, it counts.
        if not git.remote_tag_commit:
            yield from tagged_elsewhere(outlook, git.tag_commit)

    def notes(self, outlook: Outlook) -> Iterator[str]:
        """Versions whose tag stands for one commit here and for another on the remote, and a tag that names nothing."""
        intent, git = outlook.intent, outlook.state.git
        if git.is_lightweight_there and git.remote_tag_commit == intent.commit:
            yield (
                f"git tag {intent.git_tag} on {intent.remote} is lightweight, so it does not name the published "
                "digest; it stays as it is, because a pushed tag is never replaced"
            )
        if _is_made_before(outlook):
            yield (
                f"git tag {intent.git_tag} was there before this release, so it does not name the published digest; "
                "it stays as it is, and inv release.verify cannot compare the digest with it"
            )
        prefix = intent.git_tag.removesuffix(str(intent.version))
        for name in sorted(git.tags.keys() & git.remote_tags.keys()):
            here, there = git.tags[name], git.remote_tags[name]
            if here != there and name.startswith(prefix) and as_version(name.removeprefix(prefix)):
                yield (
                    f"git tag {name} stands for {here[:12]} here and for {there[:12]} on {intent.remote}, which "
                    f"counts; git fetch {intent.remote} +refs/tags/{name}:refs/tags/{name} makes both the same"
                )

    def needs(self, world: World, intent: Intent) -> Iterator[Callable[[], None]]:
        """See ReleaseStep."""
        yield lambda: _require_maker(world.git)
        yield lambda: world.git.require_tag(intent.git_tag, intent.commit)

    def run(self, run: ReleaseRun, _: Step) -> None:
        """See ReleaseStep."""
        from dext_tasks.formats.markdown import to_lines

        message = f"{run.intent.git_tag}\n\n{to_lines(run.notes)}".strip() + f"\n\n{run.published}"
        git, tag = run.world.git, run.intent.git_tag
        with after_publication(run, lambda: git.commit_of(tag)):
            git.create_tag(tag, run.journal.commit, message)


def _is_made_before(outlook: Outlook) -> bool:
    """Whether an annotated tag of the commit is there, and neither it nor the journal says that it was released."""
    state, git = outlook.state, outlook.state.git
    here = "" if git.is_lightweight else git.tag_commit
    there = "" if git.is_lightweight_there else git.remote_tag_commit
    is_new = not (state.published or state.recorded)
    return is_new and not git.is_lightweight_there and outlook.intent.commit in {here, there} - {""}


def tagged_elsewhere(outlook: Outlook, commit: str, where: str = "") -> Iterator[GitError]:
    """The obstacle that the release's tag stands for another commit."""
    git_tag, mine = outlook.intent.git_tag, outlook.intent.commit
    if commit and commit != mine:
        yield GitError(
            f"git tag {git_tag}{where} stands for {commit[:12]}, not for {mine[:12]}",
            remedy="release another version; a published tag is never moved",
        )


@contextmanager
def after_publication(run: ReleaseRun, tagged: Callable[[], str]) -> Iterator[None]:
    """Say how far the release came where git refuses; a remote's own rules cannot be asked before.

    Args:
        run: Of the release.
        tagged: The commit that the tag stands for. Where it is this release's, another release of it came first.

    Raises:
        GitError: Git refuses.
    """
    try:
        yield
    except GitError as error:
        if tagged() == run.journal.commit:
            return
        raise GitError(
            f"{run.intent.target} is published, and its git tag is not: {error.message}",
            remedy=f"let this account make and push {run.intent.git_tag} (protected tags, rulesets and hooks of "
            f"{run.intent.remote}), then run the same command again",
            detail=error.detail,
        ) from None


def _require_maker(git: Git) -> None:
    git.committer()
    if git.signs_tags():
        git.require_signature()
