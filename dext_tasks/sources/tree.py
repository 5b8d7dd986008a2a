"""The source tree as a source: what the Dockerfile and metadata.json say before anything is built."""

from __future__ import annotations

from contextlib import suppress
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING

from dext_tasks.errors import (
    DockerfileInvalidError,
    DockerfileMissingError,
    FileAccessError,
    MetadataMissingError,
    ReferenceInvalidError,
)
from dext_tasks.extension.metadata import FILE, Metadata, load, read_or_none
from dext_tasks.formats.dockerfile.refusals import DockerfileRefusedError
from dext_tasks.sources.contents import bounded, is_beside_ui, is_script
from dext_tasks.sources.facts import (
    DockerfileFacet,
    Document,
    EntryPage,
    FileEntry,
    FileMode,
    FileSet,
    LabelSet,
    Place,
    PlatformSet,
    Refusal,
    Sourced,
    SourceScope,
    Start,
    UIBuild,
    Unsent,
)
from dext_tasks.sources.shipped import Shipped, View, views_of
from dext_tasks.sources.source import NotOfferedError, Source, facet
from dext_tasks.sources.tree_files import NO_DRAFTS, TreeFiles

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from dext_tasks.formats.oci.platform import Platform
    from dext_tasks.formats.oci.reference import Reference
    from dext_tasks.project import Project
    from dext_tasks.sources.origin import OriginKind

# More than any extension has; a repository of many packages may have more.
_MOST_PACKAGES = 50
_CHANGELOGS = ("CHANGELOG.md", "changelog.md", "Changelog.md", "docs/CHANGELOG.md")
_METADATA = FILE.lstrip("/")
_NOTHING: Mapping[str, str] = MappingProxyType({})


class TreeSource(Source):
    """What a source tree says.

    Args:
        project: The source tree with its settings.
        version: What it is about to be released as; empty if that is not known.
        platform: The only platform that its Dockerfile is read for; None for all of the settings.
        added: The labels that its build is given, by key; they replace those of the Dockerfile.
        drafts: Contents that replace those on disk, by path with symbolic links resolved.
    """

    name = "source tree"
    silence = "a source tree does not show this"

    def __init__(
        self,
        project: Project,
        version: str = "",
        platform: Platform | None = None,
        added: Mapping[str, str] = _NOTHING,
        drafts: Mapping[Path, bytes] = NO_DRAFTS,
    ) -> None:
        self.project = project
        self.version = version
        self.platform = platform
        self._added = added
        self._files = TreeFiles(project.root, drafts)

    @property
    def scope(self) -> SourceScope:
        """See Source."""
        return SourceScope(str(self.project.root), tuple(dict.fromkeys(self._deciding_files())))

    def _deciding_files(self) -> Iterator[str]:
        yield self._files.relative(self.project.dockerfile)
        with suppress(NotOfferedError):
            ignore_file = self.views[0].origins.context.ignore_file
            yield from () if ignore_file is None else (self._files.relative(ignore_file),)
            yield from (document.place.file for document in self.documents if document.content is not None)
            yield from (document.place.file for document in self.compose if document.content is not None)

    @property
    def note(self) -> str:
        """See Source; a setting that names another metadata.json than the one that is shipped."""
        setting = self.project.settings.metadata
        with suppress(NotOfferedError, DockerfileMissingError):
            files = {document.place.file for document in self.documents if document.content is not None}
            if setting != _METADATA and files and setting not in files:
                return f"the image gets {' and '.join(sorted(files))}, not {setting}, which the settings name"
        return ""

    @property
    def dockerfile(self) -> DockerfileFacet:
        """See Source.

        Raises:
            DockerfileMissingError: There is none.
        """
        return self.views[0].facet

    @property
    def dockerfiles(self) -> Mapping[Platform, DockerfileFacet]:
        """See Source; raises what ``dockerfile`` raises."""
        return {platform: view.facet for view in self.views for platform in view.platforms}

    @property
    def refusal(self) -> Refusal | None:
        """See Source; raises what ``dockerfile`` raises."""
        return self._read if isinstance(self._read, Refusal) else None

    @property
    def views(self) -> tuple[View, ...]:
        """What the Dockerfile makes for each platform; raises what ``dockerfile`` raises.

        Raises:
            NotOfferedError: BuildKit refuses it.
        """
        if isinstance(self._read, Refusal):
            raise NotOfferedError("BuildKit refuses the Dockerfile")
        return self._read

    @cached_property
    def _read(self) -> tuple[View, ...] | Refusal:
        platforms = (self.platform,) if self.platform else self.project.settings.platforms
        file = self.project.dockerfile
        name = self._files.relative(file)
        try:
            return views_of(self.project, file, platforms, name, self._files.draft(file))
        except DockerfileRefusedError as error:
            return Refusal(self._shown(error), Place(file=name, line=error.line))

    def _shown(self, error: DockerfileRefusedError) -> str:
        """What may be said of a refusal: it quotes the line, which may be one of any file of the machine."""
        if self.project.has_foreign_dockerfile:
            return f"line {error.line} is refused, and not shown: the file is outside of the project"
        return error.message

    @cached_property
    def _shipped(self) -> Shipped:
        return Shipped(self.views, self._files)

    @property
    def _shipped_if_any(self) -> Shipped:
        """What is in the images, for whoever is content without an answer."""
        try:
            return self._shipped
        except DockerfileMissingError as error:
            raise NotOfferedError(error.message) from error

    @facet
    def labels(self) -> Sequence[LabelSet]:
        """See Source; raises what ``dockerfile`` raises."""
        facet = self.dockerfile
        found = facet.document.effective(facet.target or None)
        places = {key: Place(file=facet.file, line=label.line, label=key) for key, label in found.items()}
        stage = facet.document.target(facet.target or None)
        values = {key: label.value for key, label in found.items()} | dict(self._added)
        own = {key: label for key, label in found.items() if key not in self._added}
        unknown = {key: label.unknown for key, label in own.items() if label.unknown}
        escaped = {key: label.escaped for key, label in own.items() if label.escaped}
        return [LabelSet(None, values, Place(file=facet.file, line=stage.line), places, unknown, escaped)]

    @facet
    def declared(self) -> frozenset[str]:
        """See Source."""
        return frozenset(key for labels in self.labels for key in labels.values)

    @property
    def labels_or_unknown(self) -> LabelSet | None:
        """The labels, or None if the Dockerfile does not show them."""
        try:
            return self.labels[0]
        except NotOfferedError:
            return None

    @facet
    def documents(self) -> Sequence[Document]:
        """See Source; what the setting names counts only if the Dockerfile does not show what is shipped."""
        setting = self.project.settings.metadata
        try:
            return self._shipped.documents(FILE)
        except DockerfileMissingError:
            return [self._files.document(self.project.root / setting)]
        except NotOfferedError:
            if setting == _METADATA:
                raise
            return [self._files.document(self.project.root / setting)]

    @property
    def files(self) -> Sequence[FileSet]:
        """See Source."""
        raise NotOfferedError("only a built image shows which files it holds")

    @facet
    def compose(self) -> Sequence[Document]:
        """See Source; the file that the Dockerfile puts there, never another one of that name."""
        return [
            each
            for document, metadata in self._named
            if metadata.vm and metadata.vm.composefile
            for each in self._shipped_if_any.documents(metadata.vm.composefile, document.place.platform)
        ]

    def document(self, path: str) -> Document:
        """The file that the image will have at a path, if it is the same for every platform.

        Args:
            path: Absolute, in the image.

        Raises:
            NotOfferedError: What it will say is not known before the build, or differs by platform.
        """
        found = self._shipped_if_any.documents(path)
        if len(found) != 1:
            raise NotOfferedError(f"{path} differs by platform")
        return found[0]

    def mode(self, path: str) -> FileMode | None:
        """See Source."""
        # It comes with rules that few extensions need.
        from dext_tasks.sources.modes import keeper_of

        dockerfile = self._files.document(self.project.dockerfile).content or b""
        file = keeper_of(dockerfile, self._shipped_if_any.origins(path))
        return FileMode(file.stat().st_mode & 0o7777, Place(file=self._files.relative(file))) if file else None

    @facet
    def entry_page(self) -> EntryPage:
        """See Source."""
        pages = {
            (metadata.ui.root, metadata.ui.entry) for _, metadata in self._named if metadata.ui and metadata.ui.src
        }
        if len(pages) != 1:
            raise NotOfferedError("no entry page is named, or each platform has its own")
        ((root, entry),) = pages
        found = self.origins(entry)
        origin = found[0].origin
        if len(found) > 1 or origin.file is None or origin.doubt:
            raise NotOfferedError(f"{entry}: {origin.doubt or 'the entry page is not one file of the source tree'}")
        # Beside a package.json lie sources, from which a bundle may be made before the image is built.
        lacks = (lambda _: False) if (origin.file.parent / "package.json").exists() else self._lacks
        return EntryPage(self._files.document(origin.file), entry, root, lacks)

    def _lacks(self, path: str) -> bool:
        return any(each.origin.is_lacking for each in self.origins(path))

    def origins(self, path: str) -> Sequence[Sourced]:
        """See Source."""
        return self._shipped_if_any.origins(path)

    def absence(self, path: str, sourced: Sourced, kind: OriginKind) -> str:
        """See Source."""
        return self._shipped_if_any.absence(path, sourced.origin, kind)

    def entries(self, folder: str) -> Sequence[FileEntry]:
        """See Source."""
        return self._shipped_if_any.entries(folder)

    @property
    def unsent(self) -> Sequence[Unsent]:
        """See Source; raises what ``dockerfile`` raises."""
        return self._shipped.unsent

    @facet
    def unreadable(self) -> Sequence[Unsent]:
        """See Source; raises what ``dockerfile`` raises. What the settings name is needed where it is what is read."""
        found = self._shipped.unreadable
        setting = self.project.settings.metadata
        with suppress(NotOfferedError):
            _ = self.documents
            return found
        fault = self._files.why_unreadable(setting, is_folder=False) if setting != _METADATA else ""
        return [*found, Unsent(f"{setting} {fault}", Place(file=setting))] if fault else found

    @property
    def starts(self) -> Sequence[Start]:
        """See Source; raises what ``dockerfile`` raises."""
        return self._shipped.starts

    @property
    def ignore_fault(self) -> Unsent | None:
        """See Source; raises what ``dockerfile`` raises."""
        context = self.views[0].origins.context
        fault = context.ignored.fault
        if fault is None or context.ignore_file is None:
            return None
        return Unsent(fault.what, Place(file=self._files.relative(context.ignore_file), line=fault.line))

    @property
    def own_image(self) -> Reference:
        """See Source."""
        try:
            return self.project.image
        except ReferenceInvalidError as error:
            raise NotOfferedError(error.message) from error

    @facet
    def scripts(self) -> Sequence[Document]:
        """See Source; tests and documentation are not part of the UI."""
        found = bounded(self._files.document(file) for file in self._scripts())
        if not found and any(metadata.ui for _, metadata in self._named):
            raise NotOfferedError("the source tree holds no page and no script of the UI")
        return found

    @facet
    def packages(self) -> Sequence[Document]:
        """See Source."""
        # With it come all that reads versions and scripts, of which a build or a release needs none.
        from dext_tasks.extension.theme import LOCK_FILES, MANIFEST

        names = {MANIFEST, *LOCK_FILES}
        return [self._files.document(file) for file in self._files.walk() if file.name in names][:_MOST_PACKAGES]

    @facet
    def ui_build(self) -> UIBuild:
        """See Source."""
        # Only rules ask, and with it come all that reads scripts.
        from dext_tasks.sources.ui_builds import ui_build

        if not any(metadata.ui for _, metadata in self._named):
            raise NotOfferedError("metadata.json names no UI")
        return ui_build(
            self.project.root, self._files.document, self.packages, self._files.document(self.project.dockerfile)
        )

    def _scripts(self) -> Iterator[Path]:
        found = ((file, f"/{self._files.relative(file)}") for file in self._files.walk())
        return (file for file, path in found if is_script(path) and not is_beside_ui(path))

    @facet
    def changelog(self) -> Document:
        """See Source."""
        for name in _CHANGELOGS:
            if (self.project.root / name).is_file():
                return self._files.document(self.project.root / name)
        raise NotOfferedError("there is no CHANGELOG.md")

    @property
    def platforms(self) -> PlatformSet:
        """See Source."""
        raise NotOfferedError("only built images show their platforms")

    @property
    def tag(self) -> str:
        """See Source."""
        raise NotOfferedError("a source tree has no version; `inv release` checks the tag")

    @cached_property
    def _named(self) -> Sequence[tuple[Document, Metadata]]:
        found = ((document, read_or_none(document.content)) for document in self.documents)
        return [(document, metadata) for document, metadata in found if metadata]


def require_sources(project: Project) -> None:
    """Require that a build can read what it copies, and that nothing shows that the images will lack a metadata.json.

    Raises:
        FileAccessError: A build would read a pipe, or put an empty file in the place of one that it cannot read.
        MetadataMissingError: Nothing puts a metadata.json there.
        MetadataInvalidError: It is not a JSON object.
        DockerfileInvalidError: The Dockerfile is outside of the project and no Dockerfile.
        OutsideProjectError: A symbolic link leads to it out of the project.
    """
    source = TreeSource(project)
    try:
        _require_shown(source)
        _require_readable(source)
        documents = source.documents
    except NotOfferedError:
        # The build will show it.
        return
    for document in documents:
        if document.content is None:
            raise MetadataMissingError(
                document.why or f"no {project.settings.metadata} in {project.root}",
                remedy="add metadata.json, and copy it to /metadata.json in the final stage: COPY metadata.json /",
            )
        load(document.content)


def _require_readable(source: TreeSource) -> None:
    try:
        found = source.unreadable
    except DockerfileMissingError:
        return
    if found:
        raise FileAccessError(
            "; ".join(each.what for each in found),
            remedy="give the user who builds the right to read it (`ls -ld` shows who may), or put a file in its place",
        )


def _require_shown(source: TreeSource) -> None:
    """Require that a build does not print a file of the machine: BuildKit quotes the line that it refuses."""
    try:
        refusal = source.refusal
    except DockerfileMissingError:
        return
    if refusal and source.project.has_foreign_dockerfile:
        raise DockerfileInvalidError(
            f"{refusal.place}: {refusal.what}",
            remedy="correct it, or set `dockerfile` to the path of the right one (inv config shows the settings)",
        )
