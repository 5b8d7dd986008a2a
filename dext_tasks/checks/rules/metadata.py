"""Rules on metadata.json."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from dext_tasks.checks.documentation import BACKEND_DOCS, METADATA_DOCS
from dext_tasks.checks.evidence import UI_ROOT, at_key, keys_unknown, metadata_documents
from dext_tasks.checks.rule import EVERY_DESKTOP, DockerStep, Problem, Repair, Severity, rule
from dext_tasks.errors import MetadataInvalidError
from dext_tasks.extension.metadata import load, load_or_empty, misnomer, problems, read_or_none
from dext_tasks.extension.metadata_keys import Key, Path, duplicate_keys, shown
from dext_tasks.wording import excerpt

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dext_tasks.extension.metadata import SchemaProblem
    from dext_tasks.sources.facts import Document
    from dext_tasks.sources.source import Source

_MOST_SHOWN = 200
# Of the schema, what is ours: nobody has seen Docker's validator look at these.
_OURS = frozenset({"minLength", "pattern"})
# Another rule's: extensions with vm.image beside vm.composefile are in the marketplace.
_ELSEWHERE = frozenset({"not"})
_SCHEMA = "metadata-schema"
_UI_SOCKET = ("ui", "dashboard-tab", "backend", "socket")


@rule(
    code="metadata-missing",
    title="metadata.json is there",
    severity=Severity.ERROR,
    step=DockerStep.METADATA,
    why="without it at the root of the image nothing can be installed",
    fix="put metadata.json into the project and copy it to /metadata.json in the final stage: COPY metadata.json /",
    source=METADATA_DOCS,
    desktops=EVERY_DESKTOP,
)
def _missing(source: Source) -> Iterator[Problem]:
    for document in source.documents:
        if document.content is None:
            yield Problem(document.why or "metadata.json is missing", document.place)


@rule(
    code="metadata-syntax",
    title="metadata.json is a JSON object of a sensible size",
    severity=Severity.ERROR,
    step=DockerStep.METADATA,
    why="a desktop that cannot read it refuses to install the extension",
    fix="correct the JSON at the line and column given",
    source=METADATA_DOCS,
    desktops=EVERY_DESKTOP,
    repair=Repair.SURE,
)
def _syntax(source: Source) -> Iterator[Problem]:
    for document in source.documents:
        try:
            load(_content(document))
        except MetadataInvalidError as error:
            fix = "" if error.line else error.remedy
            yield Problem(error.message, document.place._replace(line=error.line or 1), fix=fix)


def _content(document: Document) -> bytes:
    # An absent file is another rule's finding, an empty one is not JSON.
    return b"{}" if document.content is None else document.content


@rule(
    code="metadata-schema",
    title="metadata.json follows the schema",
    severity=Severity.ERROR,
    docker="metadata.json: (root): Additional property KEY is not allowed",
    why="Docker's validator refuses keys it does not know at the root, and values of the wrong type",
    fix="remove or rename the key; what described the extension itself moved to labels",
    source="https://github.com/docker/extensions-sdk/releases/tag/v0.2.3",
    step=DockerStep.METADATA,
    repair=Repair.SURE,
)
def _schema(source: Source) -> Iterator[Problem]:
    for document, problem in _schema_problems(source):
        if problem.keyword not in _OURS | _ELSEWHERE:
            found = _at(document, problem.path, f"{problem.where}: {problem.what}")
            yield _with_key(document, problem.path, found._replace(docker=found.what, fix=problem.fix))


def _with_key(document: Document, path: Path, problem: Problem) -> Problem:
    """A problem of a key that is missing or unknown: the same fault as that of the key that was meant for it."""
    for key in keys_unknown(_content(document)):
        if path in {key.at, key.place_meant} and key.fix:
            return problem._replace(fix=key.fix, about=shown(key.place_meant), twin=_SCHEMA)
    return problem


def _with_page(document: Document, key: Key, problem: Problem) -> Problem:
    """A problem of an unknown key: where the UI's folder was meant, the same fault as a page that is not found."""
    metadata = read_or_none(document.content)
    if key.place_meant != UI_ROOT or metadata is None or metadata.ui is None or misnomer(metadata.ui.entry):
        return problem
    return problem._replace(about=metadata.ui.entry, twin="ui-entry-absent")


@rule(
    code="metadata-value-invalid",
    title="values in metadata.json say something, and sockets are names of files",
    severity=Severity.WARNING,
    why="an empty value names nothing, and a socket is looked for by its name in /run/guest-services",
    fix="give a value or remove the key; of a socket write the file name alone",
    source=BACKEND_DOCS,
    repair=Repair.SURE,
)
def _value_invalid(source: Source) -> Iterator[Problem]:
    for document, problem in _schema_problems(source):
        if problem.keyword in _OURS:
            found = _at(document, problem.path, f"{problem.where}: {problem.what}")
            yield found._replace(fix=problem.fix)


def _schema_problems(source: Source) -> Iterator[tuple[Document, SchemaProblem]]:
    for document in source.documents:
        for problem in _problems(_content(document)):
            yield document, problem


def _at(document: Document, path: Path, what: str) -> Problem:
    return at_key(document, path, excerpt(f"metadata.json: {what}", _MOST_SHOWN))


# One rule after another asks the same.
@lru_cache(maxsize=4)
def _problems(content: bytes) -> tuple[SchemaProblem, ...]:
    return problems(load_or_empty(content))


@rule(
    code="metadata-key-obsolete",
    title="metadata.json says nothing that belongs elsewhere",
    severity=Severity.WARNING,
    why="no desktop reads it there any more, so that users see what stands at its new place, or nothing",
    fix="move the value to the place named, and remove the key",
    source="https://github.com/docker/extensions-sdk/releases/tag/v0.2.3",
    repair=Repair.SURE,
)
def _key_obsolete(source: Source) -> Iterator[Problem]:
    for document, key in _unknown_keys(source):
        if key.replacement:
            what = f"{excerpt(key.shown)} means nothing here; its place is taken by {key.replacement}"
            yield _with_key(document, key.at, _at(document, key.at, what))


@rule(
    code="metadata-key-unknown",
    title="metadata.json has no unknown key below its root, and no misspelt one at it",
    severity=Severity.WARNING,
    why="it is ignored, and so is what a misspelt key was to set",
    fix="correct the spelling, or remove the key",
    source=METADATA_DOCS,
    repair=Repair.SURE,
)
def _key_unknown(source: Source) -> Iterator[Problem]:
    for document, key in _unknown_keys(source):
        # The schema refuses keys at the root, in Docker's words; what was meant is left to say.
        if (key.hint or not key.is_at_root) and not key.replacement and not key.is_rancher_desktops:
            hint = f"; {key.hint}" if key.hint else ""
            found = _at(document, key.at, f"{excerpt(key.shown)} is not a known key{hint}")
            yield _with_page(document, key, _with_key(document, key.at, found))


@rule(
    code="metadata-key-rancher-desktop",
    title="metadata.json has no key that only Rancher Desktop reads",
    severity=Severity.NOTE,
    why="Docker Desktop and Podman Desktop do not run these scripts",
    fix="make sure that the extension works without them",
    source="https://github.com/rancher-sandbox/rancher-desktop/blob/main/pkg/rancher-desktop/main/extensions/types.ts",
)
def _key_rancher_desktop(source: Source) -> Iterator[Problem]:
    for document, key in _unknown_keys(source):
        if key.is_rancher_desktops:
            yield _at(document, key.at, f"{excerpt(key.shown)} is read by Rancher Desktop only")


def _unknown_keys(source: Source) -> Iterator[tuple[Document, Key]]:
    for document in source.documents:
        for key in keys_unknown(_content(document)):
            yield document, key


@rule(
    code="metadata-key-duplicate",
    title="metadata.json has no key twice in one object",
    severity=Severity.WARNING,
    why="only the last one is read, whatever the first one says",
    fix="remove one of them",
    source="https://www.rfc-editor.org/rfc/rfc8259#section-4",
    repair=Repair.SURE,
)
def _key_duplicate(source: Source) -> Iterator[Problem]:
    for document in source.documents:
        for path in duplicate_keys(_content(document)):
            yield _at(document, path, f"{excerpt(shown(path))} is there twice, the last one counts")


@rule(
    code="metadata-icon-missing",
    title="metadata.json names an icon",
    severity=Severity.WARNING,
    why="Rancher Desktop refuses to install the extension, and the dashboard has nothing to show",
    fix='COPY an SVG into the image and name it: "icon": "icon.svg"',
    source="https://github.com/docker/extensions-sdk/issues/154",
)
def _icon_missing(source: Source) -> Iterator[Problem]:
    for document, _ in metadata_documents(source):
        # An icon of the wrong type is the schema's finding.
        if "icon" not in load_or_empty(_content(document)):
            yield _with_key(document, ("icon",), _at(document, (), "there is no icon"))


@rule(
    code="metadata-backend-twice",
    title="the backend is an image or a compose file",
    severity=Severity.WARNING,
    why="the documentation allows one of them, and a desktop takes the one it looks at first",
    fix="remove vm.image and name the image in the compose file",
    source=METADATA_DOCS,
    repair=Repair.CHOICE,
)
def _backend_twice(source: Source) -> Iterator[Problem]:
    for document, metadata in metadata_documents(source):
        if metadata.vm and metadata.vm.image and metadata.vm.composefile:
            yield _at(document, ("vm", "image"), "vm has image and composefile")


@rule(
    code="metadata-sockets-differ",
    title="the UI asks the socket that the backend serves",
    severity=Severity.WARNING,
    why="calls of the UI to its backend fail where the UI's socket is used, and succeed by luck elsewhere",
    fix="give both the same file name",
    source=BACKEND_DOCS,
    repair=Repair.CHOICE,
)
def _sockets_differ(source: Source) -> Iterator[Problem]:
    for document, metadata in metadata_documents(source):
        asked = metadata.ui.socket if metadata.ui else ""
        exposed = metadata.vm.socket if metadata.vm else ""
        if asked and exposed and asked != exposed:
            what = f"ui.dashboard-tab.backend.socket is {excerpt(asked)}, vm.exposes.socket {excerpt(exposed)}"
            yield _at(document, _UI_SOCKET, what)


@rule(
    code="metadata-socket-unserved",
    title="a backend serves the socket that the UI asks",
    severity=Severity.WARNING,
    why="without vm.exposes.socket no desktop has to connect the UI to the backend",
    fix="add vm.exposes.socket with the same file name, or remove the UI's backend",
    source=BACKEND_DOCS,
)
def _socket_unserved(source: Source) -> Iterator[Problem]:
    for document, metadata in metadata_documents(source):
        if metadata.ui and metadata.ui.socket and not (metadata.vm and metadata.vm.socket):
            lacking = "vm has no exposes.socket" if metadata.vm else "there is no vm"
            what = f"ui.dashboard-tab.backend.socket is {excerpt(metadata.ui.socket)}, but {lacking}"
            yield _at(document, _UI_SOCKET, what)
