"""HTTP to one registry host: scheme, login, retries, and the two kinds of "no"."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urljoin, urlsplit

import urllib3

from dext_tasks.errors import LoginMissingError, RegistryResponseError, RegistryUnreachableError
from dext_tasks.extension.reference import DOCKER_HUB
from dext_tasks.registry.challenge import Challenge, parse

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from dext_tasks.registry.credentials import Login

# Only these are worth another try; a refusal or "not found" stays what it is.
# https://github.com/google/go-containerregistry/blob/main/pkg/v1/remote/options.go retries the same.
_TRANSIENT = (408, 425, 429, 500, 502, 503, 504)
_TRIES = 4
_BACKOFF = 0.5
_LONGEST_WAIT = 30
# Connections to one host that are kept for the next request.
_CONNECTIONS = 8
_TIMEOUT = urllib3.Timeout(connect=10.0, read=60.0)
_HUB_HOST = "registry-1.docker.io"
# The largest manifest registries accept; configurations with long histories are larger at times.
_LARGEST = 16 * 1024 * 1024


@dataclass(frozen=True)
class Response:
    """An answer with its body read.

    Attributes:
        status: HTTP status.
        headers: Header fields, names in lower case.
        body: At most 16 MiB.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes


def _pool() -> urllib3.PoolManager:
    retry = urllib3.Retry(
        total=_TRIES,
        backoff_factor=_BACKOFF,
        backoff_max=_LONGEST_WAIT,
        retry_after_max=_LONGEST_WAIT,
        status_forcelist=_TRANSIENT,
        # What is sent by POST is a login, or the beginning of an upload, which expires if the answer to it is lost.
        allowed_methods={"GET", "HEAD", "POST", "DELETE"},
        raise_on_status=False,
    )
    return urllib3.PoolManager(timeout=_TIMEOUT, retries=retry, maxsize=_CONNECTIONS)


@dataclass(frozen=True)
class Stream:
    """A body on its way."""

    registry: str
    _answer: urllib3.BaseHTTPResponse

    def read(self, most: int) -> bytes:
        """The next bytes, none at the end.

        Raises:
            RegistryUnreachableError: The connection broke.
        """
        try:
            return self._answer.read(most, decode_content=False)
        except urllib3.exceptions.HTTPError as error:
            raise _unreachable(self.registry, error) from None


@dataclass
class Transport:
    """Requests to one registry on behalf of one repository.

    Attributes:
        registry: Host as in a reference.
        repository: Whose scope tokens are asked for.
        login: None for anonymous access.
        push: Whether tokens must allow pushing.
    """

    registry: str
    repository: str
    login: Login | None = None
    push: bool = False
    _pool: urllib3.PoolManager = field(default_factory=_pool, repr=False)
    _authorization: str = field(default="", repr=False)

    @cached_property
    def base(self) -> str:
        """Scheme and host of the registry's API.

        Plain HTTP is spoken to loopback hosts only, where docker allows it by default, and after TLS failed:
        https://docs.docker.com/reference/cli/dockerd/#insecure-registries
        """
        host = _HUB_HOST if self.registry == DOCKER_HUB else self.registry
        if not _is_loopback(host):
            return f"https://{host}"
        try:
            self._pool.request("GET", f"https://{host}/v2/", retries=False)
        except urllib3.exceptions.HTTPError:
            return f"http://{host}"
        return f"https://{host}"

    def close(self) -> None:
        """Close idle connections."""
        self._pool.clear()

    def request(self, method: str, path: str, *, accept: tuple[str, ...] = ()) -> Response:
        """Ask for a path below ``/v2/REPOSITORY/``; an answer of 404 is an answer.

        Raises:
            RegistryUnreachableError: No usable answer came, also after retries.
            LoginMissingError: The registry wants a login, or another one.
            RegistryResponseError: It answered with any other status than 2xx or 404.
        """
        response = self._send(method, path, accept)
        # Not only the first time: tokens live for minutes, and a build between two requests may take longer.
        # https://distribution.github.io/distribution/spec/auth/token/ (expires_in)
        if response.status == 401:  # noqa: PLR2004 - HTTP status
            self._authorization = self._authorize(parse(response.headers.get("www-authenticate", "")))
            response = self._send(method, path, accept)
        return self._judge(response)

    @contextmanager
    def stream(self, path: str) -> Iterator[Stream | None]:
        """The body at a path below ``/v2/REPOSITORY/``, not read yet; None if the answer is 404.

        A registry may answer with the address of another host, which is asked without the login:
        https://urllib3.readthedocs.io/en/stable/reference/urllib3.util.html#urllib3.util.Retry

        Raises:
            DextError: As ``request``.
        """
        answer = self._open("GET", self._url(path), self._headers(path, ()))
        if answer.status == 401:  # noqa: PLR2004 - HTTP status
            refused = self._whole(answer)
            self._authorization = self._authorize(parse(refused.headers.get("www-authenticate", "")))
            answer = self._open("GET", self._url(path), self._headers(path, ()))
        if answer.status != 200:  # noqa: PLR2004 - HTTP status
            self._judge(self._whole(answer))
            yield None
            return
        # Closed, not drained: a part may be all that is wanted.
        try:
            yield Stream(self.registry, answer)
        finally:
            answer.close()
            answer.release_conn()

    def _send(self, method: str, path: str, accept: tuple[str, ...]) -> Response:
        return self._fetch(method, self._url(path), self._headers(path, accept))

    def _headers(self, path: str, accept: tuple[str, ...]) -> dict[str, str]:
        headers = {"Accept": ", ".join(accept)} if accept else {}
        # A Link header may name any host, which is none of the login's business.
        if self._authorization and self._url(path).startswith(f"{self.base}/"):
            headers["Authorization"] = self._authorization
        return headers

    def _url(self, path: str) -> str:
        try:
            # A path from a Link header is absolute already.
            return urljoin(f"{self.base}/v2/{self.repository}/", path)
        except ValueError as error:
            raise RegistryResponseError(
                f"registry {self.registry} names a malformed address", remedy="check that the host is a registry"
            ) from error

    def _fetch(self, method: str, url: str, headers: Mapping[str, str]) -> Response:
        return self._whole(self._open(method, url, headers))

    def _open(self, method: str, url: str, headers: Mapping[str, str]) -> urllib3.BaseHTTPResponse:
        try:
            return self._pool.request(method, url, headers=dict(headers), preload_content=False)
        except urllib3.exceptions.HTTPError as error:
            raise _unreachable(self.registry, error) from None

    def _whole(self, answer: urllib3.BaseHTTPResponse) -> Response:
        try:
            with answer:
                body = answer.read(_LARGEST + 1, decode_content=True)
                fields = {name.lower(): value for name, value in answer.headers.items()}
        except urllib3.exceptions.HTTPError as error:
            raise _unreachable(self.registry, error) from None
        if len(body) > _LARGEST:
            raise RegistryResponseError(
                f"registry {self.registry} sent more than {_LARGEST} bytes for one document",
                remedy="check that the reference names an image",
            )
        return Response(answer.status, fields, body)

    def _authorize(self, challenge: Challenge) -> str:
        if challenge.scheme == "basic" and self.login and not self.login.is_token:
            return self.login.basic
        scheme, _, rest = challenge.realm.lower().partition("://")
        if challenge.scheme == "bearer" and scheme in ("http", "https"):
            if self.login and scheme == "http" and not _is_loopback(rest.partition("/")[0]):
                raise RegistryResponseError(
                    f"registry {self.registry} wants its login sent without TLS, to {rest.partition('/')[0]}",
                    remedy="have the registry's operator give its token service an https address",
                )
            return f"Bearer {self._token(challenge)}"
        raise self._refused()

    def _token(self, challenge: Challenge) -> str:
        actions = "pull,push" if self.push else "pull"
        query = {"service": challenge.service, "scope": f"repository:{self.repository}:{actions}"}
        if self.login and self.login.is_token:
            response = self._exchange(challenge.realm, query, self.login.secret)
        else:
            headers = {"Authorization": self.login.basic} if self.login else {}
            response = self._fetch("GET", f"{challenge.realm}?{urlencode(query)}", headers)
        answer = _json(self._judge(response).body)
        token = answer.get("token") or answer.get("access_token")
        if not isinstance(token, str):
            raise self._refused()
        return token

    def _exchange(self, realm: str, query: Mapping[str, str], refresh_token: str) -> Response:
        """Trade an identity token for an access token: https://distribution.github.io/distribution/spec/auth/oauth/."""
        fields = {**query, "grant_type": "refresh_token", "client_id": "dext-tasks", "refresh_token": refresh_token}
        try:
            answer = self._pool.request("POST", realm, fields=fields, encode_multipart=False)
        except urllib3.exceptions.HTTPError as error:
            raise RegistryUnreachableError(
                f"the login service of {self.registry} could not be reached: {_reason(error)}",
                remedy="check the network, then run the same command again",
            ) from None
        return Response(answer.status, {}, answer.data)

    def _judge(self, response: Response) -> Response:
        if response.status in (401, 403):
            raise self._refused()
        if response.status in _TRANSIENT:
            raise RegistryUnreachableError(
                f"registry {self.registry} answers {response.status}, also after {_TRIES} more tries",
                remedy="wait for the registry to recover, then run the same command again",
            )
        if response.status != 404 and not 200 <= response.status < 300:  # noqa: PLR2004 - HTTP status
            raise RegistryResponseError(
                f"registry {self.registry} answers {response.status}",
                remedy="check that the host is a registry and the image name is right",
                detail=response.body[:500].decode(errors="replace"),
            )
        return response

    def _refused(self) -> LoginMissingError:
        who = "the login given" if self.login else "anonymous access"
        right = "push to" if self.push else "read"
        return LoginMissingError(
            f"registry {self.registry} does not let {who} {right} {self.repository}",
            remedy=f"run `docker login {self.registry}` with an account that may {right} it",
        )


def _unreachable(registry: str, error: urllib3.exceptions.HTTPError) -> RegistryUnreachableError:
    return RegistryUnreachableError(
        f"registry {registry} could not be reached: {_reason(error)}",
        remedy="check the address and the network, then run the same command again",
    )


def _is_loopback(host: str) -> bool:
    try:
        name = urlsplit(f"//{host}").hostname or ""
        # Not by the first letters: 127.example.org is anybody's host.
        return name == "localhost" or ip_address(name).is_loopback
    except ValueError:
        return False


# By class name; the order is from the particular to the general.
_REASONS = {
    "NameResolutionError": "the host name is unknown",
    "NewConnectionError": "the connection was refused",
    "ConnectTimeoutError": "it did not answer in time",
    "ReadTimeoutError": "it did not answer in time",
    "SSLError": "TLS failed",
    "ProtocolError": "the connection was lost",
}


def _reason(error: urllib3.exceptions.HTTPError) -> str:
    """The innermost reason in words, without the URL, which may carry a signed query."""
    reason = getattr(error, "reason", None) or error
    return _REASONS.get(type(reason).__name__, type(reason).__name__)


def _json(body: bytes) -> Mapping[str, object]:
    try:
        data = json.loads(body)
    except ValueError:
        return {}
    return data if isinstance(data, dict) else {}
