"""Where a folder is in its git repository, told without running git."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

# More than git forbids in the name of a tag: https://git-scm.com/docs/git-check-ref-format
_NOT_IN_TAGS = re.compile(r"[^A-Za-z0-9/_-]+")


def repository_top(folder: Path) -> Path | None:
    """The working tree that a folder is in, told by its ``.git``; None if it is in none."""
    resolved = folder.resolve()
    # A file in a linked working tree or submodule: https://git-scm.com/docs/gitrepository-layout
    return next((each for each in (resolved, *resolved.parents) if (each / ".git").exists()), None)


def folder_in_repository(folder: Path) -> str:
    """A folder below the top of its repository, such as ``extensions/a``; empty at the top and outside of any."""
    top = repository_top(folder)
    return "" if top is None or top == folder.resolve() else folder.resolve().relative_to(top).as_posix()


def own_tag_prefix(folder: Path, prefix: str) -> str:
    """The prefix for the git tags of an extension's versions that no other folder of the repository has.

    As Go tags modules below the top of a repository: https://go.dev/ref/mod#vcs-version
    """
    inner = _NOT_IN_TAGS.sub("-", folder_in_repository(folder))
    # Parts that begin with a dash are taken for options, empty ones are refused.
    parts = [part.strip("-") or "_" for part in inner.split("/") if part]
    return f"{'/'.join(parts)}/{prefix}" if parts else prefix
