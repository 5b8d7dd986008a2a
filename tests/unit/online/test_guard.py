from __future__ import annotations

import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dext_tasks.online.guard import AddressRefusedError, Target, is_public, target


@pytest.fixture
def hosts(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[str]]:
    """Addresses by host name."""
    known: dict[str, list[str]] = {"example.org": ["93.184.216.34"]}

    def find(host: str, port: int, **_: object) -> list[tuple[object, ...]]:
        if host not in known:
            raise socket.gaierror
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in known[host]]

    monkeypatch.setattr(socket, "getaddrinfo", find)
    return known


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",  # noqa: S104 - nothing listens there
        "224.0.0.1",
        "255.255.255.255",
        "::1",
        "::",
        "fe80::1%eth0",
        "fd00::1",
        "ff02::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "64:ff9b::7f00:1",
        "2002:7f00:1::",
        "2001:0:7f00:1::",
        "::127.0.0.1",
        "168.63.129.16",
        "::ffff:168.63.129.16",
        "192.0.0.192",
        "64:ff9b::c000:c0",
    ],
)
def test_addresses_that_are_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:2800:220:1::1", "::ffff:8.8.8.8", "64:ff9b::808:808"])
def test_public_addresses(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    ("url", "wanted", "field"),
    [
        ("https://example.org", Target("https", "example.org", "93.184.216.34", 443, "/"), "example.org"),
        ("HTTP://Example.org/a?b=c#d", Target("http", "example.org", "93.184.216.34", 80, "/a?b=c"), "example.org"),
        (
            " https://example.org:8443/a b\n",
            Target("https", "example.org", "93.184.216.34", 8443, "/a%20b"),
            "example.org:8443",
        ),
    ],
)
@pytest.mark.usefixtures("hosts")
def test_where_a_request_goes(url: str, wanted: Target, field: str) -> None:
    assert target(url) == wanted
    assert target(url).host_field == field


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("", "not an http"),
        ("example.org/x", "not an http"),
        ("file:///etc/passwd", "not an http"),
        ("ftp://example.org/", "not an http"),
        ("https://", "not an http"),
        ("https://example.org:99999/", "malformed"),
        ("https://[::1/", "malformed"),
        ("https://me:secret@example.org/", "user name"),
        ("https://unknown.example/", "unknown"),
    ],
)
@pytest.mark.usefixtures("hosts")
def test_refused(url: str, why: str) -> None:
    with pytest.raises(AddressRefusedError, match=why):
        target(url)


def test_one_private_address_is_enough_to_refuse(hosts: dict[str, list[str]]) -> None:
    hosts["evil.example"] = ["93.184.216.34", "127.0.0.1"]
    with pytest.raises(AddressRefusedError, match=r"evil.example is at 127.0.0.1"):
        target("http://evil.example/")
    assert target("http://evil.example/", allow_private=True).address == "93.184.216.34"


class TestProxied:
    """A proxy looks names up itself; what is known here is judged all the same."""

    @pytest.mark.usefixtures("hosts")
    def test_a_name_that_has_an_address_here(self) -> None:
        found = target("https://example.org:8443/a?b", proxied=True)
        assert (found.address, found.url) == ("93.184.216.34", "https://example.org:8443/a?b")

    @pytest.mark.parametrize("url", ["http://127.0.0.1/", "https://169.254.169.254/latest", "http://[::1]:80/"])
    def test_addresses_that_are_not_public_are_refused(self, hosts: dict[str, list[str]], url: str) -> None:
        hosts |= {host: [host] for host in ("127.0.0.1", "169.254.169.254", "::1")}
        with pytest.raises(AddressRefusedError, match="not a public address"):
            target(url, proxied=True)

    def test_a_name_with_a_private_address_here_is_refused(self, hosts: dict[str, list[str]]) -> None:
        hosts["intern.example"] = ["10.0.0.7"]
        with pytest.raises(AddressRefusedError, match="not a public address"):
            target("https://intern.example/", proxied=True)

    @pytest.mark.usefixtures("hosts")
    def test_a_name_that_only_the_proxy_can_look_up(self) -> None:
        found = target("https://Unknown.example/a b", proxied=True)
        assert found == Target("https", "unknown.example", "", 443, "/a%20b")
        assert found.url == "https://unknown.example/a%20b"

    @pytest.mark.parametrize(
        "host",
        [
            "wiki",
            "metadata.google.internal",
            "printer.local",
            "nas.lan",
            "app.localhost",
            "router.home.arpa",
            "x.corp",
            "X.INTERNAL.",
            "git.intranet",
            "a.home",
            "a.private",
        ],
    )
    @pytest.mark.usefixtures("hosts")
    def test_names_of_private_networks_are_refused(self, host: str) -> None:
        with pytest.raises(AddressRefusedError, match="name of private networks"):
            target(f"https://{host}/", proxied=True)
        assert target(f"https://{host}/", proxied=True, allow_private=True).address == ""

    @pytest.mark.usefixtures("hosts")
    @pytest.mark.parametrize("url", ["file:///etc/passwd", "https://me:secret@unknown.example/", ""])
    def test_what_is_refused_anyway(self, url: str) -> None:
        with pytest.raises(AddressRefusedError):
            target(url, proxied=True)


@pytest.mark.usefixtures("hosts")
def test_what_a_header_holds_cannot_be_broken_out_of() -> None:
    assert target("http://example.org/a\r\nX-Evil: 1").path == "/a%0D%0AX-Evil:%201"


@given(st.text(max_size=80))
def test_any_text(text: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket, "getaddrinfo", lambda *_, **__: [(0, 0, 0, "", ("127.0.0.1", 0))])
        with pytest.raises(AddressRefusedError):
            target(text)
        with pytest.raises(AddressRefusedError):
            target(f"https://{text}")
