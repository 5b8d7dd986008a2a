"""Rules on the Dockerfile as a whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dext_tasks.checks.rule import Problem, Rule, Severity
from dext_tasks.formats.excerpt import excerpt
from dext_tasks.sources.source import Place

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dext_tasks.sources.source import Source


def _refused(source: Source) -> Iterator[Problem]:
    if source.refusal:
        yield Problem(source.refusal.what, source.refusal.place)


def _unsent(source: Source) -> Iterator[Problem]:
    for unsent in source.unsent:
        yield Problem(f"it copies {unsent.what}", unsent.place)


def _unreadable(source: Source) -> Iterator[Problem]:
    for unsent in source.unreadable:
        yield Problem(unsent.what, unsent.place)


def _unrepeated(source: Source) -> Iterator[Problem]:
    facet = source.dockerfile
    for use in facet.document.unrepeated(facet.target or None):
        what = f"{use.keyword} uses {excerpt(use.name)}, which no ARG of its stage declares"
        fix = f"repeat ARG {excerpt(use.name)} in the stage, below its FROM"
        yield Problem(what, Place(file=facet.file, line=use.line), fix=fix)


def _ignore_file(source: Source) -> Iterator[Problem]:
    if fault := source.ignore_fault:
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
        fix="put the file back with !FILE at the end of .dockerignore, put it in the link's place, or copy another",
        source="https://docs.docker.com/reference/build-checks/copy-ignored-file/",
        ask=_unsent,
    ),
    Rule(
        code="build-file-unreadable",
        title="the build can read everything that it needs",
        severity=Severity.ERROR,
        docker="",
        why="BuildKit puts an empty file into the image, or stops, and goes on without a .dockerignore it cannot read",
        fix="give whoever builds the right to read it (`ls -ld` shows who may), or put a file in its place",
        source="https://github.com/tonistiigi/fsutil/blob/master/send.go",
        ask=_unreadable,
    ),
    Rule(
        code="dockerignore-invalid",
        title="BuildKit accepts the patterns of .dockerignore",
        severity=Severity.ERROR,
        docker="",
        why="BuildKit refuses to read the build context, or leaves nothing out for the line",
        fix="close the bracket, remove the line, or save the file as UTF-8",
        source="https://docs.docker.com/build/concepts/context/#syntax",
        ask=_ignore_file,
    ),
    Rule(
        code="argument-not-repeated",
        title="a stage declares the arguments that it uses",
        severity=Severity.WARNING,
        docker="",
        why="an argument from before the first FROM, or TARGETARCH and its like, is empty in a stage without its ARG",
        fix="repeat ARG NAME in the stage, below its FROM",
        source="https://docs.docker.com/reference/dockerfile/#understand-how-arg-and-from-interact",
        ask=_unrepeated,
    ),
)
