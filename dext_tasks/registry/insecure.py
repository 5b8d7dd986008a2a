"""Registries that the engine may speak to without TLS, or without a certificate it can verify.

https://docs.docker.com/reference/cli/dockerd/#insecure-registries. What is trusted there is trusted here: an image that
the engine pulls and pushes can be asked about, too.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping


@dataclass(frozen=True)
class Insecure:
    """What an engine was told of registries.

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
        return any(self._holds(address) for address in _addresses(host) or addresses_of(host))

    def _holds(self, address: str) -> bool:
        with suppress(ValueError):
            found = ip_address(address.partition("%")[0])
            return any(found in network for network in self.networks)
        return False


def _networks(listed: Iterable[object]) -> Iterable[IPv4Network | IPv6Network]:
    for text in listed:
        with suppress(ValueError):
            yield ip_network(str(text), strict=False)


def _addresses(host: str) -> list[str]:
    with suppress(ValueError):
        return [str(ip_address(host))]
    return []
