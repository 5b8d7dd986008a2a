"""What a host binary is, recognised by its first bytes; its name may claim anything."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dext_tasks.formats.executable import elf, macho, pe, script
from dext_tasks.formats.executable.binary import Binary, BinaryFormat, Flaw

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["HEAD", "Binary", "BinaryFormat", "Flaw", "identify"]

# Bytes of a file that should be handed in. Enough for each header as linkers write it: the program headers and
# the loader's name of an ELF file, all parts of a universal Mach-O file, the PE header behind its DOS stub.
HEAD: Final = 4096

_READERS: Final[tuple[Callable[[bytes], Binary | None], ...]] = (elf.read, macho.read, pe.read, script.read)


def identify(head: bytes) -> Binary:
    """Tell what a file is.

    Args:
        head: Its first ``HEAD`` bytes, or all of them if it has less. Any other number will do, but may leave
            facts unknown.
    """
    if not head:
        return Binary(BinaryFormat.EMPTY)
    return next((found for read in _READERS if (found := read(head))), Binary(BinaryFormat.OTHER))
