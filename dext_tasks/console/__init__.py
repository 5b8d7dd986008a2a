"""What people and programs see: text to standard error, one JSON document to standard output."""

from __future__ import annotations

from dext_tasks.console.output import Output

__all__ = ["Output"]
