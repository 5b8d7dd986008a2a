"""An extension that runs in every desktop, for the tests of rules on what one of them fails on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypedDict, Unpack

from dext_tasks.extension import labels
from dext_tasks.formats.dockerfile import document as dockerfile
from dext_tasks.sources.facts import DockerfileFacet, Document, FileFact, FileKind, FileSet, Place
from tests.unit.checks.fake_source import AMD64, BY_CODE, Facets, FakeSource, compose, in_dockerfile, metadata

if TYPE_CHECKING:
    from collections.abc import Mapping


METADATA: dict[str, Any] = {
    "icon": "icon.svg",
    "ui": {"dashboard-tab": {"title": "x", "root": "/ui", "src": "index.html"}},
    "vm": {"composefile": "/compose/compose.yaml", "exposes": {"socket": "a.sock"}},
}
COMPOSE = "services:\n  web:\n    image: ${DESKTOP_PLUGIN_IMAGE}\n"
COMPLETES = (
    f"{COMPOSE}    x-y: 1\n  b:\n    image: b:1\n"
    "    depends_on: {web: {condition: service_completed_successfully}}\n"
)
LABELS = dict.fromkeys([labels.TITLE, labels.DESCRIPTION, labels.VENDOR, labels.API_VERSION], "set")


class Portable(TypedDict, total=False):
    """What a test says of an extension that runs everywhere otherwise."""

    metadata: object
    compose: str
    labels: Mapping[str, str]
    icon: bytes
    script: bytes
    dockerfile: str
    target: str


def portable(**told: Unpack[Portable]) -> Facets:
    data = metadata(told.get("metadata", METADATA))
    fact = FileFact(FileKind.FILE, 0o644, 6)
    text = told.get("dockerfile", 'FROM alpine\nCMD ["/server"]\n')
    return {
        "documents": [data],
        "compose": [compose(told.get("compose", COMPOSE))],
        "labels": [in_dockerfile(told.get("labels", LABELS))],
        "files": [FileSet(AMD64, data.content, {"/icon.svg": fact}, lambda *_: told.get("icon", b"<svg/>"))],
        "scripts": [Document(told.get("script", b"let a = 1"), Place(path="/ui/a.js", platform=AMD64))],
        "dockerfile": DockerfileFacet(dockerfile.parse(text), told.get("target", ""), "Dockerfile"),
    }


def found_where(code: str, **told: Unpack[Portable]) -> list[tuple[str, str]]:
    return [(problem.what, str(problem.place)) for problem in BY_CODE[code].ask(FakeSource(**portable(**told)))]


def changed(**parts: Any) -> dict[str, Any]:  # noqa: ANN401 - any part
    return {key: value for key, value in {**METADATA, **parts}.items() if value is not None}


def root(path: str) -> dict[str, Any]:
    return changed(ui={"dashboard-tab": {"title": "x", "root": path, "src": "index.html"}})


UNEXPOSED = changed(vm={"composefile": "/compose/compose.yaml"})
GUEST = "/run/guest-services/a.sock"
