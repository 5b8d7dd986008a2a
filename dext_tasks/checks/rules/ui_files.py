"""Rules on the folder of the UI and its entry page: whether they are in the image, and what is not to be in them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dext_tasks.checks.documentation import METADATA_DOCS
from dext_tasks.checks.evidence import file_sets, metadata_documents
from dext_tasks.checks.named_paths import COPY, ENTRY, LONGEST, ROOT, absent, nowhere
from dext_tasks.checks.rule import EVERY_DESKTOP, DockerStep, Problem, Severity, rule
from dext_tasks.extension.metadata import UI, misnomer
from dext_tasks.formats.json_places import line
from dext_tasks.sources.facts import FileEntry, FileFact, FileKind, FileSet, Place
from dext_tasks.sources.source import NotOfferedError, Source
from dext_tasks.sources.tree_files import MODULES
from dext_tasks.wording import excerpt

if TYPE_CHECKING:
    from collections.abc import Iterator

_PAGE = "name a page in the folder that is copied: src is a path relative to root, and never an address"
_WINDOWS = "https://github.com/oslabs-beta/Kafka-Sonar/issues/43"


@rule(
    code="ui-root-absent",
    title="the UI's folder is in the image",
    severity=Severity.ERROR,
    step=DockerStep.INSTALLATION,
    why="installation fails when the UI is copied out of the image",
    fix=COPY,
    source="https://github.com/rancher-sandbox/rancher-desktop/issues/4349",
)
def _root_absent(source: Source) -> Iterator[Problem]:
    return absent(source, ROOT)


@rule(
    code="ui-root-nowhere",
    title="the build puts the UI's folder into the image",
    severity=Severity.ERROR,
    step=DockerStep.INSTALLATION,
    why="installation fails when the UI is copied out of the image",
    fix=COPY,
    source="https://github.com/rancher-sandbox/rancher-desktop/issues/4349",
    twin="ui-root-absent",
)
def _root_nowhere(source: Source) -> Iterator[Problem]:
    return nowhere(source, ROOT)


@rule(
    code="ui-entry-absent",
    title="the UI's entry page is in the image",
    severity=Severity.ERROR,
    why="the extension installs and then shows a blank tab",
    fix=_PAGE,
    source="https://github.com/docker/extensions-submissions/issues/174",
    desktops=EVERY_DESKTOP,
)
def _entry_absent(source: Source) -> Iterator[Problem]:
    return absent(source, ENTRY)


@rule(
    code="ui-entry-nowhere",
    title="the build puts the UI's entry page into the image",
    severity=Severity.ERROR,
    why="the extension installs and then shows a blank tab",
    fix=_PAGE,
    source=METADATA_DOCS,
    twin="ui-entry-absent",
    desktops=EVERY_DESKTOP,
)
def _entry_nowhere(source: Source) -> Iterator[Problem]:
    return nowhere(source, ENTRY)


@rule(
    code="ui-entry-useless",
    title="the UI's entry page says something, and is in the folder that is installed",
    severity=Severity.ERROR,
    why="the extension installs and then shows a blank tab: only metadata.json's root comes out of the image",
    fix="COPY the page that the UI's build makes into root, and name it relative to that",
    source=METADATA_DOCS,
    desktops=EVERY_DESKTOP,
)
def _entry_useless(source: Source) -> Iterator[Problem]:
    try:
        known = list(file_sets(source))
    except NotOfferedError:
        yield from _useless_entry_of_tree(source)
        return
    for files, metadata in known:
        ui = metadata.ui if metadata.ui and metadata.ui.src else None
        fact = files.facts.get(ui.entry) if ui else None
        if ui and fact and (wrong := _useless(ui, fact)):
            what = f"{excerpt(ui.entry, LONGEST)} {wrong}"
            yield Problem(what, Place(path=ui.entry, platform=files.platform))


def _useless_entry_of_tree(source: Source) -> Iterator[Problem]:
    """The same for the files that the build is known to copy."""
    for document, metadata in metadata_documents(source):
        ui = metadata.ui if metadata.ui and metadata.ui.src else None
        if ui and not misnomer(ui.entry) and (wrong := _outside(ui) or _empty_page(source, ui)):
            place = document.place._replace(line=line(document.content or b"", ("ui", "dashboard-tab", "src")))
            yield Problem(f"{excerpt(ui.entry, LONGEST)} {wrong}", place)


def _empty_page(source: Source, ui: UI) -> str:
    try:
        page = source.entry_page
    except NotOfferedError:
        return ""
    return "is empty" if page.path == ui.entry and page.document.content == b"" else ""


def _outside(ui: UI) -> str:
    is_inside = f"{ui.entry}/".startswith(f"{ui.root.rstrip('/')}/")
    return "" if is_inside else f"is outside {excerpt(ui.root)}, the folder that is installed"


def _useless(ui: UI, fact: FileFact) -> str:
    return _outside(ui) or ("is empty" if fact.kind is FileKind.FILE and not fact.size else "")


def _unwanted(source: Source, *, is_link: bool) -> Iterator[Problem]:
    """What a folder of the UI should not hold, once for each such folder: there may be hundreds of it."""
    noun = "symbolic link" if is_link else f"folder {MODULES}"
    for root, found in _found(source, is_link=is_link):
        first, *others = found
        more = f", and {len(others)} more like it" if others else ""
        yield Problem(f"{excerpt(root)} holds the {noun} {excerpt(first.path)}{more}", first.place, about=root)


def _found(source: Source, *, is_link: bool) -> Iterator[tuple[str, list[FileEntry]]]:
    try:
        known = list(file_sets(source))
    except NotOfferedError:
        roots = dict.fromkeys(metadata.ui.root for _, metadata in metadata_documents(source) if metadata.ui)
        listed = [(root, source.entries(root)) for root in roots]
    else:
        listed = [
            (metadata.ui.root, _entries(files, metadata.ui.root))
            for files, metadata in known
            if metadata.ui is not None
        ]
    for root, entries in listed:
        if found := [each for each in entries if each.is_link is is_link]:
            yield root, found


def _entries(files: FileSet, root: str) -> list[FileEntry]:
    """The links and folders of modules below a folder of an image; what is in such a folder is not listed."""
    inside = f"{root.rstrip('/')}/"
    return [
        FileEntry(path, is_link=fact.kind is FileKind.LINK, place=Place(path=path, platform=files.platform))
        for path, fact in sorted(files.facts.items())
        if path.startswith(inside) and (fact.kind is FileKind.LINK or _is_modules(path, fact))
    ]


def _is_modules(path: str, fact: FileFact) -> bool:
    return fact.kind is FileKind.FOLDER and path.endswith(f"/{MODULES}") and path.count(f"/{MODULES}") == 1


@rule(
    code="ui-link",
    title="the UI's folder holds no symbolic links",
    severity=Severity.ERROR,
    why="Windows lets ordinary users make none, so that the extension cannot be installed there",
    fix="copy the files themselves: COPY what the UI's build makes, not its sources with node_modules",
    source=_WINDOWS,
)
def _link(source: Source) -> Iterator[Problem]:
    return _unwanted(source, is_link=True)


@rule(
    code="ui-node-modules",
    title="the UI's folder holds no installed modules",
    severity=Severity.WARNING,
    why="thousands of files are copied out of the image, with links and paths that Windows cannot make",
    fix="COPY what the UI's build makes, and list node_modules in .dockerignore",
    source=_WINDOWS,
)
def _node_modules(source: Source) -> Iterator[Problem]:
    return _unwanted(source, is_link=False)
