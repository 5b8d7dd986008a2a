"""Symbolic links, followed by their text alone: within a root of its own, as a container or a build has one.

The layers of an image follow theirs in ``oci/layers/tree.py``, where names are entries that the way to a file makes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dext_tasks.limits import LONGEST_PATH, MOST_LINKS

if TYPE_CHECKING:
    from collections.abc import Callable


def follow(path: str, target_of: Callable[[str], str | None]) -> str | None:
    """Where a path leads, part by part as the kernel goes; ``..`` never leads above the root.

    https://man7.org/linux/man-pages/man7/path_resolution.7.html

    Args:
        path: From the root, with or without a slash before it.
        target_of: What the link at an absolute path holds, whose parents are not links; else None or empty.

    Returns:
        An absolute path without links, whether or not something is there; None for what never ends.
    """
    done: list[str] = []
    rest = _names(path)
    links = 0
    while rest:
        name = rest.pop()
        if name == "..":
            del done[-1:]
            continue
        target = target_of("/" + "/".join((*done, name)))
        if not target:
            done.append(name)
            continue
        links += 1
        if links > MOST_LINKS or len(target) > LONGEST_PATH:
            return None
        if target.startswith("/"):
            done.clear()
        rest += _names(target)
    return "/" + "/".join(done)


def _names(path: str) -> list[str]:
    """Names on a path, the last one first."""
    return [name for name in reversed(path.split("/")) if name not in {"", "."}]
