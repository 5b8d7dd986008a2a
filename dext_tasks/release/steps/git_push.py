"""Pushing the git tag."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from dext_tasks.errors import GitError
from dext_tasks.redaction import without_logins
from dext_tasks.release.steps.git_tag import after_publication, tagged_elsewhere
from dext_tasks.release.steps.step import ReleaseStep

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from dext_tasks.errors import DextError
    from dext_tasks.release.observe import World
    from dext_tasks.release.state import Intent, Outlook
    from dext_tasks.release.steps.step import ReleaseRun, Step


class GitPush(ReleaseStep):
    """Pushes the tag to the configured remote, if there is one."""

    title: ClassVar[str] = "git push"

    def plan(self, outlook: Outlook) -> Iterator[Step]:
        """See ReleaseStep."""
        intent, git = outlook.intent, outlook.state.git
        if not git.has_remote:
            yield self.skipped(
                intent.git_tag, f"there is no remote {without_logins(intent.remote)!r}; the tag stays local"
            )
            return
        done = f"is on {intent.remote}" if git.remote_tag_commit and git.remote_tag_commit == intent.commit else ""
        yield self.unless(done, intent.git_tag, f"to {intent.remote}")

    def obstacles(self, outlook: Outlook) -> Iterator[DextError]:
        """See ReleaseStep."""
        yield from tagged_elsewhere(outlook, outlook.state.git.remote_tag_commit, f" on {outlook.intent.remote}")

    def needs(self, world: World, intent: Intent) -> Iterator[Callable[[], None]]:
        """See ReleaseStep."""
        yield lambda: world.git.require_push(intent.remote, intent.git_tag, intent.commit)

    def run(self, run: ReleaseRun, _: Step) -> None:
        """See ReleaseStep."""
        git, remote, tag = run.world.git, run.intent.remote, run.intent.git_tag
        with after_publication(run, lambda: git.remote_tag(remote, tag)):
            if git.is_lightweight(tag):
                raise GitError(f"git tag {tag} became a lightweight one meanwhile", remedy="run the same command again")
            git.push_tag(remote, tag)
