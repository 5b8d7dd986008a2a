"""Rules on labels."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dext_tasks.checks.label_lookup import require_known
from dext_tasks.checks.rule import Problem, Rule, Severity
from dext_tasks.extension.labels import REQUIRED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dext_tasks.sources.subject import Subject

_DOCS = "https://docs.docker.com/extensions/extensions-sdk/extensions/labels/"


def _missing(subject: Subject) -> Iterator[Problem]:
    for labels in subject.labels:
        for key in REQUIRED:
            if key not in labels.values:
                yield Problem(f"label {key} is missing", labels.place_of(key))


def _empty(subject: Subject) -> Iterator[Problem]:
    for labels in subject.labels:
        for key in REQUIRED:
            if not labels.values.get(key, "set").strip() and key not in labels.unknown:
                yield Problem(f"label {key} is empty", labels.place_of(key))
    require_known(subject.labels, REQUIRED)


RULES = (
    Rule(
        code="label-missing",
        title="every required label is set",
        severity=Severity.ERROR,
        docker='(required) image label "KEY" is missing',
        why="Docker's validator refuses the image; the documentation calls categories optional, the validator does not",
        fix="add the label to the final stage of the Dockerfile",
        source=_DOCS,
        ask=_missing,
    ),
    Rule(
        code="label-empty",
        title="no required label is empty",
        severity=Severity.ERROR,
        docker='(required) image label "KEY" is set to empty string in the Dockerfile',
        why="Docker's validator refuses empty labels, which `docker extension init` itself scaffolds",
        fix="give the label a value",
        source="https://github.com/docker/extensions-submissions/issues/147",
        ask=_empty,
    ),
)
