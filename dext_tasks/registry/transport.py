"""Requests to one registry: with a login where it wants one, again where it is in trouble, and never without end."""

from __future__ import annotations

import logging
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urljoin

import urllib3
from urllib3.exceptions import HTTPError, InvalidHeader

from dext_tasks.errors import RegistryResponseError, RegistryUnreachableError
from dext_tasks.registry.answers import UNAUTHORIZED, Response
from dext_tasks.registry.authorization import Authorization
from dext_tasks.registry.blobs import Stream
from dext_tasks.registry.faults import too_slow, unreachable
from dext_tasks.registry.wire import TRANSIENT
from dext_tasks.runtime.parallel import within

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from dext_tasks.formats.oci.manifest import ManifestDocument

_LOG = logging.getLogger(__name__)
V = TypeVar("V")
# An upload that was begun twice expires once.
_REPEATABLE = frozenset({"GET", "HEAD", "POST", "DELETE"})


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


@dataclass
class Transport(Authorization):
    """Requests to one registry on behalf of one repository.

    Attributes:
        is_login_given: Whether the login is in DOCKER_AUTH_CONFIG and nowhere else; known only if push is wanted.
    """

    is_login_given: bool = False

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

    def delete(self, path: str) -> Response:
        """Delete what is at a path below ``/v2/REPOSITORY/``, and give whatever the registry answers.

        Raises:
            RegistryUnreachableError: No usable answer came, also after retries.
            LoginMissingError: The token service gives no token.
        """
        return self._in_time(lambda: self._answer(RegistryRequest("DELETE", path)))

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
                raise too_slow(self.registry, seconds)

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
            raise too_slow(self.registry, self.limits.answer) from None

    def _answer(self, question: RegistryRequest) -> Response:
        response = self._complete(question)
        # Not only the first time: tokens live for minutes, and a build between two requests may take longer.
        # https://distribution.github.io/distribution/spec/auth/token/ (expires_in)
        if response.status == UNAUTHORIZED:
            self._authorize(response)
            response = self._complete(question)
        return response

    def _complete(self, question: RegistryRequest) -> Response:
        if question.method in _REPEATABLE:
            return self._until_whole(lambda: self._ask(question))
        return self._whole(self._ask(question))

    def _begun(self, path: str) -> urllib3.BaseHTTPResponse | Response:
        """An answer of 200 with its body still to come; any other as a whole."""
        question = RegistryRequest("GET", path)
        answer = self._ask(question)
        if answer.status == UNAUTHORIZED:
            self._authorize(self._whole(answer))
            answer = self._ask(question)
        return answer if answer.status == 200 else self._whole(answer)  # noqa: PLR2004 - HTTP status

    def _ask(self, question: RegistryRequest) -> urllib3.BaseHTTPResponse:
        url = self._url(question.path)
        try:
            answer = self._wire.send(question.method, url, self._headers(url, question), payload=question.content)
        except HTTPError as error:
            if not self._endpoint.has_other_way():
                raise unreachable(self.registry, error, self._wire.proxy_of(url)) from None
        else:
            self._endpoint.keep()
            return answer
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
