from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dext_tasks.formats.icon import Picture, of_content, of_name

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
    assert of_content(head) is Picture.SVG


@pytest.mark.parametrize(
    ("head", "picture"),
    [
        (b"\x89PNG\r\n\x1a\n\0\0", Picture.PNG),
        (b"\xff\xd8\xff\xe0", Picture.JPEG),
        (b"GIF89a", Picture.GIF),
        (b"RIFF\0\0\0\0WEBPVP8 ", Picture.WEBP),
        (b"\0\0\1\0\1\0", Picture.ICO),
        (b"", Picture.UNKNOWN),
        (b"<!doctype html><html><svg>", Picture.UNKNOWN),
        (b"<svgs>", Picture.UNKNOWN),
        (b"version https://git-lfs.github.com/spec/v1\n", Picture.UNKNOWN),
        (b"<!-- never ended <svg>", Picture.UNKNOWN),
    ],
)
def test_other_content(head: bytes, picture: Picture) -> None:
    assert of_content(head) is picture


@pytest.mark.parametrize(
    ("path", "picture"),
    [
        ("/a/icon.svg", Picture.SVG),
        ("/ICON.PNG", Picture.PNG),
        ("/i.jpeg", Picture.JPEG),
        ("/favicon.ico", Picture.ICO),
        ("/svg", Picture.UNKNOWN),
        ("/icon.svg.gz", Picture.UNKNOWN),
        ("", Picture.UNKNOWN),
    ],
)
def test_names(path: str, picture: Picture) -> None:
    assert of_name(path) is picture


@given(st.binary() | st.lists(st.sampled_from([b"<!", b"--", b">", b"[", b"]", b"<svg", b" ", b"<?"])).map(b"".join))
def test_any_bytes_are_judged(head: bytes) -> None:
    assert of_content(head) in Picture


@pytest.mark.parametrize("piece", [b"<!--", b"<!--x-->", b"<!a [", b"<?", b" ", b"<!"])
def test_long_heads_take_no_time(piece: bytes) -> None:
    assert of_content(piece * (64 * 1024 // len(piece))) is Picture.UNKNOWN
