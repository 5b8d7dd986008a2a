"""What a source says whose images' files can be read, wherever the images are."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Protocol

from dext_tasks.extension.metadata import FILE
from dext_tasks.sources.scripts import bounded, is_script
from dext_tasks.sources.source import Document, FileSet, Place, Source, facet

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dext_tasks.extension.metadata import Metadata
    from dext_tasks.formats.oci.platform import Platform
    from dext_tasks.sources.source import FileFact


class Contents(Protocol):
    """The part of one platform's image that metadata.json names."""

    @property
    def metadata(self) -> bytes | None:
        """Content of metadata.json, None if the image has none."""

    @property
    def parsed(self) -> Metadata | None:
        """What metadata.json names; None if it is absent or cannot be read."""

    @property
    def facts(self) -> Mapping[str, FileFact]:
        """What is there, by absolute path."""

    @property
    def programs(self) -> Mapping[str, bytes] | None:
        """First bytes of what the image runs and of its shell, by path; None if nobody has looked."""

    def read(self, absolute: str, most: int) -> bytes:
        """The first bytes of a file; nothing for what is not a file."""

    def content(self, absolute: str) -> bytes | None:
        """The part of a file's content that rules read; None for what is not a file."""


class ContentsSource(Source, ABC):
    """A source of images with their files."""

    @property
    @abstractmethod
    def contents(self) -> Mapping[Platform, Contents]:
        """Files of each platform's image."""

    @property
    def documents(self) -> Sequence[Document]:
        """See Source."""
        return [
            Document(contents.metadata, Place(path=FILE, platform=platform))
            for platform, contents in self.contents.items()
        ]

    @property
    def files(self) -> Sequence[FileSet]:
        """See Source."""
        return [
            FileSet(platform, contents.metadata, contents.facts, contents.read, contents.programs)
            for platform, contents in self.contents.items()
        ]

    @property
    def compose(self) -> Sequence[Document]:
        """See Source."""
        return [
            Document(contents.content(metadata.vm.composefile), Place(path=metadata.vm.composefile, platform=platform))
            for platform, contents in self.contents.items()
            if (metadata := contents.parsed) and metadata.vm and metadata.vm.composefile
        ]

    @facet
    def scripts(self) -> Sequence[Document]:
        """See Source."""
        return bounded(
            Document(contents.content(path), Place(path=path, platform=platform))
            for platform, contents in self.contents.items()
            if (metadata := contents.parsed) and metadata.ui
            for path in contents.facts
            if is_script(path, metadata.ui.root)
        )
