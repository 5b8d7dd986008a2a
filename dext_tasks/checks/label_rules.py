"""Rules on labels."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from dext_tasks.checks.label_lookup import require_known
from dext_tasks.checks.rule import Problem, Rule, Severity
from dext_tasks.extension.labels import REQUIRED, is_unknown, nearest_key
from dext_tasks.formats.excerpt import excerpt

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dext_tasks.sources.source import Source

MISSING = "label-missing"
EMPTY = "label-empty"
_DOCS = "https://docs.docker.com/extensions/extensions-sdk/extensions/labels/"


def _missing(source: Source) -> Iterator[Problem]:
    for labels in source.labels:
        for key in REQUIRED:
            if key in labels.values:
                continue
            meant = next((each for each in labels.values if is_unknown(each) and nearest_key(each) == key), "")
            place = replace(labels.place_of(meant), label=key) if meant else labels.place_of(key)
            fix = f"rename {excerpt(meant)} to {key}" if meant else ""
            yield Problem(f"label {key} is missing", place, fix=fix, about=key)


def _empty(source: Source) -> Iterator[Problem]:
    for labels in source.labels:
        for key in REQUIRED:
            if not labels.values.get(key, "set").strip() and key not in labels.unknown:
                yield Problem(f"label {key} is empty", labels.place_of(key), about=key)
    require_known(source.labels, REQUIRED)


RULES = (
    Rule(
        code=MISSING,
        title="every required label is set",
        severity=Severity.ERROR,
        docker='(required) image label "KEY" is missing',
        why="Docker's validator refuses the image; the documentation calls categories optional, the validator does not",
        fix="add the label to the final stage of the Dockerfile",
        source=_DOCS,
        ask=_missing,
    ),
    Rule(
        code=EMPTY,
        title="no required label is empty",
        severity=Severity.ERROR,
        docker='(required) image label "KEY" is set to empty string in the Dockerfile',
        why="Docker's validator refuses empty labels, which `docker extension init` itself scaffolds",
        fix="give the label a value",
        source="https://github.com/docker/extensions-submissions/issues/147",
        ask=_empty,
    ),
)
