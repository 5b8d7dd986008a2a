from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dext_tasks.extension.page import HEAD, AddressTarget, Load, ResourceKind, loads

VITE = b"""<!doctype html>
<html>
  <head>
    <meta charset="utf-8">
    <link rel="icon" type="image/svg+xml" href="./icon.svg">
    <script type="module" crossorigin src="./assets/index-1a2b.js"></script>
    <link rel="modulepreload" href="./assets/vendor.js">
    <link rel="stylesheet" crossorigin href="./assets/index.css">
  </head>
  <body><div id="root"></div><img src="logo.png"></body>
</html>
"""


def found(markup: str) -> list[tuple[ResourceKind, str]]:
    return [(load.kind, load.address) for load in loads(markup.encode())]


class TestLoads:
    def test_what_a_built_page_loads(self) -> None:
        assert [(load.kind, load.address, load.line) for load in loads(VITE)] == [
            (ResourceKind.OTHER, "./icon.svg", 5),
            (ResourceKind.SCRIPT, "./assets/index-1a2b.js", 6),
            (ResourceKind.OTHER, "./assets/vendor.js", 7),
            (ResourceKind.STYLE, "./assets/index.css", 8),
            (ResourceKind.OTHER, "logo.png", 10),
        ]

    @pytest.mark.parametrize(
        "markup",
        [
            "",
            "<p>text",
            "<script>let a = '<script src=b.js>'</script>",
            "<!-- <script src=a.js></script> -->",
            "<script src></script><script src=''></script><script src=' '></script>",
            "<script type='text/template' src=a.html></script>",
            "<script type=application/json src=a.json></script>",
            "<link rel=canonical href=a><link href=b.css><link rel='alternate stylesheet' href=c.css>",
            "<img alt=a><a href=b.js>c</a>",
            "<noscript>please</noscript>",
            "<template><script src=a.js></script><link rel=stylesheet href=a.css><img src=a.png></template>",
            "<template><template></template><script src=a.js></script></template>",
            "<noscript><link rel=stylesheet href=a.css><img src=a.png></noscript>",
            "<textarea><script src=a.js></script></textarea>",
            "<title><img src=a.png></title>",
            "<template><script src=a.js></script>",
            "<script nomodule src=a.js></script>",
            "<template><base href=/b/></template>",
        ],
    )
    def test_nothing_is_loaded(self, markup: str) -> None:
        assert found(markup) == []

    @pytest.mark.parametrize(
        ("markup", "load"),
        [
            ("<SCRIPT SRC=A.js></SCRIPT>", (ResourceKind.SCRIPT, "A.js")),
            ("<script src='a.js' src='b.js'></script>", (ResourceKind.SCRIPT, "a.js")),
            ("<script type='text/JavaScript' src=a.js>", (ResourceKind.SCRIPT, "a.js")),
            ("<template><p></p></template><script src=a.js></script>", (ResourceKind.SCRIPT, "a.js")),
            ("<template/><script src=a.js></script>", (ResourceKind.SCRIPT, "a.js")),
            ("<noscript>no</noscript></noscript><script src=a.js></script>", (ResourceKind.SCRIPT, "a.js")),
            ("<title>A <template> in it</title><script src=a.js></script>", (ResourceKind.SCRIPT, "a.js")),
            ("<link rel='StyleSheet' href='a.css?v=1&amp;w=2'/>", (ResourceKind.STYLE, "a.css?v=1&w=2")),
            ("<link rel='shortcut icon' href=f.ico>", (ResourceKind.OTHER, "f.ico")),
            ("<link rel=apple-touch-icon href=f.png>", (ResourceKind.OTHER, "f.png")),
            ("<link rel=manifest href=m.json>", (ResourceKind.OTHER, "m.json")),
        ],
    )
    def test_one_thing_is_loaded(self, markup: str, load: tuple[ResourceKind, str]) -> None:
        assert found(markup) == [load]

    def test_a_page_is_read_to_its_bound(self) -> None:
        content = b"<script src=a.js></script>" + b" " * HEAD + b"<script src=b.js></script>"
        assert [load.address for load in loads(content)] == ["a.js"]

    def test_loads_are_bounded(self) -> None:
        assert len(loads(b"<img src=a>" * 2000)) == 500

    def test_the_first_base_counts_wherever_it_is(self) -> None:
        markup = b"<script src=a.js></script><base target=x><base href='/b/'><base href='/c/'>"
        assert [load.base for load in loads(markup)] == ["/b/"]

    @given(st.binary() | st.text(st.sampled_from("<>![]-/?=\"' \nscriptlnkbaehmg&;#")).map(str.encode))
    def test_any_bytes_are_a_page(self, content: bytes) -> None:
        for load in loads(content):
            assert load.where in AddressTarget
            assert load.path("/ui/index.html").startswith("/") or not load.path("/ui/index.html")

    @pytest.mark.parametrize("piece", ["<!", "<![", "<!--", "<a ", "<script>", "</", "<a b='", "&#"])
    def test_hostile_pages_take_no_time(self, piece: str) -> None:
        loads(piece.encode() * (64 * 1024 // len(piece)))


@pytest.mark.parametrize(
    ("address", "base", "where"),
    [
        ("a.js", "", AddressTarget.BESIDE),
        ("./a.js", "", AddressTarget.BESIDE),
        ("../a.js", "", AddressTarget.BESIDE),
        ("%PUBLIC_URL%/a.js", "", AddressTarget.BESIDE),
        ("/assets/a.js", "", AddressTarget.ABSOLUTE),
        ("\\assets\\a.js", "", AddressTarget.ABSOLUTE),
        ("//cdn.example.com/a.js", "", AddressTarget.EXTERNAL),
        ("https://cdn.example.com/a.js", "", AddressTarget.EXTERNAL),
        ("HTTP://cdn.example.com/a.js", "", AddressTarget.EXTERNAL),
        ("data:text/javascript,1", "", AddressTarget.NOWHERE),
        ("#part", "", AddressTarget.NOWHERE),
        ("?query", "", AddressTarget.NOWHERE),
        ("a.js", "/", AddressTarget.ABSOLUTE),
        ("a.js", "./", AddressTarget.BESIDE),
        ("a.js", "https://example.com/", AddressTarget.EXTERNAL),
        ("a.js", "#", AddressTarget.BESIDE),
        ("/a.js", "./", AddressTarget.ABSOLUTE),
        ("https://example.com/a.js", "/", AddressTarget.EXTERNAL),
    ],
)
def test_where_an_address_leads(address: str, base: str, where: AddressTarget) -> None:
    assert Load(ResourceKind.SCRIPT, address, 1, base).where is where


@pytest.mark.parametrize(
    ("address", "base", "path"),
    [
        ("a.js", "", "/ui/a.js"),
        ("./assets/a.js?v=1#x", "", "/ui/assets/a.js"),
        ("../a.js", "", "/a.js"),
        ("../../../a.js", "", "/a.js"),
        ("a%20b.js", "", "/ui/a b.js"),
        ("a.js", "static/", "/ui/static/a.js"),
        ("a.js", "static/page.html", "/ui/static/a.js"),
        ("a.js", "./", "/ui/a.js"),
        (" a.js\n", "", "/ui/a.js"),
        ("?only", "", ""),
        ("http://[x", "", ""),
    ],
)
def test_where_a_file_is(address: str, base: str, path: str) -> None:
    assert Load(ResourceKind.SCRIPT, address, 1, base).path("/ui/index.html") == path
