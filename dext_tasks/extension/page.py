"""The entry page of a UI: what it loads, and whether that can be found where a dashboard opens it.

The page is opened from a folder, not from the root of a web server, so that ``/assets/...`` is somewhere else;
builders have an option for it: https://vite.dev/guide/build.html#relative-base
"""

from __future__ import annotations

from contextlib import suppress
from enum import Enum, auto
from functools import lru_cache
from html.parser import HTMLParser
from posixpath import dirname, join
from typing import Final, NamedTuple
from urllib.parse import unquote, urlsplit

from dext_tasks.extension.metadata import absolute
from dext_tasks.formats.addresses import scheme

# Bytes of a page that should be handed in: what it loads is at its beginning, a whole application may follow.
HEAD: Final = 256 * 1024
_MOST = 500
_PICTURE_RELATIONS = frozenset({"icon", "apple-touch-icon", "mask-icon", "manifest"})
# What is inside is not part of the page: a template waits for a script that copies it, and where scripts run the
# rest is text. https://html.spec.whatwg.org/multipage/scripting.html#the-template-element and
# https://html.spec.whatwg.org/multipage/parsing.html#parsing-main-inbody
_INERT = frozenset({"template", "noscript", "textarea", "title", "iframe", "noembed", "noframes", "xmp"})
_SCRIPT_TYPES = frozenset({"", "module", "text/javascript", "application/javascript", "text/ecmascript"})


class ResourceKind(Enum):
    """What is loaded: without a script or a style the page is blank or broken, without the rest it is not."""

    SCRIPT = auto()
    STYLE = auto()
    OTHER = auto()


class AddressTarget(Enum):
    """Where an address leads: beside the page, to the root of its server, to another server, or nowhere."""

    BESIDE = auto()
    ABSOLUTE = auto()
    EXTERNAL = auto()
    NOWHERE = auto()


class Load(NamedTuple):
    """Something a page loads.

    Attributes:
        kind: What.
        address: As written.
        line: Line of the page, from 1.
        base: The page's base address, if it has one.
    """

    kind: ResourceKind
    address: str
    line: int
    base: str = ""

    @property
    def where(self) -> AddressTarget:
        """Where the address leads, with the base address applied."""
        own = _where(self.address)
        return (
            _where(self.base) if own is AddressTarget.BESIDE and _where(self.base) is not AddressTarget.NOWHERE else own
        )

    def path(self, page: str) -> str:
        """Absolute path in the image of what is beside the page, query string aside; empty if there is none.

        Args:
            page: Absolute path in the image of the page.
        """
        try:
            base, own = urlsplit(self.base.strip()).path, urlsplit(self.address.strip()).path
        except ValueError:
            return ""
        folder = join(dirname(page), dirname(unquote(base)))
        return absolute(join(folder, unquote(own))) if own else ""


# A page is read by one rule after another.
@lru_cache(maxsize=8)
def loads(content: bytes) -> tuple[Load, ...]:
    """What a page loads itself, at most 500 things; what its scripts load later is not known here."""
    reader = _PageReader()
    # It asserts that declarations are of a known kind, and stops at others.
    with suppress(AssertionError):
        reader.feed(content[:HEAD].decode("utf-8", "replace"))
    return tuple(each._replace(base=reader.base) for each in reader.found)


class _PageReader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.base = ""
        self.found: list[Load] = []
        # Open elements whose content does not count, innermost last.
        self._inert: list[str] = []

    def handle_endtag(self, tag: str) -> None:
        """See HTMLParser."""
        if self._inert and tag == self._inert[-1]:
            self._inert.pop()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """See HTMLParser."""
        if self._inert:
            # Only a template can hold another of its kind.
            self._inert += [tag] if tag == self._inert[-1] == "template" else []
            return
        if tag in _INERT:
            self._inert.append(tag)
            return
        # The first of two attributes counts: https://html.spec.whatwg.org/#parse-error-duplicate-attribute
        values = {name: value or "" for name, value in reversed(attrs)}
        if tag == "base":
            self.base = self.base or values.get("href", "")
        kind, name = _role(tag, values)
        if kind and values.get(name, "").strip() and len(self.found) < _MOST:
            self.found.append(Load(kind, values[name], self.getpos()[0]))


def _role(tag: str, values: dict[str, str]) -> tuple[ResourceKind | None, str]:
    """What a tag loads and which attribute says so."""
    if tag == "script" and "nomodule" in values:
        # For browsers older than any desktop's: https://html.spec.whatwg.org/multipage/scripting.html#attr-script-nomodule
        return None, ""
    if tag == "script":
        return (ResourceKind.SCRIPT if values.get("type", "").lower().strip() in _SCRIPT_TYPES else None), "src"
    if tag == "img":
        return ResourceKind.OTHER, "src"
    relations = set(values.get("rel", "").lower().split()) if tag == "link" else set()
    if "stylesheet" in relations and "alternate" not in relations:
        return ResourceKind.STYLE, "href"
    if relations & (_PICTURE_RELATIONS | {"modulepreload", "preload"}):
        return ResourceKind.OTHER, "href"
    return None, ""


def _where(address: str) -> AddressTarget:
    stripped = address.strip()
    if not stripped or stripped.startswith(("#", "?")):
        return AddressTarget.NOWHERE
    if stripped.startswith(("//", "\\\\")):
        return AddressTarget.EXTERNAL
    found = scheme(stripped)
    if found:
        return AddressTarget.EXTERNAL if found in {"http", "https"} else AddressTarget.NOWHERE
    return AddressTarget.ABSOLUTE if stripped.startswith(("/", "\\")) else AddressTarget.BESIDE
