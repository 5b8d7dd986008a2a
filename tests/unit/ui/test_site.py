from __future__ import annotations

import json
from html.parser import HTMLParser
from posixpath import normpath
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dext_tasks.ui.site import PageRequest, below, entry_path, origin, segments, with_script

from .conftest import HOST, FakeProcess

if TYPE_CHECKING:
    from collections.abc import Callable

    from .conftest import World


def test_a_page_has_the_client_before_its_own_scripts(world: World) -> None:
    response = world.ask("extension/ui/index.html?x=1")

    script = f'<script src="http://{HOST}/{world.session.token}/desktop.js"></script>'
    assert response.status == 200
    assert response.body == f"<html><head>{script}</head>".encode()
    assert response.headers["Content-Type"] == "text/html"


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.js", "text/javascript"),
        ("a.MJS", "text/javascript"),
        ("a.css", "text/css"),
        ("a.svg", "image/svg+xml"),
        ("a.wasm", "application/wasm"),
        ("a.woff2", "font/woff2"),
        ("a.js.map", "application/json"),
        ("LICENSE", "application/octet-stream"),
    ],
)
def test_files_have_their_types(world: World, name: str, kind: str) -> None:
    world.files[f"/ui/{name}"] = b"content"

    response = world.ask(f"extension/ui/{name}")

    assert (response.status, response.body, response.headers["Content-Type"]) == (200, b"content", kind)


@pytest.mark.parametrize(
    "path",
    [
        "extension/etc/passwd",
        "extension/ui/../etc/passwd",
        "extension/ui/%2e%2e/etc/passwd",
        "extension/ui/..%2fetc/passwd",
        "extension/ui//etc/passwd",
        "extension/ui",
        "extension/ui/",
        "extension",
        "extension/",
        "ui/index.html",
        "",
        "bridge/events/x",
        "bridge",
    ],
)
def test_nothing_else_is_there(world: World, path: str) -> None:
    assert world.ask(path).status == 404


def test_an_absolute_asset_is_outside(world: World) -> None:
    world.files["/assets/a.js"] = world.files["/ui/assets/a.js"] = b""

    assert world.site.answer(PageRequest("GET", "/assets/a.js", HOST)).status == 404


def test_an_image_that_is_the_ui(make_world: Callable[..., World]) -> None:
    world = make_world("/")
    world.files["/index.html"] = b"x"

    assert world.ask("extension/index.html").status == 200


@pytest.mark.parametrize(("host", "status"), [(HOST, 200), ("evil.example", 421), ("127.0.0.1:1", 421), ("", 421)])
def test_foreign_names_are_not_answered(world: World, host: str, status: int) -> None:
    assert world.ask("extension/ui/index.html", host=host).status == status


def test_other_pages_may_not_ask(world: World) -> None:
    assert world.ask("extension/ui/index.html", origin="http://evil.example").status == 403
    assert world.ask("extension/ui/index.html", origin=f"http://{HOST}").status == 200


def test_sessions_do_not_see_each_other(world: World) -> None:
    other = world.site.open()

    world.post("call", detail={"action": "record"})

    assert world.session.token != other.token
    assert len(world.session.ledger.calls) == 1
    assert other.ledger.calls == ()


def test_the_client_knows_what_the_extension_has(make_world: Callable[..., World]) -> None:
    body = make_world(vm=False).ask("desktop.js").body

    assert isinstance(body, bytes)
    settings = json.loads(body.decode().rsplit("})(", 1)[1].removesuffix(");\n"))
    assert (settings["hasVm"], settings["hasHost"]) == (False, True)
    assert settings["identity"]["image"] == "acme/demo:1.0.0"
    assert [*settings["themes"]] == ["light", "dark"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"nonsense",
        b"[]",
        b"{}",
        b'{"page": 1}',
        b"\xff",
        b'{"page":"p","number":1,"member":"m","args":[],"detail":{}}',
    ],
)
@pytest.mark.parametrize("path", ["call", "start"])
def test_what_no_page_sends_is_refused(world: World, path: str, body: bytes) -> None:
    assert world.ask(f"bridge/{path}", "POST", body=body).status == 400


def test_unknown_addresses_of_the_bridge(world: World) -> None:
    assert world.post("else").status == 404
    assert world.ask("bridge/call").status == 404
    assert world.ask("extension/ui/index.html", "POST").status == 404


def test_events_of_a_process_and_the_end_of_its_page(world: World) -> None:
    world.machine.process = FakeProcess(b"out\xc3\xa9", b"err", 3)
    world.answer("start", number=7, detail={"where": "vm", "words": ["x", "y"]})

    events = world.ask("bridge/events?page=p").body
    assert not isinstance(events, bytes)
    lines: list[object] = []
    while not any("close" in str(line) for line in lines):
        lines += [json.loads(line) for line in next(events).splitlines() if line]

    assert {"process": 7, "stdout": "outé"} in lines
    assert {"process": 7, "stderr": "err"} in lines
    assert lines[-1] == {"process": 7, "close": {"cmd": "x y", "code": 3, "signal": None, "killed": False}}
    assert world.ask("bridge/leave?page=p", "POST").status == 204
    assert [*events] == []


def test_a_page_that_has_gone_starts_nothing_that_lasts(world: World) -> None:
    world.ask("bridge/leave?page=p", "POST")
    world.machine.process = FakeProcess(code=None)

    world.answer("start", detail={"where": "vm", "words": ["sleep", "60"], "stream": True})
    world.site.close()

    assert world.machine.process.signals == ["terminate"]
    assert world.session.ledger.calls[0].outcome == "stopped"


def test_a_process_is_stopped_by_its_number(world: World) -> None:
    world.machine.process = FakeProcess(code=None)
    world.answer("start", number=3, detail={"where": "vm", "words": ["sleep"], "stream": True})

    assert world.post("stop", number=4).status == 204
    assert world.machine.process.signals == []
    assert world.post("stop", number=3).status == 204
    world.site.close()

    assert world.machine.process.signals == ["terminate"]


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


@pytest.mark.parametrize(
    ("target", "parts"),
    [
        ("/a/b.js", ("a", "b.js")),
        ("/a/b%20c.js?x=/../y#z", ("a", "b c.js")),
        ("/a/", ("a", "")),
        ("/", ("",)),
        ("/%C3%A9", ("é",)),
        ("/%252e%252e", ("%2e%2e",)),
    ],
)
def test_parts_are_decoded_once(target: str, parts: tuple[str, ...]) -> None:
    assert segments(target) == parts


@pytest.mark.parametrize(
    "target",
    [
        "/a/../b",
        "/a/%2e%2e/b",
        "/./a",
        "/a%2fb",
        "/a%2Fb",
        "/a%5cb",
        "/a\\b",
        "/a%00b",
        "/%ff",
        "a/b",
        "",
        "http://x/a",
        "*",
    ],
)
def test_ambiguous_paths_are_none(target: str) -> None:
    assert segments(target) is None


@pytest.mark.parametrize(
    ("root", "parts", "path"),
    [
        ("/ui", ("ui", "index.html"), "/ui/index.html"),
        ("/ui", ("ui", "a", "b.js"), "/ui/a/b.js"),
        ("/a/ui", ("a", "ui", "x"), "/a/ui/x"),
        ("/", ("index.html",), "/index.html"),
        ("/ui", ("ui",), None),
        ("/ui", ("ui", ""), None),
        ("/ui", ("uix", "a"), None),
        ("/ui", ("etc", "passwd"), None),
        ("/", ("",), None),
    ],
)
def test_only_the_uis_files_are_there(root: str, parts: tuple[str, ...], path: str | None) -> None:
    assert below(root, parts) == path


_HOSTILE = st.lists(
    st.sampled_from(["..", ".", "%2e%2e", "%2f", "%5c", "%00", "\\", "", "ui", "etc", "a", "?", "%", "%zz", "é"])
    | st.text(max_size=5),
    max_size=8,
).map(lambda parts: "/" + "/".join(parts))


@given(_HOSTILE, st.sampled_from(["/ui", "/", "/a/ui"]))
def test_nothing_escapes(target: str, root: str) -> None:
    parts = segments(target)
    path = below(root, parts) if parts else None

    if path is not None:
        assert path == normpath(path)
        assert path.startswith(f"{root.rstrip('/')}/")
        assert "\0" not in path


_NAME = st.text(st.characters(exclude_characters="/\\\0?#", exclude_categories=["Cs"]), min_size=1).filter(
    lambda name: name not in (".", "..")
)


@given(st.lists(_NAME, min_size=1, max_size=3))
def test_every_entry_page_finds_its_way_back(names: list[str]) -> None:
    address = entry_path("/ui", "/".join(names))

    assert segments(address) == ("ui", *names)


@pytest.mark.parametrize(
    ("entry", "path"),
    [
        ("index.html", "/ui/index.html"),
        ("/index.html", "/ui/index.html"),
        ("./index.html?a=1&b=/x#/home", "/ui/index.html?a=1&b=/x#/home"),
        ("index.html#/home?x", "/ui/index.html#/home?x"),
        ("a b.html?q=a b", "/ui/a%20b.html?q=a%20b"),
        ("a:b.html", "/ui/a:b.html"),
    ],
)
def test_entries_as_metadata_names_them(entry: str, path: str) -> None:
    assert entry_path("/ui", entry) == path


def test_an_image_whose_root_is_the_ui() -> None:
    assert entry_path("/", "index.html") == "/index.html"


def test_origin() -> None:
    assert origin("http://127.0.0.1:1/a?b") == "http://127.0.0.1:1"
