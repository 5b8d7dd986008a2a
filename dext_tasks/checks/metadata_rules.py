"""Rules on metadata.json."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dext_tasks.checks.rule import Problem, Rule, Severity
from dext_tasks.errors import MetadataInvalidError
from dext_tasks.extension.metadata import load, problems

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dext_tasks.sources.subject import Document, Subject

_DOCS = "https://docs.docker.com/extensions/extensions-sdk/architecture/metadata/"


def _missing(subject: Subject) -> Iterator[Problem]:
    for document in subject.documents:
        if document.content is None:
            yield Problem("metadata.json is missing", document.place)


def _syntax(subject: Subject) -> Iterator[Problem]:
    for document in subject.documents:
        try:
            load(_content(document))
        except MetadataInvalidError as error:
            yield Problem(error.message, document.place)


def _content(document: Document) -> bytes:
    # An absent file is another rule's finding, an empty one is not JSON.
    return b"{}" if document.content is None else document.content


def _schema(subject: Subject) -> Iterator[Problem]:
    for document in subject.documents:
        try:
            data = load(_content(document))
        except MetadataInvalidError:
            continue
        for problem in problems(data):
            yield Problem(f"metadata.json: {problem.where}: {problem.what}", document.place)


RULES = (
    Rule(
        code="metadata-missing",
        title="metadata.json is there",
        severity=Severity.ERROR,
        docker="Checked metadata.json",
        why="without it at the root of the image nothing can be installed",
        fix="add metadata.json to the project and COPY it to / in the final stage",
        source=_DOCS,
        ask=_missing,
    ),
    Rule(
        code="metadata-syntax",
        title="metadata.json is a JSON object",
        severity=Severity.ERROR,
        docker="Checked metadata.json",
        why="a desktop that cannot read it refuses to install the extension",
        fix="mend the JSON at the line and column given",
        source=_DOCS,
        ask=_syntax,
    ),
    Rule(
        code="metadata-schema",
        title="metadata.json follows the schema",
        severity=Severity.ERROR,
        docker="metadata.json: (root): Additional property KEY is not allowed",
        why="Docker's validator refuses keys it does not know at the root, and values of the wrong type",
        fix="remove or rename the key; what described the extension itself moved to labels",
        source="https://github.com/docker/extensions-sdk/releases/tag/v0.2.3",
        ask=_schema,
    ),
)
