"""Rules on the entry page of the UI: what it loads itself is there, and where the page looks for it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from dext_tasks.checks.evidence import file_sets
from dext_tasks.checks.rule import Problem, Rule, Severity
from dext_tasks.extension import page
from dext_tasks.extension.excerpt import excerpt
from dext_tasks.extension.page import Kind, Load, Where
from dext_tasks.sources.subject import FileFact, FileKind, FileSet, Place, Subject

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dext_tasks.extension.metadata import UI

_NEEDED = frozenset({Kind.SCRIPT, Kind.STYLE})
_OTHER = frozenset({Kind.OTHER})
_RELATIVE_BASE = "https://vite.dev/guide/build.html#relative-base"
_STANDARD = "https://html.spec.whatwg.org/multipage/urls-and-fetching.html"
_RELATIVE = "build with relative addresses: base './' in Vite, PUBLIC_URL=. for create-react-app"


def _loads(subject: Subject, kinds: frozenset[Kind], where: Where) -> Iterator[tuple[FileSet, UI, Load]]:
    for files, metadata in file_sets(subject):
        if metadata.ui and metadata.ui.src:
            for load in page.loads(files.read(metadata.ui.entry, page.HEAD)):
                if load.kind in kinds and load.where is where:
                    yield files, metadata.ui, load


def _problem(files: FileSet, ui: UI, load: Load, what: str) -> Problem:
    said = f"line {load.line}: {excerpt(load.address)} {what}"
    return Problem(said, Place(path=ui.entry, platform=files.platform))


def _absent(kinds: frozenset[Kind], subject: Subject) -> Iterator[Problem]:
    for files, ui, load in _loads(subject, kinds, Where.BESIDE):
        path = load.path(ui.entry)
        wrong = _wrong(path, ui.root, files.facts.get(path))
        if wrong:
            yield _problem(files, ui, load, wrong)


def _wrong(path: str, root: str, fact: FileFact | None) -> str:
    if not f"{path}/".startswith(f"{root.rstrip('/')}/"):
        return f"is outside {root}, the folder that is installed"
    if fact is None:
        return "is not in the image"
    # What a link below the folder leads to is not known to every source.
    return "" if fact.kind in {FileKind.FILE, FileKind.LINK} else f"is a {fact.kind}, not a file"


def _absolute(kinds: frozenset[Kind], subject: Subject) -> Iterator[Problem]:
    for files, ui, load in _loads(subject, kinds, Where.ABSOLUTE):
        below = f"is below the base address {excerpt(load.base)}" if load.base else "is an absolute address"
        yield _problem(files, ui, load, below)


def _external(kind: Kind, subject: Subject) -> Iterator[Problem]:
    for files, ui, load in _loads(subject, frozenset({kind}), Where.EXTERNAL):
        yield _problem(files, ui, load, "is loaded from the network")


RULES = (
    Rule(
        code="ui-script-absent",
        title="scripts and styles of the entry page are in the image",
        severity=Severity.ERROR,
        docker="",
        why="the tab is blank, or without any layout",
        fix="COPY the whole folder that the UI's build makes, and metadata.json's root with it",
        source="https://github.com/docker/extensions-submissions/issues/174",
        ask=partial(_absent, _NEEDED),
    ),
    Rule(
        code="ui-picture-absent",
        title="icons, pictures and preloads of the entry page are in the image",
        severity=Severity.WARNING,
        docker="",
        why="the tab shows a broken picture, or loads more slowly than it should",
        fix="COPY the file, or remove the tag",
        source=_STANDARD,
        ask=partial(_absent, _OTHER),
    ),
    Rule(
        code="ui-script-absolute",
        title="scripts and styles of the entry page have relative addresses",
        severity=Severity.ERROR,
        docker="",
        why="the dashboard opens the page from a folder, where /assets/... is nowhere, and the tab is blank",
        fix=_RELATIVE,
        source=_RELATIVE_BASE,
        ask=partial(_absolute, _NEEDED),
    ),
    Rule(
        code="ui-picture-absolute",
        title="icons, pictures and preloads of the entry page have relative addresses",
        severity=Severity.WARNING,
        docker="",
        why="the dashboard opens the page from a folder, where /assets/... is nowhere",
        fix=_RELATIVE,
        source=_RELATIVE_BASE,
        ask=partial(_absolute, _OTHER),
    ),
    Rule(
        code="ui-script-external",
        title="scripts of the entry page are part of the extension",
        severity=Severity.WARNING,
        docker="",
        why="the tab needs the network, and whoever serves the script can run commands on the user's machine",
        fix="bundle the script with the UI",
        source="https://docs.docker.com/extensions/extensions-sdk/architecture/security/",
        ask=partial(_external, Kind.SCRIPT),
    ),
    Rule(
        code="ui-style-external",
        title="styles of the entry page are part of the extension",
        severity=Severity.NOTE,
        docker="",
        why="without the network the tab looks different",
        fix="bundle the style, fonts included, with the UI",
        source=_STANDARD,
        ask=partial(_external, Kind.STYLE),
    ),
)
