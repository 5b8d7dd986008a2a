"""Settings: one declaration per option; flags, environment names, schema and documentation derive from it."""

from __future__ import annotations

from dext_tasks.config.resolve import Layers, Resolved, resolve
from dext_tasks.config.settings import OPTIONS, Settings

__all__ = ["OPTIONS", "Layers", "Resolved", "Settings", "resolve"]
