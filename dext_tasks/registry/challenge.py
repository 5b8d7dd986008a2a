"""What a registry asks for when it wants a login.

Grammar: https://www.rfc-editor.org/rfc/rfc9110#section-11.6.1. Meaning:
https://distribution.github.io/distribution/spec/auth/token/
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from dext_tasks.registry.wire import BARE, QUOTED, TOKEN, unquoted

_GAP = re.compile(r"[ \t,]*")
# A value that is not a token, such as an address without quotation marks, is taken up to the next comma.
_PARAMETER = re.compile(rf"({TOKEN})[ \t]*=[ \t]*(?:{QUOTED}|({BARE}))")
# Token68 is what Negotiate and its like carry; a parameter has something behind its equals sign.
_SCHEME = re.compile(rf"({TOKEN})(?=[ \t,]|$)(?:[ \t]+[A-Za-z0-9._~+/-]+=*(?=[ \t]*(?:,|$)))?")


@dataclass(frozen=True)
class Challenge:
    """One of the logins that a WWW-Authenticate header offers.

    Attributes:
        scheme: ``basic`` or ``bearer``, in lower case.
        realm: Where to fetch a token.
        service: Who the token is for; empty if the registry does not say.
        scope: What the registry said is needed, possibly nothing.
    """

    scheme: str
    realm: str = ""
    service: str = ""
    scope: str = ""


def parse(header: str) -> tuple[Challenge, ...]:
    """Every challenge of a header, or of several headers joined by commas; nothing behind what cannot be read."""
    found: list[tuple[str, dict[str, str]]] = []
    at = _end(_GAP, header, 0)
    while at < len(header):
        if parameter := _PARAMETER.match(header, at):
            if not found:
                break
            name, quoted, bare = parameter.groups()
            # A name that comes twice is malformed; the first one counts, whatever is appended on the way.
            found[-1][1].setdefault(name.lower(), bare if quoted is None else unquoted(quoted))
            at = parameter.end()
        elif scheme := _SCHEME.match(header, at):
            found.append((scheme[1].lower(), {}))
            at = scheme.end()
        else:
            break
        at = _end(_GAP, header, at)
    return tuple(_challenge(scheme, parameters) for scheme, parameters in found)


def _end(pattern: re.Pattern[str], text: str, at: int) -> int:
    found = pattern.match(text, at)
    return found.end() if found else at


def _challenge(scheme: str, parameters: dict[str, str]) -> Challenge:
    return Challenge(scheme, parameters.get("realm", ""), parameters.get("service", ""), parameters.get("scope", ""))
