"""What the history of a repository says: files and dates of commits, and what was committed since another one."""

from __future__ import annotations

from dext_tasks.git.command import GitCommands


class CommitHistory(GitCommands):
    """The commits of a repository."""

    def content(self, commit: str, path: str) -> str | None:
        """The text of a file in a commit, by its path from this folder; None if there is no such file."""
        done = self._try("cat-file", "blob", f"{commit}:./{path}")
        return done.stdout if done.returncode == 0 else None

    def date(self, commit: str) -> str:
        """When a commit was made, as RFC 3339 writes it."""
        return self._run("show", "--no-patch", "--format=%cI", commit).strip()
