"""Link headers, by which a registry names the next page of a list.

Grammar: https://www.rfc-editor.org/rfc/rfc8288#section-3. Use:
https://github.com/opencontainers/distribution-spec/blob/main/spec.md#listing-tags
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dext_tasks.registry.fields import BARE, QUOTED, TOKEN, unquoted

if TYPE_CHECKING:
    from collections.abc import Iterator

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
