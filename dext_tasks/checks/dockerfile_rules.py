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


def _unsent(subject: Subject) -> Iterator[Problem]:
    for unsent in subject.unsent:
        yield Problem(f"it copies {unsent.what}", unsent.place)


def _ignore_file(subject: Subject) -> Iterator[Problem]:
    if fault := subject.ignore_fault:
        yield Problem(fault.what, fault.place)


RULES = (
    Rule(
        code="dockerfile-invalid",
        title="BuildKit accepts the Dockerfile",
        severity=Severity.ERROR,
        docker="",
        why="the image cannot be built; a broken line in a LABEL is the usual cause",
        fix="correct the line; every line of a LABEL but the last ends with a backslash and nothing after it",
        source="https://docs.docker.com/reference/dockerfile/",
        ask=_refused,
    ),
    Rule(
        code="copy-source-absent",
        title="the build finds everything that it copies",
        severity=Severity.ERROR,
        docker="",
        why="BuildKit stops at the instruction: not found",
        fix="put the file back with a line such as !FILE at the end of .dockerignore, or correct what is copied",
        source="https://docs.docker.com/reference/build-checks/copy-ignored-file/",
        ask=_unsent,
    ),
    Rule(
        code="dockerignore-invalid",
        title="BuildKit accepts the patterns of .dockerignore",
        severity=Severity.ERROR,
        docker="",
        why="BuildKit refuses to read the build context, and the image cannot be built",
        fix="close the bracket, or remove the line",
        source="https://docs.docker.com/build/concepts/context/#syntax",
        ask=_ignore_file,
    ),
)
