"""Variables in a compose file, as Compose replaces them when it runs on a user's machine.

Grammar: https://github.com/compose-spec/compose-spec/blob/main/12-interpolation.md
"""

from __future__ import annotations

import re
from typing import Final

from dext_tasks.formats.compose import systems
from dext_tasks.regex import regex

IMAGE_VARIABLE = "DESKTOP_PLUGIN_IMAGE"
ALWAYS_SET: Final = frozenset({*systems.EVERYWHERE, *(name for name, found in systems.SET_ON.items() if found)})
"""Variables that desktops, Compose and operating systems set themselves, some systems only."""
_VARIABLE = regex(
    r"\$(?:(?P<escaped>\$)|(?P<bare>[A-Za-z_]\w*)|\{(?P<name>[A-Za-z_]\w*)(?::?-(?P<default>[^{}]*)|:?[?+][^{}]*)?\})",
    re.ASCII,
)
# What Compose finds in a string one by one; a $ before anything else stands for itself.
_MARK = regex(r"\$\$|\$\{[A-Za-z_]\w*\}|\$\{[A-Za-z_]\w*:?(?P<operator>[-?+])|(?P<open>\$\{)|\}", re.ASCII)


def names_plugin_image(text: str) -> bool:
    """Whether the variable of the extension's own image is in a string."""
    return any(_name(found) == IMAGE_VARIABLE for found in _VARIABLE.finditer(text))


def with_defaults(text: str) -> str:
    """The text with each variable that has a default replaced by it; others stay, as nobody sets them."""
    return _VARIABLE.sub(_default, text)


def as_started(text: str) -> str:
    """The text as it is on a user's machine: a variable that nobody sets is empty, and one that is set stays."""
    return _VARIABLE.sub(lambda found: found[0] if _name(found) in ALWAYS_SET else "", with_defaults(text))


def is_resolved(text: str) -> bool:
    """Whether no variable is left."""
    return "$" not in text


def wrong(text: str) -> str:
    """Why Compose would refuse a string for how variables are written in it; empty if it would not."""
    depth = 0
    for mark in _MARK.finditer(text):
        if mark["open"]:
            return "has ${ that no variable's name and } follow"
        depth += 1 if mark["operator"] else -1 if mark[0] == "}" and depth else 0
    return "has ${ without }" if depth else ""


def _default(found: re.Match[str]) -> str:
    if found["escaped"]:
        return "$"
    default: str | None = found["default"]
    return found[0] if default is None or _name(found) == IMAGE_VARIABLE else default


def _name(found: re.Match[str]) -> str:
    return found["bare"] or found["name"] or ""
