"""What the Dockerfile of a source tree, as BuildKit reads it for each platform, puts into their images."""

from __future__ import annotations

from dataclasses import replace
from posixpath import basename, join
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from dext_tasks.errors import DockerfileInvalidError
from dext_tasks.formats.dockerfile import document as dockerfile
from dext_tasks.formats.dockerfile.starting import Program, places_of, programs_of
from dext_tasks.formats.oci.platform import REQUIRED
from dext_tasks.limits import LARGEST_DOCUMENT
from dext_tasks.project_files import beginning, why_unreadable
from dext_tasks.regex import regex
from dext_tasks.sources.context import Context, PathKind, TooManyError
from dext_tasks.sources.facts import DockerfileFacet, Document, FileEntry, Place, Sourced, Start, Unsent
from dext_tasks.sources.origin import OriginKind
from dext_tasks.sources.origins import Origins
from dext_tasks.sources.source import NotOfferedError
from dext_tasks.sources.tree_files import MODULES
from dext_tasks.wording import excerpt

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator, Sequence
    from pathlib import Path

    from dext_tasks.formats.oci.platform import Platform
    from dext_tasks.project import Project
    from dext_tasks.sources.origin import Origin
    from dext_tasks.sources.tree_files import TreeFiles


# Without these names it says the same for every platform.
_OF_PLATFORM = regex(rb"TARGET(?:PLATFORM|OS|ARCH|VARIANT)")


class View(NamedTuple):
    """What a Dockerfile makes for some platforms.

    Attributes:
        platforms: These.
        facet: The Dockerfile, read for any of them.
        origins: Where the files of their images come from.
    """

    platforms: tuple[Platform, ...]
    facet: DockerfileFacet
    origins: Origins


def views_of(
    project: Project, file: Path, platforms: Sequence[Platform], name: str, draft: bytes | None = None
) -> tuple[View, ...]:
    """A view per platform, or one for all if the Dockerfile treats them alike.

    Args:
        project: The source tree.
        file: Its Dockerfile.
        platforms: What is built for; at least one.
        name: The Dockerfile's path, for places.
        draft: What the Dockerfile is to say instead of what it does; None for the latter.

    Raises:
        DockerfileInvalidError: BuildKit would refuse it.
    """
    return tuple(_views(project, file, platforms, name, draft))


def _views(
    project: Project, file: Path, platforms: Sequence[Platform], name: str, draft: bytes | None
) -> Iterator[View]:
    settings, content = project.settings, _content(file) if draft is None else draft
    context = Context(project.root, file)
    alike = [tuple(platforms)] if not _OF_PLATFORM.search(content) else [(platform,) for platform in platforms]
    for group in alike:
        # Which machine builds is not known; what depends on it is recognised by building for another platform.
        builder = REQUIRED[0]
        document = dockerfile.parse(content, build_args=dict(settings.build_args), platform=group[0], builder=builder)
        document.labels(settings.build_target or None)
        facet = DockerfileFacet(document, settings.build_target, name)
        yield View(group, facet, Origins(context, document, settings.build_target))


def _content(file: Path) -> bytes:
    with file.open("rb") as stream:
        content = beginning(stream, LARGEST_DOCUMENT + 1)
    if len(content) > LARGEST_DOCUMENT:
        raise DockerfileInvalidError(
            f"{file.name} is larger than {LARGEST_DOCUMENT >> 20} MiB, and is not read",
            remedy="check that `dockerfile` names the right file, and move what it carries into files that it copies",
        )
    return content


_ARTICLES = {OriginKind.FILE: "a file", OriginKind.FOLDER: "a folder", OriginKind.OTHER: "a device, a pipe or a socket"}
_NO_PROGRAM = "the image starts nothing: no CMD or ENTRYPOINT names a program"

H = TypeVar("H", bound="Hashable")
P = TypeVar("P", Start, Unsent)


class Shipped:
    """The files of the images before these are built.

    Args:
        views: What the Dockerfile makes for each platform.
        files: The files of the source tree.
    """

    def __init__(self, views: Sequence[View], files: TreeFiles) -> None:
        self._views = views
        self._files = files

    def origins(self, path: str) -> list[Sourced]:
        """Where a path comes from, once for all platforms or once for each.

        Args:
            path: Absolute, in the image.
        """
        found = ((view.origins.of(path), view.platforms) for view in self._views)
        return [Sourced(platform, origin) for platform, origin in self._told_apart(found)]

    def documents(self, path: str, platform: Platform | None = None) -> list[Document]:
        """The file at a path, once for all platforms or once for each.

        Args:
            path: Absolute, in the image.
            platform: The only one that matters; None if all do.

        Raises:
            NotOfferedError: What it will say is not known before the build.
        """
        found = [each for each in self.origins(path) if each.platform in {None, platform} or platform is None]
        return [self._document(path, each._replace(platform=each.platform or platform)) for each in found]

    def _document(self, path: str, sourced: Sourced) -> Document:
        origin = sourced.origin
        unknown = origin.doubt or origin.blur
        if unknown:
            where = f" for {sourced.platform}" if sourced.platform else ""
            raise NotOfferedError(f"{path}{where}: {unknown}")
        if origin.file is not None:
            document = self._files.document(origin.file)
            return replace(document, place=document.place._replace(platform=sourced.platform))
        if origin.text is not None:
            # Lines before it, so that whoever counts lines counts those of the Dockerfile.
            content = b"\n" * (origin.line - 1) + origin.text
            return Document(content, self._place(platform=sourced.platform)._replace(line=0))
        return Document(None, self._place(platform=sourced.platform), f"{excerpt(path)} {self.absence(path, origin)}")

    def absence(self, path: str, origin: Origin, kind: OriginKind = OriginKind.FILE) -> str:
        """Why a path is not in the image as what it should be, in words that follow its name.

        Args:
            path: Absolute, in the image.
            origin: Of it.
            kind: What it should be.
        """
        if origin.kind is not OriginKind.ABSENT:
            exactly = why_unreadable(origin.file, is_folder=kind is OriginKind.FOLDER) if origin.file else ""
            return exactly or f"is {_ARTICLES[origin.kind]}, not {_ARTICLES[kind]}"
        if origin.why:
            return f"is not in the image: {origin.why}"
        is_folder = kind is OriginKind.FOLDER
        if (there := path.lstrip("/")) and self._files.holds(there):
            fault = self._files.why_unreadable(there, is_folder=is_folder)
            return f"is not in the image: {f'{there} {fault}' if fault else self._misplaced(there)}"
        named = self._named(basename(path), is_folder=is_folder)
        if named:
            return f"is not in the image: {self._misplaced(named)}"
        return "is neither in the source tree nor made by the build"

    def _misplaced(self, file: str) -> str:
        """Where a file of the source tree is in the image instead of where it should be, if it is."""
        landings = filter(None, (view.origins.landing(file) for view in self._views))
        landing = next(landings, "")
        return f"{file} is copied to {excerpt(landing)}" if landing else f"nothing copies {file} there"

    def _named(self, name: str, *, is_folder: bool) -> str:
        """The first file or folder of a name in the source tree; empty if there is none."""
        found = (each for each in self._files.paths() if basename(each) == name) if name else ()
        return next((each for each in found if not self._files.why_unreadable(each, is_folder=is_folder)), "")

    @property
    def unreadable(self) -> list[Unsent]:
        """What a build copies and cannot read, the file of patterns among it; what is alike once, with a number.

        Raises:
            NotOfferedError: There is too much to look through.
        """
        context = self._views[0].origins.context
        alike: dict[str, list[str]] = {}
        try:
            for path, fault in dict.fromkeys(found for view in self._views for found in view.origins.unreadable()):
                alike.setdefault(fault, []).append(path)
        except TooManyError as error:
            raise NotOfferedError(str(error)) from error
        found = [(paths[0], fault, len(paths) - 1) for fault, paths in alike.items()]
        if context.ignore_file and context.ignore_fault:
            found.insert(0, (self._files.relative(context.ignore_file), context.ignore_fault, 0))
        return [
            Unsent(f"{excerpt(path)} {fault}{f', and so are {others} more' if others else ''}", Place(file=path))
            for path, fault, others in found
        ]

    @property
    def unsent(self) -> list[Unsent]:
        """What a build certainly fails to find."""
        found = (
            (Unsent(f"{excerpt(copy.source)}, {why}", self._place(copy.line)), view.platforms)
            for view in self._views
            for copy, why in view.origins.unsent()
        )
        return [_for(each, platform) for platform, each in self._told_apart(found)]

    @property
    def starts(self) -> list[Start]:
        """The programs that the image starts, once for all platforms or once for each."""
        found = ((start, view.platforms) for view in self._views for start in self._starts_of(view))
        return [_for(each, platform) for platform, each in self._told_apart(found)]

    def _starts_of(self, view: View) -> list[Start]:
        programs = programs_of(view.facet.document.lineage(view.facet.target or None))
        if not programs and view.origins.history.base.is_empty:
            # Docker creates no container of it: "no command specified".
            # https://github.com/moby/moby/blob/master/daemon/create.go
            return [Start("", self._place(), absence=_NO_PROGRAM)]
        return [self._start(view, program) for program in programs]

    def _start(self, view: View, program: Program) -> Start:
        reader = ", which reads it," if program.is_shell else ""
        start = Start(f"{program.keyword}: {excerpt(program.name)}{reader}", self._place(program.line))
        history = view.origins.history
        if program.is_shell and history.base.is_official:
            return start
        places = places_of(program, history.folder, _search_path(view))
        if places is None:
            doubt = f"where {excerpt(program.name)} is looked for depends on the base image"
            return start._replace(doubt=doubt)
        found = [view.origins.of(each) for each in places]
        if all(each.is_lacking and not each.is_presumed for each in found):
            return start._replace(absence=_absence(found))
        is_there = any(each.kind is OriginKind.FILE for each in found)
        presumed = "" if is_there else f"{history.base.name} may hold it"
        return start._replace(doubt=next((each.doubt for each in found if each.doubt), presumed))

    def entries(self, folder: str) -> list[FileEntry]:
        """Links, and folders of installed modules, that are certainly below a folder of the image.

        Args:
            folder: Absolute, in the image.

        Raises:
            NotOfferedError: What is in the folder is not known before the build.
        """
        view = self._views[0]
        root = view.origins.of(folder)
        if root.doubt:
            raise NotOfferedError(f"{folder}: {root.doubt}")
        try:
            return [entry for each in view.origins.folders(folder) for entry in self._entries_of(view, folder, each)]
        except TooManyError as error:
            raise NotOfferedError(f"{folder}: {error}") from error

    def _entries_of(self, view: View, folder: str, source: str) -> Iterator[FileEntry]:
        context = view.origins.context
        for path, entry in context.entries(source):
            is_modules = entry is PathKind.FOLDER and basename(path) == MODULES
            if entry is PathKind.LINK or is_modules:
                place = Place(file=self._files.relative(context.root / join(source, path)))
                if not view.origins.of(join(folder, path)).doubt:
                    yield FileEntry(join(folder, path), is_link=entry is PathKind.LINK, place=place)

    def _place(self, line: int = 0, platform: Platform | None = None) -> Place:
        facet = self._views[0].facet
        return Place(file=facet.file, line=line or facet.document.target(facet.target or None).line, platform=platform)

    def _told_apart(self, found: Iterable[tuple[H, Sequence[Platform]]]) -> list[tuple[Platform | None, H]]:
        """What holds for every platform once, anything else once for each platform it holds for."""
        if len(self._views) == 1:
            return [(None, each) for each in dict.fromkeys(each for each, _ in found)]
        everything = {platform for view in self._views for platform in view.platforms}
        gathered: dict[H, list[Platform]] = {}
        for each, platforms in found:
            gathered.setdefault(each, []).extend(platforms)
        return [
            (platform, each)
            for each, platforms in gathered.items()
            for platform in ((None,) if everything <= set(platforms) else platforms)
        ]


def _for(each: P, platform: Platform | None) -> P:
    return each._replace(place=each.place._replace(platform=platform))


def _search_path(view: View) -> str | None:
    """The value of PATH in the image; None if that is not known."""
    value = view.facet.document.target(view.facet.target or None).search_path
    return None if value is None or value.unresolved else value.text


def _absence(found: Sequence[Origin]) -> str:
    """Why a program is nowhere, by the places at which it may be."""
    if len(found) != 1:
        return "is in none of the folders of PATH"
    return f"is put there by nothing{f': {found[0].why}' if found[0].why else ''}"
