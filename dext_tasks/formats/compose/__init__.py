"""Compose files as facts, each with its line; nothing in them is ever constructed or run.

What facts are compared with is here; ``model`` says what a file is made of, and ``reading`` reads one. Many extensions
have none, and load neither.
"""

from __future__ import annotations

from enum import Enum, auto
from typing import Final

PLUGIN_IMAGE: Final = "${DESKTOP_PLUGIN_IMAGE}"
"""What desktops replace by the extension's own image:
https://docs.docker.com/extensions/extensions-sdk/architecture/metadata/"""


class Restart(Enum):
    """When Compose starts a container again that ended well."""

    NEVER = auto()
    AFTER_FAILURES = auto()
    ALWAYS = auto()


class ComposeFaultKind(Enum):
    """What is wrong with a compose file as such."""

    SYNTAX = auto()
    STRUCTURE = auto()
