"""What a host binary is, told from its first bytes; its name may claim anything."""

from __future__ import annotations

from dext_tasks.extension.hostbinary.binary import Binary, Flaw, Format, Linkage
from dext_tasks.extension.hostbinary.identification import HEAD, identify

__all__ = ["HEAD", "Binary", "Flaw", "Format", "Linkage", "identify"]
