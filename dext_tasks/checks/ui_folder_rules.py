"""Rules on the folder of the UI as a whole: what of it cannot be installed everywhere."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from dext_tasks.checks.evidence import file_sets, metadata_documents
from dext_tasks.checks.rule import Problem, Rule, Severity
from dext_tasks.formats.excerpt import excerpt
from dext_tasks.sources.source import FileEntry, FileFact, FileKind, FileSet, NotOfferedError, Place, Source

if TYPE_CHECKING:
    from collections.abc import Iterator

_MODULES = "node_modules"
_WINDOWS = "https://github.com/oslabs-beta/Kafka-Sonar/issues/43"


def _unwanted(is_link: bool, source: Source) -> Iterator[Problem]:  # noqa: FBT001 - bound by the rules
    """What a folder of the UI should not hold, once for each such folder: there may be hundreds of it."""
    noun = "symbolic link" if is_link else f"folder {_MODULES}"
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
    return fact.kind is FileKind.FOLDER and path.endswith(f"/{_MODULES}") and path.count(f"/{_MODULES}") == 1


RULES = (
    Rule(
        code="ui-link",
        title="the UI's folder holds no symbolic links",
        severity=Severity.ERROR,
        docker="",
        why="Windows lets ordinary users make none, so that the extension cannot be installed there",
        fix="copy the files themselves: COPY what the UI's build makes, not its sources with node_modules",
        source=_WINDOWS,
        ask=partial(_unwanted, True),  # noqa: FBT003 - as above
    ),
    Rule(
        code="ui-node-modules",
        title="the UI's folder holds no installed modules",
        severity=Severity.WARNING,
        docker="",
        why="thousands of files are copied out of the image, with links and paths that Windows cannot make",
        fix="COPY what the UI's build makes, and list node_modules in .dockerignore",
        source=_WINDOWS,
        ask=partial(_unwanted, False),  # noqa: FBT003 - as above
    ),
)
