"""Rules on files that a source tree lacks, so that no image built of it can have them."""

from __future__ import annotations

from dataclasses import replace
from posixpath import dirname, join
from typing import TYPE_CHECKING

from dext_tasks.checks.evidence import at, compose_documents, metadata_documents
from dext_tasks.checks.rule import Problem, Rule, Severity
from dext_tasks.extension.excerpt import excerpt
from dext_tasks.extension.json_places import line
from dext_tasks.extension.metadata import absolute

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dext_tasks.extension.compose import Compose, Text
    from dext_tasks.sources.subject import Subject

_NOWHERE = "is neither in the source tree nor made by the build"


def _icon(subject: Subject) -> Iterator[Problem]:
    for document, metadata in metadata_documents(subject):
        if metadata.icon and subject.lacks(metadata.icon):
            place = replace(document.place, line=line(document.content or b"", ("icon",)))
            yield Problem(f"metadata.json: icon {excerpt(metadata.icon)} {_NOWHERE}", place)


def _side_files(subject: Subject) -> Iterator[Problem]:
    folders = [dirname(each.vm.composefile) for _, each in metadata_documents(subject) if each.vm]
    for document, compose in compose_documents(subject):
        for text in _needed(compose) if folders else ():
            path = _beside(folders[0], text.value)
            if path and subject.lacks(path):
                yield at(document, text.line, f"{excerpt(text.value)} {_NOWHERE}")


def _needed(compose: Compose) -> Iterator[Text]:
    yield from compose.side_files
    for service in compose.services:
        yield from service.side_files


def _beside(folder: str, name: str) -> str:
    """Path in the image of a file that a compose file names; empty for addresses and paths on the user's machine."""
    is_elsewhere = name.startswith(("/", "~", "\\", "git@")) or ":" in name or "$" in name
    return "" if is_elsewhere or not name else absolute(join(folder, name))


RULES = (
    Rule(
        code="icon-nowhere",
        title="the icon is something that the build has",
        severity=Severity.ERROR,
        docker="Installed extension",
        why="installation fails half way, and the extension can then neither be updated nor removed",
        fix="add the file and COPY it into the final stage, or mend the path in metadata.json",
        source="https://github.com/docker/extensions-sdk/issues/230",
        ask=_icon,
    ),
    Rule(
        code="compose-side-file-absent",
        title="files that the compose file needs are something that the build has",
        severity=Severity.ERROR,
        docker="Installed extension",
        why="Compose stops at the first file that is not there, so that the extension cannot be installed",
        fix="COPY the file beside the compose file, or write what it says into the compose file",
        source="https://github.com/compose-spec/compose-spec/blob/main/05-services.md#env_file",
        ask=_side_files,
    ),
)
