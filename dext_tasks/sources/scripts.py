"""Which files of a UI can hold calls of the extension API, and how many of them are read."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from dext_tasks.limits import LARGEST_SCRIPTS, MOST_SCRIPTS
from dext_tasks.sources.source import Document, NotOfferedError

if TYPE_CHECKING:
    from collections.abc import Iterable

_SUFFIXES = frozenset({".html", ".htm", ".js", ".mjs", ".cjs", ".jsx", ".ts", ".tsx", ".vue", ".svelte"})
# Folders of a source tree whose files are somebody else's or made from the others.
_FOREIGN = frozenset({"node_modules", ".git", ".dext", ".nox", ".venv", "venv", "__pycache__", "vendor"})
# Folders and names of files that are about a UI and not of it: tests, what these stand in with, documentation.
_BESIDE = frozenset(
    {
        *("__tests__", "__mocks__", "__fixtures__", "__snapshots__", "test", "tests", "e2e", "cypress", "playwright"),
        *("docs", "doc", "documentation", "storybook-static", "coverage"),
    }
)
_BESIDE_NAME = re.compile(
    r".+\.(?:test|tests|spec|e2e|cy|stories|story|mock|mocks)\.\w+|.+\.d\.[cm]?ts|.+[-_]test\.\w+"
)


def is_script(path: str, root: str = "/") -> bool:
    """Whether a path below the root is a page or a script."""
    pure = PurePosixPath(path)
    return pure.suffix.lower() in _SUFFIXES and pure.is_relative_to(root) and not _FOREIGN & set(pure.parts)


def is_beside_ui(path: str) -> bool:
    """Whether a file of a source tree is a test, documentation or a declaration of types, and never part of a UI."""
    pure = PurePosixPath(path)
    return bool(_BESIDE & set(pure.parts[:-1])) or _BESIDE_NAME.fullmatch(pure.name.lower()) is not None


def bounded(scripts: Iterable[Document]) -> list[Document]:
    """The pages and scripts, read one by one; what platforms have alike is kept and counted once.

    Raises:
        NotOfferedError: There are too many of them, or they are too large together.
    """
    found: list[Document] = []
    contents: dict[bytes | None, bytes | None] = {}
    left = LARGEST_SCRIPTS
    for script in scripts:
        if script.content not in contents:
            left -= len(script.content or b"")
        if left < 0 or len(found) == MOST_SCRIPTS:
            most = f"{MOST_SCRIPTS} or larger than {LARGEST_SCRIPTS >> 20} MiB together"
            raise NotOfferedError(f"the UI's pages and scripts are more than {most}")
        found.append(replace(script, content=contents.setdefault(script.content, script.content)))
    return found
