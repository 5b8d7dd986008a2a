from __future__ import annotations

from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dext_tasks.ui.site import with_script

ADDRESS = "http://127.0.0.1:1/t/desktop.js"
TAG = f'<script src="{ADDRESS}"></script>'


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("<!doctype html><html><head>", "<title>t</title></head><body>x"),
        ("<html lang='a>b'><HEAD data-x=\"<script>\">", "<script>1</script></HEAD>"),
        ("<!-- <head> <script> --><html><head>", "</head>"),
        ("<!--><html><head>", "<script></script>"),
        ("<html>", "<script>1</script><head></head>"),
        ("<!DOCTYPE html><html>", "<body><script>1</script>"),
        ("<!doctype html>", "<script>1</script>"),
        ("<!doctype html>", "<title>t</title><script>1</script>"),
        ("<!doctype html>\n<html>", "\n<header>x</header>"),
        ("", "<script>1</script>"),
        ("", "<p>text"),
        ("", ""),
        ("<?xml version='1.0'?><!doctype html><html><head>", "</head>"),
    ],
)
def test_the_script_comes_first(before: str, after: str) -> None:
    assert with_script(f"{before}{after}".encode(), ADDRESS).decode() == f"{before}{TAG}{after}"


def test_a_byte_order_mark_stays_first() -> None:
    assert with_script(b"\xef\xbb\xbf<p>x", ADDRESS) == b"\xef\xbb\xbf" + TAG.encode() + b"<p>x"


def test_utf16_becomes_utf8() -> None:
    text = "<html><head></head><body>é"

    assert with_script(text.encode("utf-16"), ADDRESS).decode("utf-8-sig") == text.replace("<head>", f"<head>{TAG}")


class _FirstScript(HTMLParser):
    """Source of the first script of a document."""

    def __init__(self) -> None:
        super().__init__()
        self.sources: list[str | None] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "script":
            self.sources.append(dict(attrs).get("src"))


_PIECES = st.sampled_from(
    [
        "<!doctype html>",
        "<html>",
        "<html a='>'>",
        "<head>",
        "</head>",
        "<body>",
        "<script>x</script>",
        "<script src=y></script>",
        "<!-- c -->",
        "<!-- <head> -->",
        "<title>t</title>",
        "text",
        "<p>",
        "<header>",
        "\n",
        "é",
    ]
)


@given(st.lists(_PIECES, max_size=12))
def test_no_script_of_the_page_comes_before(pieces: list[str]) -> None:
    parser = _FirstScript()
    parser.feed(with_script("".join(pieces).encode(), ADDRESS).decode())

    assert parser.sources[0] == ADDRESS
    assert parser.sources.count(ADDRESS) == 1


@given(st.binary(max_size=300) | st.text("<>!-\"' abcdehmlpst/=\n").map(str.encode))
def test_nothing_of_the_page_is_lost(document: bytes) -> None:
    changed = with_script(document, ADDRESS)

    if not document.startswith((b"\xff\xfe", b"\xfe\xff")):
        assert changed.replace(TAG.encode(), b"", 1) == document
