"""What the stages of a Dockerfile hold, with every variable replaced: labels and steps."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dext_tasks.formats.dockerfile.instructions import Instruction
    from dext_tasks.formats.dockerfile.refusals import DockerfileRefusedError
    from dext_tasks.formats.dockerfile.substitution import Expansion


class Label(NamedTuple):
    """A label as an instruction sets it.

    Attributes:
        key: Its key, expanded.
        value: Its value, expanded.
        line: 1-based number of the physical line on which the key stands.
        stage: Index of the stage that gets it.
        unresolved: Names of variables that went into the value without having one.
        unknown: Those of them that a build may give a value: arguments, and what a base image may set. All others
            are empty for certain.
        escaped: Names of variables that are in the value literally, as their ``$`` is escaped.
        unrepeated: Those of the unresolved that an ARG before the first FROM declares, and none of the stage.
    """

    key: str
    value: str
    line: int
    stage: int
    unresolved: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    escaped: frozenset[str] = frozenset()
    unrepeated: tuple[str, ...] = ()


class Written(NamedTuple):
    """A file that a heredoc makes.

    Attributes:
        name: Its name, where the destination is a folder.
        content: What it says, variables replaced.
        line: 1-based number of its first line.
    """

    name: str
    content: Expansion
    line: int


class StageStep(NamedTuple):
    """An instruction that changes files, or what is started, as it is executed.

    Attributes:
        instruction: As it stands in the file; of an ONBUILD, what it triggers.
        words: Its words with variables replaced: of COPY and ADD the sources and then the destination, of WORKDIR
            the folder, of others none.
        written: What its heredocs make.
    """

    instruction: Instruction
    words: tuple[Expansion, ...] = ()
    written: tuple[Written, ...] = ()


class Override(NamedTuple):
    """An automatic platform argument that is given another value than BuildKit's.

    Attributes:
        name: Of the argument.
        value: What it is set to; empty if nothing is.
        automatic: What it would be.
        line: 1-based number of the line that sets it.
    """

    name: str
    value: str
    automatic: str
    line: int

    def is_replaced_by(self, instruction: Instruction) -> bool:
        """Whether an instruction sets the argument again."""
        is_setting = instruction.keyword in {"ARG", "ENV"}
        return is_setting and bool(re.search(rf"(?:^|\s){self.name}(?:[=\s]|$)", instruction.text))

    def is_in(self, instruction: Instruction) -> bool:
        """Whether an instruction names the argument, other than to declare it."""
        if instruction.keyword in {"ARG", "ENV"}:
            return any(f"{mark}{self.name}" in instruction.text for mark in ("$", "${"))
        texts = (instruction.text, *instruction.flags, *(body.text for body in instruction.bodies))
        return any(re.search(rf"\b{self.name}\b", text) for text in texts)


class Unrepeated(NamedTuple):
    """A use of an argument in a stage that does not declare it, as it stands before the first FROM or is automatic.

    https://docs.docker.com/reference/dockerfile/#understand-how-arg-and-from-interact

    Attributes:
        name: Of the argument.
        keyword: Of the instruction that uses it.
        line: 1-based number of that instruction's line.
    """

    name: str
    keyword: str
    line: int


@dataclass(frozen=True)
class Stage:
    """A stage: a FROM and what follows it.

    Attributes:
        index: Its place in the file, from 0.
        name: In lower case, empty when it has none.
        base: What it is built on, expanded: an image, ``scratch``, or the name of an earlier stage.
        platform: The value of ``--platform``, expanded, empty when there is none.
        line: 1-based number of the FROM's line.
        parent: Index of the stage it is built on, nothing when the base is an image.
        instructions: Those between this FROM and the next.
        labels: All that it sets itself, in order and with duplicates, those of ONBUILD triggers first.
        fault: Why BuildKit could not build it; a stage that is not needed may have one.
        steps: What it does beside setting variables and labels, in order, ONBUILD triggers of its base first.
        search_path: Value of PATH at its end; nothing where the base image decides.
        overrides: Where it changes automatic platform arguments.
        unrepeated: Where it uses arguments that it does not declare, labels left out.
    """

    index: int
    name: str
    base: str
    platform: str
    line: int
    parent: int | None
    instructions: tuple[Instruction, ...]
    labels: tuple[Label, ...]
    fault: DockerfileRefusedError | None = None
    steps: tuple[StageStep, ...] = ()
    search_path: Expansion | None = None
    overrides: tuple[Override, ...] = ()
    unrepeated: tuple[Unrepeated, ...] = ()

    @cached_property
    def sources(self) -> tuple[str, ...]:
        """What it copies from and mounts, in lower case: names and numbers of stages, images, build contexts."""
        return tuple(source.lower() for each in self.instructions for source in _sources(each))


def _sources(instruction: Instruction) -> Iterator[str]:
    if instruction.keyword == "COPY" and (source := instruction.flag("from")):
        yield source
    if instruction.keyword == "RUN":
        mounts = (flag.removeprefix("--mount=") for flag in instruction.flags if flag.startswith("--mount="))
        for mount in mounts:
            yield from (field[5:] for field in mount.split(",") if field.startswith("from="))
