"""Which stages a build of one stage needs; BuildKit leaves the others alone, faults and all."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dext_tasks.formats.dockerfile.instructions import Instruction
    from dext_tasks.formats.dockerfile.stages import Stage


def needed_by(target: Stage, stages: Sequence[Stage]) -> list[Stage]:
    """The target and every stage it is built on, copies from or mounts, in the order of the file."""
    indices = {str(stage.index): stage.index for stage in stages}
    indices |= {stage.name: stage.index for stage in stages if stage.name}
    found: set[int] = set()
    waiting = [target.index]
    while waiting:
        index = waiting.pop()
        if index not in found:
            found.add(index)
            waiting += _direct(stages[index], indices)
    return [stages[index] for index in sorted(found)]


def _direct(stage: Stage, indices: dict[str, int]) -> Iterator[int]:
    if stage.parent is not None:
        yield stage.parent
    for instruction in stage.instructions:
        for source in _sources(instruction):
            index = indices.get(source.lower())
            if index is not None:
                yield index


def _sources(instruction: Instruction) -> Iterator[str]:
    if instruction.keyword == "COPY" and (source := instruction.flag("from")):
        yield source
    if instruction.keyword == "RUN":
        mounts = (flag.removeprefix("--mount=") for flag in instruction.flags if flag.startswith("--mount="))
        for mount in mounts:
            yield from (field[5:] for field in mount.split(",") if field.startswith("from="))
