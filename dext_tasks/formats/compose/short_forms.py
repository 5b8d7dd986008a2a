"""Whether values that say much in one text say it as Compose reads it: ports, mounts, devices, hosts, health checks."""

from __future__ import annotations

import re
from ipaddress import ip_address
from typing import TYPE_CHECKING, Final

from dext_tasks.formats.compose.mounts import parts
from dext_tasks.formats.compose.structure import below, fault, said
from dext_tasks.formats.compose.tree import Mapping, Scalar, Sequence, Value
from dext_tasks.formats.compose.variables import as_started, is_resolved
from dext_tasks.formats.excerpt import excerpt

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from dext_tasks.formats.compose.model import Fault

_LAST_PORT = 65535
_RANGE = re.compile(r"([0-9]{1,5})(?:-([0-9]{1,5}))?")
_PROTOCOLS = frozenset({"", "tcp", "udp", "sctp"})
_MOST_DEVICE_PARTS = 3
_TESTS = frozenset({"CMD", "CMD-SHELL", "NONE"})


def faults(services: Mapping) -> Iterator[Fault]:
    """Every text that Compose would refuse."""
    for name, service in services.entries.items():
        path = below("services", name)
        for key, wrong in _WRONG.items():
            value = service.get(key) if isinstance(service, Mapping) else None
            for index, item in enumerate(value.items if isinstance(value, Sequence) else ()):
                yield from _judged(item, wrong, f"{path}.{key}.{index}")
        if isinstance(service, Mapping):
            yield from _health(service.get("healthcheck"), path)


def _judged(item: Value, wrong: Callable[[str], str], path: str) -> Iterator[Fault]:
    if not isinstance(item, Scalar) or item.kind not in {"string", "number"}:
        return
    text = as_started(item.text)
    why = wrong(text) if is_resolved(text) else ""
    if why:
        yield fault(f"{path}: {said(item.text)} {why}", item.line)


def _port(text: str) -> str:
    """``[[IP:]HOST:]CONTAINER[/PROTOCOL]``."""
    # https://github.com/docker/go-connections/blob/main/nat/nat.go
    spec, _, protocol = text.partition("/")
    host, _, target = spec.rpartition(":")
    address, _, published = host.rpartition(":")
    inside, outside = _range(target), _range(published)
    if not target:
        return "names no port of the container"
    if not inside or not inside[0] or (outside is None and published):
        return "has no port number or range where one should be"
    if len(inside) > 1 and outside and len(inside) != len(outside):
        return "has two ranges of different length"
    if protocol.partition("/")[0].lower() not in _PROTOCOLS:
        return "has a protocol other than tcp, udp and sctp"
    return "" if not address or _is_address(address) else "has a host address that is no IP address"


def _range(text: str) -> range | None:
    found = _RANGE.fullmatch(text)
    if found is None:
        return None
    first, last = int(found[1]), int(found[2] or found[1])
    return range(first, last + 1) if first <= last <= _LAST_PORT else None


def _is_address(text: str) -> bool:
    bare = text[1:-1] if text.startswith("[") and text.endswith("]") else text
    try:
        return ip_address(bare).version == 4 or bare != text  # noqa: PLR2004 - an IPv6 address is in brackets
    except ValueError:
        return False


def _mount(text: str) -> str:
    if not text:
        return "is empty"
    # Of so short a text Compose looks at nothing.
    return "" if len(text) <= 2 or all(parts(text)) else "has nothing between two colons, or beside one"  # noqa: PLR2004


def _device(text: str) -> str:
    return "has too many colons" if text.count(":") >= _MOST_DEVICE_PARTS else ""


def _host(text: str) -> str:
    return "" if ":" in text or "=" in text else "names no address"


_WRONG: Final = {"ports": _port, "volumes": _mount, "devices": _device, "extra_hosts": _host}


def _health(check: Value | None, path: str) -> Iterator[Fault]:
    test = check.get("test") if isinstance(check, Mapping) else None
    first = test.items[0] if isinstance(test, Sequence) and test.items else None
    if isinstance(first, Scalar) and first.text not in _TESTS:
        what = f"{path}.healthcheck.test begins with {excerpt(first.text)!r}, not one of CMD, CMD-SHELL and NONE"
        yield fault(what, first.line)
