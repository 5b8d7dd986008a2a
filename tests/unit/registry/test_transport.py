from __future__ import annotations

import base64
import io
import json
import socket
import ssl
import traceback
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest
import urllib3
from urllib3 import exceptions as http
from urllib3.connectionpool import HTTPConnectionPool

from dext_tasks.errors import DextError, LoginMissingError, RegistryResponseError, RegistryUnreachableError
from dext_tasks.formats.oci.manifest import ManifestDocument
from dext_tasks.limits import REGISTRY_LIMITS
from dext_tasks.registry.credentials import Login
from dext_tasks.registry.endpoint import Insecure
from dext_tasks.registry.transport import Transport
from dext_tasks.registry.wire import Wire, manager

if TYPE_CHECKING:
    from collections.abc import Callable

    from dext_tasks.registry.proxies import Proxy
    from tests.unit.conftest import Told
    from tests.unit.registry.conftest import Connect, FakePool, Reply

WORD = "sesame-7f3a"
ACCESS = "access-c41d"
LOGIN = Login("ann", WORD)
TOKEN_LOGIN = Login("", WORD, is_token=True)
BASIC = "Basic " + base64.b64encode(f"ann:{WORD}".encode()).decode()
REALM = "https://auth.example/token"
BEARER = f'Bearer realm="{REALM}",service="reg.example"'
MANIFEST = "https://ghcr.io/v2/acme/demo/manifests/1.0.0"
TRANSIENT = (408, 425, 429, 500, 502, 503, 504)


def leaks(error: BaseException) -> bool:
    """Whether a secret can be seen on any face of an error, its traceback included."""
    faces = [str(error), repr(error), *traceback.format_exception(error)]
    faces += [error.message, error.remedy, error.detail] if isinstance(error, DextError) else []
    return any(secret in face for face in faces for secret in (WORD, ACCESS, BASIC.partition(" ")[2]))


def test_an_open_registry_is_asked_once(connect: Connect, pool: FakePool, answer: Reply) -> None:
    pool.script(answer(200, b"body", Content_Type="text/plain"))
    response = connect().request("GET", "manifests/1.0.0", accept=("a/b", "c/d"))
    assert (response.status, response.body, response.headers["content-type"]) == (200, b"body", "text/plain")
    assert pool.lines == [f"GET {MANIFEST}"]
    assert dict(pool.asked[0].headers) == {"Accept": "a/b, c/d"}


def test_docker_hub_has_a_host_of_its_own(connect: Connect, pool: FakePool, answer: Reply) -> None:
    pool.script(answer())
    connect("docker.io").request("GET", "tags/list")
    assert pool.lines == ["GET https://registry-1.docker.io/v2/acme/demo/tags/list"]


def test_a_path_from_a_link_header_is_absolute(connect: Connect, pool: FakePool, answer: Reply) -> None:
    pool.script(answer())
    connect().request("GET", "/v2/acme/demo/tags/list?last=x")
    assert pool.lines == ["GET https://ghcr.io/v2/acme/demo/tags/list?last=x"]


@pytest.mark.parametrize(
    ("link", "authorized"),
    [
        ("https://ghcr.io/v2/acme/demo/tags/list?last=x", True),
        ("https://ghcr.io.evil.example/v2/", False),
        ("//evil.example/v2/", False),
        ("http://ghcr.io/v2/", False),
    ],
)
def test_a_link_to_another_host_gets_no_login(
    connect: Connect, pool: FakePool, answer: Reply, link: str, *, authorized: bool
) -> None:
    pool.script(answer(401, WWW_Authenticate="Basic"), answer(), answer())
    transport = connect(login=LOGIN)
    transport.request("GET", "tags/list")
    transport.request("GET", link)
    assert ("Authorization" in pool.asked[-1].headers) == authorized


def test_a_malformed_link_is_no_valid_response(connect: Connect) -> None:
    with pytest.raises(RegistryResponseError, match="malformed address"):
        connect().request("GET", "https://[::1/v2/")


class TestBearer:
    @pytest.mark.parametrize("field", ["token", "access_token"])
    @pytest.mark.parametrize(
        ("login", "push", "sent", "actions"),
        [
            (None, False, None, "pull"),
            (None, True, None, "pull,push"),
            (LOGIN, False, BASIC, "pull"),
            (LOGIN, True, BASIC, "pull,push"),
        ],
    )
    def test_flow(  # noqa: PLR0913 - a table of five columns
        self,
        connect: Connect,
        pool: FakePool,
        answer: Reply,
        *,
        login: Login | None,
        push: bool,
        sent: str | None,
        actions: str,
        field: str,
    ) -> None:
        pool.script(answer(401, WWW_Authenticate=BEARER), answer(200, {field: ACCESS}), answer(200, b"there"))
        assert connect(login=login, push=push).request("GET", "manifests/1.0.0").body == b"there"

        first, token, second = pool.asked
        assert first.line == second.line == f"GET {MANIFEST}"
        assert "Authorization" not in first.headers
        assert token.headers.get("Authorization") == sent
        assert token.url.startswith(f"{REALM}?")
        assert parse_qs(urlsplit(token.url).query) == {
            "service": ["reg.example"],
            "scope": [f"repository:acme/demo:{actions}"],
        }
        assert second.headers["Authorization"] == f"Bearer {ACCESS}"

    def test_a_token_is_used_again(self, connect: Connect, pool: FakePool, answer: Reply) -> None:
        pool.script(answer(401, WWW_Authenticate=BEARER), answer(200, {"token": ACCESS}), answer(), answer(404))
        transport = connect()
        transport.request("GET", "manifests/1.0.0")
        assert transport.request("GET", "manifests/2.0.0").status == 404
        assert len(pool.asked) == 4

    def test_a_token_that_expired_is_renewed(self, connect: Connect, pool: FakePool, answer: Reply) -> None:
        # Tokens live for minutes, builds and smoke tests between two requests may take longer:
        # https://distribution.github.io/distribution/spec/auth/token/ (expires_in, 60 s by default).
        pool.script(answer(401, WWW_Authenticate=BEARER), answer(200, {"token": "old"}), answer())
        transport = connect(login=LOGIN)
        transport.request("GET", "manifests/1.0.0")
        pool.script(answer(401, WWW_Authenticate=BEARER), answer(200, {"token": "new"}), answer(200, b"there"))
        assert transport.request("GET", "manifests/1.0.0").body == b"there"
        assert pool.asked[-1].headers["Authorization"] == "Bearer new"

    def test_a_new_token_is_fetched_once_a_request(self, connect: Connect, pool: FakePool, answer: Reply) -> None:
        refused = [answer(401, WWW_Authenticate=BEARER) for _ in range(2)]
        pool.script(refused[0], answer(200, {"token": ACCESS}), refused[1])
        with pytest.raises(LoginMissingError):
            connect(login=LOGIN).request("GET", "manifests/1.0.0")
        assert pool.answers == []

    def test_an_identity_token_is_exchanged_in_the_body(self, connect: Connect, pool: FakePool, answer: Reply) -> None:
        pool.script(answer(401, WWW_Authenticate=BEARER), answer(200, {"access_token": ACCESS}), answer())
        connect(login=TOKEN_LOGIN, push=True).request("GET", "manifests/1.0.0")
        exchange = pool.asked[1]
        assert exchange.line == f"POST {REALM}"
        assert "Authorization" not in exchange.headers
        assert parse_qs(exchange.body) == {
            "grant_type": ["refresh_token"],
            "client_id": ["dext-tasks"],
            "refresh_token": [WORD],
            "service": ["reg.example"],
            "scope": ["repository:acme/demo:pull,push"],
        }
        assert pool.asked[2].headers["Authorization"] == f"Bearer {ACCESS}"

    @pytest.mark.parametrize("body", [b"", b"{", b"[]", b"7", b"{}", b'{"token": 7}', b'{"token": ""}', b"\xff"])
    @pytest.mark.parametrize("login", [None, LOGIN, TOKEN_LOGIN], ids=["anonymous", "password", "token"])
    def test_an_answer_without_a_token_is_a_refusal(
        self, connect: Connect, pool: FakePool, answer: Reply, body: bytes, login: Login | None
    ) -> None:
        pool.script(answer(401, WWW_Authenticate=BEARER), answer(200, body))
        with pytest.raises(LoginMissingError):
            connect(login=login).request("GET", "manifests/1.0.0")

    @pytest.mark.parametrize(
        ("status", "error"),
        [(400, RegistryResponseError), (401, LoginMissingError), (403, LoginMissingError), (404, LoginMissingError)]
        + [(status, RegistryUnreachableError) for status in TRANSIENT],
    )
    @pytest.mark.parametrize("login", [LOGIN, TOKEN_LOGIN], ids=["password", "token"])
    def test_a_login_service_that_says_no(  # noqa: PLR0913, PLR0917 - a table of three columns
        self,
        connect: Connect,
        pool: FakePool,
        answer: Reply,
        login: Login,
        status: int,
        error: type[DextError],
    ) -> None:
        pool.script(answer(401, WWW_Authenticate=BEARER), answer(status, b"no"))
        with pytest.raises(error) as caught:
            connect(login=login).request("GET", "manifests/1.0.0")
        assert not leaks(caught.value)

    @pytest.mark.parametrize("realm", ["", "ftp://auth.example/", "auth.example/token", "file:///etc/passwd"])
    def test_a_realm_that_is_no_web_address_is_not_asked(
        self, connect: Connect, pool: FakePool, answer: Reply, realm: str
    ) -> None:
        pool.script(answer(401, WWW_Authenticate=f'Bearer realm="{realm}"'))
        with pytest.raises(LoginMissingError):
            connect(login=LOGIN).request("GET", "manifests/1.0.0")
        assert len(pool.asked) == 1

    @pytest.mark.parametrize("login", [LOGIN, TOKEN_LOGIN], ids=["password", "token"])
    @pytest.mark.parametrize("realm", ["http://auth.example/token", "http://127.evil.example/token"])
    def test_no_login_goes_out_in_the_clear(
        self, connect: Connect, pool: FakePool, answer: Reply, login: Login, realm: str
    ) -> None:
        pool.script(answer(401, WWW_Authenticate=f'Bearer realm="{realm}"'))
        with pytest.raises(DextError):
            connect(login=login).request("GET", "manifests/1.0.0")
        assert len(pool.asked) == 1

    def test_a_loopback_login_service_may_be_plain(self, connect: Connect, pool: FakePool, answer: Reply) -> None:
        challenge = 'Bearer realm="http://localhost:5001/token"'
        pool.script(answer(401, WWW_Authenticate=challenge), answer(200, {"token": ACCESS}), answer())
        connect(login=LOGIN).request("GET", "manifests/1.0.0")
        assert pool.asked[1].url.startswith("http://localhost:5001/token?")

    def test_a_challenge_without_a_service_is_answered_without_one(
        self, connect: Connect, pool: FakePool, answer: Reply
    ) -> None:
        for service in ("", ',service=""'):
            pool.asked.clear()
            challenge = f'Bearer realm="{REALM}"{service}'
            pool.script(answer(401, WWW_Authenticate=challenge), answer(200, {"token": ACCESS}), answer())
            connect(login=LOGIN).request("GET", "manifests/1.0.0")
            assert parse_qs(urlsplit(pool.asked[1].url).query, keep_blank_values=True) == {
                "scope": ["repository:acme/demo:pull"]
            }
            pool.script(answer(401, WWW_Authenticate=challenge), answer(200, {"token": ACCESS}), answer())
            connect(login=TOKEN_LOGIN).request("GET", "manifests/1.0.0")
            assert "service" not in parse_qs(pool.asked[4].body, keep_blank_values=True)

    @pytest.mark.parametrize(
        ("realm", "query"),
        [
            (f"{REALM}?account=x", {"account": ["x"]}),
            (f"{REALM}?empty=", {"empty": [""]}),
            (f"{REALM}#top", {}),
            (f"{REALM}/", {}),
        ],
    )
    def test_a_realm_may_have_a_query_of_its_own(
        self, connect: Connect, pool: FakePool, answer: Reply, realm: str, query: dict[str, list[str]]
    ) -> None:
        pool.script(answer(401, WWW_Authenticate=f'Bearer realm="{realm}"'), answer(200, {"token": ACCESS}), answer())
        connect().request("GET", "manifests/1.0.0")
        assert pool.asked[1].url.count("?") == 1
        asked = parse_qs(urlsplit(pool.asked[1].url).query, keep_blank_values=True)
        assert asked == {**query, "scope": ["repository:acme/demo:pull"]}

    @pytest.mark.parametrize(
        ("wanted", "scopes"),
        [
            ("repository:acme/demo:pull", ["repository:acme/demo:pull,push"]),
            ("repository:acme/demo:pull,push", ["repository:acme/demo:pull,push"]),
            # public.ecr.aws asks for this one.
            ("aws", ["repository:acme/demo:pull,push", "aws"]),
            (
                "repository:acme/demo:pull repository:acme/base:pull",
                ["repository:acme/demo:pull,push", "repository:acme/base:pull"],
            ),
        ],
    )
    def test_what_the_registry_says_it_needs_is_asked_for_too(
        self, connect: Connect, pool: FakePool, answer: Reply, wanted: str, scopes: list[str]
    ) -> None:
        challenge = f'{BEARER},scope="{wanted}"'
        pool.script(*[answer(401, WWW_Authenticate=challenge), answer(200, {"token": ACCESS}), answer()])
        connect(login=LOGIN, push=True).request("GET", "manifests/1.0.0")
        assert parse_qs(urlsplit(pool.asked[1].url).query)["scope"] == scopes
        pool.script(*[answer(401, WWW_Authenticate=challenge), answer(200, {"token": ACCESS}), answer()])
        connect(login=TOKEN_LOGIN, push=True).request("GET", "manifests/1.0.0")
        assert parse_qs(pool.asked[4].body)["scope"] == [" ".join(scopes)]

    @pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
    def test_an_identity_token_is_sent_to_no_other_address(
        self, connect: Connect, pool: FakePool, answer: Reply, status: int
    ) -> None:
        pool.script(answer(401, WWW_Authenticate=BEARER), answer(status, Location="https://evil.example/token"))
        with pytest.raises(RegistryResponseError, match=str(status)):
            connect(login=TOKEN_LOGIN).request("GET", "manifests/1.0.0")
        assert [each.url for each in pool.asked] == [MANIFEST, REALM]

    def test_a_registry_token_is_sent_as_it_is(self, connect: Connect, pool: FakePool, answer: Reply) -> None:
        pool.script(answer(401, WWW_Authenticate=BEARER), answer())
        connect(login=Login("", WORD, is_access=True)).request("GET", "manifests/1.0.0")
        assert [each.headers.get("Authorization") for each in pool.asked] == [None, f"Bearer {WORD}"]

    def test_a_registry_token_that_is_refused_is_a_refusal(
        self, connect: Connect, pool: FakePool, answer: Reply
    ) -> None:
        pool.script(*[answer(401, WWW_Authenticate=BEARER) for _ in range(2)])
        with pytest.raises(LoginMissingError) as caught:
            connect(login=Login("", WORD, is_access=True)).request("GET", "manifests/1.0.0")
        assert not leaks(caught.value)


class TestSeveralChallenges:
    """Whatever the order, in one header or in several: Bearer where it can be answered, else Basic."""

    @pytest.mark.parametrize(
        "header",
        [
            f'{BEARER}, Basic realm="x"',
            f'Basic realm="x", {BEARER}',
            f'Negotiate, NTLM, {BEARER}, Basic realm="https://evil.example/token"',
            f'Bearer realm="", Basic realm="x", {BEARER}',
            f'Bearer realm="ftp://auth.example/", {BEARER}',
            f'Bearer realm="http://auth.example/token", {BEARER}',
        ],
    )
    def test_bearer(self, connect: Connect, pool: FakePool, answer: Reply, header: str) -> None:
        pool.script(answer(401, WWW_Authenticate=header), answer(200, {"token": ACCESS}), answer())
        connect(login=LOGIN).request("GET", "manifests/1.0.0")
        assert pool.asked[1].url.startswith(f"{REALM}?service=reg.example&")
        assert pool.asked[2].headers["Authorization"] == f"Bearer {ACCESS}"

    @pytest.mark.parametrize(
        "header",
        [
            'Negotiate, Basic realm="x"',
            'Bearer realm="", Basic realm="x"',
            'Bearer, Basic realm="x"',
            # No password goes out in the clear where there is another way.
            'Bearer realm="http://auth.example/token", Basic realm="x"',
        ],
    )
    def test_basic(self, connect: Connect, pool: FakePool, answer: Reply, header: str) -> None:
        pool.script(answer(401, WWW_Authenticate=header), answer())
        connect(login=LOGIN).request("GET", "manifests/1.0.0")
        assert [each.headers.get("Authorization") for each in pool.asked] == [None, BASIC]

    @pytest.mark.parametrize("headers", [[f"{BEARER}", 'Basic realm="x"'], ['Basic realm="x"', f"{BEARER}"]])
    def test_in_several_headers(self, connect: Connect, pool: FakePool, answer: Reply, headers: list[str]) -> None:
        several = urllib3.HTTPHeaderDict()
        for header in headers:
            several.add("WWW-Authenticate", header)
        refused = urllib3.HTTPResponse(io.BytesIO(), headers=several, status=401, preload_content=False)
        pool.script(refused, answer(200, {"token": ACCESS}), answer())
        connect(login=LOGIN).request("GET", "manifests/1.0.0")
        assert pool.asked[2].headers["Authorization"] == f"Bearer {ACCESS}"

    def test_a_stream_reads_them_too(self, connect: Connect, pool: FakePool, answer: Reply) -> None:
        header = f'Basic realm="x", {BEARER}'
        pool.script(answer(401, WWW_Authenticate=header), answer(200, {"token": ACCESS}), answer(200, b"blob"))
        with connect(login=LOGIN).stream("blobs/x") as stream:
            assert stream is not None
            assert stream.read(10) == b"blob"

    def test_the_log_of_it_has_no_login(self, connect: Connect, pool: FakePool, answer: Reply, told: Told) -> None:
        pool.script(answer(401, WWW_Authenticate=BEARER), answer(200, {"token": ACCESS}), answer(200, b"blob"))
        with connect(login=LOGIN).stream("blobs/x") as stream:
            assert stream is not None
            assert stream.read(10) == b"blob"
        assert told.lines == [
            "GET https://ghcr.io/v2/acme/demo/blobs/x: 401, length unknown, N s",
            f"GET {REALM}?***: 200, length unknown, N s",
            "GET https://ghcr.io/v2/acme/demo/blobs/x: 200, length unknown, N s",
            "read 4 bytes of blobs/x, N s",
        ]

    def test_none_of_them_can_be_answered(self, connect: Connect, pool: FakePool, answer: Reply) -> None:
        pool.script(answer(401, WWW_Authenticate='Negotiate, Digest realm="x", Basic realm="y"'))
        with pytest.raises(LoginMissingError):
            connect(login=TOKEN_LOGIN).request("GET", "manifests/1.0.0")
        assert len(pool.asked) == 1


class TestTrouble:
    """A login that is there and cannot be read is named, not taken for anonymous access."""

    WHY = "docker-credential-desktop is not on PATH, which credsStore in config.json names"

    def transport(self, pool: FakePool, login: Login | None = None, *, push: bool = False) -> Transport:
        return Transport("ghcr.io", "acme/demo", login, push, self.WHY, _wire=Wire(connect=lambda *_: pool))

    @pytest.mark.parametrize("status", [401, 403])
    def test_is_named_when_the_registry_refuses(self, pool: FakePool, answer: Reply, status: int) -> None:
        pool.script(answer(status, b"denied"))
        with pytest.raises(LoginMissingError, match=self.WHY) as caught:
            self.transport(pool).request("GET", "manifests/1.0.0")
        assert caught.value.remedy.startswith("correct that, and run `docker login ghcr.io`")

    def test_is_none_where_anybody_may_read(self, pool: FakePool, answer: Reply) -> None:
        pool.script(answer(401, WWW_Authenticate=BEARER), answer(200, {"token": ACCESS}), answer(200, b"there"))
        assert self.transport(pool).request("GET", "manifests/1.0.0").body == b"there"

    def test_nobody_pushes_without_a_login(self, pool: FakePool, answer: Reply) -> None:
        # Anonymous tokens are given to anybody, and would read the tags; the push would fail after the build.
        pool.script(answer(401, WWW_Authenticate=BEARER))
        with pytest.raises(LoginMissingError, match=self.WHY):
            self.transport(pool, push=True).request("GET", "tags/list")
        assert len(pool.asked) == 1

    def test_a_registry_that_wants_no_login_is_pushed_to(self, pool: FakePool, answer: Reply) -> None:
        pool.script(answer(200, b"there"))
        assert self.transport(pool, push=True).request("GET", "tags/list").body == b"there"


class TestBasic:
    def test_flow(self, connect: Connect, pool: FakePool, answer: Reply) -> None:
        pool.script(answer(401, WWW_Authenticate='Basic realm="x"'), answer(), answer())
        transport = connect(login=LOGIN)
        transport.request("GET", "manifests/1.0.0")
        transport.request("HEAD", "manifests/1.0.0")
        assert [each.headers.get("Authorization") for each in pool.asked] == [None, BASIC, BASIC]

    def test_a_wrong_password_is_a_refusal(self, connect: Connect, pool: FakePool, answer: Reply) -> None:
        pool.script(*(answer(401, WWW_Authenticate='Basic realm="x"') for _ in range(2)))
        with pytest.raises(LoginMissingError, match="does not let the login given read acme/demo") as caught:
            connect(login=LOGIN).request("GET", "manifests/1.0.0")
        assert not leaks(caught.value)

    @pytest.mark.parametrize("login", [None, TOKEN_LOGIN], ids=["anonymous", "token"])
    def test_without_a_password_there_is_nothing_to_send(
        self, connect: Connect, pool: FakePool, answer: Reply, login: Login | None
    ) -> None:
        pool.script(answer(401, WWW_Authenticate='Basic realm="x"'))
        with pytest.raises(LoginMissingError):
            connect(login=login).request("GET", "manifests/1.0.0")
        assert len(pool.asked) == 1


@pytest.mark.parametrize("challenge", ["", "Negotiate", "Digest realm=x"])
def test_a_login_of_another_kind_is_a_refusal(connect: Connect, pool: FakePool, answer: Reply, challenge: str) -> None:
    pool.script(answer(401, WWW_Authenticate=challenge))
    with pytest.raises(LoginMissingError):
        connect(login=LOGIN).request("GET", "manifests/1.0.0")


@pytest.mark.parametrize(
    ("login", "push", "who"),
    [
        (None, False, "anonymous access read acme/demo"),
        (None, True, "anonymous access push to acme/demo"),
        (LOGIN, True, "the login given push to acme/demo"),
    ],
)
def test_forbidden_names_who_and_what(  # noqa: PLR0913 - a table of three columns
    connect: Connect, pool: FakePool, answer: Reply, *, login: Login | None, push: bool, who: str
) -> None:
    pool.script(answer(403, b"denied"))
    with pytest.raises(LoginMissingError, match=f"registry ghcr.io does not let {who}") as caught:
        connect(login=login, push=push).request("GET", "manifests/1.0.0")
    assert "docker login ghcr.io" in caught.value.remedy


class TestWordsOfARefusal:
    """What a registry says of itself is what somebody needs to know, and is shown as nobody can abuse it."""

    @pytest.mark.parametrize("status", [401, 403])
    @pytest.mark.parametrize(
        ("body", "words"),
        [
            ({"errors": [{"code": "DENIED", "message": "quota of 5 GB used"}]}, " (DENIED: quota of 5 GB used)"),
            ({"errors": [{"code": "A", "message": "b"}, {"message": "c"}, 7, {}]}, " (A: b, c)"),
            ({"details": "incorrect username or password"}, " (incorrect username or password)"),
            ({"error": "invalid_grant", "error_description": "expired"}, " (invalid_grant, expired)"),
            ({"errors": {"message": "nested"}, "message": "flat"}, " (flat)"),
            ({"errors": [{"message": "\x1b[31mred\nline"}]}, r" (\x1b[31mred line)"),
            ({"errors": [{"message": ["a list"]}]}, ""),
            (b"[" * 100_000, ""),
            (b"", ""),
        ],
        ids=range(9),
    )
    def test_are_in_the_message(  # noqa: PLR0913, PLR0917 - a table of three columns
        self, connect: Connect, pool: FakePool, answer: Reply, status: int, body: object, words: str
    ) -> None:
        pool.script(answer(status, body))
        with pytest.raises(LoginMissingError) as caught:
            connect().request("GET", "manifests/1.0.0")
        assert caught.value.message == (
            f"registry ghcr.io does not let anonymous access read acme/demo: it answers {status}{words}"
        )
        assert caught.value.remedy == "run `docker login ghcr.io` with an account that may read it"

    def test_are_short(self, connect: Connect, pool: FakePool, answer: Reply) -> None:
        pool.script(answer(403, {"errors": [{"message": "x" * 10_000}]}))
        with pytest.raises(LoginMissingError) as caught:
            connect().request("GET", "manifests/1.0.0")
        assert len(caught.value.message) < 400
        assert "x…)" in caught.value.message

    def test_of_a_page_are_its_beginning(self, connect: Connect, pool: FakePool, answer: Reply) -> None:
        pool.script(answer(403, b"<html>\n<h1>Blocked by the gateway</h1>" + b"x" * 10_000))
        with pytest.raises(LoginMissingError) as caught:
            connect().request("GET", "manifests/1.0.0")
        assert caught.value.detail.startswith("<html> <h1>Blocked by the gateway</h1>")
        assert len(caught.value.detail) <= 300

    def test_of_a_token_service_are_its_own(self, connect: Connect, pool: FakePool, answer: Reply) -> None:
        pool.script(answer(401, WWW_Authenticate=BEARER), answer(401, {"details": "incorrect username or password"}))
        with pytest.raises(LoginMissingError) as caught:
            connect(login=LOGIN, push=True).request("GET", "manifests/1.0.0")
        assert caught.value.message.endswith(
            "push to acme/demo: its token service auth.example answers 401 (incorrect username or password)"
        )
        assert caught.value.remedy == "run `docker login ghcr.io` with an account that may push to it"

    def test_a_login_that_may_not_is_not_the_only_thing_to_change(
        self, connect: Connect, pool: FakePool, answer: Reply
    ) -> None:
        pool.script(answer(403))
        with pytest.raises(LoginMissingError) as caught:
            connect(login=LOGIN, push=True).request("GET", "manifests/1.0.0")
        assert caught.value.remedy.startswith("have its operator allow that account to, or run `docker login ghcr.io`")

    @pytest.mark.parametrize("status", [400, 401, 403, 418, 503])
    @pytest.mark.parametrize("login", [LOGIN, TOKEN_LOGIN], ids=["password", "token"])
    @pytest.mark.parametrize("is_page", [False, True], ids=["words", "page"])
    def test_never_hold_what_was_sent(  # noqa: PLR0913 - a table of three columns
        self, connect: Connect, pool: FakePool, answer: Reply, *, status: int, login: Login, is_page: bool
    ) -> None:
        echo = f"you sent {WORD}, {BASIC} and Bearer {ACCESS}"
        body = echo.encode() if is_page else {"errors": [{"code": "ECHO", "message": echo}]}
        pool.script(
            answer(401, WWW_Authenticate=BEARER),
            answer(200, {"token": ACCESS}),
            answer(status, body, WWW_Authenticate=BEARER),
        )
        with pytest.raises(DextError) as caught:
            connect(login=login).request("GET", "manifests/1.0.0")
        assert not leaks(caught.value)
        assert "you sent ***" in caught.value.message + caught.value.detail or (is_page and status == 503)


def test_not_there_is_an_answer(connect: Connect, pool: FakePool, answer: Reply) -> None:
    pool.script(answer(404, b"gone"))
    assert connect().request("GET", "manifests/1.0.0").status == 404


@pytest.mark.parametrize("status", TRANSIENT)
def test_a_registry_in_trouble_could_not_be_asked(connect: Connect, pool: FakePool, answer: Reply, status: int) -> None:
    pool.script(answer(status))
    with pytest.raises(RegistryUnreachableError, match=str(status)):
        connect().request("GET", "manifests/1.0.0")


@pytest.mark.parametrize("status", [300, 400, 405, 418, 501])
def test_any_other_answer_is_no_valid_response(connect: Connect, pool: FakePool, answer: Reply, status: int) -> None:
    pool.script(answer(status, b"\xffwhat it said" + b"x" * 1000))
    with pytest.raises(RegistryResponseError, match=str(status)) as caught:
        connect().request("GET", "manifests/1.0.0")
    assert "what it said" in caught.value.detail
    assert len(caught.value.detail) <= 300


def connection() -> Any:  # noqa: ANN401 - what urllib3's errors take, and never look at here
    return None


FAULTS = [
    http.MaxRetryError(
        connection(), f"/v2/?token={ACCESS}", http.NewConnectionError(connection(), f"refused {ACCESS}")
    ),
    http.MaxRetryError(connection(), f"/v2/?token={ACCESS}", http.SSLError(f"certificate {ACCESS}")),
    http.MaxRetryError(connection(), f"/v2/?token={ACCESS}"),
    http.ConnectTimeoutError(ACCESS),
    http.ReadTimeoutError(connection(), f"/?{ACCESS}", ACCESS),
    http.ProtocolError(ACCESS, ConnectionResetError(104, "reset")),
    http.LocationParseError(ACCESS),
    http.NameResolutionError("host", connection(), OSError()),  # type: ignore[arg-type]  # any error will do
]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: type(fault).__name__)
def test_a_connection_that_fails_could_not_be_asked(connect: Connect, pool: FakePool, fault: Exception) -> None:
    pool.script(fault)
    with pytest.raises(RegistryUnreachableError, match=r"registry ghcr\.io could not be reached") as caught:
        connect(login=LOGIN).request("GET", "manifests/1.0.0")
    assert not leaks(caught.value)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: type(fault).__name__)
def test_a_login_service_that_fails_could_not_be_asked(
    connect: Connect, pool: FakePool, answer: Reply, fault: Exception
) -> None:
    pool.script(answer(401, WWW_Authenticate=BEARER), fault)
    with pytest.raises(RegistryUnreachableError) as caught:
        connect(login=TOKEN_LOGIN).request("GET", "manifests/1.0.0")
    assert not leaks(caught.value)


class TestAnswersThatBreakOff:
    """R7: a connection that is lost in an answer is a lost connection; what was asked is asked again."""

    @pytest.fixture
    def pauses(self, monkeypatch: pytest.MonkeyPatch) -> list[float]:
        found: list[float] = []
        monkeypatch.setattr("dext_tasks.registry.transport.time.sleep", found.append)
        return found

    @pytest.fixture(params=["reset", "shorter than it says", "no JSON"])
    def broken(self, request: pytest.FixtureRequest, answer: Reply) -> Callable[[], urllib3.HTTPResponse]:
        def made() -> urllib3.HTTPResponse:
            if request.param == "no JSON":
                return answer(200, b'{"tags": ["1.0', Content_Type="application/json; charset=utf-8")
            if request.param == "shorter than it says":
                return answer(200, b'{"tags": ["1.0', Content_Length="100")
            reset = answer(200, b"short")
            reset.read = _broken  # type: ignore[method-assign]  # as a connection that is reset
            return reset

        return made

    def test_are_asked_for_again(
        self,
        connect: Connect,
        pool: FakePool,
        answer: Reply,
        broken: Callable[[], urllib3.HTTPResponse],
        pauses: list[float],
    ) -> None:
        pool.script(broken(), broken(), answer(200, {"tags": ["1.0.0"]}, Content_Type="application/json"))
        assert json.loads(connect().request("GET", "tags/list").body) == {"tags": ["1.0.0"]}
        assert pauses == [0.5, 1.0]

    def test_also_those_of_a_token_service(
        self,
        connect: Connect,
        pool: FakePool,
        answer: Reply,
        broken: Callable[[], urllib3.HTTPResponse],
        pauses: list[float],
    ) -> None:
        pool.script(answer(401, WWW_Authenticate=BEARER), broken(), answer(200, {"token": ACCESS}), answer(200, b"x"))
        assert connect(login=LOGIN).request("GET", "manifests/1.0.0").body == b"x"
        assert pauses == [0.5]

    def test_but_not_for_ever(self, connect: Connect, pool: FakePool, answer: Reply, pauses: list[float]) -> None:
        pool.script(*(answer(200, b"{", Content_Length="100") for _ in range(5)))
        with pytest.raises(RegistryUnreachableError):
            connect().request("GET", "manifests/1.0.0")
        assert (len(pauses), pool.answers) == (4, [])

    def test_what_stays_malformed_is_given_as_it_is(
        self, connect: Connect, pool: FakePool, answer: Reply, pauses: list[float]
    ) -> None:
        pool.script(*(answer(200, b"{", Content_Type="application/vnd.oci.image.index.v1+json") for _ in range(5)))
        assert connect().request("GET", "manifests/1.0.0").body == b"{"
        assert len(pauses) == 4

    @pytest.mark.parametrize(
        ("method", "status", "body", "kind"),
        [
            ("GET", 200, b"<html>", "text/html"),
            ("GET", 200, b"{", "application/octet-stream"),
            ("GET", 404, b"", "application/json"),
            ("HEAD", 200, b"", "application/vnd.oci.image.index.v1+json"),
            ("GET", 200, b"[" * 100_000, "application/json"),
        ],
    )
    def test_what_is_whole_is_asked_for_once(  # noqa: PLR0913, PLR0917 - a row, and what it is tried on
        self,
        connect: Connect,
        pool: FakePool,
        answer: Reply,
        pauses: list[float],
        method: str,
        status: int,
        body: bytes,
        kind: str,
    ) -> None:
        pool.script(answer(status, body, Content_Type=kind))
        connect().request(method, "manifests/1.0.0")
        assert pauses == []


def _broken(*_: object, **__: object) -> bytes:
    raise http.ProtocolError("broken", ConnectionResetError())


@pytest.mark.parametrize(("size", "fits"), [(16 * 1024 * 1024, True), (16 * 1024 * 1024 + 1, False)])
def test_a_body_has_a_bound(connect: Connect, pool: FakePool, answer: Reply, *, size: int, fits: bool) -> None:
    pool.script(answer(200, bytes(size)))
    if fits:
        assert len(connect().request("GET", "blobs/x").body) == size
    else:
        with pytest.raises(RegistryResponseError, match="more than 16777216 bytes"):
            connect().request("GET", "blobs/x")


UNTRUSTED = http.SSLError(ssl.SSLCertVerificationError(1, "self-signed certificate"))
NO_TLS = http.SSLError(ssl.SSLError(1, "[SSL: WRONG_VERSION_NUMBER] wrong version number (_ssl.c:1006)"))
PASSING = [
    http.ProtocolError("Connection aborted.", ConnectionResetError(104, "Connection reset by peer")),
    http.SSLError(ssl.SSLEOFError(8, "[SSL: UNEXPECTED_EOF_WHILE_READING] EOF occurred in violation of protocol")),
    http.ConnectTimeoutError("slow"),
]


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses between probes for TLS, which take no time."""
    found: list[float] = []
    monkeypatch.setattr("dext_tasks.registry.endpoint.time.sleep", found.append)
    return found


def refused() -> http.NewConnectionError:
    return http.NewConnectionError(connection(), "Connection refused")


@pytest.mark.usefixtures("slept")
class TestScheme:
    """Plain HTTP is for loopback hosts, after TLS failed."""

    @pytest.mark.parametrize("host", ["localhost", "localhost:5000", "127.0.0.1:5000", "127.8.9.1", "[::1]:5000"])
    def test_loopback_is_plain_if_tls_fails(self, connect: Connect, pool: FakePool, answer: Reply, host: str) -> None:
        pool.script(NO_TLS, answer(), answer())
        transport = connect(host)
        transport.request("GET", "tags/list")
        transport.request("GET", "tags/list")
        wanted = f"GET http://{host}/v2/acme/demo/tags/list"
        assert pool.lines == [f"GET https://{host}/v2/", wanted, wanted]

    @pytest.mark.parametrize("fault", PASSING)
    def test_a_bad_moment_of_tls_is_not_plain_http(
        self, connect: Connect, pool: FakePool, answer: Reply, slept: list[float], fault: Exception
    ) -> None:
        host = "localhost:5000"
        pool.script(fault, answer(401), answer(), answer())
        transport = connect(host)
        transport.request("GET", "tags/list")
        transport.request("GET", "tags/list")
        probe, wanted = (f"GET https://{host}/v2/{path}" for path in ("", "acme/demo/tags/list"))
        assert pool.lines == [probe, probe, wanted, wanted]
        assert slept == [REGISTRY_LIMITS.pause(0)]

    @pytest.mark.parametrize("fault", PASSING)
    @pytest.mark.parametrize("said", [400, 404, 426, 503])
    def test_nor_are_two_where_plain_http_is_not_what_a_registry_speaks(
        self, connect: Connect, pool: FakePool, answer: Reply, fault: Exception, said: int
    ) -> None:
        pool.script(fault, fault, answer(said), UNTRUSTED, answer())
        connect("localhost:5000").request("GET", "tags/list")
        assert pool.lines[2:] == [
            "GET http://localhost:5000/v2/",
            "GET https://localhost:5000/v2/",
            "GET https://localhost:5000/v2/acme/demo/tags/list",
        ]

    @pytest.mark.parametrize("fault", PASSING)
    @pytest.mark.parametrize("said", [200, 401, 403])
    def test_a_server_that_says_nothing_to_tls_is_asked_plainly(
        self, connect: Connect, pool: FakePool, answer: Reply, fault: Exception, said: int
    ) -> None:
        pool.script(fault, fault, answer(said), answer())
        connect("localhost:5000").request("GET", "tags/list")
        assert pool.lines[2:] == [f"GET http://localhost:5000/v2/{path}" for path in ("", "acme/demo/tags/list")]

    def test_where_nobody_listens_for_tls_plain_http_has_to_answer(
        self, connect: Connect, pool: FakePool, answer: Reply
    ) -> None:
        pool.script(refused(), answer(401), answer())
        connect("localhost").request("GET", "tags/list")
        assert pool.lines == [
            "GET https://localhost/v2/",
            "GET http://localhost/v2/",
            "GET http://localhost/v2/acme/demo/tags/list",
        ]

    def test_a_registry_that_only_begins_to_listen_is_asked_for_tls_again(
        self, connect: Connect, pool: FakePool, answer: Reply
    ) -> None:
        pool.script(refused(), refused(), answer(200), answer())
        connect("localhost:5000").request("GET", "tags/list")
        assert pool.lines[2:] == [f"GET https://localhost:5000/v2/{path}" for path in ("", "acme/demo/tags/list")]

    def test_what_is_down_is_unreachable_and_nothing_is_made_of_it(
        self, connect: Connect, pool: FakePool, answer: Reply
    ) -> None:
        pool.script(*[refused() for _ in range(6)])
        transport = connect("localhost:5000")
        with pytest.raises(RegistryUnreachableError, match="localhost:5000 could not be reached: the connection was"):
            transport.request("GET", "tags/list")
        pool.script(answer(), answer())
        transport.request("GET", "tags/list")
        assert pool.lines[-1] == "GET https://localhost:5000/v2/acme/demo/tags/list"

    @pytest.mark.parametrize("status", [200, 401, 404])
    def test_loopback_is_tls_if_that_answers(
        self, connect: Connect, pool: FakePool, answer: Reply, status: int
    ) -> None:
        pool.script(answer(status), answer())
        connect("localhost:5000").request("GET", "tags/list")
        assert pool.lines[-1] == "GET https://localhost:5000/v2/acme/demo/tags/list"

    @pytest.mark.parametrize(
        "host",
        ["ghcr.io", "registry.example:5000", "10.0.0.1:5000", "localhost.example", "127.evil.example", "[::2]:5000"],
    )
    def test_no_other_host_is_asked_in_the_clear_unless_the_engine_says_so(
        self, connect: Connect, pool: FakePool, host: str
    ) -> None:
        pool.script(http.SSLError("no TLS here"))
        with pytest.raises(RegistryUnreachableError):
            connect(host).request("GET", "tags/list")
        assert pool.lines == [f"GET https://{host}/v2/acme/demo/tags/list"]

    @pytest.mark.parametrize("host", ["localhost:5000", "127.0.0.1:5000"])
    def test_a_certificate_of_its_own_is_as_good_as_any_on_loopback(
        self, connect: Connect, pool: FakePool, answer: Reply, host: str
    ) -> None:
        pool.script(UNTRUSTED, answer())
        connect(host).request("GET", "tags/list")
        assert pool.lines == [f"GET https://{host}/v2/", f"GET https://{host}/v2/acme/demo/tags/list"]


@pytest.mark.usefixtures("slept")
class TestInsecure:
    """What the engine may speak to without TLS is spoken to so here: https first, then plain HTTP."""

    HOST = "10.0.0.7:5000"

    @pytest.fixture
    def asked(self) -> list[str]:
        return []

    def transport(self, pool: FakePool, asked: list[str], host: str = HOST, login: Login | None = None) -> Transport:
        def insecure() -> Insecure:
            asked.append("docker info")
            return Insecure.of(
                {"IndexConfigs": {self.HOST: {"Secure": False}}, "InsecureRegistryCIDRs": ["10.1.0.0/16"]}
            )

        return Transport(host, "acme/demo", login, insecure=insecure, _wire=Wire(connect=self.connect(pool)))

    def connect(self, pool: FakePool) -> Callable[[Proxy | None, ssl.SSLContext | None], FakePool]:
        def connected(_: Proxy | None, context: ssl.SSLContext | None) -> FakePool:
            self.verified.append(context is None or context.verify_mode is ssl.CERT_REQUIRED)
            return pool

        self.verified: list[bool] = []
        return connected

    @pytest.mark.parametrize("host", [HOST, "10.1.2.3:5000"])
    def test_plain(self, pool: FakePool, answer: Reply, asked: list[str], host: str) -> None:
        pool.script(NO_TLS, NO_TLS, answer(200, b"one"), answer(200, b"two"))
        transport = self.transport(pool, asked, host)
        assert [transport.request("GET", path).body for path in ("tags/list", "manifests/1")] == [b"one", b"two"]
        assert pool.lines == [
            f"GET https://{host}/v2/acme/demo/tags/list",
            f"GET https://{host}/v2/",
            f"GET http://{host}/v2/acme/demo/tags/list",
            f"GET http://{host}/v2/acme/demo/manifests/1",
        ]
        assert asked == ["docker info"]

    def test_a_certificate_that_cannot_be_verified(self, pool: FakePool, answer: Reply, asked: list[str]) -> None:
        pool.script(UNTRUSTED, UNTRUSTED, answer())
        self.transport(pool, asked).request("GET", "tags/list")
        assert pool.lines[-1] == f"GET https://{self.HOST}/v2/acme/demo/tags/list"
        assert self.verified == [True, False]

    def test_tls_that_works_is_kept(self, pool: FakePool, answer: Reply, asked: list[str]) -> None:
        pool.script(answer())
        self.transport(pool, asked).request("GET", "tags/list")
        assert (asked, self.verified) == ([], [True])

    def test_a_login_goes_there_as_docker_sends_it(self, pool: FakePool, answer: Reply, asked: list[str]) -> None:
        plain = http.SSLError("wrong version number")
        realm = f"http://{self.HOST}/token"
        pool.script(plain, plain, answer(401, WWW_Authenticate=f'Bearer realm="{realm}"'))
        pool.script(answer(200, {"token": ACCESS}), answer())
        self.transport(pool, asked, login=LOGIN).request("GET", "tags/list")
        assert pool.asked[3].headers["Authorization"] == BASIC
        assert pool.asked[4].headers["Authorization"] == f"Bearer {ACCESS}"

    @pytest.mark.parametrize("host", ["10.0.0.7:5001", "10.0.0.7", "10.2.0.1:5000", "ghcr.io"])
    def test_any_other_host_is_not(
        self, pool: FakePool, asked: list[str], host: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [(0, 0, 0, "", ("192.0.2.1", 0))])
        pool.script(http.SSLError("[SSL: WRONG_VERSION_NUMBER] wrong version number"))
        with pytest.raises(RegistryUnreachableError, match="does not speak TLS") as caught:
            self.transport(pool, asked, host).request("GET", "tags/list")
        assert "insecure-registries" in caught.value.remedy
        assert pool.lines == [f"GET https://{host}/v2/acme/demo/tags/list"]

    @pytest.mark.parametrize("fault", PASSING)
    def test_a_bad_moment_of_tls_is_not_plain_http(
        self, pool: FakePool, answer: Reply, asked: list[str], fault: Exception
    ) -> None:
        pool.script(fault, fault, UNTRUSTED, answer())
        self.transport(pool, asked).request("GET", "tags/list")
        assert pool.lines[-1] == f"GET https://{self.HOST}/v2/acme/demo/tags/list"

    def test_a_registry_that_is_down_is_no_riddle(self, pool: FakePool, asked: list[str]) -> None:
        pool.script(*[http.ProtocolError("reset") for _ in range(6)])
        with pytest.raises(RegistryUnreachableError, match="the connection was lost"):
            self.transport(pool, asked).request("GET", "tags/list")
        assert pool.answers == []

    def test_another_way_is_looked_for_until_one_is_found(
        self, pool: FakePool, answer: Reply, asked: list[str]
    ) -> None:
        transport = self.transport(pool, asked)
        pool.script(*[http.ProtocolError("reset") for _ in range(6)])
        with pytest.raises(RegistryUnreachableError):
            transport.request("GET", "tags/list")
        pool.script(UNTRUSTED, UNTRUSTED, answer())
        transport.request("GET", "tags/list")
        assert asked == ["docker info"]

    def test_and_not_after_an_answer_came(self, pool: FakePool, answer: Reply, asked: list[str]) -> None:
        """What is stored must not be sent again blindly, see ``Transport.put``."""
        transport = self.transport(pool, asked)
        pool.script(answer(), http.ProtocolError("reset"))
        transport.request("GET", "tags/list")
        with pytest.raises(RegistryUnreachableError):
            transport.request("GET", "tags/list")
        assert (asked, len(pool.asked)) == ([], 2)


def test_a_certificate_that_cannot_be_verified_is_named(connect: Connect, pool: FakePool) -> None:
    pool.script(http.MaxRetryError(connection(), "/v2/", UNTRUSTED))
    with pytest.raises(RegistryUnreachableError, match="its certificate cannot be verified") as caught:
        connect("reg.example:5000").request("GET", "tags/list")
    assert "/etc/docker/certs.d/reg.example:5000/ca.crt" in caught.value.remedy


def test_the_representation_hides_secrets(connect: Connect, pool: FakePool, answer: Reply) -> None:
    pool.script(answer(401, WWW_Authenticate=BEARER), answer(200, {"token": ACCESS}), answer())
    transport = connect(login=LOGIN)
    transport.request("GET", "tags/list")
    for face in (repr(transport), str(transport)):
        assert WORD not in face
        assert ACCESS not in face


class TestRetries:
    """The policy as an object, and what urllib3 makes of it."""

    @pytest.fixture
    def policy(self) -> urllib3.Retry:
        policy = manager(None, None).connection_pool_kw["retries"]
        assert isinstance(policy, urllib3.Retry)
        return policy

    def test_exactly_the_transient_statuses(self, policy: urllib3.Retry) -> None:
        retried = {status for status in range(100, 600) if policy.is_retry("GET", status)}
        assert retried == set(TRANSIENT)

    def test_exactly_the_methods_that_change_nothing(self, policy: urllib3.Retry) -> None:
        # An upload that is only begun, or cancelled twice, is nothing that anybody sees.
        methods = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
        assert [method for method in methods if policy.is_retry(method, 503)] == ["GET", "HEAD", "POST", "DELETE"]

    def test_bounds(self, policy: urllib3.Retry) -> None:
        assert policy.total == 4
        assert policy.backoff_max == 30
        assert policy.retry_after_max == 30
        assert not policy.raise_on_status

    def test_a_login_is_not_sent_along_to_another_host(self, policy: urllib3.Retry) -> None:
        assert "authorization" in policy.remove_headers_on_redirect

    @pytest.fixture
    def wire(self, monkeypatch: pytest.MonkeyPatch) -> Beneath:
        return Beneath(monkeypatch)

    @pytest.mark.parametrize("status", TRANSIENT)
    def test_trouble_that_passes(self, wire: Beneath, answer: Reply, status: int) -> None:
        wire.script(answer(status), answer(status), answer(200, b"there"))
        assert Transport("ghcr.io", "acme/demo").request("GET", "tags/list").body == b"there"
        assert len(wire.waits) <= 2

    def test_trouble_that_stays(self, wire: Beneath, answer: Reply) -> None:
        wire.script(*(answer(503) for _ in range(9)))
        with pytest.raises(RegistryUnreachableError, match="503"):
            Transport("ghcr.io", "acme/demo").request("GET", "tags/list")
        assert wire.asked == 5
        assert wire.waits == [1.0, 2.0, 4.0]

    def test_a_reset_is_retried(self, wire: Beneath, answer: Reply) -> None:
        wire.script(ConnectionResetError(104, "reset"), TimeoutError("slow"), answer(200, b"there"))
        assert Transport("ghcr.io", "acme/demo").request("GET", "tags/list").body == b"there"

    @pytest.mark.parametrize("fault", [ssl.SSLEOFError(8, "EOF occurred"), ConnectionResetError(104, "reset")])
    def test_a_document_is_not_sent_again_blindly(self, wire: Beneath, answer: Reply, fault: Exception) -> None:
        """The answer that was lost may have been that it is stored."""
        wanted = iter([True, False])
        wire.script(fault, answer(201))
        index = ManifestDocument(b"{}", "application/vnd.oci.image.index.v1+json")
        sent = Transport("ghcr.io", "acme/demo").put("manifests/1", index, lambda: next(wanted), lambda _: None)
        assert (sent, wire.asked) == (None, 1)

    def test_resets_without_end(self, wire: Beneath) -> None:
        wire.script(*(ConnectionResetError(104, "reset") for _ in range(9)))
        with pytest.raises(RegistryUnreachableError, match="could not be reached"):
            Transport("ghcr.io", "acme/demo").request("GET", "tags/list")
        assert wire.asked == 5

    @pytest.mark.parametrize(("asked_for", "waited"), [("7", 7), ("3600", 30)])
    def test_retry_after_is_heeded_within_bounds(
        self, wire: Beneath, answer: Reply, asked_for: str, waited: float
    ) -> None:
        wire.script(answer(429, Retry_After=asked_for), answer())
        Transport("ghcr.io", "acme/demo").request("GET", "tags/list")
        assert wire.waits == [waited]

    @pytest.mark.parametrize("realm", ["https://[::1/token", "https://", "http://[/token", "https://:x/"])
    @pytest.mark.parametrize("login", [None, LOGIN, TOKEN_LOGIN], ids=["anonymous", "password", "token"])
    def test_a_malformed_realm_is_an_error(self, wire: Beneath, answer: Reply, realm: str, login: Login | None) -> None:
        wire.script(answer(401, WWW_Authenticate=f'Bearer realm="{realm}"'))
        with pytest.raises(DextError) as caught:
            Transport("ghcr.io", "acme/demo", login).request("GET", "tags/list")
        assert not leaks(caught.value)

    @pytest.mark.parametrize("status", [401, 403, 404])
    def test_a_no_is_not_retried(self, wire: Beneath, answer: Reply, status: int) -> None:
        wire.script(answer(status), answer(200))
        transport = Transport("ghcr.io", "acme/demo")
        if status == 404:
            transport.request("GET", "tags/list")
        else:
            with pytest.raises(LoginMissingError):
                transport.request("GET", "tags/list")
        assert wire.asked == 1


class Beneath:
    """What urllib3 meets below its retries: prepared answers, and waits that are counted, not waited."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.answers: list[urllib3.HTTPResponse | Exception] = []
        self.asked = 0
        self.waits: list[float] = []
        monkeypatch.setattr(HTTPConnectionPool, "_make_request", self._answer)
        monkeypatch.setattr("urllib3.util.retry.time.sleep", self.waits.append)

    def script(self, *answers: urllib3.HTTPResponse | Exception) -> None:
        self.answers.extend(answers)

    def _answer(self, *_: object, **keywords: Any) -> urllib3.HTTPResponse:  # noqa: ANN401 - urllib3's keywords
        self.asked += 1
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        # urllib3 counts on its answers knowing how often they were retried.
        answer.retries = keywords["retries"]
        return answer


def test_the_secret_is_sent_and_never_said(connect: Connect, pool: FakePool, answer: Reply) -> None:
    """The whole way, each answer in turn being the one that goes wrong."""
    good = [answer(401, WWW_Authenticate=BEARER), answer(200, {"token": ACCESS}), answer()]
    for place in range(len(good)):
        for bad in (answer(403, json.dumps({"you": "sent"}).encode()), answer(503), http.ProtocolError("broken")):
            pool.answers = [*good[:place], bad]
            with pytest.raises(DextError) as caught:
                connect(login=LOGIN).request("GET", "manifests/1.0.0")
            assert not leaks(caught.value)
            good = [answer(401, WWW_Authenticate=BEARER), answer(200, {"token": ACCESS}), answer()]
