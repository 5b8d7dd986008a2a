"""Variables in a compose file, as Compose replaces them when it runs on a user's machine.

Grammar: https://github.com/compose-spec/compose-spec/blob/main/12-interpolation.md
"""

from __future__ import annotations

import re
from typing import Final

PLUGIN_IMAGE: Final = "${DESKTOP_PLUGIN_IMAGE}"
"""What desktops replace by the extension's own image:
https://docs.docker.com/extensions/extensions-sdk/architecture/metadata/"""

_NAME = "DESKTOP_PLUGIN_IMAGE"
_VARIABLE = re.compile(
    r"\$(?:(?P<escaped>\$)|(?P<bare>[A-Za-z_]\w*)|\{(?P<name>[A-Za-z_]\w*)(?::?-(?P<default>[^{}]*)|:?[?+][^{}]*)?\})",
    re.ASCII,
)


def names_plugin_image(text: str) -> bool:
    """Whether the variable of the extension's own image is in a text."""
    return any(_name(found) == _NAME for found in _VARIABLE.finditer(text))


def with_defaults(text: str) -> str:
    """The text with each variable that has a default replaced by it; others stay, as nobody sets them."""
    return _VARIABLE.sub(_default, text)


def is_resolved(text: str) -> bool:
    """Whether no variable is left."""
    return "$" not in text


def _default(found: re.Match[str]) -> str:
    if found["escaped"]:
        return "$"
    default: str | None = found["default"]
    return found[0] if default is None or _name(found) == _NAME else default


def _name(found: re.Match[str]) -> str:
    return found["bare"] or found["name"] or ""
