"""Proxies and redirects, one hop after the other."""

from __future__ import annotations

import ssl
import sys
from typing import TYPE_CHECKING

import pytest
import urllib3
from urllib3 import exceptions as http

from dext_tasks.errors import ConfigError, RegistryUnreachableError
from dext_tasks.registry.faults import proxy_fault, unreachable
from dext_tasks.registry.proxies import Proxies, Proxy
from dext_tasks.registry.wire import RedirectError, Wire, manager

if TYPE_CHECKING:
    from tests.unit.conftest import Told
    from tests.unit.registry.conftest import FakePool, Reply

REGISTRY = "https://reg.example/v2/a/blobs/x"
STORAGE = "https://storage.example/x?signature=s1gned"
LOGIN = {"Authorization": "Basic c2VzYW1l", "Accept": "*/*"}
WORD = "sesame-7f3a"
PROXY = Proxy("HTTPS_PROXY", "http", "proxy.example:3128", "ann", WORD)


def wire(pool: FakePool, used: list[str] | None = None, **env: str) -> Wire:
    """A wire over the fake pool, which keeps what proxy each request went by."""

    class Noting(type(pool)):  # type: ignore[misc]  # the class of whichever pool it is
        def __init__(self, proxy: Proxy | None) -> None:
            super().__init__()
            self.asked, self.answers = pool.asked, pool.answers
            self.proxy_used = proxy.url if proxy else "straight"

        def urlopen(self, *arguments: object, **keywords: object) -> urllib3.BaseHTTPResponse:
            (used if used is not None else []).append(self.proxy_used)
            answered: urllib3.BaseHTTPResponse = super().urlopen(*arguments, **keywords)
            return answered

    return Wire(Proxies.of(env), connect=lambda proxy, _: Noting(proxy))


class TestRedirects:
    @pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
    @pytest.mark.parametrize(
        ("location", "followed", "keeps_login"),
        [
            (STORAGE, STORAGE, False),
            ("/elsewhere", "https://reg.example/elsewhere", True),
            ("y?z", "https://reg.example/v2/a/blobs/y?z", True),
            ("https://reg.example:443/y", "https://reg.example:443/y", True),
            # Another port or scheme is another host, and so is a part of the name.
            ("https://reg.example:8443/y", "https://reg.example:8443/y", False),
            ("http://reg.example/y", "http://reg.example/y", False),
            ("https://reg.example.evil.example/y", "https://reg.example.evil.example/y", False),
            ("//evil.example/y", "https://evil.example/y", False),
            ("https://reg.example@evil.example/y", "https://reg.example@evil.example/y", False),
        ],
    )
    def test_the_login_stays_with_its_host(  # noqa: PLR0913, PLR0917 - a table of three columns
        self,
        pool: FakePool,
        answer: Reply,
        status: int,
        location: str,
        followed: str,
        keeps_login: bool,  # noqa: FBT001
    ) -> None:
        pool.script(answer(status, Location=location), answer(200, b"there"))
        assert wire(pool).send("GET", REGISTRY, LOGIN).read() == b"there"
        assert pool.lines == [f"GET {REGISTRY}", f"GET {followed}"]
        assert ("Authorization" in pool.asked[1].headers) == keeps_login
        assert pool.asked[1].headers["Accept"] == "*/*"

    def test_a_login_does_not_come_back_with_its_host(self, pool: FakePool, answer: Reply) -> None:
        pool.script(answer(307, Location=STORAGE), answer(307, Location=REGISTRY), answer())
        wire(pool).send("GET", REGISTRY, LOGIN)
        assert ["Authorization" in each.headers for each in pool.asked] == [True, False, False]

    def test_however_the_header_is_spelled(self, pool: FakePool, answer: Reply) -> None:
        pool.script(answer(307, Location=STORAGE), answer())
        wire(pool).send("GET", REGISTRY, {"AUTHORIZATION": "Basic c2VzYW1l"})
        assert pool.asked[1].headers == {}

    @pytest.mark.parametrize(
        ("method", "status", "then"),
        [
            ("HEAD", 302, "HEAD"),
            ("POST", 307, "POST"),
            ("POST", 308, "POST"),
            ("POST", 303, "GET"),
            ("DELETE", 302, "GET"),
        ],
    )
    def test_methods(self, pool: FakePool, answer: Reply, method: str, status: int, then: str) -> None:
        pool.script(answer(status, Location="/y"), answer())
        wire(pool).send(method, REGISTRY, {})
        assert [each.method for each in pool.asked] == [method, then]

    @pytest.mark.parametrize("location", ["ftp://reg.example/x", "file:///etc/passwd", "https://[::1/x", "data:x"])
    def test_to_no_web_address(self, pool: FakePool, answer: Reply, location: str) -> None:
        pool.script(answer(302, Location=location))
        with pytest.raises(RedirectError):
            wire(pool).send("GET", REGISTRY, {})
        assert len(pool.asked) == 1

    def test_without_end(self, pool: FakePool, answer: Reply) -> None:
        pool.script(*(answer(302, Location=REGISTRY) for _ in range(11)))
        with pytest.raises(RedirectError):
            wire(pool).send("GET", REGISTRY, {})

    def test_without_an_address_it_is_an_answer(self, pool: FakePool, answer: Reply) -> None:
        pool.script(answer(302))
        assert wire(pool).send("GET", REGISTRY, {}).status == 302

    def test_a_form_is_sent_to_nobody_else(self, pool: FakePool, answer: Reply) -> None:
        pool.script(answer(307, Location=STORAGE))
        assert wire(pool).send("POST", REGISTRY, {}, payload={"refresh_token": WORD}).status == 307
        assert len(pool.asked) == 1

    def test_a_document_is_sent_to_nobody_else(self, pool: FakePool, answer: Reply) -> None:
        pool.script(answer(307, Location=STORAGE))
        assert wire(pool).send("PUT", REGISTRY, {}, payload=b"{}").status == 307
        assert [(each.line, each.body) for each in pool.asked] == [(f"PUT {REGISTRY}", "b'{}'")]

    def test_every_address_is_looked_at_before_it_is_asked(self, pool: FakePool, answer: Reply) -> None:
        def admit(url: str) -> None:
            if "storage" in url:
                raise RegistryUnreachableError("not this one", remedy="none")

        pool.script(answer(307, Location=STORAGE))
        with pytest.raises(RegistryUnreachableError):
            Wire(admit=admit, connect=lambda *_: pool).send("GET", REGISTRY, {})
        assert pool.lines == [f"GET {REGISTRY}"]


class TestProxies:
    def test_each_address_has_its_own(self, pool: FakePool, answer: Reply) -> None:
        used: list[str] = []
        pool.script(answer(307, Location=STORAGE), answer(307, Location="http://plain.example/"), answer())
        wire(pool, used, HTTPS_PROXY="one:1", HTTP_PROXY="two:2", NO_PROXY="reg.example").send("GET", REGISTRY, LOGIN)
        assert used == ["straight", "http://one:1", "http://two:2"]

    def test_one_that_is_none_is_a_clear_error(self, pool: FakePool) -> None:
        with pytest.raises(ConfigError, match="HTTPS_PROXY"):
            wire(pool, HTTPS_PROXY="nonsense://x").send("GET", REGISTRY, {})

    def test_a_malformed_address_is_no_crash(self, pool: FakePool) -> None:
        with pytest.raises(http.HTTPError):
            wire(pool, HTTPS_PROXY="one:1").send("GET", "https://[::1/", {})

    def test_its_login_is_sent_to_it_alone(self) -> None:
        made = manager(PROXY, None)
        assert isinstance(made, urllib3.ProxyManager)
        assert made.proxy is not None
        assert made.proxy.url == "http://proxy.example:3128"
        assert made.proxy_headers == urllib3.make_headers(proxy_basic_auth=f"ann:{WORD}")
        assert "authorization" not in {name.lower() for name in made.headers}

    def test_one_without_a_login(self) -> None:
        made = manager(Proxy("ALL_PROXY", "https", "[::1]:3128"), None)
        assert isinstance(made, urllib3.ProxyManager)
        assert made.proxy_headers == {}

    def test_what_tls_trusts_is_kept(self) -> None:
        context = ssl.create_default_context()
        for proxy in (None, PROXY):
            assert manager(proxy, context).connection_pool_kw["ssl_context"] is context

    def test_socks_takes_a_library_that_may_be_missing(self, monkeypatch: pytest.MonkeyPatch) -> None:
        # As where PySocks is not installed, whether it is here or not.
        monkeypatch.setitem(sys.modules, "socks", None)
        monkeypatch.delitem(sys.modules, "urllib3.contrib.socks", raising=False)
        with pytest.raises(ConfigError, match="ALL_PROXY names a SOCKS proxy") as caught:
            manager(Proxy("ALL_PROXY", "socks5", "proxy.example:1080", "ann", WORD), None)
        assert "pip install PySocks" in caught.value.remedy
        assert WORD not in f"{caught.value!r}{caught.value.remedy}"


class TestFaults:
    @pytest.mark.parametrize(
        ("said", "fault"),
        [
            ("Tunnel connection failed: 407 Proxy Authentication Required", "the proxy proxy.example:3128 answers 407"),
            ("Tunnel connection failed: 403 Forbidden", "the proxy proxy.example:3128 answers 403"),
            ("connection refused", "the proxy proxy.example:3128 could not be reached"),
        ],
    )
    def test_a_proxy_that_does_not_connect_is_named(self, said: str, fault: str) -> None:
        broken = http.ProxyError("Cannot connect to proxy.", OSError(said))
        for error in (broken, http.MaxRetryError(None, "/x?secret", broken)):  # type: ignore[arg-type]  # no pool is looked at
            assert proxy_fault(error, PROXY) == fault
            raised = unreachable("reg.example", error, PROXY)
            assert raised.message == f"registry reg.example could not be reached: {fault}"
            assert "HTTPS_PROXY or NO_PROXY" in raised.remedy
            assert WORD not in f"{raised!r}{raised.remedy}"

    def test_what_is_not_its_fault_is_not_laid_at_its_door(self) -> None:
        error = http.ProtocolError("reset")
        assert proxy_fault(error, PROXY) == ""
        assert unreachable("reg.example", error, PROXY).message.endswith("the connection was lost")

    @pytest.mark.parametrize(
        "said",
        [
            "[SSL: WRONG_VERSION_NUMBER] wrong version number (_ssl.c:1006)",
            "[SSL] record layer failure (_ssl.c:1032)",
            "[SSL: HTTP_REQUEST] http request (_ssl.c:1006)",
        ],
    )
    def test_plain_http_is_told_from_other_trouble(self, said: str) -> None:
        raised = unreachable("reg.example:5000", http.SSLError(ssl.SSLError(1, said)))
        assert "does not speak TLS" in raised.message
        assert "insecure-registries" in raised.remedy
        other = unreachable("reg.example:5000", http.SSLError(ssl.SSLError(1, "[SSL] handshake failure")))
        assert other.message.endswith("TLS failed")


def test_a_certificate_is_not_tried_again_and_again() -> None:
    policy = manager(None, None).connection_pool_kw["retries"]
    assert policy.other == 1


class TestLog:
    def test_each_request_is_told_of_without_login_and_query(self, pool: FakePool, answer: Reply, told: Told) -> None:
        pool.script(answer(307, Location=STORAGE), answer(200, b"there", Content_Length="5"))
        wire(pool).send("GET", REGISTRY, LOGIN)
        assert told.lines == [
            f"GET {REGISTRY}: 307, length unknown, N s",
            "GET https://storage.example/x?***: 200, 5 bytes, N s",
        ]

    def test_one_without_an_answer(self, pool: FakePool, told: Told) -> None:
        pool.script(http.ProtocolError("gone"))
        with pytest.raises(http.HTTPError):
            wire(pool).send("HEAD", REGISTRY, LOGIN, retry=False)
        assert told.lines == [f"HEAD {REGISTRY}: ProtocolError, N s"]

    def test_tries_that_failed_are_counted(self, pool: FakePool, answer: Reply, told: Told) -> None:
        answered = answer(200, b"", Content_Length="0")
        answered.retries = urllib3.Retry(5).increment("GET", REGISTRY).increment("GET", REGISTRY)
        pool.script(answered)
        wire(pool).send("GET", REGISTRY, LOGIN)
        assert told.lines == [f"GET {REGISTRY}: 200 at the try number 3, 0 bytes, N s"]
