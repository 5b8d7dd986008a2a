"""Parser directives: the ``# name=value`` comments at the very top.

Source: https://docs.docker.com/reference/dockerfile/#parser-directives
"""

from __future__ import annotations

import re

from dext_tasks.formats.dockerfile.refusals import RefusalError
from dext_tasks.formats.dockerfile.whitespace import SPACES

_KNOWN = {"syntax", "escape", "check"}
_DIRECTIVE = re.compile(r"([a-zA-Z][a-zA-Z0-9]*)[\t\f\r ]*=(.+)")
_ESCAPES = ("\\", "`")


class Directives:
    """The directives read so far; reading ends at the first line that is none.

    Attributes:
        values: Value of each directive found, by its name in lower case.
    """

    def __init__(self) -> None:
        self.values: dict[str, str] = {}
        self._done = False

    @property
    def escape(self) -> str:
        """The character that escapes another one and continues a line."""
        return self.values.get("escape", "\\")

    def read(self, line: str) -> None:
        r"""Look at the next line of the file.

        Raises:
            RefusalError: A directive stands there twice, or escape is neither ``\`` nor `````.
        """
        name, value = (None, "") if self._done else _directive(line)
        if name is None:
            self._done = True
            return
        if name in self.values:
            raise RefusalError(
                f"only one {name} parser directive can be used", remedy=f"remove the second # {name}= line"
            )
        if name == "escape" and value not in _ESCAPES:
            raise RefusalError(
                f"invalid escape token '{value}' does not match ` or \\",
                remedy="write # escape=` or # escape=\\, or remove the line",
            )
        self.values[name] = value


def _directive(line: str) -> tuple[str | None, str]:
    match = _DIRECTIVE.fullmatch(line[1:].lstrip(SPACES)) if line.startswith("#") else None
    if not match or match[1].lower() not in _KNOWN or not match[2].strip(SPACES):
        return None, ""
    return match[1].lower(), match[2].strip(SPACES)
