"""Paths of requests, and the files of the image they stand for."""

from __future__ import annotations

from posixpath import join, normpath
from typing import Final
from urllib.parse import quote, unquote_to_bytes, urlsplit

# An encoded slash or backslash is one to some and part of a name to others; no builder makes such names.
_AMBIGUOUS: Final = frozenset("\0\\")
_SAFE: Final = "/:@!$&'()*+,;=~-._"


def segments(target: str) -> tuple[str, ...] | None:
    """The parts of a request's path, decoded once; None for one that could mean two places.

    Args:
        target: Of a request line: ``/a/b%20c?x=1``.
    """
    path = target.split("?", 1)[0].split("#", 1)[0]
    if not path.startswith("/"):
        return None
    parts = tuple(_decoded(part) for part in path.split("/")[1:])
    return tuple(part for part in parts if part is not None) if all(map(_plain, parts)) else None


def _decoded(part: str) -> str | None:
    try:
        return unquote_to_bytes(part).decode("utf-8")
    except UnicodeError:
        return None


def _plain(part: str | None) -> bool:
    return part is not None and part not in (".", "..") and "/" not in part and not _AMBIGUOUS.intersection(part)


def below(root: str, parts: tuple[str, ...]) -> str | None:
    """Absolute path in the image of a file below a folder; None for what is not below it.

    Args:
        root: The folder, ``/ui``.
        parts: Path from the image's root, as ``segments`` gives it.
    """
    path = normpath(join("/", *parts))
    folder = "" if root == "/" else root
    return path if path.startswith(f"{folder}/") and path != "/" and parts[-1] else None


def entry_path(root: str, entry: str) -> str:
    """Path, query and fragment of an entry page as metadata.json names it, below the image's root."""
    # Not by urlsplit: metadata.json names a file, and "a:b.html" is one.
    name, mark, rest = _split(entry)
    return quote(normpath(f"/{root}/{name}").replace("//", "/"), safe=_SAFE) + mark + quote(rest, safe=f"{_SAFE}?#%")


def _split(entry: str) -> tuple[str, str, str]:
    place = min((entry.find(mark) for mark in "?#" if mark in entry), default=len(entry))
    return entry[:place], entry[place : place + 1], entry[place + 1 :]


def origin(url: str) -> str:
    """Scheme and host of an address: ``http://127.0.0.1:1234``."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
