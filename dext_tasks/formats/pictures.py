"""Pictures: their format and size, from their first bytes."""

from __future__ import annotations

import re
from enum import StrEnum
from pathlib import PurePosixPath
from typing import Final, NamedTuple

from dext_tasks.regex import regex

# Bytes of a file that should be handed in: an SVG may begin with a licence.
HEAD: Final = 64 * 1024


class PictureFormat(StrEnum):
    """Formats of pictures."""

    SVG = "SVG"
    PNG = "PNG"
    JPEG = "JPEG"
    GIF = "GIF"
    WEBP = "WebP"
    ICO = "ICO"
    UNKNOWN = "not a picture"


class Picture(NamedTuple):
    """What the beginning of a picture says.

    Attributes:
        format: Its format.
        width: Pixels; 0 if the bytes given do not say, and for SVG, which has none.
        height: Pixels; 0 as for the width.
    """

    format: PictureFormat
    width: int = 0
    height: int = 0

    @property
    def has_size(self) -> bool:
        """Whether the size is known."""
        return self.width > 0 and self.height > 0


# Prolog, comments and document type: https://www.w3.org/TR/xml/#sec-prolog-dtd
_BEFORE_ROOT = regex(rb"\s*(?:<\?[^>]*>|<!--.*?-->|<!(?!--)[^>\[]*(?:\[[^\]]*\]\s*)?>)", re.DOTALL)
_SVG = regex(rb"\s*<(?:[A-Za-z][\w.-]*:)?svg[\s/>]")
# https://mimesniff.spec.whatwg.org/#image-type-pattern-matching-algorithm
_MAGICS = (
    (b"\x89PNG\r\n\x1a\n", PictureFormat.PNG),
    (b"\xff\xd8\xff", PictureFormat.JPEG),
    (b"GIF87a", PictureFormat.GIF),
    (b"GIF89a", PictureFormat.GIF),
    (b"\0\0\1\0", PictureFormat.ICO),
)
_SUFFIXES = {
    ".svg": PictureFormat.SVG,
    ".png": PictureFormat.PNG,
    ".jpg": PictureFormat.JPEG,
    ".jpeg": PictureFormat.JPEG,
    ".gif": PictureFormat.GIF,
    ".webp": PictureFormat.WEBP,
    ".ico": PictureFormat.ICO,
}
# Start-of-frame markers, which carry the size; C4, C8 and CC are something else:
# https://www.w3.org/Graphics/JPEG/itu-t81.pdf (table B.1)
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_WITHOUT_LENGTH = frozenset({0x01, *range(0xD0, 0xD9)})


def identify(head: bytes) -> Picture | None:
    """The picture that some bytes begin; None if they begin none that a browser shows.

    Args:
        head: The first bytes; 64 KiB are enough for the size of nearly all.
    """
    kind = format_of(head)
    if kind in {PictureFormat.UNKNOWN, PictureFormat.ICO}:
        return None
    return Picture(kind, *_SIZES[kind](head)) if kind in _SIZES else Picture(kind)


def format_of(head: bytes) -> PictureFormat:
    """The format by the first bytes, whatever the file's name claims."""
    found = next((kind for magic, kind in _MAGICS if head.startswith(magic)), None)
    if found:
        return found
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return PictureFormat.WEBP
    return PictureFormat.SVG if _is_svg(head) else PictureFormat.UNKNOWN


def claimed_format(path: str) -> PictureFormat:
    """The format that the name of a file claims."""
    return _SUFFIXES.get(PurePosixPath(path).suffix.lower(), PictureFormat.UNKNOWN)


def _png(head: bytes) -> tuple[int, int]:
    return (_big(head, 16, 4), _big(head, 20, 4)) if head[12:16] == b"IHDR" else (0, 0)


def _jpeg(head: bytes) -> tuple[int, int]:
    at = 2
    while at + 4 <= len(head) and head[at] == 0xFF:  # noqa: PLR2004 - what every marker begins with
        marker = head[at + 1]
        if marker in _FRAMES:
            return _big(head, at + 7, 2), _big(head, at + 5, 2)
        if marker == 0xFF:  # noqa: PLR2004 - a fill byte
            at += 1
        elif marker in _WITHOUT_LENGTH:
            at += 2
        else:
            at += 2 + max(2, _big(head, at + 2, 2))
    return 0, 0


def _webp(head: bytes) -> tuple[int, int]:
    """https://developers.google.com/speed/webp/docs/riff_container and, for VP8L, the lossless specification."""
    chunk = head[12:16]
    if chunk == b"VP8X":
        return _little(head, 24, 3) + 1, _little(head, 27, 3) + 1
    if chunk == b"VP8 " and head[23:26] == b"\x9d\x01\x2a":
        return _little(head, 26, 2) & 0x3FFF, _little(head, 28, 2) & 0x3FFF
    if chunk == b"VP8L" and head[20:21] == b"\x2f":
        bits = _little(head, 21, 4)
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    return 0, 0


def _is_svg(head: bytes) -> bool:
    rest = head.removeprefix(b"\xef\xbb\xbf")
    position = 0
    while before := _BEFORE_ROOT.match(rest, position):
        position = before.end()
    return _SVG.match(rest, position) is not None


def _big(head: bytes, at: int, size: int) -> int:
    return int.from_bytes(head[at : at + size], "big") if len(head) >= at + size else 0


def _little(head: bytes, at: int, size: int) -> int:
    return int.from_bytes(head[at : at + size], "little") if len(head) >= at + size else 0


def _gif(head: bytes) -> tuple[int, int]:
    return _little(head, 6, 2), _little(head, 8, 2)


# PNG: https://www.w3.org/TR/png-3/#11IHDR, GIF: https://www.w3.org/Graphics/GIF/spec-gif89a.txt (18)
_SIZES = {PictureFormat.PNG: _png, PictureFormat.JPEG: _jpeg, PictureFormat.GIF: _gif, PictureFormat.WEBP: _webp}
