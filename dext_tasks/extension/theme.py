"""Docker's theme for MUI, which from 0.0.13 on takes its colours from the window and not from itself.

Docker Desktop sets them there, other desktops do not: 0.0.11 reads ``window.__ddMuiV5Themes ?? packagedThemes``,
0.0.13 ``window.__ddMuiV6Themes`` and nothing else (https://www.npmjs.com/package/@docker/docker-mui-theme).
"""

from __future__ import annotations

import json
import re
from contextlib import suppress
from enum import Enum, auto
from posixpath import basename, dirname
from typing import TYPE_CHECKING, Final, NamedTuple

from dext_tasks.errors import ConstraintError
from dext_tasks.formats import json_places
from dext_tasks.formats.constraint import VersionRefusedError, allows
from dext_tasks.formats.javascript import first, matches
from dext_tasks.regex import regex

if TYPE_CHECKING:
    from collections.abc import Mapping

PACKAGE: Final = "@docker/docker-mui-theme"
MANIFEST: Final = "package.json"
LOCK_FILES: Final = frozenset({"package-lock.json", "npm-shrinkwrap.json", "yarn.lock", "pnpm-lock.yaml", "bun.lock"})
"""What package managers write down the versions in that they have chosen."""

_GLOBAL = regex(rb"__ddMuiV[56]Themes")
_SET = regex(rb"""['"]?\s*\]?\s*(?:\?\?|\|\|)?=(?![=>])""")
_DECLARED = regex(rb"""['"]?\s*\??\s*:""")
_WITH_FALLBACK = regex(rb"""['"]?\s*\]?\s*(?:\?\?|\|\||&&|\?\.|\)\s*[{&?]|[!=]==?|\?(?![.:])|\bin\b)""")
_LOOKED_FOR = regex(rb"""(?:\btypeof\s+(?:window\s*\.\s*)?|!\s*(?:window\s*\.\s*)?)\Z""")
_DEFINED = regex(rb"""(?:\bdefineProperty|\bassign)\s*\([^()]{0,200}\Z""")
_IMPORT = regex(rb"docker-mui-theme")
_BEFORE = 250
_SECTIONS = ("dependencies", "devDependencies", "peerDependencies", "optionalDependencies")
# Of each kind of lock file: https://docs.npmjs.com/cli/configuring-npm/package-lock-json, and what yarn, pnpm and bun
# write.
_LOCKED = regex(
    rf"""["']?/?{re.escape(PACKAGE)}(?:@npm:|[@/])(?P<exact>\d+\.\d+\.\d+)"""
    rf"""|"?{re.escape(PACKAGE)}@[^\n]{{1,200}}:\n\s+version:?\s+"?(?P<chosen>\d+\.\d+\.\d+)"""
)
# Versions before and after the change, those that exist among them.
_BEFORE_CHANGE = tuple(f"0.0.{number}" for number in range(13))
_AFTER_CHANGE = ("0.0.13", "0.0.14", "0.0.20", "0.1.0", "1.0.0")


class Colours(Enum):
    """Where a version of the theme has its colours."""

    OWN = auto()
    WINDOW = auto()
    UNKNOWN = auto()


class Dependency(NamedTuple):
    """The theme as a package.json names it.

    Attributes:
        said: The version or range there.
        line: Line of it.
        version: The version that a lock file has; empty if none has it.
    """

    said: str
    line: int
    version: str = ""

    @property
    def colours(self) -> Colours:
        """Where the version that is installed has its colours."""
        wanted = f"={self.version}" if self.version else self.said
        old, new = (any(_admits(wanted, each) for each in some) for some in (_BEFORE_CHANGE, _AFTER_CHANGE))
        if old == new:
            return Colours.UNKNOWN
        return Colours.OWN if old else Colours.WINDOW


def first_read(content: bytes) -> int | None:
    """Where a script takes colours from the window, prepared for nothing else; None if it does not."""
    for found in matches(_GLOBAL, content):
        before, after = content[max(0, found.start() - _BEFORE) : found.start()], content[found.end() :][:_BEFORE]
        is_other = any(pattern.match(after) for pattern in (_SET, _DECLARED, _WITH_FALLBACK))
        is_prepared = _LOOKED_FOR.search(before) or _DEFINED.search(before) or _is_looked_for(before, found[0])
        if not is_other and not is_prepared:
            return found.start()
    return None


def _is_looked_for(before: bytes, name: bytes) -> bool:
    """Whether the same colours are looked for in what stands just before."""
    at = before.rfind(name)
    return at >= 0 and bool(_WITH_FALLBACK.match(before, at + len(name)))


def sets_colours(content: bytes) -> bool:
    """Whether a script puts colours where the theme looks for them."""
    for found in matches(_GLOBAL, content):
        before, after = content[max(0, found.start() - _BEFORE) : found.start()], content[found.end() :][:_BEFORE]
        if _SET.match(after) or _DEFINED.search(before):
            return True
    return False


def uses_theme(content: bytes) -> bool:
    """Whether a script names the theme's package."""
    return first(_IMPORT, content) is not None


def dependency(path: str, files: Mapping[str, bytes]) -> Dependency | None:
    """The theme as a package.json names it; None if it does not, or cannot be read.

    Args:
        path: Of the package.json.
        files: This and other package.json and lock files, by path.
    """
    content = files[path]
    data: object = None
    with suppress(ValueError, RecursionError):
        data = json.loads(content)
    for section in _SECTIONS:
        entries = data.get(section) if isinstance(data, dict) else None
        said = entries.get(PACKAGE) if isinstance(entries, dict) else None
        if isinstance(said, str):
            return Dependency(said, json_places.line(content, (section, PACKAGE)), _locked(path, files))
    return None


def _locked(path: str, files: Mapping[str, bytes]) -> str:
    """The version that the nearest lock file has, beside the package.json or in a folder around it."""
    folder = dirname(path)
    while True:
        locks = [file for file in files if dirname(file) == folder and basename(file) in LOCK_FILES]
        found = next((version for file in sorted(locks) if (version := _version(files[file]))), "")
        if found or not folder:
            return found
        folder = dirname(folder)


def _version(lock: bytes) -> str:
    text = lock.decode(errors="replace")
    if text.lstrip().startswith("{"):
        with suppress(ValueError, RecursionError, AttributeError):
            data = json.loads(text)
            entry = data.get("packages", {}).get(f"node_modules/{PACKAGE}") or data.get("dependencies", {}).get(PACKAGE)
            if entry:
                return str(entry["version"])
    found = _LOCKED.search(text)
    return (found["exact"] or found["chosen"]) if found else ""


def _admits(wanted: str, version: str) -> bool:
    with suppress(ConstraintError, VersionRefusedError, ValueError):
        return allows(wanted, version)
    return False
