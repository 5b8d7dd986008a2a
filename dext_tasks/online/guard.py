"""Which hosts may be asked: labels of a stranger's image must not make this machine ask its own network.

https://owasp.org/www-community/attacks/Server_Side_Request_Forgery

Behind a proxy it is the proxy that looks a name up and connects, so the address cannot be pinned: a name that has an
address here is judged by it all the same, and one that has none here, as is usual in networks that reach the web by
proxies alone, is left to the proxy unless it is a name of private networks.
"""

from __future__ import annotations

import socket
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

from urllib3.exceptions import LocationParseError
from urllib3.util import Url, parse_url

from dext_tasks.formats.addresses import DEFAULT_PORTS

# Names that the internet does not have: https://www.iana.org/assignments/special-use-domain-names, RFC 6762 appendix G.
_PRIVATE_NAMES = frozenset({"localhost", "local", "internal", "intranet", "private", "corp", "home", "lan", "arpa"})
# IPv4 addresses inside IPv6 ones, in the last 32 bits: https://www.rfc-editor.org/rfc/rfc6052
_NAT64 = (IPv6Network("64:ff9b::/96"), IPv6Network("64:ff9b:1::/48"))
# The same in other places, through relays nobody runs any more: RFC 3056, RFC 4380 and RFC 4291, section 2.5.5.1.
_TUNNELS = (IPv6Network("2002::/16"), IPv6Network("2001::/32"), IPv6Network("::/96"))
# Look public, and are served by the machine's own host in clouds, certificates and secrets of it included:
# https://learn.microsoft.com/azure/virtual-network/what-is-ip-address-168-63-129-16
# https://www.rfc-editor.org/rfc/rfc6890#section-2.2.2 (192.0.0.192 serves metadata in Oracle's)
_OF_CLOUDS = (IPv4Network("168.63.129.16/32"), IPv4Network("192.0.0.0/24"))


class AddressRefusedError(Exception):
    """The address is not asked; the text says why."""


@dataclass(frozen=True)
class Target:
    """Where a request goes.

    Attributes:
        scheme: ``http`` or ``https``.
        host: Name in the URL.
        address: The IP address it was found to have; to look the name up again could give another one. Empty where
            only the proxy knows it.
        port: TCP port.
        path: With the query, as it is sent.
    """

    scheme: str
    host: str
    address: str
    port: int
    path: str

    @property
    def host_field(self) -> str:
        """The Host header."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def url(self) -> str:
        """The address as a proxy is asked for it."""
        return f"{self.scheme}://{self.host_field}{self.path}"


class NotPublicError(AddressRefusedError):
    """It belongs to a private network, or to this machine.

    Attributes:
        target: Where the request would go.
    """

    def __init__(self, why: str, target: Target) -> None:
        super().__init__(why)
        self.target = target


def target(url: str, *, allow_private: bool = False, proxied: bool = False) -> Target:
    """Where a request for a URL goes, every address of its host looked at.

    Args:
        url: Any text.
        allow_private: Whether loopback and private addresses are fine.
        proxied: Whether a proxy will make the connection.

    Raises:
        AddressRefusedError: It is not an http or https URL, its host has no address, or one that is not public.
    """
    parts = _parts(url)
    scheme, host = str(parts.scheme), str(parts.host).strip("[]")
    port = parts.port or DEFAULT_PORTS[scheme]
    addresses = _addresses(host, port)
    if not addresses:
        if not proxied:
            raise AddressRefusedError(f"the host {host} is unknown")
        if not allow_private and _is_private(host):
            raise AddressRefusedError(f"{host} is a name of private networks")
        return Target(scheme, host, "", port, parts.request_uri)
    found = Target(scheme, host, addresses[0], port, parts.request_uri)
    # One private address among public ones is what a rebinding attack looks like.
    private = [each for each in addresses if not allow_private and not is_public(each)]
    if private:
        raise NotPublicError(f"{host} is at {private[0]}, which is not a public address", found)
    return found


def is_public(address: str) -> bool:
    """Whether an IP address belongs to the internet at large."""
    parsed = ip_address(address.partition("%")[0])
    if isinstance(parsed, IPv6Address):
        if parsed.ipv4_mapped:
            return is_public(str(parsed.ipv4_mapped))
        if any(parsed in network for network in _NAT64):
            return is_public(str(IPv4Address(int(parsed) & 0xFFFFFFFF)))
        if any(parsed in network for network in _TUNNELS):
            return False
    elif any(parsed in network for network in _OF_CLOUDS):
        return False
    return parsed.is_global and not parsed.is_multicast


def _parts(url: str) -> Url:
    try:
        parts = parse_url(url.strip())
    except (LocationParseError, ValueError) as error:
        raise AddressRefusedError("the address is malformed") from error
    if parts.scheme not in DEFAULT_PORTS or not parts.host:
        raise AddressRefusedError("it is not an http or https address")
    if parts.auth:
        raise AddressRefusedError("there is a user name in the address")
    return parts


def _is_private(host: str) -> bool:
    labels = host.lower().rstrip(".").split(".")
    return len(labels) == 1 or labels[-1] in _PRIVATE_NAMES


def _addresses(host: str, port: int) -> list[str]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return []
    return [str(address[4][0]) for address in found]
