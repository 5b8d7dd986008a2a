"""Where a registry's API is: TLS, or plain HTTP where docker takes that."""

from __future__ import annotations

import socket
import time
from contextlib import suppress
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from urllib3.exceptions import HTTPError

from dext_tasks.errors import RegistryUnreachableError
from dext_tasks.formats.oci.reference import DOCKER_HUB, HUB_REGISTRY
from dext_tasks.registry.faults import unreachable
from dext_tasks.registry.tls import is_refused, is_untrusted, speaks_none

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from dext_tasks.registry.wire import Wire


# How often TLS is tried: without patience, as most registries of that kind say at once that they speak none; once more;
# and then with that of any other request.
_PROBES = 3
# https://distribution.github.io/distribution/spec/api/#api-version-check
_ROOT = "/v2/"
_OF_A_REGISTRY = frozenset({200, 401, 403})


@dataclass(frozen=True)
class Insecure:
    """How registries are configured in an engine.

    Attributes:
        hosts: Whether each host that was named is insecure; docker.io is one that is not.
        networks: Where every registry is.
    """

    hosts: Mapping[str, bool] = field(default_factory=dict)
    networks: tuple[IPv4Network | IPv6Network, ...] = ()

    @classmethod
    def of(cls, configuration: Mapping[str, Any]) -> Insecure:
        """Read ``RegistryConfig`` of ``docker info``; what is malformed is left out."""
        indexes = configuration.get("IndexConfigs")
        entries = indexes.items() if isinstance(indexes, dict) else ()
        hosts = {str(name).lower(): entry.get("Secure") is False for name, entry in entries if isinstance(entry, dict)}
        listed = configuration.get("InsecureRegistryCIDRs")
        return cls(hosts, tuple(_networks(listed if isinstance(listed, list) else ())))

    def covers(self, registry: str, addresses_of: Callable[[str], Iterable[str]]) -> bool:
        """Whether a registry is one of them; the order is docker's.

        https://github.com/moby/moby/blob/v26.1.5/registry/config.go (isSecureIndex)

        Args:
            registry: Host, with port if it has one.
            addresses_of: The IP addresses of a host name; none if it is unknown.
        """
        named = self.hosts.get(registry.lower())
        if named is not None or not self.networks:
            return bool(named)
        host = urlsplit(f"//{registry}").hostname or ""
        return any(self._holds(address) for address in _literal_addresses(host) or addresses_of(host))

    def _holds(self, address: str) -> bool:
        with suppress(ValueError):
            found = ip_address(address.partition("%")[0])
            return any(found in network for network in self.networks)
        return False


def _networks(listed: Iterable[object]) -> Iterable[IPv4Network | IPv6Network]:
    for text in listed:
        with suppress(ValueError):
            yield ip_network(str(text), strict=False)


def _literal_addresses(host: str) -> list[str]:
    with suppress(ValueError):
        return [str(ip_address(host))]
    return []


@dataclass
class Endpoint:
    """The address of one registry.

    TLS is tried first, everywhere. Without it, or without a certificate that can be verified, go loopback hosts and
    those that the engine calls insecure, as with docker:
    https://docs.docker.com/reference/cli/dockerd/#insecure-registries

    Attributes:
        registry: Host as in a reference.
        wire: What asks it.
        insecure: What the engine says of registries; asked at most once, and only after TLS failed.
    """

    registry: str
    wire: Wire
    insecure: Callable[[], Insecure] = Insecure
    _scheme: str = field(default="", init=False)
    _told: Insecure | None = field(default=None, init=False)

    @property
    def host(self) -> str:
        """Who is asked."""
        return HUB_REGISTRY if self.registry == DOCKER_HUB else self.registry

    @property
    def base(self) -> str:
        """Scheme and host of the API.

        Raises:
            RegistryUnreachableError: The registry is on this machine, and does not show by what it can be asked.
        """
        if not self._scheme and is_loopback(self.host):
            self._scheme = self._found()
        return f"{self._scheme or 'https'}://{self.host}"

    def keep(self) -> None:
        """After an answer came: the way that it came by is not left any more."""
        self._scheme = self._scheme or "https"

    def has_other_way(self) -> bool:
        """After TLS to the registry failed: whether there is a way that docker would go, which is taken from now on."""
        if self._scheme or is_loopback(self.host) or not self.may_be_insecure(self.host):
            return False
        with suppress(RegistryUnreachableError):
            self._scheme = self._found()
        return bool(self._scheme)

    def may_be_insecure(self, host: str) -> bool:
        """Whether docker would speak to a host without verified TLS."""
        if is_loopback(host):
            return True
        if self._told is None:
            self._told = self.insecure()
        return self._told.covers(host, _addresses)

    def _found(self) -> str:
        """The scheme by which an insecure registry answers; it is kept, so that one bad moment must not decide.

        Raises:
            RegistryUnreachableError: It answers by neither.
        """
        failure = HTTPError()
        for number in range(_PROBES):
            if number:
                time.sleep(self.wire.limits.pause(number - 1))
            fault = self._fault_of_tls(retry=number == _PROBES - 1)
            if fault is None:
                return "https"
            failure = fault
            # Where no port is named, each scheme has its own. And some servers of plain HTTP do not answer at all to
            # what they do not understand.
            if speaks_none(failure) or ((number or is_refused(failure)) and self._answers_plainly()):
                return "http"
        raise unreachable(self.registry, failure, self.wire.proxy_of(f"https://{self.host}"))

    def _fault_of_tls(self, *, retry: bool) -> HTTPError | None:
        """Why no answer came by TLS, whoever gave it; None if one would come from now on."""
        try:
            self.wire.send("GET", f"https://{self.host}{_ROOT}", {}, retry=retry).close()
        except HTTPError as error:
            if not is_untrusted(error):
                return error
            self.wire.distrust(self.host)
        return None

    def _answers_plainly(self) -> bool:
        """Whether a registry speaks plain HTTP there; a server of TLS answers by 400, or not at all."""
        try:
            answer = self.wire.send("GET", f"http://{self.host}{_ROOT}", {}, retry=False)
        except HTTPError:
            return False
        answer.close()
        return answer.status in _OF_A_REGISTRY


def is_loopback(host: str) -> bool:
    """Whether a host, with or without port, is this machine by its name or address."""
    try:
        name = urlsplit(f"//{host}").hostname or ""
        # Not by the first letters: 127.example.org is anybody's host.
        return name == "localhost" or ip_address(name).is_loopback
    except ValueError:
        return False


def _addresses(host: str) -> list[str]:
    with suppress(OSError, UnicodeError):
        return [str(found[4][0]) for found in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)]
    return []
