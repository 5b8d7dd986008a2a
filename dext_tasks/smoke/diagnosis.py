"""Why a container ended at once, where its own words do not say: what it was to run is looked at."""

from __future__ import annotations

from functools import cache
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from dext_tasks.extension.programs import has_windows_line_ends, unstartable
from dext_tasks.formats.executable import HEAD

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from dext_tasks.engine.facts import Process

_SHELLS = frozenset({"sh", "bash", "ash", "dash", "ksh", "zsh", "busybox"})
# A command line may have thousands of words, and each look takes a moment.
_MOST_WORDS = 8


def diagnosis(process: Process, read: Callable[[str, int], bytes | None]) -> str:
    """What keeps a process from being started, or its scripts from being understood; empty if nothing tells.

    Args:
        process: What was to run.
        read: Gives the first bytes of a file, None if there is none.
    """
    head = cache(lambda path: read(path, HEAD))

    def is_there(program: str) -> bool:
        return any(head(place) is not None for place in process.places(program))

    program = next((place for place in process.programs if head(place) is not None), "")
    if not program:
        return ""
    if fault := unstartable(head(program) or b"", is_there):
        return f"{program} {fault}"
    return next(_of_scripts(process, program, head, is_there), "")


def _of_scripts(
    process: Process, program: str, head: Callable[[str], bytes | None], is_there: Callable[[str], bool]
) -> Iterator[str]:
    """The same of the program, if it is a script, and of the scripts among a shell's arguments."""
    by_shell = PurePosixPath(program).name in _SHELLS
    for place in [program, *(_scripts(process) if by_shell else ())]:
        content = head(place) or b""
        is_text = content and b"\0" not in content
        fault = unstartable(content, is_there) if content.startswith(b"#!") else ""
        if fault:
            yield f"{place} {fault}"
        elif is_text and has_windows_line_ends(content):
            yield f"{place} has \\r at the ends of its lines, which a shell takes for a part of the last word"


def _scripts(process: Process) -> Iterator[str]:
    """Files that a shell's arguments may name, also within the text of ``-c``."""
    words = [word.strip("\"'();&|") for argument in process.command[1:] for word in argument.split()]
    for word in [word for word in words if "/" in word or word.endswith(".sh")][:_MOST_WORDS]:
        yield from process.places(word if "/" in word else f"./{word}")
