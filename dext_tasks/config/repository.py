"""Where a folder is in its git repository, and what would make git look at another, found out without running git."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

# What points git at another repository than the one of its folder, or at other files of it; git sets these for its
# hooks and aliases. `git rev-parse --local-env-vars` lists most of them; a namespace hides a remote's tags, and inside
# a quarantine no tag can be made: https://git-scm.com/docs/git-receive-pack#_quarantine_environment
# GIT_CONFIG_COUNT and GIT_CONFIG_PARAMETERS stay. They are settings, such as a runner's identity, login and
# safe.directory, and git itself keeps just these two when it enters another repository:
# https://github.com/git/git/blob/v2.47.0/submodule.c (prepare_submodule_repo_env_no_git_dir)
OF_ANOTHER_REPOSITORY = frozenset(
    {
        "GIT_ALTERNATE_OBJECT_DIRECTORIES",
        "GIT_ATTR_SOURCE",
        "GIT_COMMON_DIR",
        "GIT_CONFIG",
        "GIT_DIR",
        "GIT_GRAFT_FILE",
        "GIT_IMPLICIT_WORK_TREE",
        "GIT_INDEX_FILE",
        "GIT_INTERNAL_SUPER_PREFIX",
        "GIT_NAMESPACE",
        "GIT_NO_REPLACE_OBJECTS",
        "GIT_OBJECT_DIRECTORY",
        "GIT_PREFIX",
        "GIT_QUARANTINE_PATH",
        "GIT_REFERENCE_BACKEND",
        "GIT_REPLACE_REF_BASE",
        "GIT_SHALLOW_FILE",
        "GIT_WORK_TREE",
    }
)
# More than git forbids in the name of a tag: https://git-scm.com/docs/git-check-ref-format
_NOT_IN_TAGS = re.compile(r"[^A-Za-z0-9/_-]+")
TAG_PREFIX: Final = (
    # Git's rules for what a version follows, and no dash in front, by which a name would be taken for an option.
    r"^(?![-./])(?!.*(//|\.\.|/\.|@\{|\.lock/))[^\x00-\x20\x7f~^:?*\[\\]*$"
)
"""What may precede a version in the name of a git tag: https://git-scm.com/docs/git-check-ref-format."""


def repository_top(folder: Path) -> Path | None:
    """The working tree that a folder is in, recognised by its ``.git``; None outside of one."""
    resolved = folder.resolve()
    # A file in a linked working tree or submodule: https://git-scm.com/docs/gitrepository-layout
    return next((each for each in (resolved, *resolved.parents) if (each / ".git").exists()), None)


def folder_in_repository(folder: Path) -> str:
    """A folder below the top of its repository, such as ``extensions/a``; empty at the top and outside of any."""
    top = repository_top(folder)
    return "" if top is None or top == folder.resolve() else folder.resolve().relative_to(top).as_posix()


def own_tag_prefix(folder: Path, prefix: str) -> str:
    """The prefix for the git tags of an extension's versions that no other folder of the repository has."""
    return tag_prefix_of(folder_in_repository(folder), prefix)


def tag_prefix_of(inner: str, prefix: str) -> str:
    """The same for a folder as seen from the top of its repository, such as ``extensions/a``; empty for the top.

    As Go tags modules below the top of a repository: https://go.dev/ref/mod#vcs-version
    """
    inner = _NOT_IN_TAGS.sub("-", inner)
    # Parts that begin with a dash are taken for options, empty ones are refused.
    parts = [part.strip("-") or "_" for part in inner.split("/") if part]
    return f"{'/'.join(parts)}/{prefix}" if parts else prefix
