from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dext_tasks.extension import address


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("https://example.com", "https"),
        ("HTTP://example.com", "http"),
        ("javascript:alert(1)", "javascript"),
        ("\x01 jAvA\nscr\tipt:alert(1)", "javascript"),
        ("data:text/html,x", "data"),
        ("docs/readme.md", ""),
        ("#part", ""),
        ("//example.com", ""),
        ("1x:y", ""),
        ("", ""),
    ],
)
def test_scheme(text: str, found: str) -> None:
    assert address.scheme(text) == found


@pytest.mark.parametrize(
    "text",
    [
        "https://example.com",
        "http://localhost:3000/x?y=z#w",
        " https://example.com ",
        "https://example.com/a,b;c@d",
        "https://[::1]/",
        "https://bücher.example/",
    ],
)
def test_a_web_address(text: str) -> None:
    assert address.web_fault(text) == ""


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("docker.svg", "not a full address"),
        ("/icons/a.svg", "not a full address"),
        ("www.example.com", "not a full address"),
        ("", "not a full address"),
        ("ftp://example.com", "ftp: is no http or https address"),
        ("mailto:a@example.com", "mailto: is no http or https address"),
        ("javascript:alert(1)", "javascript: addresses run or read things inside the dashboard"),
        ("data:image/svg+xml,<svg/>", "data: addresses run or read things inside the dashboard"),
        ("https://a.example https://b.example", "more than one address, or characters that no address holds"),
        ('https://a.example/"onerror', "more than one address, or characters that no address holds"),
        ("https://", "no host name"),
        ("https:///path", "no host name"),
        ("https://[", "no host name"),
        ("https://example.com:99999/", "no host name"),
    ],
)
def test_no_web_address(text: str, fault: str) -> None:
    assert address.web_fault(text) == fault


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("https://example.com/a.SVG?x=.png", ".svg"),
        ("https://example.com/favicon.ico", ".ico"),
        ("https://avatars.example.com/u/1?v=4", ""),
        ("https://example.com", ""),
        ("https://[", ""),
    ],
)
def test_suffix(text: str, found: str) -> None:
    assert address.suffix(text) == found


@pytest.mark.parametrize(
    ("text", "is_page"),
    [
        ("https://github.com/someone/thing/blob/main/icon.svg", True),
        ("https://github.com/someone/thing/blob/main/icon.svg?raw=true", False),
        ("https://github.com/someone/thing/raw/main/icon.svg", False),
        ("https://raw.githubusercontent.com/someone/thing/main/blob/icon.svg", False),
        ("https://example.com/someone/thing/blob/main/icon.svg", False),
    ],
)
def test_pages_about_files(text: str, is_page: bool) -> None:  # noqa: FBT001 - a parameter of the test
    assert address.is_page_of_a_file(text) is is_page


@given(st.text() | st.text(alphabet="htps:/[]@.?#%\n\t 0"))
def test_anything_is_judged(text: str) -> None:
    assert isinstance(address.web_fault(text), str)
    assert isinstance(address.suffix(text), str)
    assert address.is_page_of_a_file(text) in (True, False)
