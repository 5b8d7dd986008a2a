from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dext_tasks.formats.pictures import PictureFormat, claimed_format, format_of

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
