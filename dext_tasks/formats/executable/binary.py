"""The facts about one file."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dext_tasks.architectures import ByteOrder


class HostOS(StrEnum):
    """Operating systems host binaries are listed for, by their keys in metadata.json."""

    DARWIN = "darwin"
    WINDOWS = "windows"
    LINUX = "linux"


class BinaryFormat(StrEnum):
    """Formats that an operating system runs, and what is left."""

    ELF = "ELF"
    MACHO = "Mach-O"
    MACHO_UNIVERSAL = "universal Mach-O"
    PE = "PE"
    SCRIPT = "script"
    EMPTY = "empty"
    OTHER = "other"


class Flaw(StrEnum):
    """What keeps a file from being started, whatever it holds."""

    NOT_LINKED = "an object file or a core dump, which no system starts"
    LIBRARY = "a library, which other programs load"
    BYTE_ORDER_MARK = "a byte order mark stands before #!"
    CARRIAGE_RETURN = "the first line has a carriage return, which becomes part of what is run"
    NO_INTERPRETER = "no interpreter is named after #!"
    ARGUMENTS_NOT_SPLIT = "Linux hands env the rest of the line as one word, which env -S would split"


@dataclass(frozen=True)
class Binary:
    """What a file is.

    Attributes:
        format: Told by the first bytes alone.
        os: The system that runs it; None for a script, which any may run, and for systems without Docker Desktop.
        architectures: Go's names, as in the OCI image index, in the file's order; of a machine that has none, the
            number it goes by. Empty if unknown.
        interpreter: What a script is run with: the path after ``#!``, or the name that ``env`` is to look for. Of
            an ELF file the dynamic loader.
        launcher: Of a script, the path after ``#!``, which is ``env``'s where that looks for the interpreter.
        flaws: Mistakes in the first line of a script, and what makes an ELF file none that is started.
        truncated: The head ends before the headers do, so that the rest of these facts may be incomplete.
    """

    format: BinaryFormat
    os: HostOS | None = None
    architectures: tuple[str, ...] = ()
    interpreter: str = ""
    launcher: str = ""
    flaws: tuple[Flaw, ...] = ()
    truncated: bool = False


class HeadTooShortError(Exception):
    """The head ends before the field does."""


@dataclass(frozen=True)
class Fields:
    """The head of a file, read in one byte order."""

    head: bytes
    order: ByteOrder

    def number(self, offset: int, size: int) -> int:
        """The unsigned number of that many bytes.

        Raises:
            HeadTooShortError: The head does not hold all of it.
        """
        return int.from_bytes(self.content(offset, size), self.order)

    def content(self, offset: int, size: int) -> bytes:
        """That many bytes.

        Raises:
            HeadTooShortError: The head does not hold all of them.
        """
        found = self.head[offset : offset + size]
        if len(found) < size:
            raise HeadTooShortError
        return found
