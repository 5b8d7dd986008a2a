"""What an extension asks of the machine that runs it, by name, and what it was granted."""

from __future__ import annotations

from dext_tasks.extension.grants.files import UnreadableError, Variables, asked_by_files
from dext_tasks.extension.grants.kinds import ALL, KINDS, Asked, Grant, Granted, withheld
from dext_tasks.extension.grants.machine import HostMachine
from dext_tasks.extension.grants.model import asked
from dext_tasks.extension.grants.written import as_written

__all__ = [
    "ALL",
    "KINDS",
    "Asked",
    "Grant",
    "Granted",
    "HostMachine",
    "UnreadableError",
    "Variables",
    "as_written",
    "asked",
    "asked_by_files",
    "withheld",
]
