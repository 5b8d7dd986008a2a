from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dext_tasks.formats import addresses as address


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
        "http://example.com:3000/x?y=z#w",
        " https://example.com ",
        "https://example.com/a,b;c@d",
        "https://[2001:4860:4860::8888]/",
        "https://bücher.example/",
        "https://localhost.example.com",
        # Private marketplaces are for private networks.
        "https://10.1.2.3/icon.svg",
        "https://web.archive.org/web/2020/https://example.com/icon.svg",
        "https://images.example/?url=https://a.example/1.png,https://b.example/2.png",
        "https://images.example/url=https://a.example/1.png",
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
        ("ftp://example.com", "ftp: is not an http or https address"),
        ("mailto:a@example.com", "mailto: is not an http or https address"),
        ("javascript:alert(1)", "javascript: addresses run or read things inside the dashboard"),
        ("data:image/svg+xml,<svg/>", "data: addresses run or read things inside the dashboard"),
        ("https://a.example https://b.example", "more than one address, or characters that no address holds"),
        ("https://a.example,https://b.example", "more than one address, or characters that no address holds"),
        ("https://a.example/x;HTTP://b.example", "more than one address, or characters that no address holds"),
        ("https://a.examplehttps://b.example", "more than one address, or characters that no address holds"),
        ("http://localhost/icon.svg", "localhost is the machine of whoever reads it"),
        ("https://demo.localhost.:8080", "demo.localhost. is the machine of whoever reads it"),
        ("http://127.1.2.3/", "127.1.2.3 is the machine of whoever reads it"),
        ("http://0.0.0.0:80", "0.0.0.0 is the machine of whoever reads it"),
        ("https://[::1]/", "::1 is the machine of whoever reads it"),
        ('https://a.example/"onerror', "more than one address, or characters that no address holds"),
        ("https://", "no host name"),
        ("https:///path", "no host name"),
        ("https://[", "no host name"),
        ("https://example.com:99999/", "no host name"),
    ],
)
def test_no_web_address(text: str, fault: str) -> None:
    assert address.web_fault(text) == fault


def test_an_address_of_the_readers_own_machine_where_that_will_do() -> None:
    assert address.web_fault("http://localhost:8080/", may_be_local=True) == ""
    assert address.web_fault("localhost:8080", may_be_local=True) == "localhost: is not an http or https address"


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
