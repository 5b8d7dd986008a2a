"""What an image runs, recognised by its first bytes: is it for this architecture, and can it be started at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dext_tasks.extension.host_binaries import Fit, fit
from dext_tasks.formats.executable import BinaryFormat, Flaw, identify
from dext_tasks.formats.executable.binary import HostOS
from dext_tasks.wording import excerpt

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from dext_tasks.formats.executable import Binary

_UNIX_LINE_ENDS = "save it with Unix line ends, and have git keep them: *.sh text eol=lf in .gitattributes"


def foreign(programs: Mapping[str, bytes], machine: str) -> Iterator[tuple[str, str]]:
    """Programs that a machine does not run by itself, each with what is wrong with it.

    Args:
        programs: First bytes of each, by path.
        machine: Architecture of the image, in Go's names.
    """
    for path, head in programs.items():
        found = identify(head).architectures
        if fit(HostOS.LINUX, machine, found) is Fit.FAILS:
            yield path, f"{path} is a program for {' and '.join(found)}"


def first_line_fault(binary: Binary, *, splits: bool = False) -> str:
    """Why the first line of a script keeps a kernel from starting it, as the end of a sentence; empty if it does not.

    https://man7.org/linux/man-pages/man2/execve.2.html#NOTES

    Args:
        binary: What is known of the file.
        splits: Whether the kernel hands on the words after the interpreter one by one, as that of macOS does.
    """
    if binary.format is not BinaryFormat.SCRIPT:
        return ""
    if Flaw.CARRIAGE_RETURN in binary.flaws:
        return f"has \\r at the end of its first line, so that {binary.launcher}\\r is looked for; {_UNIX_LINE_ENDS}"
    harmless = {Flaw.ARGUMENTS_NOT_SPLIT} if splits else set()
    return next((f"is a script: {flaw}" for flaw in binary.flaws if flaw not in harmless), "")


def unstartable(head: bytes, is_there: Callable[[str], bool]) -> str:
    """Why a kernel does not start a file that is there, as the end of a sentence; empty if that is unknown.

    Kernels say "no such file or directory" of the file where it is the interpreter that is not there.

    Args:
        head: Its first bytes.
        is_there: Whether there is such a program: by path, or by the name that ``env`` would look for.
    """
    binary = identify(head)
    if head and binary.format is BinaryFormat.OTHER and b"\0" not in head:
        return "is a text file without #!, which no kernel starts"
    if fault := first_line_fault(binary):
        return fault
    missing = missing_interpreter(binary, is_there)
    what = "is a program for the loader" if binary.format is BinaryFormat.ELF else "is a script for"
    return f"{what} {excerpt(missing)}, which is not there" if missing else ""


def missing_interpreter(binary: Binary, is_there: Callable[[str], bool]) -> str:
    """What a script or a dynamic program needs and does not find; empty if it finds everything."""
    needed = dict.fromkeys(filter(None, (binary.launcher, binary.interpreter)))
    return next((each for each in needed if not is_there(each)), "")


def has_windows_line_ends(head: bytes) -> bool:
    """Whether a script has carriage returns at the ends of lines, which shells take for parts of words."""
    return b"\r\n" in head and b"\0" not in head
