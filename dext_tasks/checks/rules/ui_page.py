"""Rules on the entry page of the UI: what it loads itself is there, and where the page looks for it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from dext_tasks.checks.evidence import at, file_sets
from dext_tasks.checks.rule import EVERY_DESKTOP, Problem, Repair, Severity, rule
from dext_tasks.extension import page
from dext_tasks.extension.page import AddressTarget, Load, ResourceKind
from dext_tasks.formats.editing import UneditableError
from dext_tasks.formats.symlinks import follow
from dext_tasks.sources.facts import Document, FileFact, FileKind, Place, link_target
from dext_tasks.sources.source import NotOfferedError, Source
from dext_tasks.wording import excerpt

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping


_NEEDED = frozenset({ResourceKind.SCRIPT, ResourceKind.STYLE})
_OTHER = frozenset({ResourceKind.OTHER})
_RELATIVE_BASE = "https://vite.dev/guide/build.html#relative-base"
_STANDARD = "https://html.spec.whatwg.org/multipage/urls-and-fetching.html"
_RELATIVE = "build with relative addresses: base './' in Vite, PUBLIC_URL=. for create-react-app"


class _Page(NamedTuple):
    """An entry page, wherever it was found.

    Attributes:
        document: The page.
        path: Where it is in the image.
        root: The folder of the image that is installed.
        fault: Why a file of the image cannot be loaded, by its path; empty if it can.
    """

    document: Document
    path: str
    root: str
    fault: Callable[[str], str]


def _pages(source: Source) -> Iterator[_Page]:
    try:
        known = source.entry_page
    except NotOfferedError:
        yield from _built_pages(source)
    else:
        absent = "is neither in the source tree nor made by the build"
        yield _Page(known.document, known.path, known.root, lambda path: absent if known.lacks(path) else "")


def _built_pages(source: Source) -> Iterator[_Page]:
    for files, metadata in file_sets(source):
        if metadata.ui and metadata.ui.src:
            content = files.read(metadata.ui.entry, page.HEAD)
            document = Document(content, Place(path=metadata.ui.entry, platform=files.platform))
            yield _Page(document, metadata.ui.entry, metadata.ui.root, partial(_fault, metadata.ui.root, files.facts))


def _fault(root: str, facts: Mapping[str, FileFact], path: str) -> str:
    fact = facts.get(path)
    if fact is None:
        return "is not in the image"
    if fact.kind not in {FileKind.FILE, FileKind.LINK}:
        return f"is a {fact.kind}, not a file"
    return link_fault(path, root, facts)


def link_fault(path: str, root: str, facts: Mapping[str, FileFact]) -> str:
    """Why a link leads to nothing; empty if it does not, or if that is unknown.

    Args:
        path: What may be a link, absolute.
        root: A folder; what is outside it is not known.
        facts: Everything inside it, by absolute path.
    """
    end = follow(path, partial(link_target, facts))
    if not end:
        return "is a link that leads nowhere"
    is_inside = f"{end}/".startswith(f"{root.rstrip('/')}/")
    return f"is a link to {excerpt(end)}, which is not in the image" if is_inside and end not in facts else ""


def _loads(source: Source, kinds: frozenset[ResourceKind], where: AddressTarget) -> Iterator[tuple[_Page, Load]]:
    for found in _pages(source):
        for load in page.loads(found.document.content or b""):
            if load.kind in kinds and load.where is where:
                yield found, load


def _problem(found: _Page, load: Load, what: str) -> Problem:
    return at(found.document, load.line, f"{excerpt(load.address)} {what}")


def _absent(source: Source, kinds: frozenset[ResourceKind]) -> Iterator[Problem]:
    for found, load in _loads(source, kinds, AddressTarget.BESIDE):
        path = load.path(found.path)
        is_inside = f"{path}/".startswith(f"{found.root.rstrip('/')}/")
        wrong = found.fault(path) if is_inside else f"is outside {found.root}, the folder that is installed"
        if wrong:
            yield _problem(found, load, wrong)


def _absolute(source: Source, kinds: frozenset[ResourceKind]) -> Iterator[Problem]:
    for found, load in _loads(source, kinds, AddressTarget.ABSOLUTE):
        below = f"is below the base address {excerpt(load.base)}" if load.base else "is an absolute address"
        yield _problem(found, load, below)


def _external(source: Source, kind: ResourceKind) -> Iterator[Problem]:
    for found, load in _loads(source, frozenset({kind}), AddressTarget.EXTERNAL):
        yield _problem(found, load, "is loaded from the network")


def _absolute_base(source: Source) -> Iterator[Problem]:
    """The same of a page that is yet to be built, by what builds it."""
    # Of a tree with a page nobody needs it, and of an image neither.
    from dext_tasks.extension.ui_build import Bundler, base_of_react, base_of_vite

    build = source.ui_build
    content = build.document.content or b""
    try:
        found = base_of_vite(content) if build.bundler is Bundler.VITE else base_of_react(content)
    except UneditableError as error:
        raise NotOfferedError(f"{build.document.place.file}: {error}") from error
    if found:
        yield at(build.document, found.line, f"{build.document.place.file} {found.what}")


@rule(
    code="ui-script-absent",
    title="scripts and styles of the entry page are in the image",
    severity=Severity.ERROR,
    why="the tab is blank, or without any layout",
    fix="COPY the whole folder that the UI's build makes, and metadata.json's root with it",
    source="https://github.com/docker/extensions-submissions/issues/174",
    desktops=EVERY_DESKTOP,
)
def _script_absent(source: Source) -> Iterator[Problem]:
    return _absent(source, _NEEDED)


@rule(
    code="ui-picture-absent",
    title="icons, pictures and preloads of the entry page are in the image",
    severity=Severity.WARNING,
    why="the tab shows a broken picture, or loads more slowly than it should",
    fix="COPY the file, or remove the tag",
    source=_STANDARD,
)
def _picture_absent(source: Source) -> Iterator[Problem]:
    return _absent(source, _OTHER)


@rule(
    code="ui-script-absolute",
    title="scripts and styles of the entry page have relative addresses",
    severity=Severity.ERROR,
    why="the dashboard opens the page from a folder, where /assets/... is nowhere, and the tab is blank",
    fix=_RELATIVE,
    source=_RELATIVE_BASE,
    desktops=EVERY_DESKTOP,
    repair=Repair.SURE,
)
def _script_absolute(source: Source) -> Iterator[Problem]:
    try:
        yield from _absolute(source, _NEEDED)
    except NotOfferedError:
        yield from _absolute_base(source)


@rule(
    code="ui-picture-absolute",
    title="icons, pictures and preloads of the entry page have relative addresses",
    severity=Severity.WARNING,
    why="the dashboard opens the page from a folder, where /assets/... is nowhere",
    fix=_RELATIVE,
    source=_RELATIVE_BASE,
    repair=Repair.SURE,
)
def _picture_absolute(source: Source) -> Iterator[Problem]:
    return _absolute(source, _OTHER)


@rule(
    code="ui-script-external",
    title="scripts of the entry page are part of the extension",
    severity=Severity.WARNING,
    why="the tab needs the network, and the server of the script can run commands on the user's machine",
    fix="bundle the script with the UI",
    source="https://docs.docker.com/extensions/extensions-sdk/architecture/security/",
)
def _script_external(source: Source) -> Iterator[Problem]:
    return _external(source, ResourceKind.SCRIPT)


@rule(
    code="ui-style-external",
    title="styles of the entry page are part of the extension",
    severity=Severity.NOTE,
    why="without the network the tab looks different",
    fix="bundle the style, fonts included, with the UI",
    source=_STANDARD,
)
def _style_external(source: Source) -> Iterator[Problem]:
    return _external(source, ResourceKind.STYLE)
