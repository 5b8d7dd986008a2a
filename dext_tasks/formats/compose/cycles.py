"""Circles in what refers to what."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence


def cycles(graph: Mapping[str, Sequence[str]]) -> Iterator[tuple[str, ...]]:
    """A circle for each reference that closes one, found depth first; every name is visited once.

    Args:
        graph: What each name refers to; a name that is no key refers to nothing.
    """
    done: set[str] = set()
    for start in graph:
        path: dict[str, Iterator[str]] = {}
        name: str | None = None if start in done else start
        while name is not None or path:
            if name is not None:
                path[name] = iter(graph.get(name, ()))
            last = next(reversed(path))
            name = next(path[last], None)
            if name is None:
                done.add(last)
                del path[last]
            elif name in path:
                yield tuple(path)[list(path).index(name) :]
                name = None
            elif name in done:
                name = None
