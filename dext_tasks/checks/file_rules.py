"""Rules on the files metadata.json names."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from dext_tasks.checks.rule import Problem, Rule, Severity
from dext_tasks.errors import MetadataInvalidError
from dext_tasks.extension.metadata import Metadata, parse
from dext_tasks.sources.subject import FileFact, FileKind, FileSet, Place, Subject

_Paths = Callable[[Metadata], list[str]]


def _icon(metadata: Metadata) -> list[str]:
    return [metadata.icon] if metadata.icon else []


def _root(metadata: Metadata) -> list[str]:
    return [metadata.ui.root] if metadata.ui else []


def _entry(metadata: Metadata) -> list[str]:
    return [metadata.ui.entry] if metadata.ui and metadata.ui.src else []


def _compose(metadata: Metadata) -> list[str]:
    return [metadata.vm.composefile] if metadata.vm and metadata.vm.composefile else []


def _binaries(metadata: Metadata) -> list[str]:
    return list(dict.fromkeys(binary.path for binary in metadata.binaries))


def _absent(paths: _Paths, kind: FileKind, subject: Subject) -> Iterator[Problem]:
    for files in subject.files:
        for path in _wanted(files, paths):
            wrong = _wrong(files.facts.get(path), kind)
            if wrong:
                yield Problem(f"{path} {wrong}", Place(path=path, platform=files.platform))


def _wanted(files: FileSet, paths: _Paths) -> list[str]:
    try:
        return paths(parse(files.metadata or b"{}"))
    except MetadataInvalidError:
        return []


def _wrong(fact: FileFact | None, kind: FileKind) -> str:
    if fact is None:
        return "is not in the image"
    return "" if fact.kind is kind else f"is a {fact.kind}, not a {kind}"


def _rule(  # noqa: PLR0913 - what the rules of this module differ in
    code: str, title: str, paths: _Paths, kind: FileKind, *, why: str, source: str
) -> Rule:
    return Rule(
        code=code,
        title=title,
        severity=Severity.ERROR,
        docker="Installed extension",
        why=why,
        fix="COPY it into the final stage, or mend the path in metadata.json (paths start at /)",
        source=source,
        ask=partial(_absent, paths, kind),
    )


RULES = (
    _rule(
        "icon-absent",
        "the icon is in the image",
        _icon,
        FileKind.FILE,
        why="installation fails half way, and the extension can then neither be updated nor removed",
        source="https://github.com/docker/extensions-sdk/issues/230",
    ),
    _rule(
        "ui-root-absent",
        "the UI's folder is in the image",
        _root,
        FileKind.FOLDER,
        why="installation fails when the UI is copied out of the image",
        source="https://github.com/rancher-sandbox/rancher-desktop/issues/4349",
    ),
    _rule(
        "ui-entry-absent",
        "the UI's entry page is in the image",
        _entry,
        FileKind.FILE,
        why="the extension installs and then shows a blank tab",
        source="https://github.com/docker/extensions-submissions/issues/174",
    ),
    _rule(
        "composefile-absent",
        "the compose file is in the image",
        _compose,
        FileKind.FILE,
        why="the backend cannot be started",
        source="https://docs.docker.com/extensions/extensions-sdk/architecture/metadata/",
    ),
    _rule(
        "binary-absent",
        "every host binary is in the image",
        _binaries,
        FileKind.FILE,
        why="installation fails on that operating system",
        source="https://docs.docker.com/extensions/extensions-sdk/guides/invoke-host-binaries/",
    ),
)
