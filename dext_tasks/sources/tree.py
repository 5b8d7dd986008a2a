"""The source tree as a source: what the Dockerfile and metadata.json say before anything is built."""

from __future__ import annotations

import os
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from dext_tasks.errors import (
    DockerfileInvalidError,
    DockerfileMissingError,
    MetadataInvalidError,
    ReferenceInvalidError,
)
from dext_tasks.extension import dockerfile, theme
from dext_tasks.extension.metadata import Metadata, parse
from dext_tasks.sources.origins import Origins
from dext_tasks.sources.scripts import bounded, is_beside_ui, is_script
from dext_tasks.sources.subject import (
    DockerfileFacet,
    Document,
    EntryPage,
    FileSet,
    LabelSet,
    NotOfferedError,
    Place,
    PlatformSet,
    Refusal,
    Scope,
    Subject,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dext_tasks.extension.platform import Platform
    from dext_tasks.extension.reference import Reference
    from dext_tasks.project import Project

_MOST_BYTES = 16 * 1024 * 1024
# BuildKit's own bound is near: of 300 stages in 0.9 MB it makes more than its messages may hold,
# https://github.com/moby/moby/issues/48164
_MOST_OF_DOCKERFILE = 1024 * 1024
# More than any extension has; a repository of many packages may have more.
_MOST_PACKAGES = 50
_CHANGELOGS = ("CHANGELOG.md", "changelog.md", "Changelog.md", "docs/CHANGELOG.md")


class TreeSource(Subject):
    """What a source tree says.

    Args:
        project: The source tree with its settings.
        version: What it is about to be released as; empty if that is not known.
        platform: What its Dockerfile is read for; None where that does not matter.
    """

    name = "source tree"
    silence = "a source tree does not show this"

    def __init__(self, project: Project, version: str = "", platform: Platform | None = None) -> None:
        self.project = project
        self.version = version
        self.platform = platform

    @property
    def scope(self) -> Scope:
        """See Subject."""
        found = (self._relative(self.project.dockerfile), *self._named_files())
        return Scope(str(self.project.root), tuple(dict.fromkeys(found)))

    def _named_files(self) -> Iterator[str]:
        with suppress(NotOfferedError):
            yield from (document.place.file for document in self.documents if document.content is not None)
        with suppress(NotOfferedError):
            yield from (document.place.file for document in self.compose if document.content is not None)

    @property
    def dockerfile(self) -> DockerfileFacet:
        """See Subject.

        Raises:
            DockerfileMissingError: There is none.
        """
        if isinstance(self._parsed, Refusal):
            raise NotOfferedError("BuildKit refuses the Dockerfile")
        return self._parsed

    @property
    def refusal(self) -> Refusal | None:
        """See Subject; raises what ``dockerfile`` raises."""
        return self._parsed if isinstance(self._parsed, Refusal) else None

    @cached_property
    def _parsed(self) -> DockerfileFacet | Refusal:
        settings, file = self.project.settings, self.project.dockerfile
        name, content = self._relative(file), _dockerfile_content(file)
        try:
            parsed = dockerfile.parse(content, build_args=dict(settings.build_args), platform=self.platform)
            parsed.labels(settings.build_target or None)
        except DockerfileInvalidError as error:
            return Refusal(error.message, Place(file=name, line=getattr(error, "line", 0)))
        return DockerfileFacet(parsed, settings.build_target, name)

    @cached_property
    def labels(self) -> Sequence[LabelSet]:
        """See Subject; raises what ``dockerfile`` raises."""
        facet = self.dockerfile
        found = facet.document.effective(facet.target or None)
        places = {key: Place(file=facet.file, line=label.line, label=key) for key, label in found.items()}
        stage = facet.document.target(facet.target or None)
        values = {key: label.value for key, label in found.items()}
        unknown = {key: label.unknown for key, label in found.items() if label.unknown}
        escaped = {key: label.escaped for key, label in found.items() if label.escaped}
        return [LabelSet(None, values, Place(file=facet.file, line=stage.line), places, unknown, escaped)]

    @cached_property
    def declared(self) -> frozenset[str]:
        """See Subject."""
        return frozenset(key for labels in self.labels for key in labels.values)

    @property
    def labels_or_unknown(self) -> LabelSet | None:
        """The labels, or None where the Dockerfile does not tell."""
        try:
            return self.labels[0]
        except NotOfferedError:
            return None

    @cached_property
    def documents(self) -> Sequence[Document]:
        """See Subject."""
        return [self._document(self.project.root / self.project.settings.metadata)]

    @property
    def files(self) -> Sequence[FileSet]:
        """See Subject."""
        raise NotOfferedError("only a built image shows which files it holds")

    @cached_property
    def compose(self) -> Sequence[Document]:
        """See Subject; the file is looked for by what the Dockerfile copies, by its path in the image, by its name."""
        metadata = self._metadata
        if metadata is None or metadata.vm is None or not metadata.vm.composefile:
            return []
        wanted = Path(metadata.vm.composefile.lstrip("/"))
        copied = self._origins.of(metadata.vm.composefile).file if self._origins else None
        found = copied or next(filter(_is_file, self._candidates(wanted)), None)
        if found is None:
            raise NotOfferedError(f"{wanted.name} is not at one place of the source tree")
        return [self._document(found)]

    @cached_property
    def entry_page(self) -> EntryPage:
        """See Subject."""
        ui, origins = self._metadata.ui if self._metadata else None, self._origins
        origin = origins.of(ui.entry) if ui and ui.src and origins else None
        if not (ui and origins and origin and origin.file and origin.is_sure):
            raise NotOfferedError("the build makes the entry page, or none is named")
        # Beside a package.json lie sources, from which a bundle may be made before the image is built.
        lacks = (lambda _: False) if (origin.file.parent / "package.json").exists() else origins.lack
        return EntryPage(self._document(origin.file), ui.entry, ui.root, lacks)

    def lacks(self, path: str) -> bool:
        """See Subject."""
        if self._origins is None:
            raise NotOfferedError("the Dockerfile cannot be read")
        return self._origins.lack(path) and not self._has(Path(path).name)

    @property
    def own_image(self) -> Reference:
        """See Subject."""
        try:
            return self.project.image
        except ReferenceInvalidError as error:
            raise NotOfferedError(error.message) from error

    @cached_property
    def scripts(self) -> Sequence[Document]:
        """See Subject; tests and documentation are not part of the UI."""
        found = bounded(self._document(file) for file in self._scripts())
        if not found and self._metadata and self._metadata.ui:
            raise NotOfferedError("the source tree holds no page and no script of the UI")
        return found

    @cached_property
    def packages(self) -> Sequence[Document]:
        """See Subject."""
        names = {theme.MANIFEST, *theme.LOCK_FILES}
        return [self._document(file) for file in self._walk() if file.name in names][:_MOST_PACKAGES]

    @cached_property
    def changelog(self) -> Document:
        """See Subject."""
        for name in _CHANGELOGS:
            if (self.project.root / name).is_file():
                return self._document(self.project.root / name)
        raise NotOfferedError("there is no CHANGELOG.md")

    @property
    def platforms(self) -> PlatformSet:
        """See Subject."""
        raise NotOfferedError("only built images show their platforms")

    @property
    def tag(self) -> str:
        """See Subject."""
        raise NotOfferedError("a source tree has no version; `inv release` checks the tag")

    @cached_property
    def _metadata(self) -> Metadata | None:
        content = self.documents[0].content
        try:
            return parse(content) if content is not None else None
        except MetadataInvalidError:
            return None

    @cached_property
    def _origins(self) -> Origins | None:
        try:
            facet = self.dockerfile
        except (NotOfferedError, DockerfileMissingError):
            return None
        return Origins(self.project.root, facet.document, facet.target)

    def _has(self, name: str) -> bool:
        """Whether any folder has a file of that name, which something unforeseen may put into the image."""
        return any(file.name == name for file in self._walk())

    def _candidates(self, wanted: Path) -> list[Path]:
        root = self.project.root
        below = [file for file in self._walk() if file.name == wanted.name]
        return [root / wanted, root / wanted.name, *(below if len(below) == 1 else [])]

    def _scripts(self) -> Iterator[Path]:
        found = ((file, f"/{self._relative(file)}") for file in self._walk())
        return (file for file, path in found if is_script(path) and not is_beside_ui(path))

    def _walk(self) -> Iterator[Path]:
        for folder, folders, files in os.walk(self.project.root):
            folders[:] = sorted(name for name in folders if not name.startswith(".") and name != "node_modules")
            yield from (Path(folder) / name for name in sorted(files))

    def _document(self, file: Path) -> Document:
        place = Place(file=self._relative(file))
        try:
            # Nobody may ever write into a pipe.
            if not file.is_file():
                return Document(None, place)
            with file.open("rb") as stream:
                return Document(stream.read(_MOST_BYTES), place)
        except OSError:
            return Document(None, place)

    def _relative(self, file: Path) -> str:
        root = self.project.root
        return file.relative_to(root).as_posix() if file.is_relative_to(root) else str(file)


def _dockerfile_content(file: Path) -> bytes:
    with file.open("rb") as stream:
        content = stream.read(_MOST_OF_DOCKERFILE + 1)
    if len(content) > _MOST_OF_DOCKERFILE:
        raise DockerfileInvalidError(
            f"{file.name} is larger than {_MOST_OF_DOCKERFILE >> 20} MiB, and is not read",
            remedy="check that `dockerfile` names the right file, and move what it carries into files that it copies",
        )
    return content


def _is_file(file: Path) -> bool:
    try:
        return file.is_file()
    except OSError:
        # The name is longer than any file system takes.
        return False
