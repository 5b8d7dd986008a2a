"""HTTP requests on behalf of one registry: proxies, TLS, retries, and redirects that take no login along."""

from __future__ import annotations

import logging
import re
import warnings
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

import urllib3
from urllib3.exceptions import DependencyWarning, HTTPError, InsecureRequestWarning, LocationParseError

from dext_tasks import calls
from dext_tasks.errors import ConfigError
from dext_tasks.formats.addresses import DEFAULT_PORTS
from dext_tasks.limits import REGISTRY_LIMITS, RegistryLimits
from dext_tasks.registry.certificates import unverified
from dext_tasks.registry.proxies import Proxies, Proxy

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Mapping

_LOG = logging.getLogger(__name__)

TOKEN = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"  # noqa: S105 - a grammar
QUOTED = r'"((?:[^"\\]|\\.)*)"'
"""A quoted string, its content being one group."""
BARE = r'[^\s,;"]+'
"""What stands where a token should, up to whatever ends it."""

_ESCAPED = re.compile(r"\\(.)", re.DOTALL)


def unquoted(content: str) -> str:
    """What the content of a quoted string stands for."""
    return _ESCAPED.sub(r"\1", content)


# Only these are worth another try; a refusal or "not found" stays what it is.
# https://github.com/google/go-containerregistry/blob/main/pkg/v1/remote/options.go retries the same.
TRANSIENT = (408, 425, 429, 500, 502, 503, 504)
# Connections to one host that are kept for the next request.
_CONNECTIONS = 8


class RedirectError(HTTPError):
    """A redirect that leads nowhere: too many of them, or to no web address."""


class Wire:
    """Sends requests, each by the proxy of its own address.

    Args:
        proxies: What the environment says of proxies.
        context: What TLS trusts; None for the system's authorities. Docker uses a registry's certificates for its
            token service and its storage, too: https://github.com/moby/moby/blob/v26.1.5/registry/registry.go
        admit: Called with every address before it is asked; raises if it must not be.
        connect: Makes the connections to a proxy, or to any host, with this trust.
        limits: What a question may cost.
    """

    def __init__(
        self,
        proxies: Proxies | None = None,
        context: ssl.SSLContext | None = None,
        admit: Callable[[str], None] | None = None,
        connect: Callable[[Proxy | None, ssl.SSLContext | None], urllib3.PoolManager] | None = None,
        limits: RegistryLimits = REGISTRY_LIMITS,
    ) -> None:
        self.limits = limits
        self._proxies = proxies or Proxies()
        self._context = context
        self._admit = admit or (lambda _: None)
        self._connect = connect or manager
        self._managers: dict[tuple[Proxy | None, bool], urllib3.PoolManager] = {}
        self._distrusted: set[str] = set()

    def send(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        *,
        payload: Mapping[str, str] | bytes | None = None,
        retry: bool = True,
    ) -> urllib3.BaseHTTPResponse:
        """The answer, its body not read yet.

        Redirects are followed, without the login where they lead to another host. A form may hold a secret and is
        sent to nobody but the address that was given, as is a document.

        Args:
            method: Of HTTP. A PUT is not sent again once it was sent, as it may have had its effect.
            url: Of the web.
            headers: Of the request.
            payload: The fields of a form, or a document's bytes; None for nothing.
            retry: Whether transient faults are tried again.

        Raises:
            HTTPError: No answer came, after retries if there were to be any.
            ConfigError: The variable that names the proxy cannot be used.
        """
        for _ in range(self.limits.redirects + 1):
            answer = self._ask(method, url, headers, payload, retry=retry)
            location = answer.get_redirect_location()
            if not location or payload is not None:
                return answer
            answer.read(self.limits.aside)
            answer.close()
            following = _resolved(url, location)
            headers = headers if _origin(following) == _origin(url) else _without_login(headers)
            method, url = _method_after(answer.status, method), following
        raise RedirectError

    def distrust(self, host: str) -> None:
        """From now on verify no certificate of a host, whatever its port."""
        self._distrusted.add(_name(f"//{host}"))

    def proxy_of(self, url: str) -> Proxy | None:
        """The proxy that a URL is asked by."""
        return self._proxies.of_url(url)

    def close(self) -> None:
        """Close idle connections."""
        for each in self._managers.values():
            each.clear()

    def _ask(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        payload: Mapping[str, str] | bytes | None,
        *,
        retry: bool,
    ) -> urllib3.BaseHTTPResponse:
        self._admit(url)
        options: dict[str, Any] = {} if retry else {"retries": False}
        if isinstance(payload, bytes):
            # Where TLS is lost urllib3 looks at no method, and it may be lost after the document was sent.
            once = {"retries": retries().new(other=0)} if retry else {}
            options |= {"body": payload, **once}
        elif payload is not None:
            options |= {"fields": dict(payload), "encode_multipart": False}
        with calls.request(_LOG, method, url) as call:
            answer = self._manager(url).request(
                method, url, headers=dict(headers), preload_content=False, redirect=False, **options
            )
            call.answered(answer.status, _length(answer), tries=1 + _retries(answer))
        return answer

    def _manager(self, url: str) -> urllib3.PoolManager:
        try:
            proxy = self._proxies.of_url(url)
        except ValueError as error:
            raise LocationParseError(url) from error
        distrusted = _name(url) in self._distrusted
        key = proxy, distrusted
        if key not in self._managers:
            way = f"by the proxy of {proxy.variable}" if proxy else "straight"
            calls.decided(_LOG, "requests such as to %s go %s%s", _name(url), way, ", unverified" if distrusted else "")
            self._managers[key] = self._connect(proxy, unverified() if distrusted else self._context)
            if distrusted:
                # The engine's configuration asks for it; a warning at each request is of no use.
                warnings.simplefilter("ignore", InsecureRequestWarning)
        return self._managers[key]


def _length(answer: urllib3.BaseHTTPResponse) -> int | None:
    """How long the body is that the headers announce, bytes; None if they do not say."""
    given = answer.headers.get("content-length", "")
    return int(given) if given.isdecimal() else None


def _retries(answer: urllib3.BaseHTTPResponse) -> int:
    return len(answer.retries.history) if answer.retries else 0


def retries() -> urllib3.Retry:
    """What is tried again, how often, and after how long."""
    return urllib3.Retry(
        total=REGISTRY_LIMITS.tries,
        # A certificate does not get better; a connection that TLS lost may.
        other=1,
        backoff_factor=REGISTRY_LIMITS.backoff,
        backoff_max=REGISTRY_LIMITS.longest_pause,
        retry_after_max=REGISTRY_LIMITS.longest_pause,
        status_forcelist=TRANSIENT,
        # What is sent by POST is a login, or the beginning of an upload, which expires if the answer to it is lost.
        allowed_methods={"GET", "HEAD", "POST", "DELETE"},
        raise_on_status=False,
    )


def manager(proxy: Proxy | None, context: ssl.SSLContext | None) -> urllib3.PoolManager:
    """Connections by a proxy, or straight to any host."""
    options: dict[str, Any] = {
        "timeout": urllib3.Timeout(connect=REGISTRY_LIMITS.connect, read=REGISTRY_LIMITS.wait),
        "retries": retries(),
        "maxsize": _CONNECTIONS,
        "ssl_context": context,
    }
    if proxy is None:
        return urllib3.PoolManager(**options)
    if proxy.is_socks:
        return _socks(proxy, options)
    login = urllib3.make_headers(proxy_basic_auth=proxy.login) if proxy.login else None
    return urllib3.ProxyManager(proxy.url, proxy_headers=login, **options)


def _socks(proxy: Proxy, options: Mapping[str, Any]) -> urllib3.PoolManager:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DependencyWarning)
            from urllib3.contrib.socks import SOCKSProxyManager
    except ImportError:
        raise ConfigError(
            f"{proxy.variable} names a SOCKS proxy, and PySocks, which speaks to those, is not installed",
            remedy="install it (pip install PySocks), or name an HTTP proxy",
        ) from None
    # Go lets the proxy look names up, whatever the version: https://pkg.go.dev/golang.org/x/net/proxy
    scheme = {"socks5": "socks5h", "socks4": "socks4a"}.get(proxy.scheme, proxy.scheme)
    return SOCKSProxyManager(
        f"{scheme}://{proxy.address}", username=proxy.user or None, password=proxy.password or None, **options
    )


def _resolved(url: str, location: str) -> str:
    try:
        following = urljoin(url, location)
        scheme = urlsplit(following).scheme
    except ValueError:
        raise RedirectError from None
    if scheme not in DEFAULT_PORTS:
        raise RedirectError
    return following


def _origin(url: str) -> tuple[str, str, int]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname or "", parts.port or DEFAULT_PORTS[parts.scheme]


def _without_login(headers: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name.lower() != "authorization"}


def _method_after(status: int, method: str) -> str:
    """https://www.rfc-editor.org/rfc/rfc9110#section-15.4."""
    is_kept = status in (307, 308) or method in ("GET", "HEAD")
    return method if is_kept else "GET"


def _name(url: str) -> str:
    return urlsplit(url).hostname or ""
