"""What a source says whose images' files can be read, wherever the images are: which files, and which are scripts."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from dataclasses import replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Protocol

from dext_tasks.extension.metadata import FILE, Metadata, read_or_none
from dext_tasks.limits import LARGEST_SCRIPTS, LONGEST_PATH, MOST_SCRIPTS
from dext_tasks.regex import regex
from dext_tasks.sources.facts import Document, FileSet, Place
from dext_tasks.sources.source import NotOfferedError, Source, facet

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from dext_tasks.formats.oci.platform import Platform
    from dext_tasks.sources.facts import FileFact


_LONGEST_NAME = 255


def named(content: bytes | None) -> list[str]:
    """Files, and folders that count with everything below them, by absolute path."""
    metadata = read_or_none(content)
    return sorted(filter(_is_possible, set(_paths(metadata)))) if metadata else []


def _is_possible(path: str) -> bool:
    """Whether a Linux file system can hold the path; docker cannot even be asked for any other."""
    try:
        encoded = os.fsencode(path)
    except UnicodeEncodeError:
        return False
    fits = len(encoded) <= LONGEST_PATH and all(len(name) <= _LONGEST_NAME for name in encoded.split(b"/"))
    return fits and b"\0" not in encoded


def _paths(metadata: Metadata) -> Iterator[str]:
    if metadata.icon:
        yield metadata.icon
    if metadata.ui:
        yield metadata.ui.root
        yield metadata.ui.entry
    if metadata.vm and metadata.vm.composefile:
        yield metadata.vm.composefile
        # Files beside it may be used by it; a compose file at the root would mean the whole image:
        # https://github.com/rancher-sandbox/rancher-desktop/issues/4577
        parent = str(PurePosixPath(metadata.vm.composefile).parent)
        if parent != "/":
            yield parent
    yield from (binary.path for binary in metadata.binaries)


_SUFFIXES = frozenset({".html", ".htm", ".js", ".mjs", ".cjs", ".jsx", ".ts", ".tsx", ".vue", ".svelte"})
# Folders of a source tree whose files are somebody else's or made from the others.
_FOREIGN = frozenset({"node_modules", ".git", ".dext", ".nox", ".venv", "venv", "__pycache__", "vendor"})
# Folders and names of files that are about a UI and not of it: tests, what these stand in with, documentation.
_BESIDE = frozenset(
    {
        *("__tests__", "__mocks__", "__fixtures__", "__snapshots__", "test", "tests", "e2e", "cypress", "playwright"),
        *("docs", "doc", "documentation", "storybook-static", "coverage"),
    }
)
_BESIDE_NAME = regex(r".+\.(?:test|tests|spec|e2e|cy|stories|story|mock|mocks)\.\w+|.+\.d\.[cm]?ts|.+[-_]test\.\w+")


def is_script(path: str, root: str = "/") -> bool:
    """Whether a path below the root is a page or a script."""
    pure = PurePosixPath(path)
    return pure.suffix.lower() in _SUFFIXES and pure.is_relative_to(root) and not _FOREIGN & set(pure.parts)


def is_beside_ui(path: str) -> bool:
    """Whether a file of a source tree is a test, documentation or a declaration of types, and never part of a UI."""
    pure = PurePosixPath(path)
    return bool(_BESIDE & set(pure.parts[:-1])) or _BESIDE_NAME.fullmatch(pure.name.lower()) is not None


def bounded(scripts: Iterable[Document]) -> list[Document]:
    """The pages and scripts, read one by one; what platforms have in common is kept and counted once.

    Raises:
        NotOfferedError: There are too many of them, or they are too large together.
    """
    found: list[Document] = []
    contents: dict[bytes | None, bytes | None] = {}
    left = LARGEST_SCRIPTS
    for script in scripts:
        if script.content not in contents:
            left -= len(script.content or b"")
        if left < 0 or len(found) == MOST_SCRIPTS:
            most = f"{MOST_SCRIPTS} or larger than {LARGEST_SCRIPTS >> 20} MiB together"
            raise NotOfferedError(f"the UI's pages and scripts are more than {most}")
        found.append(replace(script, content=contents.setdefault(script.content, script.content)))
    return found


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
