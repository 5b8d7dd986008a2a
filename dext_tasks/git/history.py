"""What the history of a repository says: files and dates of commits, and what was committed since another one."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dext_tasks.git.command import GitCommands

if TYPE_CHECKING:
    from collections.abc import Collection


# The whole name of an object, by SHA-1 or SHA-256: https://git-scm.com/docs/hash-function-transition
_WHOLE = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


class CommitHistory(GitCommands):
    """The commits of a repository."""

    def content(self, commit: str, path: str) -> str | None:
        """The text of a file in a commit, by its path from this folder; None if the commit lacks it."""
        done = self._try("cat-file", "blob", f"{commit}:./{path}")
        return done.stdout if done.returncode == 0 else None

    def date(self, commit: str) -> str:
        """When a commit was made, as RFC 3339 writes it."""
        return self._run("show", "--no-patch", "--format=%cI", commit).strip()

    def has_commit(self, commit: str) -> bool:
        """Whether a commit is here; a shallow clone lacks some."""
        return self._try("cat-file", "-e", f"{commit}^{{commit}}").returncode == 0

    def has_history(self, since: str, until: str) -> bool:
        """Whether all commits after one, up to another, are in this clone; a shallow one may lack some."""
        if not (self.has_commit(since) and self.has_commit(until)):
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

    def days(self, commits: Collection[str]) -> dict[str, str]:
        """The day on which each commit was made, as YYYY-MM-DD; what is none of this repository is left out."""
        # What a label says may be anything, an option of git among it.
        named = sorted(commit for commit in set(commits) if _WHOLE.fullmatch(commit))
        if not named:
            return {}
        # Unlike `git log`, it takes nothing for HEAD. What stands behind `--stdin` does not count for what is read.
        asked = ("rev-list", "--ignore-missing", "--no-walk=unsorted", "--pretty=format:%H %cI", "--stdin")
        said = (line.split() for line in self._run(*asked, given="\n".join(named) + "\n").splitlines())
        return {commit: date[:10] for commit, date in said if commit != "commit"}
