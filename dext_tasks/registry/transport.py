"""HTTP to one registry host: login, the two kinds of "no", and an end of every wait."""

from __future__ import annotations

import logging
import threading
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit, urlunsplit

import urllib3
from urllib3.exceptions import HTTPError, InvalidHeader

from dext_tasks import calls
from dext_tasks.errors import LoginMissingError, RegistryResponseError, RegistryUnreachableError
from dext_tasks.redaction import redact
from dext_tasks.registry.challenge import Challenge, parse
from dext_tasks.registry.endpoint import Endpoint, Insecure
from dext_tasks.registry.faults import codes, is_json, json_object, said, unreachable
from dext_tasks.registry.wire import TRANSIENT, Wire
from dext_tasks.runtime.parallel import within
from dext_tasks.wording import excerpt

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from dext_tasks.formats.oci.manifest import ManifestDocument
    from dext_tasks.limits import RegistryLimits
    from dext_tasks.registry.credentials import Login

_LOG = logging.getLogger(__name__)
V = TypeVar("V")
_WEB = frozenset({"http", "https"})
# https://github.com/opencontainers/distribution-spec/blob/main/spec.md#error-codes; NOT_FOUND is Harbor's:
# https://github.com/goharbor/harbor/blob/main/src/lib/errors/const.go
_ABSENT = frozenset({"NAME_UNKNOWN", "MANIFEST_UNKNOWN", "BLOB_UNKNOWN", "NOT_FOUND"})
# An upload that was begun twice expires once.
_REPEATABLE = frozenset({"GET", "HEAD", "POST", "DELETE"})
_UNAUTHORIZED, _FORBIDDEN, _NOT_FOUND, _PROXY_LOGIN = 401, 403, 404, 407


@dataclass(frozen=True)
class Response:
    """An answer with its body read.

    Attributes:
        status: HTTP status.
        headers: Header fields, names in lower case; what came several times is joined by commas.
        body: No more than the limit for documents.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes


def _is_cut(response: Response) -> bool:
    """Whether an answer calls itself JSON and is none: something on the way took the end of it for its own.

    An answer to HEAD has no body.
    """
    kind = response.headers.get("content-type", "").partition(";")[0].strip()
    return bool(response.body) and kind.endswith("json") and not is_json(response.body)


@dataclass(frozen=True)
class RegistryRequest:
    """What is asked of a registry.

    Attributes:
        method: Of HTTP.
        path: Below ``/v2/REPOSITORY/``.
        headers: Of the question itself; the login comes with the address.
        content: The bytes of a document; None for none.
    """

    method: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    content: bytes | None = None


@dataclass(frozen=True)
class Stream:
    """A body on its way."""

    registry: str
    _answer: urllib3.BaseHTTPResponse
    _seconds: float
    _is_over: threading.Event = field(default_factory=threading.Event)

    def read(self, most: int) -> bytes:
        """The next bytes, none at the end.

        Raises:
            RegistryUnreachableError: The connection broke, or the time is over.
        """
        try:
            piece = self._answer.read(most, decode_content=False)
        except HTTPError as error:
            if not self._is_over.is_set():
                raise unreachable(self.registry, error) from None
            piece = b""
        # A connection that was shut down looks like the end of the body.
        if self._is_over.is_set():
            raise _too_slow(self.registry, self._seconds)
        return piece

    @contextmanager
    def bounded(self) -> Iterator[None]:
        """A read in the block ends with the time there is, whatever trickles in."""
        timer = threading.Timer(self._seconds, self._end)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def _end(self) -> None:
        self._is_over.set()
        # It may be at its end just now.
        with suppress(ValueError, RuntimeError, OSError):
            self._answer.shutdown()


@dataclass
class Transport:
    """Requests to one registry on behalf of one repository.

    Attributes:
        registry: Host as in a reference.
        repository: Whose scope tokens are asked for.
        login: None for anonymous access.
        push: Whether tokens must allow pushing.
        trouble: Why a login that docker may have could not be read; empty if that is not so.
        insecure: What the engine says of registries; asked after TLS failed.
        is_login_given: Whether the login is in DOCKER_AUTH_CONFIG and nowhere else; known only if push is wanted.
    """

    registry: str
    repository: str
    login: Login | None = None
    push: bool = False
    trouble: str = ""
    insecure: Callable[[], Insecure] = Insecure
    is_login_given: bool = False
    _wire: Wire = field(default_factory=Wire, repr=False)
    _authorization: str = field(default="", repr=False)

    @cached_property
    def _endpoint(self) -> Endpoint:
        return Endpoint(self.registry, self._wire, self.insecure)

    @property
    def limits(self) -> RegistryLimits:
        """What a question may cost."""
        return self._wire.limits

    def close(self) -> None:
        """Close idle connections."""
        self._wire.close()

    def request(self, method: str, path: str, *, accept: tuple[str, ...] = ()) -> Response:
        """Ask for a path below ``/v2/REPOSITORY/``; an answer of 404 is an answer.

        Raises:
            RegistryUnreachableError: No usable answer came, also after retries, or it was not there in time.
            LoginMissingError: The registry wants a login, or another one.
            RegistryResponseError: It answered with any other status than 2xx or 404.
            ConfigError: The environment names a proxy that cannot be one.
        """
        question = RegistryRequest(method, path, {"Accept": ", ".join(accept)} if accept else {})
        return self.judged(self._in_time(lambda: self._answer(question)))

    def put(
        self, path: str, document: ManifestDocument, wanted: Callable[[], bool], pause: Callable[[float], None]
    ) -> Response | None:
        """Store a document at a path below ``/v2/REPOSITORY/``, and give whatever the registry answers.

        It is tried again while the registry is in trouble, but never blindly: an answer that was lost may have been
        that it is stored.

        Args:
            path: Where.
            document: What.
            wanted: Asked before each try; from the first False on nothing is sent, and None is given.
            pause: Waits so many seconds.

        Raises:
            RegistryUnreachableError: No usable answer came, also after retries.
            LoginMissingError: The token service gives no token.
        """
        question = RegistryRequest("PUT", path, {"Content-Type": document.media_type}, document.content)
        for number in range(self.limits.tries + 1):
            if not wanted():
                return None
            try:
                response = self._in_time(lambda: self._answer(question))
            except RegistryUnreachableError:
                if number == self.limits.tries:
                    raise
                headers: Mapping[str, str] = {}
            else:
                if response.status not in TRANSIENT or number == self.limits.tries:
                    return response
                headers = response.headers
            pause(self._pause(number, headers))
        return None

    def _pause(self, number: int, headers: Mapping[str, str]) -> float:
        """Seconds until the next try: what the registry asks for, or longer each time."""
        with suppress(InvalidHeader):
            asked = urllib3.Retry().parse_retry_after(headers.get("retry-after", ""))
            return min(asked, self.limits.longest_pause)
        return self.limits.pause(number)

    def until_late(self, seconds: float) -> Callable[[], None]:
        """To be called between questions that belong together; what it gives raises once they take too long.

        Args:
            seconds: How long all of them may take.
        """
        end = time.monotonic() + seconds

        def check() -> None:
            if time.monotonic() >= end:
                raise _too_slow(self.registry, seconds)

        return check

    def glance(self, url: str) -> bytes:
        """What an address outside of the registry's API answers to anybody, asked once; nothing if it does not.

        Raises:
            ConfigError: The environment names a proxy that cannot be one.
        """
        try:
            answer = within(self.limits.glance, lambda: self._whole(self._wire.send("GET", url, {}, retry=False)))
        except (HTTPError, TimeoutError, RegistryUnreachableError, RegistryResponseError):
            return b""
        return answer.body if answer.status == 200 else b""  # noqa: PLR2004 - HTTP status

    @contextmanager
    def stream(self, path: str) -> Iterator[Stream | None]:
        """The body at a path below ``/v2/REPOSITORY/``, not read yet; None if the answer is 404.

        A registry may answer with the address of another host, which is asked without the login.

        Raises:
            DextError: As ``request``.
        """
        begun = self._in_time(lambda: self._begun(path))
        if isinstance(begun, Response):
            self.judged(begun)
            yield None
            return
        began = time.monotonic()
        # Closed, not drained: a part may be all that is wanted.
        try:
            stream = Stream(self.registry, begun, self.limits.blob)
            with stream.bounded():
                yield stream
        finally:
            _LOG.info("read %d bytes of %s, %.3f s", begun.tell(), path, time.monotonic() - began)
            begun.close()
            begun.release_conn()

    def _in_time(self, ask: Callable[[], V]) -> V:
        """The answer, if it is there in time: a socket's own bound is for the next byte, and begins anew with each."""
        try:
            return within(self.limits.answer, ask)
        except TimeoutError:
            raise _too_slow(self.registry, self.limits.answer) from None

    def _answer(self, question: RegistryRequest) -> Response:
        response = self._complete(question)
        # Not only the first time: tokens live for minutes, and a build between two requests may take longer.
        # https://distribution.github.io/distribution/spec/auth/token/ (expires_in)
        if response.status == _UNAUTHORIZED:
            self._authorize(response)
            response = self._complete(question)
        return response

    def _complete(self, question: RegistryRequest) -> Response:
        if question.method in _REPEATABLE:
            return self._until_whole(lambda: self._ask(question))
        return self._whole(self._ask(question))

    def _until_whole(self, ask: Callable[[], urllib3.BaseHTTPResponse]) -> Response:
        """The whole answer to a question that is asked again if its answer breaks off.

        urllib3 does so only as long as the head of the answer is not there.
        """
        for number in range(self.limits.tries):
            with suppress(HTTPError):
                response = self._read(ask())
                if not _is_cut(response):
                    return response
            pause = self.limits.pause(number)
            calls.repeated(_LOG, f"registry {self.registry}", "its answer broke off", pause)
            time.sleep(pause)
        return self._whole(ask())

    def _begun(self, path: str) -> urllib3.BaseHTTPResponse | Response:
        """An answer of 200 with its body still to come; any other as a whole."""
        question = RegistryRequest("GET", path)
        answer = self._ask(question)
        if answer.status == _UNAUTHORIZED:
            self._authorize(self._whole(answer))
            answer = self._ask(question)
        return answer if answer.status == 200 else self._whole(answer)  # noqa: PLR2004 - HTTP status

    def _ask(self, question: RegistryRequest) -> urllib3.BaseHTTPResponse:
        url = self._url(question.path)
        try:
            return self._wire.send(question.method, url, self._headers(url, question), payload=question.content)
        except HTTPError as error:
            if not self._endpoint.has_other_way():
                raise unreachable(self.registry, error, self._wire.proxy_of(url)) from None
        url = self._url(question.path)
        return self._open(question.method, url, self._headers(url, question), question.content)

    def _headers(self, url: str, question: RegistryRequest) -> dict[str, str]:
        headers = dict(question.headers)
        # A Link header may name any host, and the login is not meant for it.
        if self._authorization and url.startswith(f"{self._endpoint.base}/"):
            headers["Authorization"] = self._authorization
        return headers

    def _url(self, path: str) -> str:
        try:
            # A path from a Link header is absolute already.
            return urljoin(f"{self._endpoint.base}/v2/{self.repository}/", path)
        except ValueError as error:
            raise RegistryResponseError(
                f"registry {self.registry} names a malformed address", remedy="check that the host is a registry"
            ) from error

    def _open(
        self, method: str, url: str, headers: Mapping[str, str], payload: Mapping[str, str] | bytes | None = None
    ) -> urllib3.BaseHTTPResponse:
        try:
            return self._wire.send(method, url, headers, payload=payload)
        except HTTPError as error:
            raise unreachable(self.registry, error, self._wire.proxy_of(url)) from None

    def _whole(self, answer: urllib3.BaseHTTPResponse) -> Response:
        try:
            return self._read(answer)
        except HTTPError as error:
            raise unreachable(self.registry, error) from None

    def _read(self, answer: urllib3.BaseHTTPResponse) -> Response:
        """An answer with its body; raises HTTPError if that breaks off."""
        with answer:
            body = answer.read(self.limits.document + 1, decode_content=True)
            fields = {name.lower(): ", ".join(answer.headers.getlist(name)) for name in answer.headers}
        if len(body) > self.limits.document:
            raise RegistryResponseError(
                f"registry {self.registry} sent more than {self.limits.document} bytes for one document",
                remedy="check that the reference names an image",
            )
        return Response(answer.status, fields, body)

    def _authorize(self, refusal: Response) -> None:
        """Find what to send as Authorization from now on."""
        # Nobody may push without a login: that it cannot be read is known now, and not after the build.
        if self.push and self.trouble:
            raise self._refused(refusal)
        self._authorization = self._answer_to(refusal)

    def _answer_to(self, refusal: Response) -> str:
        """The answer to one of the challenges; Bearer goes before Basic, as with docker.

        https://github.com/distribution/distribution/blob/main/internal/client/auth/session.go
        """
        if self.login and self.login.is_access:
            return f"Bearer {self.login.secret}"
        offered = parse(refusal.headers.get("www-authenticate", ""))
        bearer = [each for each in offered if each.scheme == "bearer" and _is_web(each.realm)]
        safe = next((each for each in bearer if self._may_be_told(each.realm)), None)
        if safe:
            return f"Bearer {self._token(safe)}"
        if self.login and self.login.is_password and any(each.scheme == "basic" for each in offered):
            return self.login.basic
        if bearer:
            host = urlsplit(bearer[0].realm).netloc
            raise RegistryResponseError(
                f"registry {self.registry} wants its login sent without TLS, to {host}",
                remedy="have the registry's operator give its token service an https address",
            )
        raise self._refused(refusal)

    def _may_be_told(self, realm: str) -> bool:
        """Whether a token service may be asked with the login there is, if any."""
        parts = urlsplit(realm)
        return self.login is None or parts.scheme == "https" or self._endpoint.may_be_insecure(parts.netloc)

    def _token(self, challenge: Challenge) -> str:
        scopes = self._scopes(challenge.scope)
        response = self._until_whole(lambda: self._token_answer(challenge, scopes))
        service = urlsplit(challenge.realm).netloc
        found = json_object(self.judged(response, service).body)
        token = found.get("token") or found.get("access_token")
        if not isinstance(token, str) or not token:
            raise self._refused(response, service)
        return token

    def _token_answer(self, challenge: Challenge, scopes: list[str]) -> urllib3.BaseHTTPResponse:
        if self.login and self.login.is_token:
            return self._exchange(challenge, scopes, self.login.secret)
        query = [("service", challenge.service)] if challenge.service else []
        query += [("scope", scope) for scope in scopes]
        headers = {"Authorization": self.login.basic} if self.login else {}
        return self._open("GET", _with_query(challenge.realm, query), headers)

    def _scopes(self, wanted: str) -> list[str]:
        """This repository's, and what else the registry says it needs, such as ``aws`` of public.ecr.aws."""
        own = f"repository:{self.repository}:"
        actions = "pull,push" if self.push else "pull"
        return [own + actions, *(each for each in wanted.split() if not each.startswith(own))]

    def _exchange(self, challenge: Challenge, scopes: list[str], refresh_token: str) -> urllib3.BaseHTTPResponse:
        """Trade an identity token for an access token: https://distribution.github.io/distribution/spec/auth/oauth/."""
        fields = {"service": challenge.service} if challenge.service else {}
        fields |= {"scope": " ".join(scopes), "grant_type": "refresh_token"}
        fields |= {"client_id": "dext-tasks", "refresh_token": refresh_token}
        return self._open("POST", challenge.realm, {}, fields)

    def judged(self, response: Response, service: str = "") -> Response:
        """The answer, if it is one; of the registry's token service if that is named.

        Raises:
            RegistryUnreachableError: The registry is in trouble.
            LoginMissingError: It wants a login, or another one.
            RegistryResponseError: Its status is any other than 2xx or 404.
        """
        if response.status in (_UNAUTHORIZED, _FORBIDDEN):
            raise self._refused(response, service)
        if response.status in TRANSIENT:
            raise RegistryUnreachableError(
                f"registry {self.registry} answers {self.said(response)}, also after {self.limits.tries} more tries",
                remedy="wait for the registry to recover, then run the same command again",
            )
        if response.status == _PROXY_LOGIN:
            raise RegistryUnreachableError(
                f"registry {self.registry} could not be reached: the proxy on the way wants a login",
                remedy="write it into the variable that names the proxy: http://USER:PASSWORD@HOST:PORT",
            )
        if response.status != _NOT_FOUND and not 200 <= response.status < 300:  # noqa: PLR2004 - HTTP status
            raise RegistryResponseError.unclear(
                f"registry {self.registry} answers {self.said(response)}",
                remedy="check that the host is a registry and the image name is right",
                detail=self._page(response),
            )
        return response

    def says_absent(self, response: Response) -> bool:
        """Whether an answer is that something is not there.

        A status of 404 alone says nothing: a proxy, a load balancer or a registry that is being set up answers so, too.

        Raises:
            RegistryResponseError: It is 404 in other words than a registry's.
        """
        if response.status != _NOT_FOUND:
            return False
        if not codes(response.body) & _ABSENT:
            raise RegistryResponseError.unclear(
                f"registry {self.registry} answers {self.said(response)}, and does not say what is not there",
                remedy="see that nothing in between answers in its place, such as a proxy, then run the same command "
                "again",
                detail=self._page(response),
            )
        return True

    def said(self, response: Response) -> str:
        """Status and words of an answer."""
        words = self._shown(said(response.body))
        return f"{response.status}{f' ({words})' if words else ''}"

    def _page(self, response: Response) -> str:
        """The beginning of an answer that has no words in a form that is known, such as a proxy's page."""
        return "" if said(response.body) else self._shown(response.body.decode(errors="replace"))

    def _shown(self, text: str) -> str:
        """The beginning of what the other side wrote, without anything that we sent."""
        sent = (self.login.secret, self.login.basic.rpartition(" ")[2]) if self.login else ()
        return excerpt(redact(text, (*sent, self._authorization.rpartition(" ")[2])), self.limits.said)

    def _refused(self, response: Response, service: str = "") -> LoginMissingError:
        who = "the login given" if self.login else "anonymous access"
        right = "push to" if self.push else "read"
        by = f"its token service {service} answers" if service else "it answers"
        why = f"; {self.trouble}" if self.trouble and not self.login else ""
        ask = "have its operator allow that account to, or " if self.login and response.status == _FORBIDDEN else ""
        return LoginMissingError(
            f"registry {self.registry} does not let {who} {right} {self.repository}: {by} {self.said(response)}{why}",
            remedy=f"{'correct that, and ' if why else ''}{ask}run `docker login {self.registry}` "
            f"with an account that may {right} it",
            detail=self._page(response),
        )


def _too_slow(registry: str, seconds: float) -> RegistryUnreachableError:
    return RegistryUnreachableError(
        f"registry {registry} was asked, and its answer was not there as a whole after {seconds:g} s",
        remedy="check the network and any proxy on the way, then run the same command again",
    )


def _is_web(realm: str) -> bool:
    try:
        parts = urlsplit(realm)
        return parts.scheme in _WEB and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _with_query(realm: str, query: list[tuple[str, str]]) -> str:
    """A realm may have a query of its own."""
    parts = urlsplit(realm)
    whole = [*parse_qsl(parts.query, keep_blank_values=True), *query]
    return urlunsplit((parts.scheme, parts.netloc, parts.path, urlencode(whole), ""))
