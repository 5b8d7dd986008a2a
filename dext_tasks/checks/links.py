"""Where symbolic links below a folder of an image lead, from the files that were looked at."""

from __future__ import annotations

from posixpath import dirname, join
from typing import TYPE_CHECKING

from dext_tasks.extension.metadata import absolute
from dext_tasks.formats.excerpt import excerpt
from dext_tasks.sources.source import FileKind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from dext_tasks.sources.source import FileFact

# https://man7.org/linux/man-pages/man7/path_resolution.7.html
_MOST_LINKS = 40
# https://github.com/torvalds/linux/blob/master/include/uapi/linux/limits.h
_LONGEST = 4095


def link_fault(path: str, root: str, facts: Mapping[str, FileFact]) -> str:
    """Why a link leads to nothing; empty if it does not, or that cannot be told.

    Args:
        path: What may be a link, absolute.
        root: A folder; what is outside it is not known.
        facts: Everything inside it, by absolute path.
    """
    end = _end(path, facts)
    if not end:
        return "is a link that leads nowhere"
    is_inside = f"{end}/".startswith(f"{root.rstrip('/')}/")
    return f"is a link to {excerpt(end)}, which is not in the image" if is_inside and end not in facts else ""


def _end(path: str, facts: Mapping[str, FileFact]) -> str:
    """What a path comes to, or how far it can be followed; empty for what never ends."""
    for _ in range(_MOST_LINKS):
        if len(path) > _LONGEST:
            return ""
        link = next((each for each in _prefixes(path) if _target(each, facts)), "")
        if not link:
            return path
        path = absolute(join(dirname(link), _target(link, facts)) + path[len(link) :])
    return ""


def _target(path: str, facts: Mapping[str, FileFact]) -> str:
    fact = facts.get(path)
    return fact.target if fact and fact.kind is FileKind.LINK else ""


def _prefixes(path: str) -> Iterator[str]:
    for end, char in enumerate(path):
        if char == "/" and end:
            yield path[:end]
    yield path
