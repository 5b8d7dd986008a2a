"""Registries as networks have them: private certificates, proxies, plain HTTP, logins in every place docker has."""

from __future__ import annotations

import base64
import json
import time
from contextlib import closing, suppress
from typing import TYPE_CHECKING

import pytest

from dext_tasks.errors import RegistryUnreachableError
from dext_tasks.formats.oci.reference import Reference
from dext_tasks.limits import RegistryLimits, WebLimits
from dext_tasks.online.client import Network
from dext_tasks.registry import tag_list
from dext_tasks.registry.access import Access
from dext_tasks.registry.credentials import Logins
from dext_tasks.registry.endpoint import Insecure
from dext_tasks.registry.proxies import Proxies
from dext_tasks.registry.repository import Repository
from dext_tasks.registry.transport import Transport
from dext_tasks.registry.wire import Wire

from .counting import reply, serving
from .registry import LABELS, PASSWORD, USER, Registry, own_address, served
from .relaying_proxy import relaying
from .requirement import missing, require_programs

if TYPE_CHECKING:
    from collections.abc import Iterator
    from http.server import BaseHTTPRequestHandler
    from pathlib import Path

    from .docker import Docker
    from .extension import Extension
    from .program import Done, Program

UNREACHABLE, LOGIN_MISSING = 30, 31
NAME = "acme/demo"
ENCODED = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
PROXY_LOGIN = "Basic " + base64.b64encode(b"ann:sesame").decode()


@pytest.fixture
def address() -> str:
    found = own_address()
    if not found:
        missing("this machine has no address but loopback", "connect it to a network")
    return found


@pytest.fixture
def data(tmp_path: Path) -> Path:
    require_programs("docker-registry", "openssl")
    made = tmp_path / "registry"
    made.mkdir()
    return made


@pytest.fixture
def secure(data: Path, address: str) -> Iterator[Registry]:
    """A registry with a login and a certificate that nobody knows, at this machine's own address."""
    with served(data, address, wants_login=True, tls=True) as registry:
        registry.publish(NAME, "1.0.0", "1.1.0", "latest")
        yield registry


@pytest.fixture
def plain(data: Path, address: str) -> Iterator[Registry]:
    """A registry that speaks plain HTTP, at this machine's own address."""
    with served(data, address) as registry:
        registry.publish(NAME, "1.0.0", "1.1.0", "1.2.0", "latest")
        yield registry


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Docker's configuration folder."""
    made = tmp_path / "docker"
    made.mkdir()
    return made


def configure(home: Path, content: object) -> None:
    (home / "config.json").write_text(json.dumps(content), encoding="utf-8")


def trust(home: Path, registry: Registry) -> None:
    folder = home / "certs.d" / registry.address
    folder.mkdir(parents=True)
    assert registry.certificate
    (folder / "ca.crt").write_bytes(registry.certificate.read_bytes())


def labels(dext: Program, registry: Registry, home: Path, **env: str) -> Done:
    """The labels of the greatest version: an index, a manifest, a configuration and the tags are read."""
    return dext("labels", "--remote", f"{registry.address}/{NAME}:1.1.0", "--json", DOCKER_CONFIG=str(home), **env)


def require_read(done: Done) -> None:
    assert done.code == 0, done
    assert all(value in done.out for value in LABELS.values()), done
    assert not any(secret in done.out + done.err for secret in (PASSWORD, ENCODED)), done


def test_a_private_certificate_is_trusted_where_docker_keeps_it(dext: Program, secure: Registry, home: Path) -> None:
    configure(home, {"auths": {f"https://{secure.address}/v2/": {"auth": ENCODED}}})
    refused = labels(dext, secure, home)
    assert refused.code == UNREACHABLE, refused
    assert f"certs.d/{secure.address}/ca.crt" in refused.err

    trust(home, secure)
    require_read(labels(dext, secure, home))


def test_a_login_is_taken_from_the_variable(dext: Program, secure: Registry, home: Path) -> None:
    trust(home, secure)
    configure(home, {"auths": {secure.address: {"auth": base64.b64encode(b"someone:else").decode()}}})
    wrong = labels(dext, secure, home)
    assert wrong.code == LOGIN_MISSING, wrong
    assert f"docker login {secure.address}" in wrong.err
    variable = json.dumps({"auths": {secure.address: {"auth": ENCODED}}})
    require_read(labels(dext, secure, home, DOCKER_AUTH_CONFIG=variable))


def test_a_helper_that_is_missing_is_named(dext: Program, secure: Registry, home: Path) -> None:
    trust(home, secure)
    configure(home, {"credsStore": "no-such-helper"})
    refused = labels(dext, secure, home)
    assert refused.code == LOGIN_MISSING, refused
    assert "docker-credential-no-such-helper is not on PATH" in refused.err
    assert f"docker login {secure.address}" in refused.err


def test_a_release_whose_helper_is_missing_ends_before_the_build(
    extension: Extension, secure: Registry, home: Path
) -> None:
    trust(home, secure)
    configure(home, {"credsStore": "no-such-helper"})
    extension.edit("invoke.yaml", extension.image, f"{secure.address}/{NAME}")
    extension.commit("Publish behind a login")
    refused = extension.release(DOCKER_CONFIG=str(home))
    assert refused.code == LOGIN_MISSING, refused
    assert "docker-credential-no-such-helper is not on PATH" in refused.err
    assert not extension.built()


def test_by_a_proxy_with_a_login(dext: Program, secure: Registry, home: Path) -> None:
    trust(home, secure)
    configure(home, {"auths": {secure.address: {"auth": ENCODED}}})
    with relaying(PROXY_LOGIN) as proxy:
        require_read(labels(dext, secure, home, https_proxy=f"http://ann:sesame@{proxy.address}", no_proxy=""))
        assert set(proxy.asked) == {f"CONNECT {secure.address}"}
        # TLS goes to the registry: the proxy sees neither the login nor what is asked.
        assert not any("Authorization" in headers for headers in proxy.headers)

        proxy.asked.clear()
        refused = labels(dext, secure, home, HTTPS_PROXY=f"http://ann:wrong@{proxy.address}", NO_PROXY="")
        assert refused.code == UNREACHABLE, refused
        assert f"the proxy {proxy.address} answers 407" in refused.err
        assert "wrong" not in refused.err

        proxy.asked.clear()
        excepted = secure.address.partition(":")[0]
        require_read(labels(dext, secure, home, HTTPS_PROXY=f"http://{proxy.address}", NO_PROXY=f"{excepted}/32"))
        assert proxy.asked == []


def test_plain_http_where_the_engine_says_so(dext: Program, plain: Registry, home: Path, other_engine: Docker) -> None:
    refused = labels(dext, plain, home)
    assert refused.code == UNREACHABLE, refused
    assert "insecure-registries" in refused.err

    assert other_engine.host
    require_read(labels(dext, plain, home, DOCKER_HOST=other_engine.host))


def test_a_certificate_of_its_own_where_the_engine_says_so(
    dext: Program, secure: Registry, home: Path, other_engine: Docker
) -> None:
    configure(home, {"auths": {secure.address: {"auth": ENCODED}}})
    assert other_engine.host
    require_read(labels(dext, secure, home, DOCKER_HOST=other_engine.host))


def test_plain_http_by_a_proxy(dext: Program, plain: Registry, home: Path, other_engine: Docker) -> None:
    assert other_engine.host
    with relaying() as proxy:
        done = labels(
            dext, plain, home, DOCKER_HOST=other_engine.host, ALL_PROXY=f"http://{proxy.address}", NO_PROXY=""
        )
        require_read(done)
        assert f"GET http://{plain.address}/v2/{NAME}/manifests/1.1.0" in proxy.asked


def test_every_page_of_a_real_list_is_read(plain: Registry, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(tag_list, "_PAGE", 1)
    insecure = Insecure.of({"IndexConfigs": {plain.address: {"Secure": False}}})
    access = Access(Logins(tmp_path), insecure=lambda: insecure)
    with closing(Repository.open(Reference.parse(f"{plain.address}/{NAME}"), access)) as repository:
        assert repository.tags() == {"1.0.0", "1.1.0", "1.2.0", "latest"}


def test_a_registry_with_every_oddity_at_once(tmp_path: Path) -> None:
    """Two challenges in two headers, a limit of its own, links to its inner host, blobs on another host."""
    seen: list[tuple[str, str]] = []
    storage: list[str] = []

    def answer(handler: BaseHTTPRequestHandler) -> None:
        sent = handler.headers.get("Authorization", "")
        seen.append((handler.path, sent))
        if handler.path.startswith("/token"):
            reply(handler, 200, {}, b'{"token": "access"}')
        elif sent != "Bearer access":
            handler.send_response(401)
            handler.send_header("Content-Length", "0")
            handler.send_header("WWW-Authenticate", 'Basic realm="one, two"')
            handler.send_header("WWW-Authenticate", f'Bearer realm="http://{handler.headers["Host"]}/token?a=b"')
            handler.end_headers()
        elif "/blobs/" in handler.path:
            reply(handler, 307, {"Location": f"http://{storage[0]}/stored"})
        else:
            reply(handler, *PAGES[handler.path.rpartition("/")[2]])

    def store(handler: BaseHTTPRequestHandler) -> None:
        seen.append((handler.path, handler.headers.get("Authorization", "")))
        reply(handler, 200, {}, b"stored")

    with serving(answer) as address, serving(store) as other:
        storage.append(other)
        configure(tmp_path, {"auths": {f"http://{address}/v2/": {"auth": ENCODED}}})
        with closing(Repository.open(Reference.parse(f"{address}/{NAME}"), Access(Logins(tmp_path)))) as repository:
            assert repository.tags() == {"a", "b", "c", "1.0.0"}
            with repository.transport.stream("blobs/x") as stream:
                assert stream
                assert stream.read(10) == b"stored"
    tokens = [sent for path, sent in seen if path.startswith("/token?a=b&scope=")]
    assert tokens == [f"Basic {ENCODED}"]
    assert ("/stored", "") in seen


def trickle(handler: BaseHTTPRequestHandler, before: bytes, seconds: float = 60) -> None:
    """A byte now and then, each well within any socket's bound."""
    with suppress(OSError):
        handler.wfile.write(before)
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            handler.wfile.write(b"x")
            time.sleep(0.02)


def read_to_the_end(transport: Transport) -> None:
    with transport.stream("blobs/x") as stream:
        assert stream
        while stream.read(1 << 16):
            pass


@pytest.mark.parametrize(
    "before",
    [b"", b"HTTP/1.1 200 OK\r\nX: ", b"HTTP/1.1 200 OK\r\n\r\n", CHUNKED, CHUNKED + b"1\r\nx\r\n"],
    ids=["status", "header", "body", "size of a chunk", "size of the next chunk"],
)
def test_an_answer_that_trickles_in_ends(before: bytes) -> None:
    limits = RegistryLimits(answer=0.5, blob=0.5)
    with serving(lambda handler: trickle(handler, before)) as address:
        transport = Transport(address, NAME, _wire=Wire(limits=limits))
        with closing(transport), pytest.raises(RegistryUnreachableError, match=r"after 0\.5 s"):
            transport.request("GET", "tags/list")
        with closing(transport), pytest.raises(RegistryUnreachableError, match=r"after 0\.5 s"):
            read_to_the_end(transport)


PAGES = {
    "list?n=1000": (400, {}, b'{"errors": [{"code": "PAGINATION_NUMBER_INVALID"}]}'),
    "list": (200, {"Link": '<http://inner:5000/x/v2/a/tags/list?last=b>; rel="next"'}, b'{"tags": ["a", "b"]}'),
    "list?last=b": (200, {"Link": "<?last=c>; rel=next"}, b'{"tags": ["c"]}'),
    "list?last=c": (200, {}, b'{"tags": ["1.0.0"]}'),
}


class TestWebByProxy:
    """What labels of a stranger's image name is asked by the proxy, and the own network is not."""

    @pytest.fixture
    def asked(self) -> list[str]:
        return []

    @pytest.fixture
    def site(self, asked: list[str]) -> Iterator[str]:
        def answer(handler: BaseHTTPRequestHandler) -> None:
            asked.append(handler.path)
            reply(handler, 200, {"Content-Type": "image/png"}, b"\x89PNG")

        with serving(answer) as made:
            yield made

    def network(self, tmp_path: Path, proxy: str, *, allow_private: bool) -> Network:
        access = Access(Logins(tmp_path), Proxies.of({"ALL_PROXY": f"http://{proxy}"}))
        return Network(access, allow_private=allow_private, limits=WebLimits(seconds=10.0, wait=5.0))

    def test_an_address(self, tmp_path: Path, address: str, data: Path) -> None:
        with relaying() as proxy, served(data, address) as registry:
            found = self.network(tmp_path, proxy.address, allow_private=True).get(f"http://{registry.address}/v2/")
            assert (found.status, found.content) == (200, b"{}")
            assert proxy.asked == [f"GET http://{registry.address}/v2/"]

    def test_loopback_is_never_by_a_proxy(self, tmp_path: Path, site: str, asked: list[str]) -> None:
        with relaying() as proxy:
            assert self.network(tmp_path, proxy.address, allow_private=True).get(f"http://{site}/x").status == 200
            assert proxy.asked == []
        assert asked == ["/x"]

    @pytest.mark.parametrize(
        "url",
        ["http://10.0.0.1/", "https://169.254.169.254/latest", "http://metadata.google.internal/", "http://wiki/"],
    )
    def test_the_own_network_is_not_asked(self, tmp_path: Path, url: str) -> None:
        with relaying() as proxy:
            assert self.network(tmp_path, proxy.address, allow_private=False).get(url).error
            assert proxy.asked == []
