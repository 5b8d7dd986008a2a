"""Links of a UI that lead out of it without the help of the desktop.

A dashboard has no browser: such a link shows the page in the extension's tab, or nothing at all
(https://github.com/localstack/localstack-docker-extension/pull/80,
https://github.com/memgraph/memgraph-docker-extension/issues/9).
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from dext_tasks.formats.javascript import matches
from dext_tasks.regex import regex

if TYPE_CHECKING:
    from collections.abc import Iterator

_LONGEST_TAG = 2000
_NEAR = 300
_TAG = regex(rb"<(?:a|Link)(?=[\s/>])")
# jsx("a", {href: ...}) and createElement("a", {href: ...}), as bundlers write them. Patterns that begin with plain text
# are searched for far faster than others.
_ELEMENTS = (regex(rb"""(?P<begin>"a")\s*,\s*\{"""), regex(rb"""(?P<begin>'a')\s*,\s*\{"""))
_CALLED = regex(rb"\(\s*\Z")
_OPENED = regex(rb"""window(?<![\w$.]window)\s*\.\s*open\s*\(\s*["'`](?P<address>https?://[^"'`\s]*)""")
_TOKEN = regex(
    rb""""(?>(?:[^"\\]++|\\.)*)"|'(?>(?:[^'\\\n]++|\\.)*)'|`(?>(?:[^`\\]++|\\.)*)`|(?P<open>[({\[])|(?P<close>[)}\]])|(?P<end>>)""",
    re.DOTALL,
)
_HREF = regex(rb"""(?<![\w$-])href\s*[=:]\s*\{?\s*["'`](?P<address>https?://[^"'`\s]*)["'`]""")
# What is handed on from elsewhere may hold a handler, too.
_HANDLED = regex(
    rb"""(?<![\w$])(?:onClick(?:Capture)?|onclick|@click[\w.]*|v-on:click|on:click|download)\b|\(click\)|\.\.\."""
)
_DELEGATED = regex(rb"""addEventListener\s*\(\s*["'`](?:click|auxclick|mousedown)["'`]""")
_EXTERNAL = b"openExternal"


class ExternalLink(NamedTuple):
    """A link to somewhere else.

    Attributes:
        address: Where to.
        offset: In the script or page.
    """

    address: str
    offset: int


# The images of two platforms have the same scripts.
@lru_cache(maxsize=256)
def external_links(content: bytes) -> tuple[ExternalLink, ...]:
    """Links to web addresses that are written out, and that nothing in the script does anything for."""
    return tuple(_links(content))


def _links(content: bytes) -> Iterator[ExternalLink]:
    for found in matches(_TAG, content):
        yield from _link(_tag(content, found.end()), found.start())
    for found in (each for pattern in _ELEMENTS for each in matches(pattern, content)):
        if _CALLED.search(content[max(0, found.start() - _NEAR) : found.start()]):
            yield from _link(_object(content, found.end()), found.start())
    for found in matches(_OPENED, content):
        if _EXTERNAL not in content[max(0, found.start() - _NEAR) : found.end() + _NEAR]:
            yield ExternalLink(found["address"].decode(errors="replace"), found.start())


def handles_links(content: bytes) -> bool:
    """Whether a script does something for every link on the page."""
    return _EXTERNAL in content and next(matches(_DELEGATED, content), None) is not None


def _link(attributes: bytes, offset: int) -> Iterator[ExternalLink]:
    found = _HREF.search(attributes)
    if found and not _HANDLED.search(attributes):
        yield ExternalLink(found["address"].decode(errors="replace"), offset)


def _tag(content: bytes, start: int) -> bytes:
    """The attributes of a tag, which may hold functions with > in them."""
    depth = 0
    for token in _TOKEN.finditer(content, start, start + _LONGEST_TAG):
        if token["open"]:
            depth += 1
        elif token["close"]:
            depth -= 1
        elif token["end"] and depth <= 0:
            return content[start : token.start()]
    return b""


def _object(content: bytes, start: int) -> bytes:
    """What is between the brackets of an object, without the children of the element."""
    depth = 0
    for token in _TOKEN.finditer(content, start, start + _LONGEST_TAG):
        if token["open"]:
            depth += 1
        elif token["close"] and not depth:
            return content[start : token.start()]
        elif token["close"]:
            depth -= 1
    return content[start : start + _LONGEST_TAG]
