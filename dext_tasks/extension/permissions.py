"""What an extension may do to a user's machine, in sentences a user can read.

Desktops ask once, for all of it: "Extensions can install binaries, invoke commands, access files on your machine
and connect to remote URLs" (https://docs.docker.com/extensions/non-marketplace/).
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from dext_tasks.extension.grants.kinds import told
from dext_tasks.wording import counted, excerpt

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dext_tasks.extension.grants.kinds import Grant
    from dext_tasks.extension.metadata import Metadata
    from dext_tasks.formats.compose.model import Service

_WHOLE = "the compose file"


def permissions(composes: Iterable[bytes], metadata: Metadata) -> tuple[str, ...]:
    """What the backend and the host binaries are given, the furthest-reaching first; empty if it is nothing special.

    Args:
        composes: The compose files, one per platform; what several of them ask for is given once.
        metadata: What metadata.json names.
    """
    said = [sentence for content in composes for sentence in _of_compose(content)]
    return tuple(dict.fromkeys([*said, *_of_host(metadata)]))


def _of_compose(content: bytes) -> Iterator[str]:
    # Many extensions have no compose file, and need nothing that reads one.
    from dext_tasks.extension.grants.written import as_written
    from dext_tasks.formats.compose.reading import parse

    rights: dict[str, list[Grant]] = {}
    for asked, _ in as_written(content):
        rights.setdefault(asked.by or _WHOLE, []).append(asked.grant)
    # It takes no grant, and may still be in the way of others.
    ports = {f"service {service.name}": _ports(service) for service in parse(content).services}
    for by in dict.fromkeys([*ports, *rights]):
        phrases = [*told(rights.get(by, ())), *ports.get(by, ())]
        if phrases:
            yield f"{excerpt(by)} {', '.join(phrases)}"


def _ports(service: Service) -> tuple[str, ...]:
    published = [excerpt(port.published) for port in service.ports if port.published]
    listed = f"{'ports' if published[1:] else 'port'} {', '.join(published)}"
    return (f"listens on {listed} of the machine",) if published else ()


def _of_host(metadata: Metadata) -> Iterator[str]:
    counts = Counter(binary.os for binary in metadata.binaries)
    if counts:
        most = max(counts.values())
        systems = ", ".join(str(os) for os in counts)
        yield f"installs {counted(most, 'binary', 'binaries')} on the host ({systems})"
