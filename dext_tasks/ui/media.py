"""Media types of a UI's files, by their names.

Python's own table reads files of the machine it runs on, so that the same page would work on one and not on another:
https://docs.python.org/3/library/mimetypes.html#mimetypes.init
"""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Final

HTML: Final = "text/html"
_UNKNOWN: Final = "application/octet-stream"

_TYPES: Final = {
    "avif": "image/avif",
    "cjs": "text/javascript",
    "css": "text/css",
    "csv": "text/csv",
    "eot": "application/vnd.ms-fontobject",
    "gif": "image/gif",
    "htm": HTML,
    "html": HTML,
    "ico": "image/x-icon",
    "jpeg": "image/jpeg",
    "jpg": "image/jpeg",
    "js": "text/javascript",
    "json": "application/json",
    "map": "application/json",
    "md": "text/markdown",
    "mjs": "text/javascript",
    "mp3": "audio/mpeg",
    "mp4": "video/mp4",
    "ogg": "audio/ogg",
    "otf": "font/otf",
    "pdf": "application/pdf",
    "png": "image/png",
    "svg": "image/svg+xml",
    "ttf": "font/ttf",
    "txt": "text/plain",
    "wasm": "application/wasm",
    "wav": "audio/wav",
    "webm": "video/webm",
    "webmanifest": "application/manifest+json",
    "webp": "image/webp",
    "woff": "font/woff",
    "woff2": "font/woff2",
    "xhtml": "application/xhtml+xml",
    "xml": "application/xml",
}


def media_type(path: str) -> str:
    """The media type of a file of that name."""
    return _TYPES.get(PurePosixPath(path).suffix.removeprefix(".").lower(), _UNKNOWN)
