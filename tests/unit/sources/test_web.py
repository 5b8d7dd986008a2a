from __future__ import annotations

import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from dext_tasks.errors import ReferenceInvalidError, RegistryUnreachableError
from dext_tasks.extension.manifest import ImageConfig, Index, Manifest
from dext_tasks.extension.platform import REQUIRED
from dext_tasks.sources import web as module
from dext_tasks.sources.addresses import RefusedError, Target
from dext_tasks.sources.subject import NotOfferedError, Subject, WebAnswer
from dext_tasks.sources.web import Limits, Network, with_web

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

AMD64, ARM64 = REQUIRED


@dataclass
class Answer:
    """An HTTP response."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    content: bytes = b""

    def read1(self, most: int) -> bytes:
        piece, self.content = self.content[:most], self.content[most:]
        return piece


@dataclass
class Server:
    """Answers by URL; what has none fails."""

    answers: dict[str, Answer | Exception] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def target(self, url: str, *, allow_private: bool) -> Target:
        if "private" in url and not allow_private:
            raise RefusedError("private")
        scheme, _, rest = url.partition("://")
        host, _, path = rest.partition("/")
        return Target(scheme, host, "192.0.2.1", 443, f"/{path}")

    @contextmanager
    def connection(self, to: Target, wait: float, end: float) -> Iterator[Any]:
        assert wait > 0
        assert end > 0
        server = self

        class Connection:
            def request(self, method: str, path: str, headers: dict[str, str], **_: object) -> None:
                assert method == "GET"
                assert headers["Host"] == to.host
                self.url = f"{to.scheme}://{to.host}{path}"

            def getresponse(self) -> Answer:
                server.asked.append(self.url)
                answer = server.answers.get(self.url, OSError("nobody is there"))
                if isinstance(answer, Exception):
                    raise answer
                return answer

        yield Connection()


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Server:
    made = Server()
    monkeypatch.setattr(module, "target", made.target)
    monkeypatch.setattr(module, "_connection", made.connection)
    return made


@pytest.fixture
def web(server: Server, tmp_path: Path) -> Network:  # noqa: ARG001 - before anything is asked
    return Network(tmp_path, limits=Limits(content=1000, redirects=2, addresses=5))


def test_an_answer(web: Network, server: Server) -> None:
    server.answers["https://a/icon.png"] = Answer(200, {"content-type": "Image/PNG; charset=x"}, b"\x89PNG")
    assert web.get("https://a/icon.png") == WebAnswer(200, "image/png", b"\x89PNG")


def test_each_address_is_asked_once(web: Network, server: Server) -> None:
    server.answers["https://a/"] = Answer(404)
    assert [web.get("https://a/").status for _ in range(3)] == [404] * 3
    assert server.asked == ["https://a/"]


def test_no_more_is_read_than_allowed(web: Network, server: Server) -> None:
    server.answers["https://a/"] = Answer(200, {}, bytes(100_000))
    assert len(web.get("https://a/").content) == 1000


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("location", ["https://b/x", "//b/x"])
def test_redirects(web: Network, server: Server, status: int, location: str) -> None:
    server.answers |= {"https://a/": Answer(status, {"location": location}), "https://b/x": Answer(200)}
    assert web.get("https://a/").status == 200
    assert server.asked == ["https://a/", "https://b/x"]


def test_redirects_without_end(web: Network, server: Server) -> None:
    server.answers["https://a/"] = Answer(302, {"location": "/"})
    assert web.get("https://a/") == WebAnswer(0, "", b"", "more than 2 redirects")
    assert len(server.asked) == 3


def test_a_redirect_into_the_own_network_is_refused(web: Network, server: Server) -> None:
    server.answers["https://a/"] = Answer(302, {"location": "http://private/"})
    assert web.get("https://a/").error == "private"
    assert server.asked == ["https://a/"]


def test_a_redirect_to_nowhere_is_an_answer(web: Network, server: Server) -> None:
    server.answers["https://a/"] = Answer(302)
    assert web.get("https://a/").status == 302


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (OSError("secret"), "the connection failed (OSError)"),
        (TimeoutError(), "no answer within 20 s"),
        (ValueError("bad header"), "the connection failed (ValueError)"),
    ],
)
def test_no_answer(web: Network, server: Server, error: Exception, said: str) -> None:
    server.answers["https://a/"] = error
    assert web.get("https://a/") == WebAnswer(0, "", b"", said)


def test_no_more_addresses_than_allowed(web: Network, server: Server) -> None:
    server.answers |= {f"https://a/{number}": Answer(200) for number in range(9)}
    answers = [web.get(f"https://a/{number}") for number in range(9)]
    assert [answer.status for answer in answers] == [200] * 5 + [0] * 4
    assert answers[-1].error == "more than 5 addresses are not asked"
    assert len(server.asked) == 5


def test_threads_that_ask_the_same_share_the_answer(
    web: Network, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = threading.Event()
    server.answers["https://a/"] = Answer(200)
    whole = server.target

    def slow(url: str, *, allow_private: bool) -> Target:
        gate.wait(10)
        return whole(url, allow_private=allow_private)

    monkeypatch.setattr(module, "target", slow)
    threads = [threading.Thread(target=web.get, args=("https://a/",)) for _ in range(5)]
    for thread in threads:
        thread.start()
    gate.set()
    for thread in threads:
        thread.join(10)
    assert server.asked == ["https://a/"]


class Registry:
    """Stands for Repository."""

    found: Index | Manifest | None = None
    asked: list[str]

    @classmethod
    def open(cls, reference: object, folder: Path) -> Registry:
        assert reference
        assert folder.is_dir()
        return cls()

    def get(self, name: str) -> Index | Manifest | None:
        self.asked.append(name)
        return self.found

    def config(self, manifest: Manifest) -> ImageConfig:
        assert manifest == self.found
        return ImageConfig(ARM64, {})


@pytest.fixture
def registry(monkeypatch: pytest.MonkeyPatch) -> type[Registry]:
    monkeypatch.setattr(module, "Repository", Registry)
    monkeypatch.setattr(Registry, "found", None)
    monkeypatch.setattr(Registry, "asked", [], raising=False)
    return Registry


class TestPlatforms:
    def test_of_an_index(self, web: Network, registry: type[Registry]) -> None:
        registry.found = Index("i", {AMD64: "a", ARM64: "b"}, {})
        assert [web.platforms("redis:7") for _ in range(2)] == [frozenset(REQUIRED)] * 2
        assert registry.asked == ["7"]

    def test_of_a_single_manifest(self, web: Network, registry: type[Registry]) -> None:
        registry.found = Manifest("m", "c", ())
        assert web.platforms("ghcr.io/a/b") == frozenset({ARM64})
        assert registry.asked == ["latest"]

    def test_not_there(self, web: Network, registry: type[Registry]) -> None:
        assert web.platforms(f"a/b@sha256:{'a' * 64}") is None
        assert registry.asked == [f"sha256:{'a' * 64}"]

    @pytest.mark.parametrize("reference", ["", "A B", "https://x"])
    def test_no_reference(self, web: Network, reference: str) -> None:
        with pytest.raises(ReferenceInvalidError):
            web.platforms(reference)

    def test_a_registry_in_the_own_network_is_not_asked(self, web: Network, registry: type[Registry]) -> None:
        with pytest.raises(RegistryUnreachableError, match="private"):
            web.platforms("private.example:5000/a/b")
        assert registry.asked == []

    def test_a_registry_that_goes_on_and_on_is_waited_for_no_longer_than_an_address(
        self, tmp_path: Path, registry: type[Registry], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        gate = threading.Event()

        def endless(_: Registry, name: str) -> None:
            registry.asked.append(name)
            gate.wait(60)

        monkeypatch.setattr(Registry, "get", endless)
        web = Network(tmp_path, limits=Limits(seconds=0.05))
        for _ in range(2):
            with pytest.raises(RegistryUnreachableError, match=r"no answer within 0\.05 s"):
                web.platforms("redis:7")
        assert registry.asked == ["7"]
        gate.set()


def test_a_run_has_an_end(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [100.0]
    monkeypatch.setattr("dext_tasks.sources.web.time.monotonic", lambda: clock[0])
    server.answers |= {f"https://a/{number}": Answer(200) for number in range(3)}
    web = Network(tmp_path, limits=Limits(total=60.0))
    assert [web.get(f"https://a/{number}").status for number in range(2)] == [200, 200]
    clock[0] += 61
    assert web.get("https://a/2") == WebAnswer(0, "", b"", "it was not asked, for the others took 60 s")
    assert len(server.asked) == 2


class TestWithWeb:
    def test_off(self) -> None:
        with pytest.raises(NotOfferedError, match="--online"):
            _ = Subject().web

    def test_on(self, web: Network) -> None:
        subject = Subject()
        asking = with_web(subject, web)
        assert asking.web is web
        assert asking.silence == subject.silence
        with pytest.raises(NotOfferedError):
            _ = subject.web
