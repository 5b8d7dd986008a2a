"""What kind of picture a file is, told from its first bytes; its name may claim anything."""

from __future__ import annotations

import re
from enum import StrEnum
from pathlib import PurePosixPath
from typing import Final

# Bytes of the file that should be handed in: an SVG may begin with a licence.
HEAD: Final = 64 * 1024

# Prolog, comments and document type: https://www.w3.org/TR/xml/#sec-prolog-dtd
_BEFORE_ROOT = re.compile(rb"\s*(?:<\?[^>]*>|<!--.*?-->|<!(?!--)[^>\[]*(?:\[[^\]]*\]\s*)?>)", re.DOTALL)
_SVG = re.compile(rb"\s*<(?:[A-Za-z][\w.-]*:)?svg[\s/>]")


class Picture(StrEnum):
    """Kinds of pictures."""

    SVG = "SVG"
    PNG = "PNG"
    JPEG = "JPEG"
    GIF = "GIF"
    WEBP = "WebP"
    ICO = "ICO"
    UNKNOWN = "no picture"


# https://mimesniff.spec.whatwg.org/#image-type-pattern-matching-algorithm
_MAGICS = (
    (b"\x89PNG\r\n\x1a\n", Picture.PNG),
    (b"\xff\xd8\xff", Picture.JPEG),
    (b"GIF87a", Picture.GIF),
    (b"GIF89a", Picture.GIF),
    (b"\0\0\1\0", Picture.ICO),
)
_SUFFIXES = {
    ".svg": Picture.SVG,
    ".png": Picture.PNG,
    ".jpg": Picture.JPEG,
    ".jpeg": Picture.JPEG,
    ".gif": Picture.GIF,
    ".webp": Picture.WEBP,
    ".ico": Picture.ICO,
}


def of_content(head: bytes) -> Picture:
    """The kind that the first bytes tell."""
    found = next((picture for magic, picture in _MAGICS if head.startswith(magic)), None)
    if found:
        return found
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return Picture.WEBP
    return Picture.SVG if _is_svg(head) else Picture.UNKNOWN


def of_name(path: str) -> Picture:
    """The kind that the name claims."""
    return _SUFFIXES.get(PurePosixPath(path).suffix.lower(), Picture.UNKNOWN)


def _is_svg(head: bytes) -> bool:
    rest = head.removeprefix(b"\xef\xbb\xbf")
    position = 0
    while before := _BEFORE_ROOT.match(rest, position):
        position = before.end()
    return _SVG.match(rest, position) is not None
