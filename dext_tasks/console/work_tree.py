"""What was built or tested, where it is not what git has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dext_tasks.wording import counted

if TYPE_CHECKING:
    from dext_tasks.git import WorkTree

_SHOWN = 3
# Of a line of `git status --porcelain`: two letters and a space precede the path.
_PATH = 3


def work_tree_lines(tree: WorkTree) -> list[str]:
    """A line for people where something is not committed, or where that could not be asked."""
    said = uncommitted(tree)
    return [f"uncommitted: {said}; a release would refuse it"] if said else _unknown(tree)


def _unknown(tree: WorkTree) -> list[str]:
    return [f"cannot tell whether everything is committed: {tree.unknown}"] if tree.unknown else []


def uncommitted(tree: WorkTree) -> str:
    """How many files are not committed, and some of them; empty if there is none."""
    paths = [line[_PATH:] for line in tree.uncommitted]
    if not paths:
        return ""
    more = f" and {len(paths) - _SHOWN} more" if len(paths) > _SHOWN else ""
    return f"{counted(len(paths), 'file')}, {', '.join(paths[:_SHOWN])}{more}"


def work_tree_data(tree: WorkTree) -> dict[str, object]:
    """The same as data: ``uncommitted`` is null where git could not tell."""
    return {"commit": tree.commit, "uncommitted": None if tree.unknown else list(tree.uncommitted)}
