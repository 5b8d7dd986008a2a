"""The only code that runs git."""

from __future__ import annotations

import os
import re
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dext_tasks.errors import DirtyTreeError, GitError

if TYPE_CHECKING:
    from pathlib import Path

_LOCAL = 60.0
_REMOTE = 300.0


@dataclass(frozen=True)
class Git:
    """The repository of a source tree.

    Attributes:
        root: A folder in its working tree.
    """

    root: Path

    def head(self) -> str:
        """The commit checked out; empty where there is no repository or no commit."""
        done = self._try("rev-parse", "--verify", "--quiet", "HEAD^{commit}")
        return done.stdout.strip() if done.returncode == 0 else ""

    def changes(self) -> tuple[str, ...]:
        """What differs from the commit, untracked files included, one line each."""
        return tuple(self._run("status", "--porcelain", "--untracked-files=all", "--", ".").splitlines())

    def require_committed(self) -> None:
        """Hold that everything is committed; outside of a repository there is nothing to hold.

        Raises:
            DirtyTreeError: Something is not.
        """
        if self._try("rev-parse", "--is-inside-work-tree").returncode == 0:
            changes = self.changes()
            if changes:
                raise dirty(changes)

    def tags(self) -> tuple[str, ...]:
        """Names of all tags in this repository."""
        return tuple(self._run("tag", "--list").split())

    def commit_of(self, tag: str) -> str:
        """The commit a tag of this repository stands for; empty if there is no such tag."""
        done = self._try("rev-parse", "--verify", "--quiet", f"refs/tags/{tag}^{{commit}}")
        return done.stdout.strip() if done.returncode == 0 else ""

    def create_tag(self, name: str, commit: str, message: str) -> None:
        """Make an annotated tag; an existing one is never moved."""
        self._run("tag", "--annotate", "--message", message, name, commit)

    def has_remote(self, remote: str) -> bool:
        """Whether a remote of that name is configured."""
        return remote in self._run("remote").split()

    def remote_tag(self, remote: str, name: str) -> str:
        """The commit a tag stands for on a remote; empty if it is not there.

        Raises:
            GitError: The remote could not be asked.
        """
        out = self._run("ls-remote", "--tags", remote, f"refs/tags/{name}", f"refs/tags/{name}^{{}}", seconds=_REMOTE)
        found: dict[str, str] = {}
        for line in out.splitlines():
            commit, _, ref = line.partition("\t")
            found[ref] = commit
        # An annotated tag is listed twice; the peeled line names the commit.
        return found.get(f"refs/tags/{name}^{{}}") or found.get(f"refs/tags/{name}", "")

    def push_tag(self, remote: str, name: str) -> None:
        """Push one tag, without force."""
        self._run("push", "--quiet", remote, f"refs/tags/{name}:refs/tags/{name}", seconds=_REMOTE)

    def _run(self, *args: str, seconds: float = _LOCAL) -> str:
        done = self._try(*args, seconds=seconds)
        if done.returncode != 0:
            raise GitError(
                f"git {args[0]} failed with exit code {done.returncode}",
                remedy="mend what git says above, then run the same command again",
                detail=_without_credentials(done.stderr.strip()),
            )
        return done.stdout

    def _try(self, *args: str, seconds: float = _LOCAL) -> subprocess.CompletedProcess[str]:
        # English messages, and no prompt that would wait for ever where nobody answers.
        env = {**os.environ, "LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0"}
        try:
            return subprocess.run(  # noqa: S603 - a list, never a shell string
                ["git", *args],  # noqa: S607 - the user's own git
                cwd=self.root,
                env=env,
                capture_output=True,
                check=False,
                encoding="utf-8",
                errors="replace",
                stdin=subprocess.DEVNULL,
                timeout=seconds,
            )
        except FileNotFoundError as error:
            raise GitError("git is not on PATH", remedy="install git") from error
        except subprocess.TimeoutExpired as error:
            raise GitError(
                f"git {args[0]} did not end within {seconds:.0f} s", remedy="check the remote, then run it again"
            ) from error


def dirty(changes: tuple[str, ...], remedy: str = "commit them, or add --allow-dirty") -> DirtyTreeError:
    """The error for a tree with changes that are not committed."""
    count = len(changes)
    return DirtyTreeError(
        f"{count} file{'s are' if count != 1 else ' is'} not committed", remedy=remedy, detail="\n".join(changes)
    )


def _without_credentials(text: str) -> str:
    """Git quotes remote URLs, which may carry a password, and that an ``@``: the last one before the path counts."""
    return re.sub(r"(\w+://)[^/\s]+@", r"\1***@", text)
