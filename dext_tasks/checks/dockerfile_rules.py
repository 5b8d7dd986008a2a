"""Rules on the Dockerfile as a whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dext_tasks.checks.rule import Problem, Rule, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dext_tasks.sources.subject import Subject


def _refused(subject: Subject) -> Iterator[Problem]:
    if subject.refusal:
        yield Problem(subject.refusal.what, subject.refusal.place)


RULES = (
    Rule(
        code="dockerfile-invalid",
        title="BuildKit accepts the Dockerfile",
        severity=Severity.ERROR,
        docker="",
        why="the image cannot be built; a broken line in a LABEL is the usual cause",
        fix="mend the line; every line of a LABEL but the last ends with a backslash and nothing after it",
        source="https://docs.docker.com/reference/dockerfile/",
        ask=_refused,
    ),
)
