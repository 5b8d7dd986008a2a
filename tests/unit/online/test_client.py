from __future__ import annotations

import threading
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

import pytest
from urllib3 import exceptions as http

from dext_tasks.errors import ReferenceInvalidError, RegistryUnreachableError
from dext_tasks.formats.oci.manifest import ImageConfig, Index, Manifest
from dext_tasks.formats.oci.platform import REQUIRED
from dext_tasks.limits import WebLimits
from dext_tasks.online import client as module
from dext_tasks.online.client import Network, with_web
from dext_tasks.online.guard import AddressRefusedError, Target
from dext_tasks.registry.access import Access
from dext_tasks.registry.credentials import Logins
from dext_tasks.registry.proxies import Proxies, Proxy
from dext_tasks.sources.facts import WebAnswer
from dext_tasks.sources.source import NotOfferedError, Source

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from dext_tasks.formats.oci.reference import Reference
    from tests.unit.conftest import Told

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
    proxied: list[bool] = field(default_factory=list)

    def target(self, url: str, *, allow_private: bool, proxied: bool = False) -> Target:
        self.proxied.append(proxied)
        if "private" in url and not allow_private:
            raise AddressRefusedError("private")
        scheme, _, rest = url.partition("://")
        host, _, path = rest.partition("/")
        return Target(scheme, host, "192.0.2.1", 80 if scheme == "http" else 443, f"/{path}")

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
    return Network(Access(Logins(tmp_path)), limits=WebLimits(content=1000, redirects=2, addresses=5))


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
        (OSError("secret"), "the connection failed"),
        (TimeoutError(), "no answer within 20 s"),
        (ValueError("bad header"), "the connection failed"),
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

    def slow(url: str, *, allow_private: bool, proxied: bool) -> Target:
        gate.wait(60)
        return whole(url, allow_private=allow_private, proxied=proxied)

    monkeypatch.setattr(module, "target", slow)
    threads = [threading.Thread(target=web.get, args=("https://a/",)) for _ in range(5)]
    for thread in threads:
        thread.start()
    gate.set()
    for thread in threads:
        thread.join(60)
    assert server.asked == ["https://a/"]


class ProxyPool:
    """Stands for the connections to a proxy."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []
        self.answers: dict[str, Answer | Exception] = {}
        self.options: dict[str, Any] = {}

    def made(self, proxy: Proxy | None, context: object) -> ProxyPool:
        assert proxy is not None
        assert context is None
        self.used = proxy.url
        return self

    def request(self, method: str, url: str, **options: Any) -> Any:  # noqa: ANN401 - as urllib3
        assert method == "GET"
        self.asked.append((self.used, url))
        self.options = options
        answer = self.answers.get(url, http.ProtocolError("nobody is there"))
        if isinstance(answer, Exception):
            raise answer
        return nullcontext(answer)

    def clear(self) -> None:
        """Nothing is kept."""


class TestProxy:
    """What the environment sends by a proxy goes there, redirects included, and no private address does."""

    ENV: ClassVar = {"HTTPS_PROXY": "http://ann:sesame-7f3a@one:1", "HTTP_PROXY": "two:2", "NO_PROXY": "straight"}

    @pytest.fixture
    def pool(self, monkeypatch: pytest.MonkeyPatch) -> ProxyPool:
        made = ProxyPool()
        monkeypatch.setattr(module, "manager", made.made)
        return made

    @pytest.fixture
    def web(self, server: Server, tmp_path: Path) -> Network:  # noqa: ARG002 - before anything is asked
        access = Access(Logins(tmp_path), Proxies.of(self.ENV))
        return Network(access, limits=WebLimits(content=1000, redirects=3))

    def test_an_answer(self, web: Network, pool: ProxyPool, server: Server) -> None:
        pool.answers["https://a/x"] = Answer(200, {"content-type": "Image/PNG"}, b"\x89PNG" * 1000)
        found = web.get("https://a/x")
        assert (found.status, found.content_type, len(found.content)) == (200, "image/png", 1000)
        assert pool.asked == [("http://one:1", "https://a/x")]
        assert (server.asked, server.proxied) == ([], [True])
        # Neither followed nor repeated by the library: each hop is looked at here.
        assert (pool.options["redirect"], pool.options["retries"]) == (False, False)

    def test_each_hop_has_its_own_way(self, web: Network, pool: ProxyPool, server: Server) -> None:
        pool.answers["https://a/"] = Answer(302, {"location": "http://b/"})
        pool.answers["http://b/"] = Answer(301, {"location": "https://straight/"})
        server.answers["https://straight/"] = Answer(204)
        assert web.get("https://a/").status == 204
        assert pool.asked == [("http://one:1", "https://a/"), ("http://two:2", "http://b/")]
        assert server.proxied == [True, True, False]

    def test_a_redirect_into_the_own_network_is_refused(self, web: Network, pool: ProxyPool) -> None:
        pool.answers["https://a/"] = Answer(302, {"location": "https://private/"})
        assert web.get("https://a/").error == "private"
        assert len(pool.asked) == 1

    @pytest.mark.parametrize(
        ("fault", "said"),
        [
            (
                http.ProxyError("no", OSError("Tunnel connection failed: 407 Login")),
                "the proxy one:1 answers 407",
            ),
            (http.ProxyError("no", OSError("refused")), "the proxy one:1 could not be reached"),
            (http.ProtocolError("reset"), "the connection was lost"),
            (http.ConnectTimeoutError("slow: timed out"), "no answer within 20 s"),
            (Answer(407), "the proxy on the way wants a login"),
        ],
    )
    def test_no_answer(self, web: Network, pool: ProxyPool, fault: Answer | Exception, said: str) -> None:
        pool.answers["https://a/"] = fault
        assert web.get("https://a/") == WebAnswer(0, "", b"", said)

    def test_one_that_goes_on_and_on_is_waited_for_no_longer(
        self, server: Server, tmp_path: Path, pool: ProxyPool, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        assert server.asked == []
        gate = threading.Event()
        monkeypatch.setattr(pool, "request", lambda *_, **__: gate.wait(60))
        web = Network(Access(Logins(tmp_path), Proxies.of(self.ENV)), limits=WebLimits(seconds=0.05))
        assert web.get("https://a/").error == "no answer within 0.05 s"
        gate.set()

    def test_a_variable_that_is_no_proxy_is_said(self, server: Server, tmp_path: Path) -> None:
        web = Network(Access(Logins(tmp_path), Proxies.of({"HTTPS_PROXY": "nonsense://sesame"})))
        found = web.get("https://a/")
        assert "HTTPS_PROXY does not hold the address of a proxy" in found.error
        assert "sesame" not in found.error
        assert server.asked == []

    def test_a_malformed_address_is_said_to_be_one(self, tmp_path: Path) -> None:
        web = Network(Access(Logins(tmp_path), Proxies.of(self.ENV)))
        assert web.get("https://[::1").error == "the address is malformed"


class Registry:
    """Stands for Repository."""

    found: Index | Manifest | None = None
    asked: list[str]

    def __init__(self, reference: Reference) -> None:
        self.reference = reference

    @classmethod
    def open(cls, reference: Reference, access: Access, *, admit: Callable[[str], None] | None = None) -> Registry:
        assert isinstance(access, Access)
        if admit:
            admit(f"https://{reference.registry}/v2/")
        return cls(reference)

    def close(self) -> None:
        pass

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

    def test_wherever_a_registry_sends_us_is_looked_at(
        self, web: Network, registry: type[Registry], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        admitted: list[Callable[[str], None]] = []

        def opened(reference: Reference, _: Access, *, admit: Callable[[str], None]) -> Registry:
            admitted.append(admit)
            return registry(reference)

        registry.found = Manifest("m", "c", ())
        monkeypatch.setattr(Registry, "open", opened)
        assert web.platforms("ghcr.io/a/b") == frozenset({ARM64})
        admitted[0]("https://token.example/")
        with pytest.raises(RegistryUnreachableError, match="is there: private"):
            admitted[0]("http://private/latest/meta-data")

    def test_docker_hub_may_be_anywhere(
        self, web: Network, registry: type[Registry], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        # A network may give its name to a mirror inside.
        def opened(reference: Reference, _: Access, *, admit: Callable[[str], None] | None) -> Registry:
            assert admit is None
            return registry(reference)

        registry.found = Manifest("m", "c", ())
        monkeypatch.setattr(Registry, "open", opened)
        assert web.platforms("redis:7") == frozenset({ARM64})

    def test_a_registry_that_goes_on_and_on_is_waited_for_no_longer_than_an_address(
        self, tmp_path: Path, registry: type[Registry], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        gate = threading.Event()

        def endless(_: Registry, name: str) -> None:
            registry.asked.append(name)
            gate.wait(60)

        monkeypatch.setattr(Registry, "get", endless)
        web = Network(Access(Logins(tmp_path)), limits=WebLimits(seconds=0.05))
        for _ in range(2):
            with pytest.raises(RegistryUnreachableError, match=r"no answer within 0\.05 s"):
                web.platforms("redis:7")
        assert registry.asked == ["7"]
        gate.set()


def test_a_run_has_an_end(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [100.0]
    monkeypatch.setattr("dext_tasks.online.client.time.monotonic", lambda: clock[0])
    server.answers |= {f"https://a/{number}": Answer(200) for number in range(3)}
    web = Network(Access(Logins(tmp_path)), limits=WebLimits(total=60.0))
    assert [web.get(f"https://a/{number}").status for number in range(2)] == [200, 200]
    clock[0] += 61
    assert web.get("https://a/2") == WebAnswer(0, "", b"", "it was not asked, for the others took 60 s")
    assert len(server.asked) == 2


class TestWithWeb:
    def test_off(self) -> None:
        with pytest.raises(NotOfferedError, match="--online"):
            _ = Source().web

    def test_on(self, web: Network) -> None:
        source = Source()
        asking = with_web(source, web)
        assert asking.web is web
        assert asking.silence == source.silence
        with pytest.raises(NotOfferedError):
            _ = source.web


def test_each_request_is_told_of(web: Network, server: Server, told: Told) -> None:
    server.answers |= {
        "https://a/x?key=1": Answer(302, {"location": "https://b/y?key=2"}),
        "https://b/y?key=2": Answer(200, {}, b"abc"),
    }
    web.get("https://a/x?key=1")
    web.get("https://c/")
    assert told.lines == [
        "GET https://a/x?***: redirected to https://b/y?***, N s",
        "GET https://b/y?***: 200, 3 bytes, N s",
        "GET https://c/: OSError, N s",
    ]
