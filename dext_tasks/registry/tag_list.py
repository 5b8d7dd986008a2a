"""Every tag of a repository, page after page.

https://github.com/opencontainers/distribution-spec/blob/main/spec.md#listing-tags
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from dext_tasks.errors import RegistryResponseError
from dext_tasks.registry.wire import BARE, QUOTED, TOKEN, unquoted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dext_tasks.registry.answers import Response
    from dext_tasks.registry.transport import Transport


_LIST = "tags/list"
_PAGE = 1000
_NOT_FOUND = 404


def every_tag(transport: Transport, repository: str) -> Iterator[str]:
    """The tags, none if the repository does not exist; all of them or an error.

    With a part of the tags a version that is out there would be taken for new.

    Args:
        transport: To the registry.
        repository: Path in the registry.

    Raises:
        DextError: As ``Transport.request``.
        RegistryResponseError: The list is malformed, breaks off, or is longer than any that a person could use.
    """
    response = _first(transport)
    if transport.says_absent(response):
        return
    limits = transport.limits
    require_time = transport.until_late(limits.listing)
    seen: set[str] = set()
    size = 0
    while True:
        yield from _names(response.body)
        path = _following(repository, response)
        if not path:
            return
        size += len(response.body)
        if path in seen or len(seen) >= limits.pages or size > limits.listed:
            raise _broken(transport.registry, "on pages without end")
        require_time()
        seen.add(path)
        response = transport.request("GET", path)
        if response.status == _NOT_FOUND:
            raise _broken(transport.registry, f"on several pages, of which page {len(seen) + 1} is not there")


def _first(transport: Transport) -> Response:
    try:
        return transport.request("GET", f"{_LIST}?n={_PAGE}")
    except RegistryResponseError:
        # Some refuse to give so many at once: https://github.com/distribution/distribution/issues/4844
        return transport.request("GET", _LIST)


def _following(repository: str, response: Response) -> str:
    """Path and query of the next page; empty if this is the last one.

    The next page is the same list with another query. Host and path of the link are not taken from it: behind a
    proxy both can be the registry's inner ones (https://github.com/sonatype/nexus-public/issues/1011), and what is
    sent must not go to another host.
    """
    try:
        target = next_link(response.headers.get("link", ""))
        parts = urlsplit(target)
    except ValueError:
        raise RegistryResponseError(
            "the registry names the next page of its tags by a malformed address",
            remedy="check that the host is a registry",
        ) from None
    here = f"/v2/{repository}/{_LIST}"
    if not target:
        return ""
    return f"{here}?{parts.query}" if parts.query else urljoin(here, parts.path or here)


def _names(body: bytes) -> list[str]:
    malformed = RegistryResponseError(
        "the registry gave a malformed list of tags", remedy="check that the host is a registry"
    )
    try:
        # Of a repository without any it is null: https://github.com/distribution/distribution/issues/2434
        names = json.loads(body)["tags"] or []
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise malformed from error
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise malformed
    return names


def _broken(registry: str, how: str) -> RegistryResponseError:
    return RegistryResponseError(
        f"registry {registry} lists tags {how}",
        remedy="run the same command again; if it stays so, ask the registry's operator, or remove unused tags",
    )


_NEXT = "next"
_PARAMETER = rf"[ \t]*;[ \t]*(?:({TOKEN})[ \t]*(?:=[ \t]*(?:{QUOTED}|({BARE})))?)?"
_LINK = re.compile(rf"[ \t,]*<([^<>]*)>((?:{_PARAMETER})*)")
_EACH = re.compile(_PARAMETER)


def next_link(header: str) -> str:
    """The target of the link to the next page as it stands there, relative or not; empty if there is none.

    Raises:
        ValueError: There is something of a next page that cannot be read.
    """
    at = 0
    while found := _LINK.match(header, at):
        if _NEXT in _relations(found[2]):
            return found[1].strip()
        at = found.end()
    if _NEXT in header[at:].lower():
        # To take the part that was read for all of it would hide versions.
        raise ValueError("a Link header that cannot be read")
    return ""


def _relations(parameters: str) -> list[str]:
    # The first one counts: https://www.rfc-editor.org/rfc/rfc8288#section-3.3
    return next(_values(parameters), "").lower().split()


def _values(parameters: str) -> Iterator[str]:
    for name, quoted, bare in _EACH.findall(parameters):
        if name.lower() == "rel":
            yield bare or unquoted(quoted)
