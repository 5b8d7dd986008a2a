"""What a host binary is, recognised by its first bytes; its name may claim anything."""

from __future__ import annotations

from dext_tasks.formats.executable.binary import Binary, BinaryFormat, Flaw
from dext_tasks.formats.executable.identification import HEAD, identify

__all__ = ["HEAD", "Binary", "BinaryFormat", "Flaw", "identify"]
