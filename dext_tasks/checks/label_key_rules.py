"""Rules on which labels there are, and where they come from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dext_tasks.checks.label_rules import MISSING
from dext_tasks.checks.rule import Problem, Rule, Severity
from dext_tasks.extension.labels import REQUIRED, is_shown, is_unknown, nearest_key
from dext_tasks.formats.excerpt import excerpt
from dext_tasks.sources.source import NotOfferedError, Place

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dext_tasks.formats.dockerfile.stages import Label
    from dext_tasks.sources.source import Source

_DOCS = "https://docs.docker.com/extensions/extensions-sdk/extensions/labels/"


def _unknown(source: Source) -> Iterator[Problem]:
    for labels in source.labels:
        for key in labels.values:
            if is_unknown(key):
                nearest = nearest_key(key)
                fix = f"rename {excerpt(key)} to {nearest}" if nearest else ""
                # What is meant and missing, and what is there and means nothing, is one mistake.
                is_missed = nearest in REQUIRED and nearest not in labels.values
                about, twin = (nearest, MISSING) if is_missed else ("", "")
                yield Problem(
                    f"{excerpt(key)} means nothing{_hint(key)}", labels.place_of(key), fix=fix, about=about, twin=twin
                )


def _hint(key: str) -> str:
    nearest = nearest_key(key)
    return f", probably {nearest}" if nearest else ""


def _duplicate(source: Source) -> Iterator[Problem]:
    facet = source.dockerfile
    for stage in facet.document.lineage(facet.target or None):
        last: dict[str, Label] = {}
        for label in stage.labels:
            before = last.get(label.key)
            if before:
                to = "the same" if before.value == label.value else "something else"
                place = Place(file=facet.file, line=before.line, label=label.key)
                yield Problem(f"line {label.line} sets {excerpt(label.key)} to {to}", place)
            last[label.key] = label


def _other_stage(source: Source) -> Iterator[Problem]:
    facet = source.dockerfile
    target = facet.document.target(facet.target or None)
    present = facet.document.effective(facet.target or None)
    for stage in facet.document.stages:
        for label in stage.labels:
            if is_shown(label.key) and label.key not in present:
                unknown = f", and means nothing{_hint(label.key)}" if is_unknown(label.key) else ""
                about, twin = (label.key, MISSING) if label.key in REQUIRED else ("", "")
                yield Problem(
                    f"{excerpt(label.key)} is set in a stage that the image is not built on (that one begins in line "
                    f"{target.line}){unknown}",
                    Place(file=facet.file, line=label.line, label=label.key),
                    fix=f"move the LABEL {excerpt(label.key)} behind line {target.line}, where the stage begins that "
                    "becomes the image",
                    about=about,
                    twin=twin,
                )


def _inherited(source: Source) -> Iterator[Problem]:
    for labels in source.labels:
        if labels.platform is None:
            raise NotOfferedError("only a built image shows what it inherits from its base image")
        for key in sorted(labels.values.keys() - source.declared):
            if is_shown(key):
                value = excerpt(labels.values[key], 40)
                yield Problem(f"{excerpt(key)} is the base image's: {value!r}", labels.place_of(key))


RULES = (
    Rule(
        code="label-unknown",
        title="labels in Docker's and the OCI's namespaces are ones they define",
        severity=Severity.WARNING,
        docker="",
        why="what it says is shown nowhere, and often the label that was meant is missing",
        fix="rename the label, or use a namespace of your own",
        source=_DOCS,
        ask=_unknown,
    ),
    Rule(
        code="label-duplicate",
        title="no label is set twice in one stage",
        severity=Severity.WARNING,
        docker="",
        why="the last one wins, and whoever corrects the other one changes nothing",
        fix="keep one of the two",
        source="https://docs.docker.com/reference/dockerfile/#label",
        ask=_duplicate,
    ),
    Rule(
        code="label-in-other-stage",
        title="labels are set in the stage that becomes the image",
        severity=Severity.WARNING,
        docker="",
        why="labels of a stage that is only copied from are lost",
        fix="move the LABEL behind the last FROM, or behind that of the target",
        source="https://docs.docker.com/build/building/multi-stage/",
        ask=_other_stage,
    ),
    Rule(
        code="label-inherited",
        title="what describes the image is the extension's own",
        severity=Severity.WARNING,
        docker="",
        why="the image says that it is at the version, or from the vendor, of its base image",
        fix="set the label in the Dockerfile too, or build the last stage FROM scratch",
        source="https://github.com/opencontainers/image-spec/blob/v1.1.0/annotations.md",
        ask=_inherited,
    ),
)
