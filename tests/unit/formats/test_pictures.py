from __future__ import annotations

import base64
import struct
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dext_tasks.formats.pictures import Picture, PictureFormat, claimed_format, format_of, identify


def png(width: int, height: int) -> bytes:
    data = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + b"IHDR" + data + struct.pack(">I", zlib.crc32(b"IHDR" + data))


def jpeg(*segments: bytes, frame: int = 0xC0) -> bytes:
    size = struct.pack(">HBHHB", 17, 8, 1600, 2400, 3)
    return b"\xff\xd8" + b"".join(segments) + bytes([0xFF, frame]) + size


APP = b"\xff\xe0" + struct.pack(">H", 16) + b"JFIF" + bytes(10)
# Made by cwebp of one red pixel, lossy and lossless.
LOSSY = base64.b64decode("UklGRiIAAABXRUJQVlA4IBYAAAAwAQCdASoBAAEADsD+JaQAA3AAAAAA")
LOSSLESS = base64.b64decode("UklGRhoAAABXRUJQVlA4TA0AAAAvAAAAEAcQERGIiP4HAA==")


@pytest.mark.parametrize(
    ("head", "picture"),
    [
        (png(2400, 1600), Picture(PictureFormat.PNG, 2400, 1600)),
        (b"GIF89a" + struct.pack("<HH", 320, 200), Picture(PictureFormat.GIF, 320, 200)),
        (b"GIF87a" + struct.pack("<HH", 1, 2), Picture(PictureFormat.GIF, 1, 2)),
        (jpeg(APP), Picture(PictureFormat.JPEG, 2400, 1600)),
        (jpeg(APP, b"\xff\xe1" + struct.pack(">H", 60_000) + bytes(59_998)), Picture(PictureFormat.JPEG, 2400, 1600)),
        (jpeg(APP, b"\xff", frame=0xC2), Picture(PictureFormat.JPEG, 2400, 1600)),
        (LOSSY, Picture(PictureFormat.WEBP, 1, 1)),
        (LOSSLESS, Picture(PictureFormat.WEBP, 1, 1)),
        (b"RIFF\0\0\0\0WEBPVP8X" + bytes(8) + b"\x5f\x09\x00\x3f\x06\x00", Picture(PictureFormat.WEBP, 2400, 1600)),
        (b"<svg xmlns='x'>", Picture(PictureFormat.SVG)),
        (b"\xef\xbb\xbf<?xml version='1.0'?>\n<!-- a > b -->\n<!DOCTYPE svg>\n<svg>", Picture(PictureFormat.SVG)),
    ],
)
def test_format_and_size(head: bytes, picture: Picture) -> None:
    assert identify(head) == picture


@pytest.mark.parametrize("head", [b"", b"<html><svg></svg>", b"<svgx>", b"text", b"RIFF1234WAVE", b"\xff\xd8", b"GIF8"])
def test_no_pictures(head: bytes) -> None:
    assert identify(head) is None


@pytest.mark.parametrize("head", [png(2400, 1600)[:18], jpeg(APP)[:20], LOSSY[:20], b"GIF89a\x01", png(0, 5)])
def test_a_size_that_is_not_there(head: bytes) -> None:
    found = identify(head)
    assert found
    assert not found.has_size


@given(st.sampled_from([png(9, 9), jpeg(APP), LOSSY, LOSSLESS, b"GIF89a", b"<?xml"]), st.integers(0, 40), st.binary())
def test_any_bytes(head: bytes, cut: int, noise: bytes) -> None:
    found = identify(head[:cut] + noise)
    assert found is None or found.width >= 0


SVG = b'<svg xmlns="http://www.w3.org/2000/svg"/>'


@pytest.mark.parametrize(
    "head",
    [
        SVG,
        b"<svg>",
        b"\xef\xbb\xbf" + SVG,
        b"\n \t" + SVG,
        b'<?xml version="1.0" encoding="UTF-8"?>\n' + SVG,
        b"<!-- a > b -- c --><!-- d -->" + SVG,
        b'<?xml version="1.0"?><!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/svg11.dtd">' + SVG,
        b'<!DOCTYPE svg [ <!ENTITY ns "http://x"> ]>' + SVG,
        b'<svg:svg xmlns:svg="http://www.w3.org/2000/svg"/>',
    ],
)
def test_svg(head: bytes) -> None:
    assert format_of(head) is PictureFormat.SVG


@pytest.mark.parametrize(
    ("head", "picture"),
    [
        (b"\x89PNG\r\n\x1a\n\0\0", PictureFormat.PNG),
        (b"\xff\xd8\xff\xe0", PictureFormat.JPEG),
        (b"GIF89a", PictureFormat.GIF),
        (b"RIFF\0\0\0\0WEBPVP8 ", PictureFormat.WEBP),
        (b"\0\0\1\0\1\0", PictureFormat.ICO),
        (b"", PictureFormat.UNKNOWN),
        (b"<!doctype html><html><svg>", PictureFormat.UNKNOWN),
        (b"<svgs>", PictureFormat.UNKNOWN),
        (b"version https://git-lfs.github.com/spec/v1\n", PictureFormat.UNKNOWN),
        (b"<!-- never ended <svg>", PictureFormat.UNKNOWN),
    ],
)
def test_other_content(head: bytes, picture: PictureFormat) -> None:
    assert format_of(head) is picture


@pytest.mark.parametrize(
    ("path", "picture"),
    [
        ("/a/icon.svg", PictureFormat.SVG),
        ("/ICON.PNG", PictureFormat.PNG),
        ("/i.jpeg", PictureFormat.JPEG),
        ("/favicon.ico", PictureFormat.ICO),
        ("/svg", PictureFormat.UNKNOWN),
        ("/icon.svg.gz", PictureFormat.UNKNOWN),
        ("", PictureFormat.UNKNOWN),
    ],
)
def test_names(path: str, picture: PictureFormat) -> None:
    assert claimed_format(path) is picture


@given(st.binary() | st.lists(st.sampled_from([b"<!", b"--", b">", b"[", b"]", b"<svg", b" ", b"<?"])).map(b"".join))
def test_any_bytes_are_judged(head: bytes) -> None:
    assert format_of(head) in PictureFormat


@pytest.mark.parametrize("piece", [b"<!--", b"<!--x-->", b"<!a [", b"<?", b" ", b"<!"])
def test_long_heads_take_no_time(piece: bytes) -> None:
    assert format_of(piece * (64 * 1024 // len(piece))) is PictureFormat.UNKNOWN
