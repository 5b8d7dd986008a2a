"""The network as rules may ask it: few requests, small answers, short waits, public hosts only."""

from __future__ import annotations

import copy
import logging
import socket
import threading
import time
from concurrent.futures import Future
from contextlib import closing, contextmanager, suppress
from http.client import HTTPException
from typing import TYPE_CHECKING, Generic, TypeVar
from urllib.parse import urljoin

from urllib3 import Timeout
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError

from dext_tasks import calls
from dext_tasks._version import __version__
from dext_tasks.errors import ConfigError, RegistryUnreachableError
from dext_tasks.formats.oci.manifest import Index
from dext_tasks.formats.oci.reference import DEFAULT_TAG, DOCKER_HUB, Reference
from dext_tasks.limits import WebLimits
from dext_tasks.online.guard import AddressRefusedError, Target, target
from dext_tasks.redaction import address
from dext_tasks.registry.faults import proxy_fault, reason
from dext_tasks.registry.repository import Repository
from dext_tasks.registry.wire import manager
from dext_tasks.runtime.parallel import within
from dext_tasks.sources.facts import Web, WebAnswer
from dext_tasks.sources.source import Source

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from urllib3 import BaseHTTPResponse

    from dext_tasks.formats.oci.platform import Platform
    from dext_tasks.registry.access import Access
    from dext_tasks.registry.proxies import Proxy


_LOG = logging.getLogger(__name__)
V = TypeVar("V")
S = TypeVar("S", bound=Source)
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_PIECE = 16 * 1024
_HEADERS = {"User-Agent": f"dext-tasks/{__version__}", "Accept": "*/*"}
_PROXY_LOGIN = 407


class Network(Web):
    """Asks each address and each image once, whatever number of rules and threads wants to know.

    Args:
        access: The way to registries and to the web.
        allow_private: Whether hosts at loopback and private addresses may be asked.
        limits: What it may cost.
    """

    def __init__(
        self,
        access: Access,
        *,
        allow_private: bool = False,
        limits: WebLimits = WebLimits(),  # noqa: B008 - frozen
    ) -> None:
        self._access = access
        self._allow_private = allow_private
        self._limits = limits
        budget = _Budget(limits)
        self._answers: _Once[WebAnswer] = _Once(budget)
        self._platforms: _Once[frozenset[Platform] | None] = _Once(budget)

    def get(self, url: str) -> WebAnswer:
        """See Web; never raises."""
        try:
            return self._answers.get(url, self._get)
        except _TooManyError as error:
            return WebAnswer(0, "", b"", str(error))

    def platforms(self, reference: str) -> frozenset[Platform] | None:
        """See Web.

        Raises:
            ReferenceInvalidError: The string is not a reference.
            NotAnImageError: The registry has something else under it.
            RegistryUnreachableError: The registry could not be asked.
            LoginMissingError: The registry wants a login.
            RegistryResponseError: The registry's answer made no sense.
        """
        try:
            return self._platforms.get(reference, self._ask_registry)
        except _TooManyError as error:
            raise _unreachable(reference, str(error)) from None

    def _get(self, url: str) -> WebAnswer:
        end = time.monotonic() + self._limits.seconds
        try:
            for _ in range(self._limits.redirects + 1):
                found = self._request(url, end)
                if isinstance(found, WebAnswer):
                    return found
                url = urljoin(url, found)
        except (AddressRefusedError, ConfigError) as error:
            return WebAnswer(0, "", b"", str(error))
        except (HTTPError, HTTPException, OSError, ValueError) as error:
            return WebAnswer(0, "", b"", self._reason(error, end))
        return WebAnswer(0, "", b"", f"more than {self._limits.redirects} redirects")

    def _request(self, url: str, end: float) -> WebAnswer | str:
        """The answer, or where it points to."""
        with calls.request(_LOG, "GET", url) as call:
            found = self._asked(url, end)
            if isinstance(found, WebAnswer):
                call.answered(found.status, len(found.content))
            else:
                call.outcome = f"redirected to {address(urljoin(url, found))}"
        return found

    def _asked(self, url: str, end: float) -> WebAnswer | str:
        proxy = self._proxy(url)
        to = target(url, allow_private=self._allow_private, proxied=proxy is not None)
        if proxy:
            return within(max(0.0, end - time.monotonic()), lambda: self._by_proxy(proxy, to, end))
        with _connection(to, self._limits.wait, end) as connection:
            headers = {"Host": to.host_field, **_HEADERS}
            connection.request("GET", to.path, headers=headers, preload_content=False, decode_content=False)
            return self._read(connection.getresponse(), end)

    def _proxy(self, url: str) -> Proxy | None:
        try:
            return self._access.proxies.of_url(url)
        except ValueError:
            # What is wrong with the address is said by who looks at it next.
            return None

    def _by_proxy(self, proxy: Proxy, to: Target, end: float) -> WebAnswer | str:
        pool = manager(proxy, None)
        try:
            with pool.request(
                "GET",
                to.url,
                headers=_HEADERS,
                redirect=False,
                retries=False,
                timeout=Timeout(connect=self._limits.wait, read=self._limits.wait),
                preload_content=False,
                decode_content=False,
            ) as answer:
                return self._read(answer, end)
        except HTTPError as error:
            fault = proxy_fault(error, proxy)
            return WebAnswer(0, "", b"", fault or self._reason(error, end))
        finally:
            pool.clear()

    def _read(self, answer: BaseHTTPResponse, end: float) -> WebAnswer | str:
        location = answer.headers.get("location")
        if answer.status in _REDIRECTS and location:
            return location
        if answer.status == _PROXY_LOGIN:
            return WebAnswer(0, "", b"", "the proxy on the way wants a login")
        content_type = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
        return WebAnswer(answer.status, content_type, self._content(answer, end))

    def _content(self, answer: BaseHTTPResponse, end: float) -> bytes:
        content = b""
        while len(content) < self._limits.content and (piece := answer.read1(_PIECE)):
            # A connection to a proxy is not shut from outside.
            if time.monotonic() >= end:
                raise TimeoutError
            content += piece
        return content[: self._limits.content]

    def _reason(self, error: Exception, end: float) -> str:
        if time.monotonic() >= end or isinstance(error, TimeoutError) or "timed out" in str(error):
            return f"no answer within {self._limits.seconds:g} s"
        return reason(error)

    def _ask_registry(self, text: str) -> frozenset[Platform] | None:
        """What ``_platforms_of`` says in time: a registry's own client tries for minutes, for releases."""
        reference = Reference.parse(text)
        # A helper that keeps logins has a bound of its own, and says what is wrong with it.
        repository = Repository.open(reference, self._access, admit=self._guard(reference))
        try:
            with closing(repository):
                return within(self._limits.seconds, lambda: _platforms_of(repository))
        except TimeoutError:
            raise _unreachable(reference.name, f"no answer within {self._limits.seconds:g} s") from None

    def _guard(self, reference: Reference) -> Callable[[str], None] | None:
        """Holds a registry, and whoever it sends us to for a token or a blob, to public addresses."""
        if reference.registry == DOCKER_HUB:
            return None

        def admit(url: str) -> None:
            try:
                target(url, allow_private=self._allow_private, proxied=self._proxy(url) is not None)
            except AddressRefusedError as error:
                raise _unreachable(reference.name, str(error)) from None

        return admit


def _platforms_of(repository: Repository) -> frozenset[Platform] | None:
    reference = repository.reference
    found = repository.get(reference.digest or reference.tag or DEFAULT_TAG)
    if found is None:
        return None
    return frozenset(found.platforms if isinstance(found, Index) else {repository.config(found).platform})


def with_web(subject: S, web: Web) -> S:
    """The same source, whose rules may ask the network."""
    asking = copy.copy(subject)
    asking.network = web
    return asking


class _TooManyError(Exception):
    """More was asked than one run may ask."""


class _Budget:
    """What one run may ask: so many at a time, and none after a time that begins with the first."""

    def __init__(self, limits: WebLimits) -> None:
        self.addresses = limits.addresses
        self._total = limits.total
        self._turn = threading.Semaphore(limits.at_once)
        self._begun = 0.0

    @contextmanager
    def turn(self) -> Iterator[None]:
        """The block is one question.

        Raises:
            _TooManyError: The time is over.
        """
        self._begun = self._begun or time.monotonic()
        with self._turn:
            if time.monotonic() - self._begun > self._total:
                raise _TooManyError(f"it was not asked, for the others took {self._total:g} s")
            yield


class _Once(Generic[V]):
    """Answers by what was asked; whoever asks the same meanwhile waits for the one answer."""

    def __init__(self, budget: _Budget) -> None:
        self._lock = threading.Lock()
        self._budget = budget
        self._futures: dict[str, Future[V]] = {}

    def get(self, key: str, ask: Callable[[str], V]) -> V:
        with self._lock:
            future = self._futures.get(key)
            is_mine = future is None
            if future is None:
                if len(self._futures) >= self._budget.addresses:
                    raise _TooManyError(f"more than {self._budget.addresses} addresses are not asked")
                future = self._futures[key] = Future()
        if is_mine:
            self._answer(future, key, ask)
        return future.result()

    def _answer(self, future: Future[V], key: str, ask: Callable[[str], V]) -> None:
        try:
            with self._budget.turn():
                future.set_result(ask(key))
        except BaseException as error:
            future.set_exception(error)
            raise


@contextmanager
def _connection(to: Target, wait: float, end: float) -> Iterator[HTTPConnection]:
    """A connection to an address that was looked at, which ends at the given time whatever trickles in."""
    if to.scheme == "https":
        connection: HTTPConnection = HTTPSConnection(
            to.address, to.port, timeout=wait, server_hostname=to.host, assert_hostname=to.host
        )
    else:
        connection = HTTPConnection(to.address, to.port, timeout=wait)
    try:
        # Each of its steps is bounded by the time to wait.
        connection.connect()
        timer = threading.Timer(max(0.0, end - time.monotonic()), _shut, (connection.sock,))
        timer.daemon = True
        timer.start()
        try:
            yield connection
        finally:
            timer.cancel()
    finally:
        connection.close()


def _shut(sock: socket.socket) -> None:
    with suppress(OSError):
        sock.shutdown(socket.SHUT_RDWR)


def _unreachable(what: str, why: str) -> RegistryUnreachableError:
    message = f"nobody can tell whether {what} is there: {why}"
    return RegistryUnreachableError(message, remedy="look for the image by hand")
