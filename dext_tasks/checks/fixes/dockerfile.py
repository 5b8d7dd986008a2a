"""Fixes of FROM and ARG in the Dockerfile: platforms that are fixed, arguments that a stage lacks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dext_tasks.checks.fixes.edit import Edit, EditedTree, Fix, Proposal, fixer
from dext_tasks.checks.fixes.label_pairs import DockerfileText
from dext_tasks.regex import regex
from dext_tasks.wording import excerpt

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dext_tasks.checks.rule import Finding
    from dext_tasks.formats.dockerfile.instructions import Instruction
    from dext_tasks.formats.dockerfile.pairs import Pair
    from dext_tasks.formats.dockerfile.stages import Stage

_FROM_SCRATCH: Final = "final-stage-platform-scratch"
# As base images, downloads and compilers call them.
_ARCHITECTURE = regex(r"(?i)(?<![a-z0-9])(?:amd64|x86[_-]64|x64|arm64(?:v8)?|aarch64)(?![a-z0-9])")


@fixer("final-stage-platform", "final-stage-platform-scratch")
def _final_stage_platform(finding: Finding, tree: EditedTree) -> Proposal:
    text = DockerfileText.of(tree)
    chain = text.document.lineage(text.target or None)
    built_on = {each.index for each in text.document.stages if each.parent == chain[0].index}
    if not built_on <= {each.index for each in chain}:
        # Stages that compile are built on it, too, and may need the platform of the builder.
        return None
    if finding.rule.code != _FROM_SCRATCH and _is_built_for_one(text, chain):
        return None
    opening = text.document.opening(chain[0])
    span = opening.flag_span("platform")
    if span is None or opening.line_at(span[0]) != opening.line_at(0):
        return None
    edit = Edit(text.file, text.at(opening, span[0]), text.at(opening, 0), b"")
    what = f"remove {excerpt(opening.flags[0])} from the FROM that the final stage begins with"
    return Fix(finding.rule.code, what, (edit,))


@fixer("platform-argument-emptied")
def _argument_emptied(finding: Finding, tree: EditedTree) -> Proposal:
    text = DockerfileText.of(tree)
    for instruction, name in text.document.emptied:
        if instruction.line == finding.place.line and f"ARG {name} " in finding.what:
            what = f"remove ARG {name} before the first FROM: the stages that use it declare it themselves"
            return Fix(finding.rule.code, what, (_without(text, instruction, name),))
    return None


@fixer("platform-argument-fixed")
def _argument_fixed(finding: Finding, tree: EditedTree) -> Proposal:
    text = DockerfileText.of(tree)
    name = finding.what.partition(" ")[0]
    first = text.document.stages[0].line
    for instruction, pair in _arguments(text):
        if pair.key != name or instruction.line_at(pair.offset) != finding.place.line or pair.value is None:
            continue
        if instruction.line < first:
            what = f"remove ARG {name} before the first FROM: BuildKit sets it"
            return Fix(finding.rule.code, what, (_without(text, instruction, name),))
        start = pair.offset + len(pair.key)
        edit = text.replaced(instruction, start, start + 1 + len(pair.value), "")
        return Fix(finding.rule.code, f"remove the default of ARG {name}: BuildKit sets it", (edit,))
    return None


@fixer("argument-not-repeated")
def _argument_not_repeated(finding: Finding, tree: EditedTree) -> Proposal:
    text = DockerfileText.of(tree)
    for stage in text.document.stages:
        for use in stage.unrepeated:
            if use.line == finding.place.line and f"{use.keyword} uses {excerpt(use.name)}," in finding.what:
                opening = text.document.opening(stage)
                edit = text.line_below(opening.end_line, f"ARG {use.name}".encode())
                return Fix(finding.rule.code, f"repeat ARG {use.name} in its stage, below line {stage.line}", (edit,))
    return None


def _is_built_for_one(text: DockerfileText, chain: Sequence[Stage]) -> bool:
    """Whether what the final stage holds may be there, or be compiled, for one architecture alone.

    Without its platform an image for the other one would then hold what does not run there. That is worse than an image
    that runs slowly, as no check of the source tree finds it.
    """
    own = {text.document.opening(stage).line for stage in chain}
    return any(_is_for_one(instruction, is_own=instruction.line in own) for instruction in text.document.instructions)


def _is_for_one(instruction: Instruction, *, is_own: bool) -> bool:
    if instruction.keyword == "LABEL":
        return False
    platform = "" if is_own or instruction.keyword != "FROM" else instruction.flag("platform")
    if platform and "$" not in platform:
        return True
    # A digest may be that of an image of one platform.
    is_pinned = is_own and "@" in instruction.text
    said = "\n".join((instruction.text, *(body.text for body in instruction.bodies)))
    return is_pinned or (_ARCHITECTURE.search(said) is not None and "TARGET" not in said)


def _arguments(text: DockerfileText) -> Iterator[tuple[Instruction, Pair]]:
    for instruction in text.document.instructions:
        if instruction.keyword == "ARG":
            yield from ((instruction, pair) for pair in instruction.pairs)


def _without(text: DockerfileText, instruction: Instruction, name: str) -> Edit:
    """What takes an argument away, with its instruction where that declares nothing else."""
    if len(instruction.pairs) == 1:
        return Edit(text.file, *text.whole(instruction), b"")
    pair = next(each for each in instruction.pairs if each.key == name)
    end = pair.offset + len(pair.key) + (0 if pair.value is None else 1 + len(pair.value))
    rest = instruction.text[end:]
    if rest.strip():
        return text.replaced(instruction, pair.offset, end + len(rest) - len(rest.lstrip()), "")
    return text.replaced(instruction, len(instruction.text[: pair.offset].rstrip()), end, "")
