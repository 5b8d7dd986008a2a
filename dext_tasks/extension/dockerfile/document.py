"""A whole Dockerfile and the labels of the image it makes."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

from dext_tasks.extension import platform as platforms
from dext_tasks.extension.dockerfile import arguments, instructions, lines
from dext_tasks.extension.dockerfile.environment import GlobalArguments
from dext_tasks.extension.dockerfile.reachability import needed_by
from dext_tasks.extension.dockerfile.refusals import DockerfileRefusedError, RefusalError, located, quoted
from dext_tasks.extension.dockerfile.stages import Evaluator, Label, Stage

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dext_tasks.extension.dockerfile.instructions import Instruction
    from dext_tasks.extension.platform import Platform

_NOTHING: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True)
class Dockerfile:
    """A Dockerfile that BuildKit accepts.

    Attributes:
        instructions: All of them, in order.
        stages: At least one.
        directives: Values of the parser directives by name: ``syntax``, ``escape``, ``check``.
    """

    instructions: tuple[Instruction, ...]
    stages: tuple[Stage, ...]
    directives: Mapping[str, str] = field(default_factory=dict)

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

        Labels of a base image that is no stage of this file are not known here. Nor are those which
        BuildKit lets leak from a sibling stage: https://github.com/moby/buildkit/issues/6712

        Raises:
            DockerfileRefusedError: No stage has that name, or BuildKit could not build it.
        """
        return {label.key: label for stage in self.lineage(target) for label in stage.labels}

    def labels(self, target: str | None = None) -> dict[str, str]:
        """The labels of the target's image, as ``effective`` without their origin."""
        return {key: label.value for key, label in self.effective(target).items()}


def parse(
    text: str | bytes, *, build_args: Mapping[str, str] = _NOTHING, platform: Platform | None = None
) -> Dockerfile:
    """Read a Dockerfile and evaluate it as far as labels go, the way BuildKit would.

    Args:
        text: The file. Bytes are UTF-8.
        build_args: What ``--build-arg`` would give.
        platform: What is built for, ``linux/amd64`` when not given. The machine that builds is taken
            to be of the same platform.

    Raises:
        DockerfileRefusedError: BuildKit would refuse to build the last stage.
    """
    reader = lines.LineReader(lines.decoded(text))
    found = tuple(_checked(reader))
    openings = [place for place, entry in enumerate(found) if entry.keyword == "FROM"]
    _require_stage(found, openings)
    target = arguments.stage_of(found[openings[-1]])[1]
    scope = GlobalArguments(build_args, platform or platforms.REQUIRED[0], target)
    evaluator = Evaluator(scope, reader.directives.escape)
    for instruction in found[: openings[0]]:
        evaluator.declare(instruction)
    for start, end in zip(openings, [*openings[1:], len(found)], strict=True):
        evaluator.build(found[start], found[start + 1 : end])
    for stage in needed_by(evaluator.stages[-1], evaluator.stages):
        if stage.fault:
            raise stage.fault
    return Dockerfile(found, tuple(evaluator.stages), dict(reader.directives.values))


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
