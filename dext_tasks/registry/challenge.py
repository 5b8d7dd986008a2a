"""What a registry asks for when it wants a login.

Protocol: https://distribution.github.io/distribution/spec/auth/token/
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_PARAMETER = re.compile(r'([A-Za-z_]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))')


@dataclass(frozen=True)
class Challenge:
    """A WWW-Authenticate header.

    Attributes:
        scheme: ``basic`` or ``bearer``, in lower case.
        realm: Where to fetch a token.
        service: Who the token is for.
        scope: What the registry said is needed, possibly nothing.
    """

    scheme: str
    realm: str = ""
    service: str = ""
    scope: str = ""


def parse(header: str) -> Challenge:
    """Read the header; what is not understood is left empty."""
    scheme, _, rest = header.strip().partition(" ")
    found = {name.lower(): quoted or bare for name, quoted, bare in _PARAMETER.findall(rest)}
    return Challenge(scheme.lower(), found.get("realm", ""), found.get("service", ""), found.get("scope", ""))
