"""The git repository of a new extension, with its first commit."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from enum import Enum
from pathlib import Path

from dext_tasks.errors import GitError
from dext_tasks.git import NO_REPOSITORY, GitResult, run_git

_WEB_REMOTE = re.compile(r"https?://(?:[^@/]*@)?(?P<host>[^/@]+)/(?P<path>.+)")
# The port is that of SSH.
_SSH_REMOTE = re.compile(r"(?:git\+)?ssh://(?:[^@/]*@)?(?P<host>[^/@:]+)(?::[0-9]*)?/(?P<path>.+)")
_SCP_REMOTE = re.compile(r"(?:[^@/:]+@)?(?P<host>[^/@:]+\.[^/@:]+):(?P<path>[^/:].*)")


class GitOutcome(Enum):
    """What git holds of a new extension."""

    COMMITTED = "a repository with the first commit"
    INITIALISED = "a repository, the first commit is left to you"
    INSIDE_REPOSITORY = "part of a repository that is there already, not committed"
    GIT_MISSING = "no repository, because git could not be run"


GitCommand = Callable[[tuple[str, ...], Path], GitResult]
"""Runs one git command in a folder."""


def without_hooks(arguments: tuple[str, ...], folder: Path) -> GitResult:
    """Run one git command without any hook: a folder may be somebody's, who put some into its ``.git``.

    https://git-scm.com/docs/git-config#Documentation/git-config.txt-corehooksPath
    """
    return run_git(("-c", f"core.hooksPath={os.devnull}", *arguments), folder)


def without_git(_arguments: tuple[str, ...], _folder: Path) -> GitResult:
    """In place of ``without_hooks`` where no repository is wanted."""
    return GitResult(-1)


def require_git(folder: Path, git: GitCommand = without_hooks) -> None:
    """Stop unless git can be run.

    Raises:
        GitError: It cannot.
    """
    version = git(("--version",), folder)
    if version.returncode:
        raise GitError(
            "git cannot be run, and an extension is made in a repository of its own",
            remedy="install git, and see that `git --version` works here",
            detail=version.output,
        )


def initialise(folder: Path, surroundings: Path, git: GitCommand = without_hooks) -> tuple[GitOutcome, str]:
    """Make ``folder`` a repository with a first commit, unless ``surroundings`` are in one.

    Nothing here is a reason to fail: the files are what was asked for.

    Returns:
        What became of it, and git's own words where something was left undone.
    """
    version = git(("--version",), surroundings)
    if version.returncode:
        return GitOutcome.GIT_MISSING, version.output
    if is_inside_repository(surroundings, git):
        return GitOutcome.INSIDE_REPOSITORY, ""
    made = git((*_branch_option(surroundings, git), "init", "--quiet"), folder)
    if made.returncode:
        return GitOutcome.GIT_MISSING, made.output
    return _commit(folder, git)


def commit_first(folder: Path, git: GitCommand = without_hooks) -> tuple[GitOutcome, str]:
    """Commit what is in a repository's working tree, unless the repository has commits already.

    Returns:
        As ``initialise``.
    """
    version = git(("--version",), folder)
    if version.returncode:
        return GitOutcome.GIT_MISSING, version.output
    head = git(("rev-parse", "--verify", "--quiet", "HEAD"), folder)
    # A repository that git refuses to read says why; one without a commit says nothing.
    if head.returncode == 0 or head.output:
        return GitOutcome.INSIDE_REPOSITORY, head.output if head.returncode else ""
    return _commit(folder, git)


def origin(folder: Path, git: GitCommand = without_hooks) -> str:
    """Web address of the repository that a working tree was cloned from; empty if there is none."""
    asked = git(("config", "--get", "remote.origin.url"), folder)
    return web_address(asked.output) if asked.returncode == 0 else ""


def web_address(remote: str) -> str:
    """Where a person finds what a git remote names, as hosts of repositories have it; empty for a folder.

    Args:
        remote: Any form of https://git-scm.com/docs/git-clone#_git_urls; what it has of a login is left out.
    """
    found = _WEB_REMOTE.fullmatch(remote) or _SSH_REMOTE.fullmatch(remote) or _SCP_REMOTE.fullmatch(remote)
    return f"https://{found['host']}/{found['path'].strip('/').removesuffix('.git')}" if found else ""


def is_inside_repository(surroundings: Path, git: GitCommand = without_hooks) -> bool:
    """Whether git takes a folder for part of a repository."""
    asked = git(("rev-parse", "--is-inside-work-tree"), surroundings)
    # Any other failure, such as a repository of another owner or a broken one, still means that there is one.
    return asked.returncode == 0 or NO_REPOSITORY not in asked.output


def _branch_option(surroundings: Path, git: GitCommand) -> tuple[str, ...]:
    configured = git(("config", "--get", "init.defaultBranch"), surroundings)
    return () if configured.output else ("-c", "init.defaultBranch=main")


def _commit(folder: Path, git: GitCommand) -> tuple[GitOutcome, str]:
    added = git(("add", "--all"), folder)
    if added.returncode:
        return GitOutcome.INITIALISED, added.output
    # Without useConfigOnly git makes up an identity from the login and the machine's name.
    committed = git(
        ("-c", "user.useConfigOnly=true", "commit", "--quiet", "--message", "Start from dext-tasks' template"),
        folder,
    )
    if committed.returncode:
        return GitOutcome.INITIALISED, committed.output
    return GitOutcome.COMMITTED, ""
