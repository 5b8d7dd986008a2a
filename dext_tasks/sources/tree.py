"""The source tree as a source: what the Dockerfile and metadata.json say before anything is built."""

from __future__ import annotations

import os
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from dext_tasks.errors import DockerfileInvalidError, MetadataInvalidError
from dext_tasks.extension import dockerfile
from dext_tasks.extension.metadata import Metadata, parse
from dext_tasks.sources.scripts import is_script
from dext_tasks.sources.subject import (
    DockerfileFacet,
    Document,
    FileSet,
    LabelSet,
    NotOfferedError,
    Place,
    PlatformSet,
    Refusal,
    Subject,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dext_tasks.project import Project

_MOST_SCRIPTS = 2000
_MOST_BYTES = 16 * 1024 * 1024
_CHANGELOGS = ("CHANGELOG.md", "changelog.md", "Changelog.md", "docs/CHANGELOG.md")


class TreeSource(Subject):
    """What a source tree says.

    Args:
        project: The source tree with its settings.
        version: What it is about to be released as; empty if that is not known.
    """

    name = "source tree"
    silence = "a source tree does not show this"

    def __init__(self, project: Project, version: str = "") -> None:
        self.project = project
        self.version = version

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
        name = self._relative(file)
        try:
            parsed = dockerfile.parse(file.read_bytes(), build_args=dict(settings.build_args))
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
        return [LabelSet(None, values, Place(file=facet.file, line=stage.line), places)]

    @cached_property
    def declared(self) -> frozenset[str]:
        """See Subject."""
        return frozenset(key for labels in self.labels for key in labels.values)

    @property
    def declared_or_unknown(self) -> frozenset[str] | None:
        """The same, or None where the Dockerfile does not tell."""
        try:
            return self.declared
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
        """See Subject; the file is looked for by its path in the image, then by its name."""
        metadata = self._metadata
        if metadata is None or metadata.vm is None or not metadata.vm.composefile:
            return []
        wanted = Path(metadata.vm.composefile.lstrip("/"))
        found = next(filter(_is_file, self._candidates(wanted)), None)
        if found is None:
            raise NotOfferedError(f"{wanted.name} is not at one place of the source tree")
        return [self._document(found)]

    @cached_property
    def scripts(self) -> Sequence[Document]:
        """See Subject."""
        return [self._document(file) for file in self._scripts()]

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

    def _candidates(self, wanted: Path) -> list[Path]:
        root = self.project.root
        below = [file for file in self._walk() if file.name == wanted.name]
        return [root / wanted, root / wanted.name, *(below if len(below) == 1 else [])]

    def _scripts(self) -> list[Path]:
        found = [file for file in self._walk() if is_script(f"/{self._relative(file)}")]
        return found[:_MOST_SCRIPTS]

    def _walk(self) -> Iterator[Path]:
        for folder, folders, files in os.walk(self.project.root):
            folders[:] = sorted(name for name in folders if not name.startswith(".") and name != "node_modules")
            yield from (Path(folder) / name for name in sorted(files))

    def _document(self, file: Path) -> Document:
        place = Place(file=self._relative(file))
        try:
            with file.open("rb") as stream:
                return Document(stream.read(_MOST_BYTES), place)
        except OSError:
            return Document(None, place)

    def _relative(self, file: Path) -> str:
        root = self.project.root
        return file.relative_to(root).as_posix() if file.is_relative_to(root) else str(file)


def _is_file(file: Path) -> bool:
    try:
        return file.is_file()
    except OSError:
        # The name is longer than any file system takes.
        return False
