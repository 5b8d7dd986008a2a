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

    def has_history(self, since: str, until: str) -> bool:
        """Whether all commits after one, up to another, are in this clone; a shallow one may lack some."""
        if any(self._try("cat-file", "-e", f"{commit}^{{commit}}").returncode for commit in (since, until)):
            return False
        if self._run("rev-parse", "--is-shallow-repository").strip() != "true":
            return True
        # Where a clone was cut, a commit seems to be the first of all.
        return not self._run("rev-list", "--max-parents=0", "--max-count=1", f"{since}..{until}").strip()

    def messages(self, since: str, until: str) -> tuple[tuple[str, str], ...]:
        """Hash and message of each commit after one, up to another, that changes something in this folder."""
        answer = self._run("log", "-z", "--no-merges", "--format=%H%n%B", f"{since}..{until}", "--", ".")
        parted = (entry.partition("\n") for entry in answer.split("\0") if entry)
        return tuple((commit, message) for commit, _, message in parted)
