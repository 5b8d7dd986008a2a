"""An HTML document with a script of ours before all of its own.

Pages ask for ``window.ddClient`` while their first module is evaluated, so it has to be there before.
"""

from __future__ import annotations

import codecs
import re
from typing import Final

# What may stand before the first script: comments, whose content is not markup, declarations, tags with quoted values.
_TOKEN: Final = re.compile(
    rb"""<!--(?:>|->|.*?(?:-->|--!>|\Z))|<!(?P<doctype>doctype)\b[^>]*>|<[!?/][^>]*>"""
    rb"""|<(?P<tag>[a-z][^\s/>]*)(?:[^>"']|"[^"]*"|'[^']*')*>""",
    re.IGNORECASE | re.DOTALL,
)
_STOPS: Final = frozenset({b"script", b"body"})
_UTF16: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def with_script(document: bytes, address: str) -> bytes:
    """The document with a script at the first place where one may stand.

    Args:
        document: As it is in the image; UTF-16 becomes UTF-8.
        address: Of the script; plain ASCII without quotes.
    """
    if document.startswith(_UTF16):
        document = codecs.BOM_UTF8 + document.decode("utf-16", errors="replace").encode()
    place = _place(document)
    return document[:place] + f'<script src="{address}"></script>'.encode("ascii") + document[place:]


def _place(document: bytes) -> int:
    """After the head's tag, else after html's, else after the doctype, and before any script."""
    place = len(codecs.BOM_UTF8) if document.startswith(codecs.BOM_UTF8) else 0
    for token in _TOKEN.finditer(document):
        tag = (token["tag"] or b"").lower()
        if tag in _STOPS:
            break
        if token["doctype"] or tag == b"html":
            place = token.end()
        if tag == b"head":
            return token.end()
    return place
