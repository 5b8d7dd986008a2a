"""Why a registry did not answer, or what it said, in words that hold no address with a signed query and no secret."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from dext_tasks.errors import RegistryUnreachableError
from dext_tasks.registry.tls import is_untrusted, speaks_none

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from urllib3.exceptions import HTTPError

    from dext_tasks.registry.proxies import Proxy

# By class name; the order is from the particular to the general.
_REASONS = {
    "NameResolutionError": "the host name is unknown",
    "NewConnectionError": "the connection was refused",
    "ConnectTimeoutError": "it did not answer in time",
    "ReadTimeoutError": "it did not answer in time",
    "SSLError": "TLS failed",
    "ProtocolError": "the connection was lost",
    "RedirectError": "it redirects without end, or to no web address",
}
# Of these keys a document has one at least, whatever else is wrong with it.
_KEYS = {
    "manifest": frozenset({"schemaVersion", "mediaType", "manifests", "layers", "fsLayers", "artifactType"}),
    "configuration": frozenset({"os", "architecture", "config", "rootfs", "history"}),
}
_TUNNEL = re.compile(r"Tunnel connection failed: (\d{3})")


def unreachable(registry: str, error: HTTPError, proxy: Proxy | None = None) -> RegistryUnreachableError:
    """The error that a failed request stands for.

    Args:
        registry: Host as in a reference.
        error: What urllib3 raised.
        proxy: The one that was asked, if any.
    """
    reason, remedy = _explained(registry, error, proxy)
    return RegistryUnreachableError(f"registry {registry} could not be reached: {reason}", remedy=remedy)


def too_slow(registry: str, seconds: float) -> RegistryUnreachableError:
    """The error for an answer that was not there as a whole in time.

    Args:
        registry: Host as in a reference.
        seconds: How long it may take.
    """
    return RegistryUnreachableError(
        f"registry {registry} was asked, and its answer was not there as a whole after {seconds:g} s",
        remedy="check the network and any proxy on the way, then run the same command again",
    )


def proxy_fault(error: HTTPError, proxy: Proxy) -> str:
    """What a proxy did instead of connecting; empty if it is not to blame."""
    innermost = getattr(error, "reason", None) or error
    if type(innermost).__name__ != "ProxyError":
        return ""
    refused = _TUNNEL.search(str(innermost))
    return f"the proxy {proxy.address} {f'answers {refused[1]}' if refused else 'could not be reached'}"


def said(body: bytes) -> str:
    """What a registry or a token service says went wrong, as it came; empty if it is in no form that is known.

    https://github.com/opencontainers/distribution-spec/blob/main/spec.md#error-codes, and for token services
    https://www.rfc-editor.org/rfc/rfc6749#section-5.2

    Args:
        body: Of its answer.
    """
    found = json_object(body)
    listed = found.get("errors")
    words = [": ".join(_words(each, "code", "message")) for each in listed] if isinstance(listed, list) else []
    # Docker Hub's token service has "details", OAuth the two of "error", others "message".
    words = [each for each in words if each] or list(_words(found, "error", "error_description", "message", "details"))
    return ", ".join(words)


def codes(body: bytes) -> frozenset[str]:
    """The codes of what a registry says went wrong, by its own interface; none if it is in another form.

    Args:
        body: Of its answer.
    """
    listed = json_object(body).get("errors")
    return (
        frozenset(word for each in listed for word in _words(each, "code")) if isinstance(listed, list) else frozenset()
    )


def json_object(body: bytes) -> Mapping[str, object]:
    """The object that an answer holds; empty if it is not an object."""
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return data if isinstance(data, dict) else {}


def is_json(body: bytes) -> bool:
    """Whether an answer can be read as JSON; one that is nested too deeply is left to who reads it."""
    try:
        json.loads(body)
    except ValueError:
        return False
    except RecursionError:
        return True
    return True


def may_be(kind: str, body: bytes) -> bool:
    """Whether an answer can be such a document at all; the JSON of a gateway that is busy cannot.

    Args:
        kind: "manifest", also of an index, or "configuration".
        body: Of the answer.
    """
    return not _KEYS[kind].isdisjoint(json_object(body))


def _words(data: object, *keys: str) -> Iterator[str]:
    if isinstance(data, dict):
        yield from (value for key in keys if isinstance(value := data.get(key), str) and value)


def reason(error: BaseException) -> str:
    """Why a request failed, without the address, which may carry a signed query, and without names of classes."""
    return _REASONS.get(type(error).__name__, "the connection failed")


def _explained(registry: str, error: HTTPError, proxy: Proxy | None) -> tuple[str, str]:
    again = "then run the same command again"
    innermost = getattr(error, "reason", None) or error
    if proxy and (fault := proxy_fault(error, proxy)):
        return fault, f"correct {proxy.variable} or NO_PROXY, {again}"
    if is_untrusted(error):
        authority = f"put its authority's certificate into /etc/docker/certs.d/{registry}/ca.crt, as docker needs it"
        return "TLS failed, its certificate cannot be verified", f"{authority}, {again}"
    if speaks_none(error):
        plain = "if it speaks plain HTTP, list it under insecure-registries in the engine's daemon.json"
        return "TLS failed, it does not speak TLS", f"{plain}, {again}"
    return reason(innermost), f"check the address and the network, {again}"
