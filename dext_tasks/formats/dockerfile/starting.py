"""What a container of an image starts: ENTRYPOINT, CMD and the shell that reads them.

Source: https://docs.docker.com/reference/dockerfile/#understand-how-cmd-and-entrypoint-interact
"""

from __future__ import annotations

from posixpath import join, normpath
from typing import TYPE_CHECKING, NamedTuple

from dext_tasks.formats.dockerfile import arguments
from dext_tasks.regex import regex

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dext_tasks.formats.dockerfile.stages import Stage, StageStep

_SHELL = "/bin/sh"
# The first word of a shell's command line, where that is a program by its path and nothing else.
_PROGRAM = regex(r"(?:exec\s+)?(/[\w./+-]+)(?:\s|$)")


class Program(NamedTuple):
    """A program that is started.

    Attributes:
        name: As the instruction names it: a path, or a name that is looked for.
        keyword: Of the instruction.
        line: 1-based number of its line.
        is_shell: Whether it is the shell that reads the instruction.
    """

    name: str
    keyword: str
    line: int
    is_shell: bool = False


def programs_of(chain: Sequence[Stage]) -> tuple[Program, ...]:
    """What the image of the last of a chain of stages starts, a shell first; nothing if no stage says.

    Args:
        chain: Each is built on the one before.
    """
    entrypoint = command = None
    shell = _SHELL
    for step in (step for stage in chain for step in stage.steps):
        match step.instruction.keyword:
            case "SHELL":
                shell = (arguments.command_of(step.instruction) or (shell,))[0]
            case "ENTRYPOINT":
                entrypoint = _programs(step, shell)
            case "CMD":
                command = _programs(step, shell)
    return entrypoint or command or ()


def _programs(step: StageStep, shell: str) -> tuple[Program, ...]:
    instruction = step.instruction
    words = arguments.command_of(instruction)
    if words is not None:
        return (Program(words[0], instruction.keyword, instruction.line),) if words and words[0] else ()
    if not instruction.text:
        return ()
    found = _PROGRAM.match(instruction.text)
    inner = (Program(found[1], instruction.keyword, instruction.line),) if found else ()
    return (Program(shell, instruction.keyword, instruction.line, is_shell=True), *inner)


def places_of(program: Program, folder: str | None, search_path: str | None) -> tuple[str, ...] | None:
    """The paths at one of which a program has to be; None if they are not known.

    Source: https://github.com/opencontainers/runc/blob/main/libcontainer/standard_init_linux.go

    Args:
        program: The program.
        folder: The working folder; None if that is not known.
        search_path: The value of PATH; None if not known.
    """
    if program.name.startswith("/"):
        return (normpath(program.name),)
    if "/" in program.name:
        return None if folder is None else (normpath(join(folder, program.name)),)
    if search_path is None:
        return None
    return tuple(normpath(join(each, program.name)) for each in search_path.split(":") if each.startswith("/"))
