from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dext_tasks.checks.links import link_fault
from dext_tasks.sources.facts import FileFact, FileKind

FILE, FOLDER = FileFact(FileKind.FILE, 0o644, 1), FileFact(FileKind.FOLDER, 0o755, 0)


def link(target: str) -> FileFact:
    return FileFact(FileKind.LINK, 0o777, 0, target)


def fault(**links: str) -> str:
    """Of ui/a.js, with these links beside the file ui/b.js and the folder ui/d."""
    made = {f"/ui/{name.replace('_', '.')}": link(target) for name, target in links.items()}
    return link_fault("/ui/a.js", "/ui", {"/ui": FOLDER, "/ui/b.js": FILE, "/ui/d": FOLDER, **made})


@pytest.mark.parametrize(
    "links",
    [
        {"a_js": "b.js"},
        {"a_js": "/ui/b.js"},
        {"a_js": "d/../b.js"},
        {"a_js": "c.js", "c_js": "b.js"},
        {"a_js": "e/b.js", "e": "."},
        # What is outside the folder, or not told, is not known.
        {"a_js": "/elsewhere/b.js"},
        {"a_js": "../b.js"},
        {"a_js": ""},
    ],
)
def test_nothing_is_wrong(links: dict[str, str]) -> None:
    assert fault(**links) == ""


@pytest.mark.parametrize(
    ("links", "what"),
    [
        ({"a_js": "nope.js"}, "is a link to /ui/nope.js, which is not in the image"),
        ({"a_js": "../ui/d/nope.js"}, "is a link to /ui/d/nope.js, which is not in the image"),
        ({"a_js": "c.js", "c_js": "nope.js"}, "is a link to /ui/nope.js, which is not in the image"),
        ({"a_js": "e/nope.js", "e": "d"}, "is a link to /ui/d/nope.js, which is not in the image"),
        ({"a_js": "a.js"}, "is a link that leads nowhere"),
        ({"a_js": "c.js", "c_js": "a.js"}, "is a link that leads nowhere"),
        ({"a_js": "a.js/x"}, "is a link that leads nowhere"),
        ({"a_js": "x" * 5000}, "is a link that leads nowhere"),
    ],
)
def test_a_link_that_leads_to_nothing(links: dict[str, str], what: str) -> None:
    assert fault(**links) == what


def test_what_is_no_link_is_another_rules() -> None:
    assert link_fault("/ui/b.js", "/ui", {"/ui/b.js": FILE}) == ""


NAMES = st.text(alphabet="ab./", max_size=8)


@given(st.dictionaries(NAMES.map(lambda name: f"/{name}"), NAMES.map(link)), NAMES.map(lambda name: f"/{name}"))
def test_any_links_have_an_answer(facts: dict[str, FileFact], path: str) -> None:
    assert "\n" not in link_fault(path, "/a", facts)
