"""Programs of Windows.

Layout and numbers: https://learn.microsoft.com/en-us/windows/win32/debug/pe-format
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dext_tasks.architectures import ARCHITECTURES
from dext_tasks.formats.executable.binary import Binary, BinaryFormat, Fields, HeadTooShortError, HostOS

if TYPE_CHECKING:
    from collections.abc import Mapping

_DOS_MAGIC, _MAGIC = b"MZ", b"PE\0\0"
_OFFSET = 0x3C
# Where a linker may put the header, behind the DOS stub; beyond it these four bytes are somebody's text.
_GREATEST_OFFSET = 1 << 20

# Of machine 0 Windows says that any will do.
_ARCHITECTURES: Mapping[int, str] = {
    **{machine: each.name for each in ARCHITECTURES.values() for machine in each.pe},
    # Of programs that nothing here is built for:
    # https://learn.microsoft.com/en-us/windows/win32/debug/pe-format#machine-types
    0x5032: "riscv",
    0x6264: "loong64",
}


def read(head: bytes) -> Binary | None:
    """The facts about a PE file, None about any other, a plain DOS program included."""
    if not head.startswith(_DOS_MAGIC):
        return None
    try:
        return _read(Fields(head, "little"))
    except HeadTooShortError:
        return Binary(BinaryFormat.PE, HostOS.WINDOWS, truncated=True)


def _read(fields: Fields) -> Binary | None:
    header = fields.number(_OFFSET, 4)
    if header > _GREATEST_OFFSET or fields.content(header, len(_MAGIC)) != _MAGIC:
        return None
    machine = fields.number(header + len(_MAGIC), 2)
    names = (_ARCHITECTURES.get(machine, f"PE machine {machine:#x}"),) if machine else ()
    return Binary(BinaryFormat.PE, HostOS.WINDOWS, names)
