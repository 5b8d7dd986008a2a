"""Rules on the files metadata.json names."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from posixpath import basename

from dext_tasks.checks.evidence import file_sets, fix_of_root, metadata_documents
from dext_tasks.checks.rule import Problem, Rule, Severity
from dext_tasks.extension.metadata import UI, Metadata, misnomer
from dext_tasks.formats import pictures
from dext_tasks.formats.excerpt import excerpt
from dext_tasks.formats.executable.binary import HostOS
from dext_tasks.formats.json_places import line
from dext_tasks.sources.source import FileFact, FileKind, FileSet, NotOfferedError, Place, Source

_EXECUTABLE = 0o111
_MODE = 0o7777
_LONGEST = 200
_ARTICLES = {
    FileKind.FILE: "a file",
    FileKind.FOLDER: "a folder",
    FileKind.LINK: "a link",
    FileKind.OTHER: "a device, a pipe or a socket",
}

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


def _absent(paths: _Paths, kind: FileKind, source: Source) -> Iterator[Problem]:
    for files, metadata in file_sets(source):
        # Without its folder the page is missing, too; one finding says so.
        if paths is _entry and _absent_root(files, metadata):
            continue
        for path in paths(metadata):
            fact = files.facts.get(path)
            if wrong := _wrong(path, fact, kind):
                is_misnomer = fact is None and bool(misnomer(path))
                # Of the entry page, which is named from its folder, the rule says it better.
                if paths is _entry:
                    fix = "" if is_misnomer else fix_of_root(files.metadata)
                else:
                    fix = what_to_name(kind, is_misnomer=is_misnomer) if fact or is_misnomer else ""
                yield Problem(wrong, Place(path=path, platform=files.platform), fix=fix, about=path)


def _absent_root(files: FileSet, metadata: Metadata) -> bool:
    fact = files.facts.get(metadata.ui.root) if metadata.ui else None
    return fact is None or fact.kind is not FileKind.FOLDER


def _wrong(path: str, fact: FileFact | None, kind: FileKind) -> str:
    if fact is None and (instead := misnomer(path)):
        return f"metadata.json names {instead}, where the path of a {kind} in the image is expected"
    shown = excerpt(path, _LONGEST)
    if fact is None:
        return f"{shown} is not in the image"
    return "" if fact.kind is kind else f"{shown} is {_ARTICLES[fact.kind]}, not a {kind}"


def what_to_name(kind: str, *, is_misnomer: bool) -> str:
    """What to do where something else than a file or folder of the image is named.

    Args:
        kind: ``file`` or ``folder``.
        is_misnomer: Whether it is no path at all; otherwise it is a file in place of a folder, or a folder.
    """
    if is_misnomer:
        return f"put the {kind} into the project, COPY it into the final stage, and write its path in the image"
    return "name the file itself, with its name" if kind == "file" else "name the folder that the files are in"


def _useless_entry(source: Source) -> Iterator[Problem]:
    try:
        known = list(file_sets(source))
    except NotOfferedError:
        yield from _useless_entry_of_tree(source)
        return
    for files, metadata in known:
        ui = metadata.ui if metadata.ui and metadata.ui.src else None
        fact = files.facts.get(ui.entry) if ui else None
        if ui and fact and (wrong := _useless(ui, fact)):
            what = f"{excerpt(ui.entry, _LONGEST)} {wrong}"
            yield Problem(what, Place(path=ui.entry, platform=files.platform))


def _useless_entry_of_tree(source: Source) -> Iterator[Problem]:
    """The same of what the build will copy, as far as that is known."""
    for document, metadata in metadata_documents(source):
        ui = metadata.ui if metadata.ui and metadata.ui.src else None
        if ui and not misnomer(ui.entry) and (wrong := _outside(ui) or _empty_page(source, ui)):
            place = replace(document.place, line=line(document.content or b"", ("ui", "dashboard-tab", "src")))
            yield Problem(f"{excerpt(ui.entry, _LONGEST)} {wrong}", place)


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


def _not_executable(source: Source) -> Iterator[Problem]:
    for files, metadata in file_sets(source):
        for path in _run_by_mode(metadata):
            fact = files.facts.get(path)
            if fact and fact.kind is FileKind.FILE and not fact.mode & _EXECUTABLE:
                what = f"{excerpt(path, _LONGEST)} has mode {fact.mode & _MODE:04o}"
                yield Problem(what, Place(path=path, platform=files.platform))


def _run_by_mode(metadata: Metadata) -> list[str]:
    # Windows tells programs by their names.
    return list(dict.fromkeys(each.path for each in metadata.binaries if each.os is not HostOS.WINDOWS))


def _name_clash(source: Source) -> Iterator[Problem]:
    for files, metadata in file_sets(source):
        for os in HostOS:
            paths = dict.fromkeys(binary.path for binary in metadata.binaries if binary.os is os)
            names: dict[str, str] = {}
            for path in paths:
                first = names.setdefault(_file_name(path, os), path)
                if first != path:
                    what = f"{excerpt(path)} and {excerpt(first)} are both {excerpt(basename(path))} for {os}"
                    yield Problem(what, Place(path=path, platform=files.platform))


def _file_name(path: str, os: HostOS) -> str:
    # Only Linux tells file names by case, with the file systems these systems have by default.
    return basename(path) if os is HostOS.LINUX else basename(path).casefold()


def _icon_format(source: Source) -> Iterator[Problem]:
    for files, metadata in file_sets(source):
        fact = files.facts.get(metadata.icon)
        head = files.read(metadata.icon, pictures.HEAD) if metadata.icon else b""
        is_empty = fact is not None and fact.kind is FileKind.FILE and not fact.size
        wrong = "is empty" if is_empty else _wrong_picture(metadata.icon, head) if head else ""
        if wrong:
            what = f"{excerpt(metadata.icon)} {wrong}"
            yield Problem(what, Place(path=metadata.icon, platform=files.platform))


def _wrong_picture(path: str, head: bytes) -> str:
    content, name = pictures.format_of(head), pictures.claimed_format(path)
    if content not in {pictures.PictureFormat.SVG, pictures.PictureFormat.PNG}:
        return f"is {content} by its content, neither SVG nor PNG"
    return f"is {content} by its content, {name} by its name" if content is not name else ""


_COPY = "COPY it into the final stage, or correct the path in metadata.json (paths start at /)"
PAGE = "name a page in the folder that is copied: src is a path relative to root, and never an address"


def _rule(  # noqa: PLR0913 - what the rules of this module differ in
    code: str,
    title: str,
    paths: _Paths,
    kind: FileKind,
    *,
    why: str,
    source: str,
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
        docker="",
        fix=PAGE,
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
    Rule(
        code="ui-entry-useless",
        title="the UI's entry page says something, and is in the folder that is installed",
        severity=Severity.ERROR,
        docker="",
        why="the extension installs and then shows a blank tab: only metadata.json's root comes out of the image",
        fix="COPY the page that the UI's build makes into root, and name it relative to that",
        source="https://docs.docker.com/extensions/extensions-sdk/architecture/metadata/",
        ask=_useless_entry,
    ),
    Rule(
        code="icon-format",
        title="the icon is SVG or PNG, and called so",
        severity=Severity.WARNING,
        docker="",
        why="the dashboard shows a picture by its name and kind; a wrong one is an empty square",
        fix="COPY an SVG, and give the file the ending of its kind",
        source="https://docs.docker.com/extensions/extensions-sdk/architecture/metadata/",
        ask=_icon_format,
    ),
    Rule(
        code="binary-not-executable",
        title="every host binary for Linux and macOS is executable",
        severity=Severity.ERROR,
        docker="",
        why="desktops copy the file with the mode it has, so that running it is denied",
        fix="COPY --chmod=0755 it into the image",
        source="https://docs.docker.com/extensions/extensions-sdk/guides/invoke-host-binaries/",
        ask=_not_executable,
    ),
    Rule(
        code="binary-name-clash",
        title="no two host binaries of one system have the same file name",
        severity=Severity.ERROR,
        docker="",
        why="desktops copy them into one folder, where the last one replaces the others, of whatever architecture",
        fix="give each its own name; for two architectures put each image's binary at one path",
        source="https://docs.docker.com/extensions/extensions-sdk/extensions/multi-arch/",
        ask=_name_clash,
    ),
)
