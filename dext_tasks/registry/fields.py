"""The grammar that HTTP header fields share: https://www.rfc-editor.org/rfc/rfc9110#section-5.6."""

from __future__ import annotations

import re

TOKEN = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"  # noqa: S105 - a grammar
QUOTED = r'"((?:[^"\\]|\\.)*)"'
"""A quoted string, its content being one group."""
BARE = r'[^\s,;"]+'
"""What stands where a token should, up to whatever ends it."""

_ESCAPED = re.compile(r"\\(.)", re.DOTALL)


def unquoted(content: str) -> str:
    """What the content of a quoted string stands for."""
    return _ESCAPED.sub(r"\1", content)
