from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dext_tasks.extension.external_links import external_links, handles_links

U = "https://example.com/x"


def found(source: str) -> list[str]:
    return [link.address for link in external_links(source.encode())]


@pytest.mark.parametrize(
    "source",
    [
        f'<a href="{U}">x</a>',
        f"<a\n  target='_blank'\n  href='{U}'\n>x</a>",
        f'<a href={{"{U}"}}>x</a>',
        f"<a href={{`{U}`}} style={{{{a: 1}}}}>x</a>",
        f'<Link href="{U}" target="_blank">x</Link>',
        f'<a :href="\'{U}\'" href="{U}">x</a>',
        f'jsx("a",{{href:"{U}",target:"_blank",children:"x"}})',
        f'(0,t.jsxs)("a",{{className:"b",href:"{U}"}})',
        f"createElement('a', {{ href: '{U}' }}, 'x')",
        f'window.open("{U}")',
        f"window.open('{U}', '_blank')",
    ],
)
def test_links_that_lead_out(source: str) -> None:
    assert found(source) == [U]


@pytest.mark.parametrize(
    "source",
    [
        f'<a href="{U}" onClick={{open}}>x</a>',
        f'<a onClick={{(e) => {{ e.preventDefault(); if (a > b) open("{U}") }}}} href="{U}">x</a>',
        f'<a href="{U}" @click.prevent="open">x</a>',
        f'<a href="{U}" on:click={{open}}>x</a>',
        f'<a href="{U}" {{...props}}>x</a>',
        f'<a href="{U}" download>x</a>',
        '<a href="#/page">x</a>',
        '<a href="page.html">x</a>',
        '<a href="mailto:x@example.com">x</a>',
        "<a href={url}>x</a>",
        '<Link to="/page">x</Link>',
        f'<link href="{U}" rel="stylesheet">',
        f'<abbr href="{U}">x</abbr>',
        f'<img src="{U}">',
        f'<a data-href="{U}">x</a>',
        f'jsx("a",{{href:"{U}",onClick:f}})',
        f'jsx("b",{{href:"{U}"}})',
        f'jsx("a",{{children:x}}),{{href:"{U}"}}',
        f'// <a href="{U}">',
        f'<!-- <a href="{U}"> -->',
        f'dd ? dd.host.openExternal("{U}") : window.open("{U}")',
        "window.open(url)",
        f'mywindow.open("{U}")',
    ],
)
def test_links_that_do_not(source: str) -> None:
    assert found(source) == []


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("document.addEventListener('click', e => dd.host.openExternal(e.target.href))", True),
        ("document.addEventListener('click', e => go())", False),
        ("dd.host.openExternal(u)", False),
        ("", False),
    ],
)
def test_who_handles_every_link(source: str, expected: bool) -> None:  # noqa: FBT001 - a row
    assert handles_links(source.encode()) is expected


@given(st.text(alphabet='<a href="https://x"{}()>\'` onClick\n').map(str.encode))
def test_any_text_is_read(content: bytes) -> None:
    for link in external_links(content):
        assert link.address.startswith("http")


@pytest.mark.parametrize("unit", ["<a ", '("a",{', 'window.open("http://', "{", "'"])
def test_no_bundle_takes_long(unit: str) -> None:
    list(external_links((unit * 100_000).encode()))
