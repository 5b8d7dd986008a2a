"""Rules on files that no image built of a source tree can have, as nothing puts them there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from posixpath import dirname, join
from typing import TYPE_CHECKING

from dext_tasks.checks.evidence import at, compose_documents, fix_of_root, metadata_documents
from dext_tasks.checks.file_rules import PAGE, what_to_name
from dext_tasks.checks.rule import Problem, Rule, Severity
from dext_tasks.extension.metadata import Metadata, absolute, binary_places, misnomer
from dext_tasks.formats.excerpt import excerpt
from dext_tasks.formats.json_places import line
from dext_tasks.sources.origin import OriginKind
from dext_tasks.sources.source import Document, PartNotOfferedError, Source, Sourced

if TYPE_CHECKING:
    from dext_tasks.formats.compose import Compose, ComposeText

_LONGEST = 200
_COPY = "COPY it into the final stage, or correct the path in metadata.json (paths start at /)"


@dataclass(frozen=True)
class _Named:
    """A path that metadata.json names.

    Attributes:
        key: Where it names it.
        path: Absolute, in the image.
    """

    key: tuple[str | int, ...]
    path: str

    @property
    def shown(self) -> str:
        """The key for people."""
        return ".".join(str(part) for part in self.key)


_Paths = Callable[[Document, Metadata], list[_Named]]


def _icon(_: Document, metadata: Metadata) -> list[_Named]:
    return [_Named(("icon",), metadata.icon)] if metadata.icon else []


def _root(_: Document, metadata: Metadata) -> list[_Named]:
    return [_Named(("ui", "dashboard-tab", "root"), metadata.ui.root)] if metadata.ui else []


def _entry(_: Document, metadata: Metadata) -> list[_Named]:
    ui = metadata.ui if metadata.ui and metadata.ui.src else None
    return [_Named(("ui", "dashboard-tab", "src"), ui.entry)] if ui else []


def _composefile(_: Document, metadata: Metadata) -> list[_Named]:
    vm = metadata.vm if metadata.vm and metadata.vm.composefile else None
    return [_Named(("vm", "composefile"), vm.composefile)] if vm else []


def _binaries(document: Document, metadata: Metadata) -> list[_Named]:
    places = binary_places(document.content or b"")
    return [_Named(places[path], path) for path in dict.fromkeys(binary.path for binary in metadata.binaries)]


def _nowhere(paths: _Paths, kind: OriginKind, source: Source) -> Iterator[Problem]:
    problems: list[Problem] = []
    doubts: list[str] = []
    for document, metadata in metadata_documents(source):
        for named in paths(document, metadata):
            for sourced in _sourced(source, document, named.path):
                if wrong := _wrong(source, named.path, sourced, kind):
                    is_misnomer = bool(misnomer(named.path))
                    is_other = is_misnomer or sourced.origin.kind is not OriginKind.ABSENT
                    # Of the entry page, which is named from its folder, the rule says it better.
                    if paths is _entry:
                        fix = "" if is_misnomer else fix_of_root(document.content)
                    else:
                        fix = what_to_name(kind, is_misnomer=is_misnomer) if is_other else ""
                    problems.append(replace(_problem(document, named, wrong, sourced), fix=fix))
                elif sourced.origin.doubt:
                    doubts.append(f"{excerpt(named.path)}: {sourced.origin.doubt}")
    yield from problems
    if doubts:
        raise PartNotOfferedError(doubts[0])


def _sourced(source: Source, document: Document, path: str) -> list[Sourced]:
    """Where a path comes from on the platforms that a metadata.json is for."""
    platform = document.place.platform
    return [each for each in source.origins(path) if platform is None or each.platform in {None, platform}]


def _wrong(source: Source, path: str, sourced: Sourced, kind: OriginKind) -> str:
    if instead := misnomer(path):
        return f"is {instead}, where the path of a {kind} in the image is expected"
    if sourced.origin.doubt:
        return ""
    is_right = sourced.origin.kind is kind
    return "" if is_right else f"{excerpt(path, _LONGEST)} {source.absence(path, sourced, kind)}"


def _problem(document: Document, named: _Named, wrong: str, sourced: Sourced) -> Problem:
    platform = document.place.platform or sourced.platform
    place = replace(document.place, line=line(document.content or b"", named.key), platform=platform)
    return Problem(f"metadata.json: {named.shown} {wrong}", place, about=named.path)


def _entry_nowhere(source: Source) -> Iterator[Problem]:
    # Without its folder the page is missing, too; one finding says so.
    if not _lacks_folder(source):
        yield from _nowhere(_entry, OriginKind.FILE, source)


def _lacks_folder(source: Source) -> bool:
    return any(
        each.origin.is_sure and each.origin.kind is not OriginKind.FOLDER
        for document, metadata in metadata_documents(source)
        for named in _root(document, metadata)
        for each in _sourced(source, document, named.path)
    )


def _side_files(source: Source) -> Iterator[Problem]:
    folders = [dirname(each.vm.composefile) for _, each in metadata_documents(source) if each.vm]
    for document, compose in compose_documents(source):
        for text in _needed(compose) if folders else ():
            path = _beside(folders[0], text.value)
            lacking = [each for each in _sourced(source, document, path) if each.origin.is_lacking] if path else []
            if lacking:
                yield at(
                    document, text.line, f"{excerpt(text.value)} {source.absence(path, lacking[0], OriginKind.FILE)}"
                )


def _needed(compose: Compose) -> Iterator[ComposeText]:
    yield from compose.side_files
    for service in compose.services:
        yield from service.side_files


def _beside(folder: str, name: str) -> str:
    """Path in the image of a file that a compose file names; empty for addresses and paths on the user's machine."""
    is_elsewhere = name.startswith(("/", "~", "\\", "git@")) or ":" in name or "$" in name
    return "" if is_elsewhere or not name else absolute(join(folder, name))


def _rule(  # noqa: PLR0913 - what the rules of this module differ in
    code: str,
    title: str,
    ask: Callable[[Source], Iterator[Problem]],
    *,
    why: str,
    source: str,
    twin: str,
    docker: str = "Installed extension",
    fix: str = _COPY,
) -> Rule:
    return Rule(
        code=code,
        title=title,
        severity=Severity.ERROR,
        docker=docker,
        why=why,
        fix=fix,
        source=source,
        ask=ask,
        twin=twin,
    )


RULES = (
    _rule(
        "icon-nowhere",
        "the icon is something that the build has, and puts into the image",
        partial(_nowhere, _icon, OriginKind.FILE),
        why="installation fails half way, and the extension can then neither be updated nor removed",
        fix="add the file and COPY it into the final stage, or correct the path in metadata.json",
        source="https://github.com/docker/extensions-sdk/issues/230",
        twin="icon-absent",
    ),
    _rule(
        "ui-root-nowhere",
        "the build puts the UI's folder into the image",
        partial(_nowhere, _root, OriginKind.FOLDER),
        why="installation fails when the UI is copied out of the image",
        source="https://github.com/rancher-sandbox/rancher-desktop/issues/4349",
        twin="ui-root-absent",
    ),
    _rule(
        "ui-entry-nowhere",
        "the build puts the UI's entry page into the image",
        _entry_nowhere,
        why="the extension installs and then shows a blank tab",
        fix=PAGE,
        source="https://docs.docker.com/extensions/extensions-sdk/architecture/metadata/",
        twin="ui-entry-absent",
        docker="",
    ),
    _rule(
        "composefile-nowhere",
        "the build puts the compose file into the image",
        partial(_nowhere, _composefile, OriginKind.FILE),
        why="the backend cannot be started",
        source="https://docs.docker.com/extensions/extensions-sdk/architecture/metadata/",
        twin="composefile-absent",
    ),
    _rule(
        "binary-nowhere",
        "the build puts every host binary into the image",
        partial(_nowhere, _binaries, OriginKind.FILE),
        why="installation fails on that operating system",
        source="https://docs.docker.com/extensions/extensions-sdk/guides/invoke-host-binaries/",
        twin="binary-absent",
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
