"""Pictures: their format and size, from their first bytes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum


class Format(StrEnum):
    """Formats of pictures."""

    PNG = "PNG"
    JPEG = "JPEG"
    GIF = "GIF"
    WEBP = "WebP"
    SVG = "SVG"


@dataclass(frozen=True)
class Picture:
    """What the beginning of a picture says.

    Attributes:
        format: Its format.
        width: Pixels; 0 where the bytes given do not tell, and for SVG, which has none.
        height: Likewise.
    """

    format: Format
    width: int = 0
    height: int = 0

    @property
    def has_size(self) -> bool:
        """Whether the size is known."""
        return self.width > 0 and self.height > 0


_SVG_ELEMENT = re.compile(rb"<(?:svg:)?svg[\s>]", re.IGNORECASE)
# Only comments, declarations and processing instructions may stand before the element.
_BEFORE_SVG = re.compile(
    rb"(?:\xef\xbb\xbf)?(?:\s|<\?[^>]{0,1000}\?>|<!--.{0,4000}?-->|<!DOCTYPE[^>]{0,1000}>)*", re.DOTALL
)
_SVG_LOOKED_AT = 16 * 1024
# Start-of-frame markers, which carry the size; C4, C8 and CC are something else:
# https://www.w3.org/Graphics/JPEG/itu-t81.pdf (table B.1)
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_WITHOUT_LENGTH = frozenset({0x01, *range(0xD0, 0xD9)})


def identify(head: bytes) -> Picture | None:
    """The picture that some bytes begin; None if they begin none that a browser shows.

    Args:
        head: The first bytes; 64 KiB tell the size of nearly all.
    """
    # https://www.w3.org/TR/png-3/#11IHDR
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return Picture(Format.PNG, *_png(head))
    if head.startswith(b"\xff\xd8\xff"):
        return Picture(Format.JPEG, *_jpeg(head))
    # https://www.w3.org/Graphics/GIF/spec-gif89a.txt (18)
    if head.startswith((b"GIF87a", b"GIF89a")):
        return Picture(Format.GIF, _little(head, 6, 2), _little(head, 8, 2))
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return Picture(Format.WEBP, *_webp(head))
    return Picture(Format.SVG) if _is_svg(head[:_SVG_LOOKED_AT]) else None


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
    before = _BEFORE_SVG.match(head)
    return bool(_SVG_ELEMENT.match(head, before.end() if before else 0))


def _big(head: bytes, at: int, size: int) -> int:
    return int.from_bytes(head[at : at + size], "big") if len(head) >= at + size else 0


def _little(head: bytes, at: int, size: int) -> int:
    return int.from_bytes(head[at : at + size], "little") if len(head) >= at + size else 0
