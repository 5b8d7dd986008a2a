"""Which files of a UI can hold calls of the extension API."""

from __future__ import annotations

from pathlib import PurePosixPath

_SUFFIXES = frozenset({".html", ".htm", ".js", ".mjs", ".cjs", ".jsx", ".ts", ".tsx", ".vue", ".svelte"})
# Folders of a source tree whose files are somebody else's or made from the others.
_FOREIGN = frozenset({"node_modules", ".git", ".dext", ".nox", ".venv", "venv", "__pycache__", "vendor"})


def is_script(path: str, root: str = "/") -> bool:
    """Whether a path below the root is a page or a script."""
    pure = PurePosixPath(path)
    return pure.suffix.lower() in _SUFFIXES and pure.is_relative_to(root) and not _FOREIGN & set(pure.parts)
