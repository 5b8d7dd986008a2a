from __future__ import annotations

from posixpath import normpath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dext_tasks.ui.site import below, entry_path, origin, segments


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
