"""What builds the page of a UI, and whether the addresses in that page will be relative: Vite, create-react-app.

Both write addresses that begin with ``/`` unless they are told otherwise: https://vite.dev/config/shared-options.html#base,
https://create-react-app.dev/docs/deployment#building-for-relative-paths.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from dext_tasks.formats.javascript_editing import string_of
from dext_tasks.formats.json_places import line
from dext_tasks.formats.json_syntax import loads_bytes
from dext_tasks.regex import regex
from dext_tasks.wording import excerpt

if TYPE_CHECKING:
    from collections.abc import Mapping

CONFIGS: Final = ("vite.config.ts", "vite.config.js", "vite.config.mts", "vite.config.mjs")
"""Where Vite looks for its configuration, of which only these may be an object with ``export default``."""
OTHER_CONFIGS: Final = ("vite.config.cts", "vite.config.cjs")
ENVIRONMENTS: Final = (".env", ".env.local", ".env.production", ".env.production.local")
"""Where create-react-app looks for PUBLIC_URL."""
BASE: Final = "base"
HOMEPAGE: Final = "homepage"

_SECTIONS: Final = ("dependencies", "devDependencies")
# These make pages in other ways, with bases of their own, or put scripts into the page.
_OTHER_WAYS: Final = frozenset(
    {
        *("@sveltejs/kit", "astro", "nuxt", "vike", "vite-plugin-singlefile", "@builder.io/qwik", "vitepress"),
        *("@remix-run/dev", "@react-router/dev", "@solidjs/start", "@tanstack/react-start", "@crxjs/vite-plugin"),
    }
)
_VITE = regex(r"(?:^|[\s&;|])(?:npx\s+)?vite\s+build\b")
_REACT = regex(r"(?:^|[\s&;|])(?:npx\s+)?react-scripts\s+build\b")
# What sets the base otherwise, or changes the page afterwards.
_SET_ELSEWHERE = regex(rb"--base\b|\bPUBLIC_URL\b|\bsed\b|\bperl\b")
_BUILDS = regex(rb"(?:npm|yarn|pnpm|bun)\s+(?:run\s+)?(?:[\w-]+\s+)?build\b")


class Bundler(StrEnum):
    """What makes a page of sources."""

    VITE = "Vite"
    REACT_SCRIPTS = "create-react-app"


class AbsoluteBase(NamedTuple):
    """Why the addresses in the page will be absolute.

    Attributes:
        line: In package.json or the configuration, from 1.
        what: In words.
    """

    line: int
    what: str


def bundler_of(manifest: bytes) -> Bundler | None:
    """What the ``build`` script of a package.json runs; None if that is neither, or says itself what the base is."""
    data = _loaded(manifest)
    build = _text(_object(data.get("scripts")).get("build"))
    if _SET_ELSEWHERE.search(build.encode(errors="replace")):
        return None
    names = {name for section in _SECTIONS for name in _object(data.get(section))}
    if names & _OTHER_WAYS:
        return None
    if "vite" in names and _VITE.search(build):
        return Bundler.VITE
    return Bundler.REACT_SCRIPTS if "react-scripts" in names and _REACT.search(build) else None


def is_built_plainly(dockerfile: bytes) -> bool:
    """Whether a Dockerfile runs such a script, and nothing in it sets the base or changes the page."""
    return bool(_BUILDS.search(dockerfile)) and not _SET_ELSEWHERE.search(dockerfile)


def base_of_vite(config: bytes) -> AbsoluteBase | None:
    """What Vite's configuration says of the base, if that is absolute.

    Raises:
        UneditableError: Nobody knows without running it.
    """
    found = string_of(config, BASE)
    at = config.count(b"\n", 0, found.offset) + 1
    if found.value is None:
        return AbsoluteBase(at, "sets no base, so that the page that Vite builds has absolute addresses")
    return AbsoluteBase(at, f"sets the base {excerpt(found.value)}") if found.value.startswith("/") else None


def base_of_react(manifest: bytes) -> AbsoluteBase | None:
    """What a package.json says to create-react-app of the base, if that is absolute."""
    value = _loaded(manifest).get(HOMEPAGE)
    at = line(manifest, (HOMEPAGE,))
    if value is None:
        return AbsoluteBase(
            at, "sets no homepage, so that the page that create-react-app builds has absolute addresses"
        )
    is_absolute = isinstance(value, str) and value.startswith(("/", "http://", "https://"))
    return AbsoluteBase(at, f"sets the homepage {excerpt(value)}") if is_absolute else None


def _loaded(manifest: bytes) -> Mapping[str, Any]:
    try:
        return _object(loads_bytes(manifest.removeprefix(b"\xef\xbb\xbf")))
    except ValueError:
        return {}


def _object(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
