"""Rules on metadata.json."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dext_tasks.checks.evidence import metadata_documents
from dext_tasks.checks.rule import Problem, Rule, Severity
from dext_tasks.errors import MetadataInvalidError
from dext_tasks.extension.excerpt import excerpt
from dext_tasks.extension.metadata import load, problems
from dext_tasks.extension.metadata_keys import Key, duplicate_keys, unknown_keys

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dext_tasks.sources.subject import Document, Subject

_DOCS = "https://docs.docker.com/extensions/extensions-sdk/architecture/metadata/"
_MOST_SHOWN = 200


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
        for problem in problems(_data(document)):
            # image beside composefile is another rule's: extensions with both are in the marketplace.
            if problem.keyword != "not":
                yield Problem(excerpt(f"metadata.json: {problem.where}: {problem.what}", _MOST_SHOWN), document.place)


def _data(document: Document) -> dict[str, Any]:
    try:
        return load(_content(document))
    except MetadataInvalidError:
        return {}


def _obsolete(subject: Subject) -> Iterator[Problem]:
    for document, key in _unknown_keys(subject):
        if key.replacement:
            what = f"metadata.json: {excerpt(key.shown)} means nothing here; its place is taken by {key.replacement}"
            yield Problem(what, document.place)


def _nested(subject: Subject) -> Iterator[Problem]:
    for document, key in _unknown_keys(subject):
        if not key.is_at_root and not key.replacement and not key.is_rancher_desktops:
            near = f"; did you mean {key.nearest}?" if key.nearest else ""
            yield Problem(f"metadata.json: {excerpt(key.shown)} is not a known key{near}", document.place)


def _rancher(subject: Subject) -> Iterator[Problem]:
    for document, key in _unknown_keys(subject):
        if key.is_rancher_desktops:
            yield Problem(f"metadata.json: {excerpt(key.shown)} is read by Rancher Desktop only", document.place)


def _unknown_keys(subject: Subject) -> Iterator[tuple[Document, Key]]:
    for document in subject.documents:
        for key in unknown_keys(_data(document)):
            yield document, key


def _duplicates(subject: Subject) -> Iterator[Problem]:
    for document in subject.documents:
        for path in duplicate_keys(_content(document)):
            yield Problem(f"metadata.json: {excerpt(path)} is there twice, the last one counts", document.place)


def _icon(subject: Subject) -> Iterator[Problem]:
    for document, _ in metadata_documents(subject):
        # An icon of the wrong type is the schema's finding.
        if "icon" not in _data(document):
            yield Problem("metadata.json: there is no icon", document.place)


def _two_backends(subject: Subject) -> Iterator[Problem]:
    for document, metadata in metadata_documents(subject):
        if metadata.vm and metadata.vm.image and metadata.vm.composefile:
            yield Problem("metadata.json: vm has image and composefile", document.place)


def _sockets(subject: Subject) -> Iterator[Problem]:
    for document, metadata in metadata_documents(subject):
        asked = metadata.ui.socket if metadata.ui else ""
        exposed = metadata.vm.socket if metadata.vm else ""
        if asked and exposed and asked != exposed:
            what = f"ui.dashboard-tab.backend.socket is {excerpt(asked)}, vm.exposes.socket {excerpt(exposed)}"
            yield Problem(f"metadata.json: {what}", document.place)


def _unserved(subject: Subject) -> Iterator[Problem]:
    for document, metadata in metadata_documents(subject):
        if metadata.ui and metadata.ui.socket and not (metadata.vm and metadata.vm.socket):
            lacking = "vm has no exposes.socket" if metadata.vm else "there is no vm"
            what = f"ui.dashboard-tab.backend.socket is {excerpt(metadata.ui.socket)}, but {lacking}"
            yield Problem(f"metadata.json: {what}", document.place)


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
    Rule(
        code="metadata-key-obsolete",
        title="metadata.json says nothing that belongs elsewhere",
        severity=Severity.WARNING,
        docker="",
        why="no desktop reads it there any more, so that users see what stands at its new place, or nothing",
        fix="move the value to the place named, and remove the key",
        source="https://github.com/docker/extensions-sdk/releases/tag/v0.2.3",
        ask=_obsolete,
    ),
    Rule(
        code="metadata-key-unknown",
        title="metadata.json has no unknown key below its root",
        severity=Severity.WARNING,
        docker="",
        why="it is ignored, and so is what a misspelt key was to set",
        fix="mend the spelling, or remove the key",
        source=_DOCS,
        ask=_nested,
    ),
    Rule(
        code="metadata-key-rancher-desktop",
        title="metadata.json has no key that only Rancher Desktop reads",
        severity=Severity.NOTE,
        docker="",
        why="Docker Desktop and Podman Desktop do not run these scripts",
        fix="make sure that the extension works without them",
        source="https://github.com/rancher-sandbox/rancher-desktop/blob/main/pkg/rancher-desktop/main/extensions/types.ts",
        ask=_rancher,
    ),
    Rule(
        code="metadata-key-duplicate",
        title="metadata.json has no key twice in one object",
        severity=Severity.WARNING,
        docker="",
        why="only the last one is read, whatever the first one says",
        fix="remove one of them",
        source="https://www.rfc-editor.org/rfc/rfc8259#section-4",
        ask=_duplicates,
    ),
    Rule(
        code="metadata-icon-missing",
        title="metadata.json names an icon",
        severity=Severity.WARNING,
        docker="",
        why="Rancher Desktop refuses to install the extension, and the dashboard has nothing to show",
        fix='COPY an SVG into the image and name it: "icon": "icon.svg"',
        source="https://github.com/docker/extensions-sdk/issues/154",
        ask=_icon,
    ),
    Rule(
        code="metadata-backend-twice",
        title="the backend is an image or a compose file",
        severity=Severity.WARNING,
        docker="",
        why="the documentation allows one of them, and a desktop takes the one it looks at first",
        fix="remove vm.image and name the image in the compose file",
        source=_DOCS,
        ask=_two_backends,
    ),
    Rule(
        code="metadata-sockets-differ",
        title="the UI asks the socket that the backend serves",
        severity=Severity.WARNING,
        docker="",
        why="calls of the UI to its backend fail where the UI's socket is used, and succeed by luck elsewhere",
        fix="give both the same file name",
        source="https://docs.docker.com/extensions/extensions-sdk/build/backend-extension-tutorial/",
        ask=_sockets,
    ),
    Rule(
        code="metadata-socket-unserved",
        title="a backend serves the socket that the UI asks",
        severity=Severity.WARNING,
        docker="",
        why="without vm.exposes.socket no desktop has to connect the UI to the backend",
        fix="add vm.exposes.socket with the same file name, or remove the UI's backend",
        source="https://docs.docker.com/extensions/extensions-sdk/build/backend-extension-tutorial/",
        ask=_unserved,
    ),
)
