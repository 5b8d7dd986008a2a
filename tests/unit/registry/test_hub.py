from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from urllib3 import exceptions as http

from dext_tasks.formats.oci.reference import Reference
from dext_tasks.registry import hub
from dext_tasks.registry.credentials import Login
from dext_tasks.registry.repository import Repository

if TYPE_CHECKING:
    from tests.unit.registry.conftest import Connect, FakePool, Reply

DEMO = "https://hub.docker.com/v2/namespaces/acme/repositories/demo"


def settings(*rules: str, enabled: object = True) -> bytes:
    return json.dumps({"name": "demo", "immutable_tags_settings": {"enabled": enabled, "rules": rules}}).encode()


@pytest.mark.parametrize(
    ("found", "keeps"),
    [
        (settings(".*"), True),
        (settings(), True),
        (settings("latest"), True),
        (settings("v.*", "lat.+"), True),
        (settings("^[0-9]+\\.[0-9]+\\.[0-9]+$"), False),
        (settings("v.*"), False),
        # As every repository has it by default.
        (settings(".*", enabled=False), False),
        (settings(".*", enabled="true"), False),
        # What Python's expressions do not have, and what would keep them busy.
        (settings("\\Qlatest\\E", "("), False),
        (settings("(l*a*t*e*s*t*)*" * 20), False),
        (settings("(", ".*"), True),
        (b"", False),
        (b"not json", False),
        (b"[]", False),
        (b"{}", False),
        (b'{"immutable_tags_settings": null}', False),
        (b'{"immutable_tags_settings": {"enabled": true}}', False),
        (b'{"immutable_tags_settings": {"enabled": true, "rules": [7]}}', False),
    ],
)
def test_settings(found: bytes, *, keeps: bool) -> None:
    assert hub.keeps(found, "latest") is keeps


@pytest.mark.parametrize(
    ("repository", "address"),
    [("acme/demo", DEMO), ("library/busybox", "https://hub.docker.com/v2/namespaces/library/repositories/busybox")],
)
def test_address(repository: str, address: str) -> None:
    assert hub.address(repository) == address


class TestRepository:
    """Asked once, without the login, and only of Docker Hub."""

    def repository(self, connect: Connect, name: str = "docker.io") -> Repository:
        login = Login("ann", "sesame-7f3a")
        return Repository(Reference.parse(f"{name}/acme/demo"), connect(name, login, push=True))

    def test_docker_hub_is_asked(self, connect: Connect, pool: FakePool, answer: Reply) -> None:
        pool.script(answer(200, settings(".*")))
        assert self.repository(connect).keeps("latest")
        (asked,) = pool.asked
        assert (asked.line, dict(asked.headers)) == (f"GET {DEMO}", {})

    @pytest.mark.parametrize("status", [401, 403, 404, 429, 500])
    def test_where_it_does_not_say_nothing_is_known(
        self, connect: Connect, pool: FakePool, answer: Reply, status: int
    ) -> None:
        pool.script(answer(status, settings(".*")))
        assert not self.repository(connect).keeps("latest")
        assert len(pool.asked) == 1

    def test_where_it_cannot_be_reached_nothing_is_known(self, connect: Connect, pool: FakePool) -> None:
        pool.script(http.ProtocolError("broken"))
        assert not self.repository(connect).keeps("latest")

    def test_nobody_else_is_asked(self, connect: Connect, pool: FakePool) -> None:
        assert not self.repository(connect, "ghcr.io").keeps("latest")
        assert pool.asked == []
