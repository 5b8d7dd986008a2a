"""Whatever a registry does, a question to it ends: time, pages, redirects and size are bounded."""

from __future__ import annotations

import io
import json
import threading
from http.client import HTTPConnection
from typing import TYPE_CHECKING

import pytest
import urllib3
from urllib3 import exceptions as http

from dext_tasks.errors import RegistryResponseError, RegistryUnreachableError
from dext_tasks.formats.oci.manifest import digest_of
from dext_tasks.formats.oci.reference import Reference
from dext_tasks.limits import RegistryLimits
from dext_tasks.registry.repository import Repository
from dext_tasks.registry.transport import Transport
from dext_tasks.registry.wire import Wire

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.unit.registry.conftest import FakePool, Reply

DIGEST = f"sha256:{'a' * 64}"
TOO_LONG = r"registry ghcr\.io was asked, and its answer was not there as a whole after 0\.05 s"
REALM = "https://auth.example/token"
# Longer than any test takes.
NEVER = 3600.0


@pytest.fixture
def gate() -> Iterator[threading.Event]:
    """Opened at the end of the test, for what waits till then."""
    made = threading.Event()
    yield made
    made.set()


class Trickle(io.RawIOBase):
    """A body whose next bytes do not come before the test, or its connection, ends."""

    def __init__(self, gate: threading.Event) -> None:
        self._gate = gate

    def readable(self) -> bool:
        return True

    def readinto(self, _: object) -> int:
        assert self._gate.wait(NEVER)
        return 0


def trickling(gate: threading.Event) -> urllib3.HTTPResponse:
    """An answer with such a body, whose connection can be shut down."""
    return urllib3.HTTPResponse(
        Trickle(gate),
        status=200,
        preload_content=False,
        connection=HTTPConnection("ghcr.io"),  # type: ignore[arg-type]  # nothing of it is looked at
        sock_shutdown=lambda _: gate.set(),
    )


def repository(pool: FakePool, **limits: float) -> Repository:
    named = RegistryLimits(**limits)  # type: ignore[arg-type]  # whole numbers are whole
    wire = Wire(connect=lambda *_: pool, limits=named)
    return Repository(Reference.parse("ghcr.io/acme/demo"), Transport("ghcr.io", "acme/demo", _wire=wire))


class TestTime:
    """A socket's own bound is for the next byte; a server that sends one now and then never meets it."""

    def test_of_a_body_that_trickles_in(self, pool: FakePool, gate: threading.Event) -> None:
        pool.script(trickling(gate))
        with pytest.raises(RegistryUnreachableError, match=TOO_LONG) as caught:
            repository(pool, answer=0.05).tags()
        assert "run the same command again" in caught.value.remedy

    def test_of_headers_that_trickle_in(
        self, pool: FakePool, gate: threading.Event, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(pool, "urlopen", lambda *_, **__: gate.wait(NEVER))
        with pytest.raises(RegistryUnreachableError, match=TOO_LONG):
            repository(pool, answer=0.05).digest("1.0.0")

    def test_of_a_token_service(self, pool: FakePool, answer: Reply, gate: threading.Event) -> None:
        pool.script(answer(401, WWW_Authenticate=f'Bearer realm="{REALM}"'), trickling(gate))
        with pytest.raises(RegistryUnreachableError, match=TOO_LONG):
            repository(pool, answer=0.05).get("1.0.0")

    def test_of_a_layer_that_does_not_begin(self, pool: FakePool, answer: Reply, gate: threading.Event) -> None:
        pool.script(answer(401, WWW_Authenticate=f'Bearer realm="{REALM}"'), trickling(gate))
        with pytest.raises(RegistryUnreachableError, match=TOO_LONG), repository(pool, answer=0.05).open_blob(DIGEST):
            pass

    def test_of_a_layer(self, pool: FakePool, gate: threading.Event) -> None:
        pool.script(trickling(gate))
        with repository(pool, blob=0.05).open_blob(DIGEST) as blob, pytest.raises(RegistryUnreachableError) as caught:
            # Shut down, a connection looks like one whose other end has sent all.
            blob.read(10)
        assert "after 0.05 s" in caught.value.message

    def test_of_a_layer_whose_connection_breaks_when_it_is_shut_down(
        self, pool: FakePool, gate: threading.Event, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        answer = trickling(gate)

        def read(*_: object, **__: object) -> bytes:
            assert gate.wait(NEVER)
            raise http.ProtocolError("connection broken")

        monkeypatch.setattr(answer, "read", read)
        pool.script(answer)
        with (
            repository(pool, blob=0.05).open_blob(DIGEST) as blob,
            pytest.raises(RegistryUnreachableError, match=r"after 0\.05 s"),
        ):
            blob.read(10)

    def test_a_layer_that_was_read_is_not_shut_down(self, pool: FakePool, gate: threading.Event) -> None:
        pool.script(trickling(gate))
        with repository(pool, blob=NEVER).open_blob(DIGEST):
            pass
        for each in threading.enumerate():
            if isinstance(each, threading.Timer):
                each.join(60)
                assert not each.is_alive()
        assert not gate.is_set()

    def test_of_what_is_only_a_convenience_is_no_error(self, pool: FakePool, gate: threading.Event) -> None:
        pool.script(trickling(gate))
        found = repository(pool, glance=0.05)
        assert found.transport.glance("https://hub.docker.com/v2/x") == b""

    def test_of_pages_of_tags(self, pool: FakePool, answer: Reply) -> None:
        pool.script(*(answer(200, {"tags": []}, Link=f"<?last={page}>; rel=next") for page in range(3)))
        with pytest.raises(RegistryUnreachableError, match="after 0 s"):
            repository(pool, listing=0.0).tags()
        assert len(pool.asked) == 1

    def test_of_manifests_whose_platform_nobody_says(self, pool: FakePool, answer: Reply) -> None:
        pool.script(answer(200, nested(DIGEST)))
        with pytest.raises(RegistryUnreachableError, match="after 0 s"):
            repository(pool, listing=0.0).get("1.0.0")
        assert len(pool.asked) == 1


class TestNumber:
    def test_of_pages(self, pool: FakePool, answer: Reply) -> None:
        pool.script(*(answer(200, {"tags": []}, Link=f"<?last={page}>; rel=next") for page in range(9)))
        with pytest.raises(RegistryResponseError, match="lists tags on pages without end"):
            repository(pool, pages=3).tags()
        assert len(pool.asked) == 4

    def test_of_redirects(self, pool: FakePool, answer: Reply) -> None:
        pool.script(*(answer(307, Location=f"https://ghcr.io/{number}") for number in range(9)))
        with pytest.raises(RegistryUnreachableError, match="redirects without end"):
            repository(pool, redirects=3).tags()
        assert len(pool.asked) == 4

    def test_of_manifests_whose_platform_nobody_says(self, pool: FakePool, answer: Reply) -> None:
        config = {"digest": DIGEST, "mediaType": "application/vnd.cncf.helm.config.v1+json"}
        kind = "application/vnd.oci.image.manifest.v1+json"
        chart = json.dumps({"mediaType": kind, "config": config, "layers": []}).encode()
        others = [digest_of(chart + b" " * count) for count in range(9)]
        pool.script(answer(200, nested(*others)), *(answer(200, chart + b" " * count) for count in range(9)))
        repository(pool, unplaced=2).get("1.0.0")
        assert len(pool.asked) == 3

    def test_of_indexes_in_indexes(self, pool: FakePool, answer: Reply) -> None:
        """Each names another one; only the first is asked for what it names."""
        innermost = nested(DIGEST)
        middle = nested(digest_of(innermost))
        pool.script(answer(200, nested(digest_of(middle))), answer(200, middle))
        assert repository(pool).get("1.0.0")
        assert pool.answers == []


def nested(*digests: str) -> bytes:
    """An index that says no platform of anything."""
    kind = "application/vnd.oci.image.index.v1+json"
    return json.dumps({"mediaType": kind, "manifests": [{"digest": each} for each in digests]}).encode()


class TestSize:
    def test_of_one_answer(self, pool: FakePool, answer: Reply) -> None:
        pool.script(answer(200, b"x" * 101))
        with pytest.raises(RegistryResponseError, match="more than 100 bytes for one document"):
            repository(pool, document=100).get("1.0.0")

    def test_of_all_pages(self, pool: FakePool, answer: Reply) -> None:
        pool.script(*(answer(200, {"tags": ["x" * 40]}, Link=f"<?last={page}>; rel=next") for page in range(9)))
        with pytest.raises(RegistryResponseError, match="lists tags on pages without end"):
            repository(pool, listed=100).tags()
        assert len(pool.asked) == 2
