from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dext_tasks.errors import ConfigError
from dext_tasks.registry.proxies import Proxies, Proxy

WORD = "sesame-7f3a"
URL = "https://registry.example/v2/"


def address(env: dict[str, str], url: str = URL) -> str:
    found = Proxies.of(env).of_url(url)
    return found.url if found else ""


@pytest.mark.parametrize(
    ("env", "url", "expected"),
    [
        ({}, URL, ""),
        ({"HTTPS_PROXY": "http://one:1"}, URL, "http://one:1"),
        ({"https_proxy": "http://one:1"}, URL, "http://one:1"),
        # As Go reads them, upper case goes first.
        ({"https_proxy": "http://two:2", "HTTPS_PROXY": "http://one:1"}, URL, "http://one:1"),
        ({"HTTPS_PROXY": "", "https_proxy": "http://two:2"}, URL, "http://two:2"),
        # Each scheme has its own.
        ({"HTTP_PROXY": "http://one:1"}, URL, ""),
        ({"HTTP_PROXY": "http://one:1"}, "http://registry.example/", "http://one:1"),
        ({"HTTPS_PROXY": "http://one:1"}, "http://registry.example/", ""),
        # And one for those that have none.
        ({"ALL_PROXY": "http://all:1"}, URL, "http://all:1"),
        ({"all_proxy": "http://all:1"}, "http://registry.example/", "http://all:1"),
        ({"ALL_PROXY": "http://all:1", "https_proxy": "http://one:1"}, URL, "http://one:1"),
        ({"ALL_PROXY": "http://all:1", "HTTPS_PROXY": "http://one:1"}, "http://registry.example/", "http://all:1"),
        # Spellings.
        ({"HTTPS_PROXY": "one:3128"}, URL, "http://one:3128"),
        ({"HTTPS_PROXY": "one"}, URL, "http://one:80"),
        ({"HTTPS_PROXY": " http://one:3128\n"}, URL, "http://one:3128"),
        ({"HTTPS_PROXY": "https://one"}, URL, "https://one:443"),
        ({"HTTPS_PROXY": "http://one:3128/"}, URL, "http://one:3128"),
        ({"HTTPS_PROXY": "socks5h://one"}, URL, "socks5h://one:1080"),
        ({"HTTPS_PROXY": "http://[::1]:3128"}, URL, "http://[::1]:3128"),
        # What is not a request of HTTP has none.
        ({"ALL_PROXY": "http://all:1"}, "ftp://registry.example/", ""),
        ({"ALL_PROXY": "http://all:1"}, "", ""),
    ],
)
def test_which_proxy(env: dict[str, str], url: str, expected: str) -> None:
    assert address(env, url) == expected


@pytest.mark.parametrize(
    ("exceptions", "url", "proxied"),
    [
        # https://pkg.go.dev/golang.org/x/net/http/httpproxy#Config
        ("registry.example", URL, False),
        ("example", URL, False),
        (".example", URL, False),
        ("*.example", URL, False),
        (".registry.example", URL, True),
        ("gistry.example", URL, True),
        ("REGISTRY.Example", URL, False),
        ("other.example, registry.example", URL, False),
        ("other.example registry.example", URL, False),
        (" , ,registry.example,", URL, False),
        ("*", URL, False),
        ("*", "https://10.0.0.1/", False),
        ("registry.example:443", URL, False),
        ("registry.example:8443", URL, True),
        ("registry.example:8443", "https://registry.example:8443/", False),
        (".example:443", URL, False),
        ("10.0.0.1", "https://10.0.0.1/", False),
        ("10.0.0.1:443", "https://10.0.0.1/", False),
        ("10.0.0.1:80", "https://10.0.0.1/", True),
        ("10.0.0.0/8", "https://10.0.0.1/", False),
        ("10.0.0.7/8", "https://10.0.0.1/", False),
        ("10.0.0.0/8", "https://11.0.0.1/", True),
        ("10.0.0.0/8", "https://registry.example/", True),
        ("fd00::/8", "https://[fd00::1]:5000/", False),
        ("fd00::1", "https://[fd00::1]:5000/", False),
        ("[fd00::1]:5000", "https://[fd00::1]:5000/", False),
        ("[fd00::1]:5001", "https://[fd00::1]:5000/", True),
        ("registry.example.", URL, True),
        ("registry.example", "https://registry.example./", False),
        (".", URL, True),
        (":443", URL, True),
        ("/", URL, True),
        ("", URL, True),
        # Never, whatever is listed.
        ("", "https://localhost/", False),
        ("", "http://localhost:5000/", False),
        ("", "https://127.0.0.1/", False),
        ("", "https://127.8.9.1:5000/", False),
        ("", "https://[::1]:5000/", False),
        ("", "https://app.localhost/", False),
        ("", "https://localhost.example/", True),
        ("", "https://127.evil.example/", True),
    ],
)
@pytest.mark.parametrize("name", ["NO_PROXY", "no_proxy"])
def test_exceptions(exceptions: str, url: str, name: str, *, proxied: bool) -> None:
    assert bool(address({"ALL_PROXY": "http://all:1", name: exceptions}, url)) == proxied


def test_a_login_is_read_and_never_shown() -> None:
    proxies = Proxies.of({"HTTPS_PROXY": f"http://ann:{WORD}%40x@one:3128"})
    found = proxies.of_url(URL)
    assert found == Proxy("HTTPS_PROXY", "http", "one:3128", "ann", f"{WORD}@x")
    assert found.login == f"ann:{WORD}@x"
    assert WORD not in f"{proxies!r}{found!r}{found.url}"


@pytest.mark.parametrize(
    "value", ["http://", "ftp://one:1", "http://one:port", "http://[::1", "//", "http://one:99999"]
)
def test_what_is_no_proxy_is_an_error_without_its_text(value: str) -> None:
    proxies = Proxies.of({"https_proxy": value})
    with pytest.raises(ConfigError, match="environment variable https_proxy does not hold") as caught:
        proxies.of_url(URL)
    assert "http://proxy.example:3128" in caught.value.remedy
    # Nobody who does not need it is told.
    assert proxies.of_url("http://registry.example/") is None
    assert proxies.of_url("https://localhost/") is None


@given(st.text(), st.text(), st.text())
def test_any_environment(value: str, exceptions: str, host: str) -> None:
    proxies = Proxies.of({"ALL_PROXY": value, "NO_PROXY": exceptions})
    try:
        found = proxies.of_url(f"https://{host}/")
    except (ConfigError, ValueError):
        return
    assert found is None or found.address
