"""The only code that runs git."""

from dext_tasks.git.command import NO_REPOSITORY, GitResult, environment, run_git
from dext_tasks.git.private import PrivateGit
from dext_tasks.git.remote import RemoteRefs, without_login
from dext_tasks.git.repository import Git, Unmerged, WorkTree, dirty

__all__ = [
    "NO_REPOSITORY",
    "Git",
    "GitResult",
    "PrivateGit",
    "RemoteRefs",
    "Unmerged",
    "WorkTree",
    "dirty",
    "environment",
    "run_git",
    "without_login",
]
