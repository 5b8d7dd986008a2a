"""Compose files as facts, each with its line; nothing in them is ever constructed or run.

What a file is made of is here; ``reading`` reads one, and is loaded by who has one.
"""

from __future__ import annotations

from dext_tasks.formats.compose.model import (
    Compose,
    ComposeFault,
    ComposeFaultKind,
    ComposeText,
    Mount,
    Port,
    Restart,
    Service,
)
from dext_tasks.formats.compose.variables import PLUGIN_IMAGE

__all__ = [
    "PLUGIN_IMAGE",
    "Compose",
    "ComposeFault",
    "ComposeFaultKind",
    "ComposeText",
    "Mount",
    "Port",
    "Restart",
    "Service",
]
