"""What a page may ask: public addresses, and what is opened by name."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import pytest

from dext_tasks.sources.addresses import RefusedError
from dext_tasks.ui.guard import Guard

if TYPE_CHECKING:
    from collections.abc import Sequence

ADDRESSES = {"public.example": ["93.184.215.14"], "rebinding.example": ["93.184.215.14", "127.0.0.1"]}


@pytest.fixture(autouse=True)
def _names(monkeypatch: pytest.MonkeyPatch) -> None:
    def getaddrinfo(host: str, port: int, **_: object) -> Sequence[object]:
        found = ADDRESSES.get(host, [host.strip("[]")] if host[:1].isdigit() or ":" in host else [])
        if not found:
            raise socket.gaierror
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in found]

    monkeypatch.setattr("dext_tasks.sources.addresses.socket.getaddrinfo", getaddrinfo)


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
    with pytest.raises(RefusedError) as refusal:
        Guard(("other.example", f"{host}:81")).of_host(host, 80)
    assert str(refusal.value).endswith(f"no public address; smoke.ui.allow-hosts opens {opens}")
    assert Guard((opens,)).of_host(host, 80).port == 80
    assert Guard((opens.removesuffix(":80").upper(),)).of_host(host, 80).port == 80


def test_an_unknown_host_is_no_matter_of_the_setting() -> None:
    with pytest.raises(RefusedError, match="the host absent is unknown"):
        Guard().of_host("absent", 80)
