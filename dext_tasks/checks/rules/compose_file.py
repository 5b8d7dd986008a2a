"""Rules on the compose file: whether it is in the image, and whether Compose takes it on a user's machine."""

from __future__ import annotations

from posixpath import dirname, join
from typing import TYPE_CHECKING

from dext_tasks.checks.documentation import METADATA_DOCS
from dext_tasks.checks.evidence import at, compose_documents, metadata_documents, services
from dext_tasks.checks.named_paths import COMPOSE_FILE, COPY, absent, nowhere, origins
from dext_tasks.checks.rule import DockerStep, Problem, Severity, rule
from dext_tasks.extension.metadata import absolute
from dext_tasks.formats.compose import ComposeFaultKind, Restart
from dext_tasks.sources.origin import OriginKind
from dext_tasks.wording import excerpt

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dext_tasks.formats.compose.model import Compose, ComposeText
    from dext_tasks.sources.source import Source

_FIXES = {
    "secret": "let the UI ask for what is secret; Compose does not support external secrets",
    "config": "COPY the file into the image; Compose does not support external configs",
    "container": "make it a service of this file, and join that: service:NAME; volumes_from takes NAME alone",
}


@rule(
    code="composefile-absent",
    title="the compose file is in the image",
    severity=Severity.ERROR,
    step=DockerStep.INSTALLATION,
    why="the backend cannot be started",
    fix=COPY,
    source=METADATA_DOCS,
)
def _composefile_absent(source: Source) -> Iterator[Problem]:
    return absent(source, COMPOSE_FILE)


@rule(
    code="composefile-nowhere",
    title="the build puts the compose file into the image",
    severity=Severity.ERROR,
    step=DockerStep.INSTALLATION,
    why="the backend cannot be started",
    fix=COPY,
    source=METADATA_DOCS,
    twin="composefile-absent",
)
def _composefile_nowhere(source: Source) -> Iterator[Problem]:
    return nowhere(source, COMPOSE_FILE)


def _faults(source: Source, kind: ComposeFaultKind) -> Iterator[Problem]:
    for document, compose in compose_documents(source):
        for fault in compose.faults:
            if fault.kind is kind:
                yield at(document, fault.line or 1, fault.what)


@rule(
    code="compose-syntax",
    title="the compose file is YAML of a sensible size",
    severity=Severity.ERROR,
    step=DockerStep.INSTALLATION,
    why="the backend cannot be started, so that the extension cannot be installed",
    fix="correct it at the line and column given; `docker compose config` shows what is read",
    source="https://github.com/compose-spec/compose-spec/blob/main/03-compose-file.md",
)
def _syntax(source: Source) -> Iterator[Problem]:
    return _faults(source, ComposeFaultKind.SYNTAX)


@rule(
    code="compose-schema",
    title="the compose file has the keys and shapes of the compose specification",
    severity=Severity.ERROR,
    step=DockerStep.INSTALLATION,
    why="Compose refuses the whole file for one key it does not know, so that the extension cannot be installed",
    fix="correct or remove the key; `docker compose config` says what Compose thinks of it",
    source="https://github.com/compose-spec/compose-spec/blob/main/schema/compose-spec.json",
)
def _schema(source: Source) -> Iterator[Problem]:
    return _faults(source, ComposeFaultKind.STRUCTURE)


@rule(
    code="compose-external",
    title="no service needs what somebody else has to make first",
    severity=Severity.ERROR,
    step=DockerStep.INSTALLATION,
    why="nobody has made it on a user's machine, and Compose stops where it is not there: installation fails",
    fix="remove external: and let Compose make it; with name: it is called the same everywhere",
    source="https://github.com/compose-spec/compose-spec/blob/main/07-volumes.md#external",
)
def _external(source: Source) -> Iterator[Problem]:
    for document, compose in compose_documents(source):
        for each in compose.externals:
            yield at(
                document, each.line, f"the {each.kind} {excerpt(each.name)} is external", _FIXES.get(each.kind, "")
            )


@rule(
    code="compose-dependency-endless",
    title="no service waits for the end of one that is always started again",
    severity=Severity.ERROR,
    step=DockerStep.INSTALLATION,
    why="it never completes, so that compose up waits for ever, and installation with it",
    fix='write restart: "no" or on-failure for the one that is to complete',
    source="https://github.com/compose-spec/compose-spec/blob/main/05-services.md#restart",
)
def _dependency_endless(source: Source) -> Iterator[Problem]:
    for document, service in services(source):
        if service.completes_for and service.restart is Restart.ALWAYS:
            what = f"service {excerpt(service.completes_for)} waits until {excerpt(service.name)} has completed"
            yield at(document, service.line, f"{what}, which is started again whenever it ends")


def _gaps(source: Source, *, is_required: bool) -> Iterator[Problem]:
    verb = "needs" if is_required else "has"
    for document, compose in compose_documents(source):
        for gap in compose.gaps:
            if gap.is_required is is_required:
                what = f"{excerpt(gap.text)} {verb} {gap.name}, which is not set on {gap.systems}"
                yield at(document, gap.line, what, gap.fix)


@rule(
    code="compose-variable-system",
    title="every variable is set on Windows, macOS and Linux",
    severity=Severity.WARNING,
    why="where it is not set it is empty: a path then begins elsewhere, or a service gets nothing",
    fix="give it a default, as in ${HOME:-${USERPROFILE}}, write ~ in a mount, or use a named volume",
    source="https://github.com/rancher-sandbox/rancher-desktop/issues/4653",
)
def _variable_system(source: Source) -> Iterator[Problem]:
    return _gaps(source, is_required=False)


@rule(
    code="compose-variable-required",
    title="no variable has to be set that a system does not set",
    severity=Severity.ERROR,
    step=DockerStep.INSTALLATION,
    why="Compose stops where it is not set, so that the extension cannot be installed there",
    fix="give it a default in place of the message: ${NAME:-value}",
    source="https://github.com/compose-spec/compose-spec/blob/main/12-interpolation.md",
)
def _variable_required(source: Source) -> Iterator[Problem]:
    return _gaps(source, is_required=True)


@rule(
    code="compose-side-file-absent",
    title="files that the compose file needs are something that the build has",
    severity=Severity.ERROR,
    step=DockerStep.INSTALLATION,
    why="Compose stops at the first file that is not there, so that the extension cannot be installed",
    fix="COPY the file beside the compose file, or write what it says into the compose file",
    source="https://github.com/compose-spec/compose-spec/blob/main/05-services.md#env_file",
)
def _side_file_absent(source: Source) -> Iterator[Problem]:
    folders = [dirname(each.vm.composefile) for _, each in metadata_documents(source) if each.vm]
    for document, compose in compose_documents(source):
        for text in _needed(compose) if folders else ():
            path = _beside(folders[0], text.value)
            lacking = [each for each in origins(source, document, path) if each.origin.is_lacking] if path else []
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
