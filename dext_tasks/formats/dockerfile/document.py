"""A whole Dockerfile and the labels of the image it makes."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import islice, takewhile
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from dext_tasks.formats.dockerfile import arguments, instructions, lines
from dext_tasks.formats.dockerfile.environment import OF_TARGET, GlobalArguments
from dext_tasks.formats.dockerfile.evaluation import Evaluator
from dext_tasks.formats.dockerfile.refusals import DockerfileRefusedError, RefusalError, located, quoted
from dext_tasks.formats.dockerfile.stages import Stage
from dext_tasks.formats.oci import platform as platforms

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dext_tasks.formats.dockerfile.instructions import Instruction
    from dext_tasks.formats.dockerfile.stages import Label, Override, Stage, Unrepeated
    from dext_tasks.formats.oci.platform import Platform


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
            parent = stages[index].parent
            waiting += [] if parent is None else [parent]
            waiting += [indices[source] for source in stages[index].sources if source in indices]
    return [stages[index] for index in sorted(found)]


# What looking for the uses of arguments may cost.
_MOST_STAGES = 50
_MOST_OVERRIDES = 50
_MOST_UNREPEATED = 50
_NOTHING: Mapping[str, str] = MappingProxyType({})


class Used(NamedTuple):
    """An automatic platform argument with another value than BuildKit's.

    Attributes:
        name: Of the argument.
        value: What it is set to; empty if nothing is.
        line: 1-based number of the line that sets it.
        is_used: Whether anything behind it names the argument.
    """

    name: str
    value: str
    line: int
    is_used: bool


@dataclass(frozen=True)
class Dockerfile:
    """A Dockerfile that BuildKit accepts.

    Attributes:
        instructions: All of them, in order.
        stages: At least one.
        directives: Values of the parser directives by name: ``syntax``, ``escape``, ``check``.
        global_overrides: Where automatic platform arguments are given other values before the first FROM.
    """

    instructions: tuple[Instruction, ...]
    stages: tuple[Stage, ...]
    directives: Mapping[str, str] = field(default_factory=dict)
    global_overrides: tuple[Override, ...] = ()

    def target(self, name: str | None = None) -> Stage:
        """The stage of that name, as ``--target`` finds it, or the last one.

        Raises:
            DockerfileRefusedError: No stage has that name.
        """
        if name is None:
            return self.stages[-1]
        for stage in reversed(self.stages):
            if stage.name == name.lower():
                return stage
        names = ", ".join(stage.name for stage in self.stages if stage.name) or "none"
        raise DockerfileRefusedError(
            f"target stage {quoted(name)} could not be found",
            remedy=f"name one of the stages: {names}",
            line=self.stages[-1].line,
        )

    def chain(self, stage: Stage) -> tuple[Stage, ...]:
        """The stages that a stage is built on, the first of them FROM an image or scratch, itself last."""
        chain = [stage]
        while chain[-1].parent is not None:
            chain.append(self.stages[chain[-1].parent])
        return tuple(reversed(chain))

    def opening(self, stage: Stage) -> Instruction:
        """The FROM of a stage."""
        return next(each for each in self.instructions if each.keyword == "FROM" and each.line == stage.line)

    def overrides(self, target: str | None = None) -> tuple[Used, ...]:
        """Where automatic platform arguments are given other values, in what a target's build needs.

        Raises:
            DockerfileRefusedError: No stage has that name.
        """
        needed = self.needed(self.target(target))
        openings = [each for each in self.instructions if each.keyword == "FROM"]
        found = [(each, openings) for each in self.global_overrides]
        found += [(each, self._after(each, stage)) for stage in needed[:_MOST_STAGES] for each in stage.overrides]
        return tuple(
            Used(each.name, each.value, each.line, any(map(each.is_in, later)))
            for each, later in found[:_MOST_OVERRIDES]
        )

    def unrepeated(self, target: str | None = None) -> tuple[Unrepeated, ...]:
        """Where arguments from before the first FROM are used in stages that do not declare them, labels left out."""
        needed = self.needed(self.target(target))[:_MOST_STAGES]
        return tuple(islice((each for stage in needed for each in stage.unrepeated), _MOST_UNREPEATED))

    def _after(self, override: Override, stage: Stage) -> list[Instruction]:
        """What may use an argument that a stage sets: the rest of it, and stages built on it."""
        later = [each for each in stage.instructions if each.line > override.line]
        built_on = {stage.index}
        for each in self.stages[stage.index + 1 :]:
            if each.parent in built_on:
                built_on.add(each.index)
                later += each.instructions
        return list(takewhile(lambda each: not override.is_replaced_by(each), later))

    @property
    def emptied(self) -> tuple[tuple[Instruction, str], ...]:
        """Automatic platform arguments that are declared without a value before the first FROM, and in a stage.

        BuildKit took them for empty until it kept global arguments by name: ``buildMetaArgs`` in
        https://github.com/moby/buildkit/blob/master/frontend/dockerfile/dockerfile2llb/convert.go
        """
        first = next(place for place, each in enumerate(self.instructions) if each.keyword == "FROM")
        bare = [(each, name) for each in self.instructions[:first] for name in _bare(each)]
        again = {name for each in self.instructions[first:] for name in _bare(each)}
        return tuple((each, name) for each, name in bare if name in again)

    def needed(self, stage: Stage) -> list[Stage]:
        """A stage and every other one that its build needs, in the order of the file."""
        return needed_by(stage, self.stages)

    def lineage(self, target: str | None = None) -> tuple[Stage, ...]:
        """The stages a target is built on, the first of them FROM an image or scratch, itself last.

        Raises:
            DockerfileRefusedError: No stage has that name, or BuildKit could not build it.
        """
        stage: Stage | None = self.target(target)
        chain: list[Stage] = []
        while stage is not None:
            if stage.fault:
                raise stage.fault
            chain.append(stage)
            stage = None if stage.parent is None else self.stages[stage.parent]
        return tuple(reversed(chain))

    def effective(self, target: str | None = None) -> Mapping[str, Label]:
        """The labels of the target's image with where each comes from; the last one set wins.

        Labels of a base image that is not a stage of this file are not known here. Nor are those which
        BuildKit lets leak from a sibling stage: https://github.com/moby/buildkit/issues/6712

        Raises:
            DockerfileRefusedError: No stage has that name, or BuildKit could not build it.
        """
        return {label.key: label for stage in self.lineage(target) for label in stage.labels}

    def labels(self, target: str | None = None) -> dict[str, str]:
        """The labels of the target's image, as ``effective`` without their origin."""
        return {key: label.value for key, label in self.effective(target).items()}


def parse(
    text: str | bytes,
    *,
    build_args: Mapping[str, str] = _NOTHING,
    platform: Platform | None = None,
    builder: Platform | None = None,
) -> Dockerfile:
    """Read a Dockerfile and evaluate its labels the way BuildKit would.

    Args:
        text: The file. Bytes are UTF-8.
        build_args: What ``--build-arg`` would give.
        platform: What is built for, ``linux/amd64`` when not given.
        builder: The machine that builds; taken to be of the same platform when not given.

    Raises:
        DockerfileRefusedError: BuildKit would refuse to build the last stage.
    """
    reader = lines.LineReader(lines.decoded(text))
    found = tuple(_checked(reader))
    openings = [place for place, entry in enumerate(found) if entry.keyword == "FROM"]
    _require_stage(found, openings)
    target = arguments.stage_of(found[openings[-1]])[1]
    scope = GlobalArguments(build_args, platform or platforms.REQUIRED[0], target, builder)
    evaluator = Evaluator(scope, reader.directives.escape)
    for instruction in found[: openings[0]]:
        evaluator.declare(instruction)
    for start, end in zip(openings, [*openings[1:], len(found)], strict=True):
        evaluator.build(found[start], found[start + 1 : end])
    for stage in needed_by(evaluator.stages[-1], evaluator.stages):
        if stage.fault:
            raise stage.fault
    directives = dict(reader.directives.values)
    return Dockerfile(found, tuple(evaluator.stages), directives, tuple(evaluator.overrides))


def arguments_without_default(text: str | bytes) -> frozenset[str]:
    """Names that ARG instructions declare, and that none gives a value.

    Raises:
        DockerfileRefusedError: BuildKit cannot read it.
    """
    found = [entry for entry in _checked(lines.LineReader(lines.decoded(text))) if entry.keyword == "ARG"]
    declared = [pair for entry in found for pair in entry.pairs]
    return frozenset(pair.key for pair in declared) - {pair.key for pair in declared if pair.value is not None}


def _bare(instruction: Instruction) -> list[str]:
    """The automatic platform arguments that an ARG declares without a value."""
    if instruction.keyword != "ARG":
        return []
    return [pair.key for pair in instruction.pairs if pair.value is None and pair.key in OF_TARGET]


def _checked(reader: lines.LineReader) -> list[Instruction]:
    checked = []
    for instruction in instructions.read(reader):
        with located(instruction.line, instruction.line_at):
            arguments.require_valid(instruction)
        checked.append(instruction)
    return checked


def _require_stage(found: tuple[Instruction, ...], openings: list[int]) -> None:
    if not found:
        raise DockerfileRefusedError("file with no instructions", remedy="begin with FROM", line=1)
    first = openings[0] if openings else len(found)
    for instruction in found[:first]:
        with located(instruction.line):
            if instruction.keyword != "ARG":
                raise RefusalError(
                    f"no build stage in current context: {instruction.keyword} before the first FROM",
                    remedy="move the instruction behind FROM; only ARG may stand before it",
                )
    if not openings:
        raise DockerfileRefusedError(
            "dockerfile contains no stages to build", remedy="begin with FROM", line=found[-1].line
        )
