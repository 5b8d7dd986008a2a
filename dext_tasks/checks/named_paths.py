"""Paths that metadata.json names: whether an image has them, and whether the build will put them into one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from dext_tasks.checks.evidence import UI_ROOT, file_sets, fix_of_root, metadata_documents
from dext_tasks.checks.rule import Problem
from dext_tasks.extension.metadata import Metadata, binary_places, misnomer
from dext_tasks.formats.json_places import line
from dext_tasks.sources.facts import FileFact, FileKind, Place
from dext_tasks.sources.origin import OriginKind
from dext_tasks.sources.source import PartNotOfferedError
from dext_tasks.wording import excerpt

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from dext_tasks.sources.facts import Document, FileSet, Sourced
    from dext_tasks.sources.source import Source

LONGEST: Final = 200
COPY: Final = "COPY it into the final stage, or correct the path in metadata.json (paths start at /)"
_ARTICLES = {
    FileKind.FILE: "a file",
    FileKind.FOLDER: "a folder",
    FileKind.LINK: "a link",
    FileKind.OTHER: "a device, a pipe or a socket",
}
_Key = tuple[str | int, ...]


@dataclass(frozen=True)
class NamedPath:
    """A key of metadata.json whose values are paths in the image.

    Attributes:
        paths: Those that a metadata.json has there, absolute.
        key: The key, of a path in the text of a metadata.json.
        kind: What has to be there.
        folder: The key of the folder that the path is relative to; None if it is an absolute path itself.
    """

    paths: Callable[[Metadata], list[str]]
    key: Callable[[bytes, str], _Key]
    kind: FileKind = FileKind.FILE
    folder: NamedPath | None = None

    def fix(self, metadata: bytes | None, path: str, *, is_there: bool) -> str:
        """What to do about a path; empty where a rule's own advice is the best.

        Args:
            metadata: The metadata.json that names it.
            path: The path.
            is_there: Whether something else is at the path.
        """
        is_misnomer = bool(misnomer(path))
        if self.folder:
            return "" if is_misnomer else fix_of_root(metadata)
        if is_misnomer:
            return (
                f"put the {self.kind} into the project, COPY it into the final stage, and write its path in the image"
            )
        if not is_there:
            return ""
        is_file = self.kind is FileKind.FILE
        return "name the file itself, with its name" if is_file else "name the folder that the files are in"


ICON: Final = NamedPath(lambda found: [found.icon] if found.icon else [], lambda *_: ("icon",))
ROOT: Final = NamedPath(lambda found: [found.ui.root] if found.ui else [], lambda *_: UI_ROOT, FileKind.FOLDER)
ENTRY: Final = NamedPath(
    lambda found: [found.ui.entry] if found.ui and found.ui.src else [],
    lambda *_: ("ui", "dashboard-tab", "src"),
    folder=ROOT,
)
COMPOSE_FILE: Final = NamedPath(
    lambda found: [found.vm.composefile] if found.vm and found.vm.composefile else [], lambda *_: ("vm", "composefile")
)
BINARIES: Final = NamedPath(
    lambda found: list(dict.fromkeys(binary.path for binary in found.binaries)),
    lambda content, path: binary_places(content)[path],
)


def absent(source: Source, named: NamedPath) -> Iterator[Problem]:
    """Paths that an image does not have."""
    for files, metadata in file_sets(source):
        # Without its folder a file is missing, too; one finding says so.
        if named.folder and any(_wrong(files, path, named.folder.kind) for path in named.folder.paths(metadata)):
            continue
        for path in named.paths(metadata):
            if wrong := _wrong(files, path, named.kind):
                fix = named.fix(files.metadata, path, is_there=path in files.facts)
                yield Problem(wrong, Place(path=path, platform=files.platform), fix=fix, about=path)


def _wrong(files: FileSet, path: str, kind: FileKind) -> str:
    fact: FileFact | None = files.facts.get(path)
    if fact is None and (instead := misnomer(path)):
        return f"metadata.json names {instead}, where the path of a {kind} in the image is expected"
    shown = excerpt(path, LONGEST)
    if fact is None:
        return f"{shown} is not in the image"
    return "" if fact.kind is kind else f"{shown} is {_ARTICLES[fact.kind]}, not a {kind}"


def nowhere(source: Source, named: NamedPath) -> Iterator[Problem]:
    """Paths that no image built of a source tree can have, as nothing puts them there.

    Raises:
        PartNotOfferedError: After all problems: where some path comes from is not known.
    """
    # As above.
    if named.folder and _is_lacking(source, named.folder):
        return
    problems: list[Problem] = []
    doubts: list[str] = []
    for document, metadata in metadata_documents(source):
        for path in named.paths(metadata):
            for sourced in origins(source, document, path):
                if wrong := _wrong_origin(source, path, sourced, OriginKind(named.kind)):
                    problems.append(_nowhere(document, named, path, sourced, wrong))
                elif sourced.origin.doubt:
                    doubts.append(f"{excerpt(path)}: {sourced.origin.doubt}")
    yield from problems
    if doubts:
        raise PartNotOfferedError(doubts[0])


def origins(source: Source, document: Document, path: str) -> list[Sourced]:
    """Where a path comes from on the platforms that a metadata.json is for."""
    platform = document.place.platform
    return [each for each in source.origins(path) if platform is None or each.platform in {None, platform}]


def _is_lacking(source: Source, folder: NamedPath) -> bool:
    return any(
        each.origin.is_sure and each.origin.kind is not OriginKind.FOLDER
        for document, metadata in metadata_documents(source)
        for path in folder.paths(metadata)
        for each in origins(source, document, path)
    )


def _wrong_origin(source: Source, path: str, sourced: Sourced, kind: OriginKind) -> str:
    if instead := misnomer(path):
        return f"is {instead}, where the path of a {kind} in the image is expected"
    if sourced.origin.doubt:
        return ""
    is_right = sourced.origin.kind is kind
    return "" if is_right else f"{excerpt(path, LONGEST)} {source.absence(path, sourced, kind)}"


def _nowhere(document: Document, named: NamedPath, path: str, sourced: Sourced, wrong: str) -> Problem:
    content = document.content or b""
    key = named.key(content, path)
    place = document.place._replace(line=line(content, key), platform=document.place.platform or sourced.platform)
    fix = named.fix(document.content, path, is_there=sourced.origin.kind is not OriginKind.ABSENT)
    return Problem(f"metadata.json: {'.'.join(map(str, key))} {wrong}", place, fix=fix, about=path)
