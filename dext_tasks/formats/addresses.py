"""Addresses in labels: what scheme a browser would see, and what they point to."""

from __future__ import annotations

import re
from ipaddress import ip_address
from pathlib import PurePosixPath
from urllib.parse import SplitResult, urlsplit

from dext_tasks.regex import regex

DEFAULT_PORTS = {"http": 80, "https": 443}
"""Of addresses that name no port, by their scheme."""
WEB_SCHEMES = frozenset({"http", "https"})
"""What a desktop hands to the user's browser: https://docs.docker.com/reference/api/extensions-sdk/Host/"""

DANGEROUS_SCHEMES = frozenset({"javascript", "vbscript", "data", "file", "blob", "filesystem"})
"""Schemes that run code or read files inside the dashboard.

They came by an icon's address (https://www.cve.org/CVERecord?id=CVE-2023-5166), and by the publisher's and additional
URLs (https://www.cve.org/CVERecord?id=CVE-2024-8696).
"""

IMAGE_SUFFIXES = frozenset({".svg", ".png", ".jpg", ".jpeg"})
"""Formats of icons: https://docs.docker.com/extensions/extensions-sdk/extensions/labels/"""

_LONGEST = 8192
_IGNORED_BY_BROWSERS = regex("[\t\n\r]")
_LEADING = "".join(map(chr, range(0x21)))
_SCHEME = regex(r"([A-Za-z][A-Za-z0-9+.-]*):")
# https://www.rfc-editor.org/rfc/rfc3986#section-2 leaves these out; people paste two addresses with them.
_NOT_IN_URLS = regex(r"""[\s<>"{}|\\^`]""")
# Behind a slash or an equals sign it is part of the first one, as in archives and redirections.
_SECOND = regex(r"[^/=:]https?://", re.IGNORECASE)


def scheme(address: str) -> str:
    """The scheme as a browser finds it, in lower case; empty for a relative address.

    Browsers drop leading control characters, and tabs and line ends anywhere:
    https://url.spec.whatwg.org/#concept-basic-url-parser
    """
    found = _SCHEME.match(_IGNORED_BY_BROWSERS.sub("", address[:_LONGEST]).lstrip(_LEADING))
    return found[1].lower() if found else ""


def web_fault(address: str, *, may_be_local: bool = False) -> str:
    """Why a string is not one http or https address; empty if it is one.

    Args:
        address: Any text.
        may_be_local: Whether the reader's own machine will do, which an extension may serve pages on.
    """
    found = scheme(address)
    if found in DANGEROUS_SCHEMES:
        return f"{found}: addresses run or read things inside the dashboard"
    if found not in WEB_SCHEMES:
        return f"{found}: is not an http or https address" if found else "not a full address"
    stripped = address.strip()
    if _NOT_IN_URLS.search(stripped) or _SECOND.search(re.split("[?#]", stripped[:_LONGEST], maxsplit=1)[0]):
        return "more than one address, or characters that no address holds"
    parts = _split(stripped)
    if parts is None:
        return "no host name"
    is_elsewhere = may_be_local or not _is_loopback(parts.hostname or "")
    return "" if is_elsewhere else f"{parts.hostname} is the machine of whoever reads it"


def _is_loopback(host: str) -> bool:
    # https://www.rfc-editor.org/rfc/rfc6761#section-6.3. Hosts of private networks are not a fault: an extension may
    # be for a private marketplace (https://docs.docker.com/extensions/private-marketplace/).
    if f".{host.rstrip('.')}".endswith(".localhost"):
        return True
    try:
        found = ip_address(host)
    except ValueError:
        return False
    return found.is_loopback or found.is_unspecified


def suffix(address: str) -> str:
    """The ending of the file an address names, in lower case; empty if it has none."""
    parts = _split(address.strip())
    return PurePosixPath(parts.path).suffix.lower() if parts else ""


def is_page_of_a_file(address: str) -> bool:
    """Whether an address is GitHub's page about a file, which is HTML, instead of the file."""
    parts = _split(address.strip())
    if parts is None or parts.hostname not in {"github.com", "www.github.com"}:
        return False
    return bool(re.match(r"/[^/]+/[^/]+/blob/", parts.path)) and not re.search(r"\braw=", parts.query)


def _split(address: str) -> SplitResult | None:
    """The parts of a web address, nothing if it has no usable host."""
    try:
        parts = urlsplit(address[:_LONGEST])
        # A port is looked at only when asked for: https://docs.python.org/3/library/urllib.parse.html
        usable = bool(parts.hostname) and parts.port != 0
    except ValueError:
        return None
    return parts if usable else None
