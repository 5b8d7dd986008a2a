"""Settings: one declaration per option; flags, environment names, schema and documentation derive from it.

What reads them, ``resolve``, is not loaded with their declarations, which are all that a list of verbs needs.
"""

from __future__ import annotations

from dext_tasks.config.settings import OPTIONS, Settings

__all__ = ["OPTIONS", "Settings"]
