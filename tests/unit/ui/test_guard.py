"""What a page may ask: public addresses, and what is opened by name."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import pytest

from dext_tasks.online.guard import AddressRefusedError, NotPublicError
from dext_tasks.ui.gate import Guard

if TYPE_CHECKING:
    from collections.abc import Sequence

ADDRESSES = {
    "public.example": ["93.184.215.14"],
    "rebinding.example": ["93.184.215.14", "127.0.0.1"],
    "localhost": ["127.0.0.1"],
    "localhost.": ["127.0.0.1"],
    "10.1.2.3.": ["10.1.2.3"],
}


@pytest.fixture(autouse=True)
def _names(monkeypatch: pytest.MonkeyPatch) -> None:
    def getaddrinfo(host: str, port: int, **_: object) -> Sequence[object]:
        found = ADDRESSES.get(host, [host.strip("[]")] if host[:1].isdigit() or ":" in host else [])
        if not found:
            raise socket.gaierror
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in found]

    monkeypatch.setattr("dext_tasks.online.guard.socket.getaddrinfo", getaddrinfo)


@pytest.mark.parametrize("allowed", [(), ("127.0.0.1",)])
def test_public_ones(allowed: tuple[str, ...]) -> None:
    to = Guard(allowed).of_url("https://public.example/a")
    assert (to.address, to.port, to.path) == ("93.184.215.14", 443, "/a")
    assert Guard(allowed).of_host("public.example", 81).port == 81


@pytest.mark.parametrize(
    ("host", "opens"),
    [
        ("127.0.0.1", "127.0.0.1:80"),
        ("10.1.2.3", "10.1.2.3:80"),
        ("169.254.169.254", "169.254.169.254:80"),
        ("0.0.0.0", "0.0.0.0:80"),  # noqa: S104 - a page asks it
        ("::1", "[::1]:80"),
        ("fd00::1", "[fd00::1]:80"),
        ("::ffff:127.0.0.1", "[::ffff:127.0.0.1]:80"),
        ("rebinding.example", "rebinding.example:80"),
    ],
)
def test_others_are_refused_and_can_be_opened(host: str, opens: str) -> None:
    with pytest.raises(AddressRefusedError) as refusal:
        Guard(("other.example", f"{host}:81")).of_host(host, 80)
    assert str(refusal.value).endswith(f"not a public address; smoke.ui.allow-hosts opens {opens}")
    assert Guard((opens,)).of_host(host, 80).port == 80
    assert Guard((opens.removesuffix(":80").upper(),)).of_host(host, 80).port == 80


def test_an_unknown_host_is_no_matter_of_the_setting() -> None:
    with pytest.raises(AddressRefusedError, match="the host absent is unknown"):
        Guard().of_host("absent", 80)


@pytest.mark.parametrize("host", ["10.1.2.3.", "Localhost", "LOCALHOST."])
def test_other_spellings_of_a_name_that_is_opened(host: str) -> None:
    assert Guard((host.lower().rstrip("."),)).of_host(host, 80).host == host.lower()


@pytest.mark.parametrize("opens", ["10.1.2.3", "10.1.2.3:81", "LOCALHOST:81"])
def test_a_port_of_a_name_that_is_opened_is_not_all_of_them(opens: str) -> None:
    host = opens.partition(":")[0]
    assert Guard((opens,)).of_host(host, 81).port == 81
    if ":" in opens:
        with pytest.raises(NotPublicError):
            Guard((opens,)).of_host(host, 80)


@pytest.mark.parametrize(
    "host",
    [
        *("", " ", "a b", "user@public.example", "public.example/", "public.example:81", "public.example:81/x"),
        *("public.example#", "public.example?", "public.example\\x", "[public.example]", "\x00", "\ufffd"),
        *("10.1.2.3:81", "10.1.2.3:81/x", "10.1.2.3:81#", "10.1.2.3:81?"),
    ],
)
@pytest.mark.parametrize("port", [22, 0])
def test_what_is_more_than_a_host_is_not_judged_by_a_part_of_it(host: str, port: int) -> None:
    with pytest.raises(AddressRefusedError):
        Guard(("10.1.2.3:81",)).of_host(host, port)


def test_a_port_that_none_is_is_not_taken_for_the_usual_one() -> None:
    with pytest.raises(AddressRefusedError, match="not a host and port"):
        Guard().of_host("public.example", 0)
