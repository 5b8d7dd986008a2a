"""Which proxy a request goes through, by the variables and rules of docker's own client.

Rules: https://pkg.go.dev/golang.org/x/net/http/httpproxy. ``ALL_PROXY``, which Go does not know and curl does, stands
for a scheme that has no variable of its own. ``proxies`` in docker's config.json are for containers and builds, not
for docker's client: https://docs.docker.com/engine/cli/proxy/
"""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from dext_tasks.errors import ConfigError
from dext_tasks.formats.addresses import DEFAULT_PORTS

if TYPE_CHECKING:
    from collections.abc import Mapping

_SCHEMES = frozenset({"http", "https", "socks4", "socks4a", "socks5", "socks5h"})


@dataclass(frozen=True)
class Proxy:
    """A proxy.

    Attributes:
        variable: The environment variable that names it.
        scheme: How it is spoken to: http, https, or a version of SOCKS.
        address: Host and port.
        user: Empty if it wants no login.
        password: Empty if it wants no login.
    """

    variable: str
    scheme: str
    address: str
    user: str = field(default="", repr=False)
    password: str = field(default="", repr=False)

    @property
    def is_socks(self) -> bool:
        """Whether it speaks SOCKS instead of HTTP."""
        return self.scheme.startswith("socks")

    @property
    def url(self) -> str:
        """Its address without the login."""
        return f"{self.scheme}://{self.address}"

    @property
    def login(self) -> str:
        """User and password as basic authentication joins them; empty if there is none."""
        return f"{self.user}:{self.password}" if self.user else ""


@dataclass(frozen=True)
class Proxies:
    """What the environment says of proxies.

    Attributes:
        named: Variable and value by scheme of the request; never part of the representation, for its passwords.
        exceptions: What ``NO_PROXY`` lists.
    """

    named: Mapping[str, tuple[str, str]] = field(default_factory=dict, repr=False)
    exceptions: tuple[str, ...] = ()

    @classmethod
    def of(cls, env: Mapping[str, str]) -> Proxies:
        """Read them from an environment; nothing is judged before it is used."""
        named = {}
        for scheme in DEFAULT_PORTS:
            found = _first(env, f"{scheme.upper()}_PROXY") or _first(env, "ALL_PROXY")
            if found:
                named[scheme] = found
        _, exceptions = _first(env, "NO_PROXY") or ("", "")
        return cls(named, tuple(re.split(r"[,\s]+", exceptions.strip().lower())) if exceptions.strip() else ())

    def of_url(self, url: str) -> Proxy | None:
        """The proxy for a request; None if it goes straight to its host.

        Raises:
            ConfigError: The variable does not hold the address of a proxy.
            ValueError: The URL is malformed.
        """
        parts = urlsplit(url)
        host = (parts.hostname or "").rstrip(".")
        variable, value = self.named.get(parts.scheme, ("", ""))
        if not value or self._is_excepted(host, parts.port or DEFAULT_PORTS[parts.scheme]):
            return None
        return _proxy(variable, value)

    def _is_excepted(self, host: str, port: int) -> bool:
        address = _address(host)
        if host == "localhost" or host.endswith(".localhost") or (address and address.is_loopback):
            return True
        return any(_covers(exception, host, address, port) for exception in self.exceptions)


def _first(env: Mapping[str, str], name: str) -> tuple[str, str] | None:
    return next(((each, env[each]) for each in (name, name.lower()) if env.get(each)), None)


def _proxy(variable: str, value: str) -> Proxy:
    value = value.strip()
    try:
        parts = urlsplit(value if "://" in value else f"http://{value}")
        host, port = parts.hostname or "", parts.port
    except ValueError:
        host, port, parts = "", None, urlsplit("")
    if parts.scheme not in _SCHEMES or not host:
        # Without the value, which may hold a password.
        raise ConfigError(
            f"the environment variable {variable} does not hold the address of a proxy",
            remedy=f"set {variable} to an address such as http://proxy.example:3128, or unset it",
        )
    default = DEFAULT_PORTS.get(parts.scheme, 1080)
    shown = f"[{host}]" if ":" in host else host
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    return Proxy(variable, parts.scheme, f"{shown}:{port or default}", user, password)


def _covers(exception: str, host: str, address: IPv4Address | IPv6Address | None, port: int) -> bool:
    if exception == "*":
        return True
    if network := _network(exception):
        return address is not None and address in network
    name, wanted = _split(exception)
    if wanted and wanted != port:
        return False
    if listed := _address(name):
        return listed == address
    name = name.removeprefix("*")
    return bool(name.strip(".")) and (host == name or host.endswith(name if name.startswith(".") else f".{name}"))


def _split(exception: str) -> tuple[str, int]:
    """Host and port of an exception; no port is 0."""
    if _address(exception):
        return exception, 0
    host, colon, port = exception.rpartition(":")
    return (host.strip("[]"), int(port)) if colon and port.isdecimal() else (exception.strip("[]"), 0)


def _network(text: str) -> IPv4Network | IPv6Network | None:
    with suppress(ValueError):
        return ip_network(text, strict=False) if "/" in text else None
    return None


def _address(text: str) -> IPv4Address | IPv6Address | None:
    with suppress(ValueError):
        return ip_address(text)
    return None
