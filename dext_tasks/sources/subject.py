"""What a source offers to the rules: facets, each of which it may be unable to answer."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dext_tasks.extension.platform import Platform


class NotOfferedError(Exception):
    """The source cannot answer; the text says why, for the report."""


@dataclass(frozen=True)
class Place:
    """Where something was found; parts that do not apply are empty.

    Attributes:
        file: File in the source tree.
        line: Line in that file, from 1; 0 if unknown.
        label: Key of a label.
        path: Absolute path in the image.
        platform: Platform of the image.
    """

    file: str = ""
    line: int = 0
    label: str = ""
    path: str = ""
    platform: Platform | None = None

    def __str__(self) -> str:
        file = f"{self.file}:{self.line}" if self.file and self.line else self.file
        parts = [file, f"label {self.label}" if self.label else "", self.path, str(self.platform or "")]
        return ", ".join(part for part in parts if part)


@dataclass(frozen=True)
class LabelSet:
    """The labels of one image, or of the Dockerfile that makes every platform's.

    Attributes:
        platform: None for a Dockerfile.
        values: By key.
        place: Where the set as a whole is.
        places: Where each label is, by key; the place of the set where nothing finer is known.
    """

    platform: Platform | None
    values: Mapping[str, str]
    place: Place
    places: Mapping[str, Place]


@dataclass(frozen=True)
class Document:
    """A metadata.json.

    Attributes:
        content: Its bytes; None if there is no such file.
        place: Where it is.
    """

    content: bytes | None
    place: Place


class FileKind(StrEnum):
    """What a path is."""

    FILE = "file"
    FOLDER = "folder"
    LINK = "link"
    OTHER = "other"


@dataclass(frozen=True)
class FileFact:
    """One path in an image.

    Attributes:
        kind: What it is; a symbolic link is followed before it is asked for by name.
        mode: Permission bits.
        size: Bytes.
    """

    kind: FileKind
    mode: int
    size: int


@dataclass(frozen=True)
class FileSet:
    """The paths of one platform's image that metadata.json names, and what is below them.

    Attributes:
        platform: Of the image.
        metadata: Content of its metadata.json, None if absent.
        facts: By absolute path; a path that is absent in the image is absent here.
    """

    platform: Platform
    metadata: bytes | None
    facts: Mapping[str, FileFact]


@dataclass(frozen=True)
class PlatformSet:
    """The platforms an image is there for.

    Attributes:
        found: What the image of each platform says of itself, by the platform it stands for.
    """

    found: Mapping[Platform, Platform]


class Subject(Protocol):
    """A source of answers. Each property raises NotOfferedError if this source cannot say."""

    @property
    def name(self) -> str:
        """What is checked, for people."""

    @property
    def labels(self) -> Sequence[LabelSet]:
        """Labels, one set a platform or one for all."""

    @property
    def documents(self) -> Sequence[Document]:
        """metadata.json, one a platform or one for all."""

    @property
    def files(self) -> Sequence[FileSet]:
        """Files in the image, one set a platform."""

    @property
    def platforms(self) -> PlatformSet:
        """Which platforms are there."""

    @property
    def tag(self) -> str:
        """The tag users install by."""
