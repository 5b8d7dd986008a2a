"""What a source says, as plain data: where something is written, labels, documents, files, what starts."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple, Protocol

from dext_tasks.wording import excerpt

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from dext_tasks.extension.ui_build import Bundler
    from dext_tasks.formats.dockerfile.document import Dockerfile
    from dext_tasks.formats.oci.platform import Platform
    from dext_tasks.sources.origin import Origin


_LONGEST = 200


class Place(NamedTuple):
    """Where something was found; parts that do not apply are empty.

    Attributes:
        file: File in the source tree.
        line: Line in that file, or in the one at that path, from 1; 0 if unknown.
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
        line = f":{self.line}" if self.line else ""
        file, path = (f"{excerpt(each, _LONGEST)}{line}" if each else "" for each in (self.file, self.path))
        label = f"label {excerpt(self.label, _LONGEST)}" if self.label else ""
        return ", ".join(part for part in (file, label, path, str(self.platform or "")) if part)


class SourceScope(NamedTuple):
    """What exactly a source looks at.

    Attributes:
        where: Folder of a source tree, or references of images, in words; empty where nothing is there.
        files: Files of that folder that decide what is found, by their paths in it.
    """

    where: str = ""
    files: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.where} ({', '.join(self.files)})" if self.files else self.where


@dataclass(frozen=True)
class LabelSet:
    """The labels of one image, or of the Dockerfile that makes every platform's.

    Attributes:
        platform: None for a Dockerfile.
        values: By key.
        place: Where the set as a whole is.
        places: Where each label is, by key; the place of the set where nothing finer is known.
        unknown: Keys whose value is not known as it takes variables that a build may give a value; with these.
        escaped: Names of variables that a label has literally and on purpose, by key.
    """

    platform: Platform | None
    values: Mapping[str, str]
    place: Place
    places: Mapping[str, Place]
    unknown: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    escaped: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def place_of(self, key: str) -> Place:
        """Where a label is, or where it would be."""
        return self.places.get(key) or self.place._replace(label=key)


@dataclass(frozen=True)
class Document:
    """A file whose text the rules read: metadata.json, a compose file, CHANGELOG.md, a script of the UI.

    Attributes:
        content: Its bytes; None if there is no such file.
        place: Where it is, or what should have put it there.
        why: Why there is no such file; empty if that is not known, or there is one.
    """

    content: bytes | None
    place: Place
    why: str = ""


class Sourced(NamedTuple):
    """Where a path of the image comes from, for one platform or for all.

    Attributes:
        platform: None for all of them.
        origin: What is known before the image is built.
    """

    platform: Platform | None
    origin: Origin


class Unsent(NamedTuple):
    """Something that a build certainly fails to find or to read.

    Attributes:
        what: What it is and why, in words.
        place: The instruction that needs it, or where it is.
    """

    what: str
    place: Place


class Start(NamedTuple):
    """The program that a container of the image starts.

    Attributes:
        what: The program, and the instruction that names it, in words; empty if the image certainly names none.
        place: That instruction.
        absence: Why the program is certainly nowhere; empty if it is somewhere, or may be.
        doubt: Why that is not known; empty if it is.
    """

    what: str
    place: Place
    absence: str = ""
    doubt: str = ""


class FileEntry(NamedTuple):
    """Something below a folder of the image, known before the image is built.

    Attributes:
        path: Absolute path in the image.
        is_link: Whether it is a symbolic link.
        place: Where it is in the source tree.
    """

    path: str
    is_link: bool
    place: Place


class DockerfileFacet(NamedTuple):
    """A Dockerfile that BuildKit accepts.

    Attributes:
        document: As parsed.
        target: Name of the stage that is built; empty for the last one.
        file: Its path, for places.
    """

    document: Dockerfile
    target: str
    file: str


class Refusal(NamedTuple):
    """Why BuildKit refuses a Dockerfile, and where."""

    what: str
    place: Place


class FileMode(NamedTuple):
    """The permission bits of a file of the source tree.

    Attributes:
        bits: As ``stat`` gives them.
        place: The file.
    """

    bits: int
    place: Place


class FileKind(StrEnum):
    """What a path is."""

    FILE = "file"
    FOLDER = "folder"
    LINK = "link"
    OTHER = "other"


class FileFact(NamedTuple):
    """One path in an image.

    Attributes:
        kind: What it is; a symbolic link is followed before it is asked for by name.
        mode: Permission bits.
        size: Bytes.
        target: Where a symbolic link leads, as written in it; empty where that is not known.
    """

    kind: FileKind
    mode: int
    size: int
    target: str = ""


def link_target(facts: Mapping[str, FileFact], path: str) -> str:
    """Where the link at a path leads, as written in it; empty for what is not a link, and where it is not known."""
    fact = facts.get(path)
    return fact.target if fact and fact.kind is FileKind.LINK else ""


@dataclass(frozen=True)
class FileSet:
    """The paths of one platform's image that metadata.json names, and what is below them.

    Attributes:
        platform: Of the image.
        metadata: Content of its metadata.json, None if absent.
        facts: By absolute path; a path that is absent in the image is absent here.
        read: Gives the first bytes of a file, at most as many as asked for; nothing for what is not a file.
        programs: First bytes of what the image runs and of its shell, by path; None if nobody has looked.
    """

    platform: Platform
    metadata: bytes | None
    facts: Mapping[str, FileFact]
    read: Callable[[str, int], bytes]
    programs: Mapping[str, bytes] | None = None


class UIBuild(NamedTuple):
    """What builds the entry page of the UI, where nothing else says what the addresses in it begin with.

    Attributes:
        bundler: Which program.
        document: What says it: the configuration of Vite, or package.json.
    """

    bundler: Bundler
    document: Document


class EntryPage(NamedTuple):
    """The entry page of the UI as it lies in the source tree, known to be what the image will hold.

    Attributes:
        document: The page.
        path: Where it will be in the image.
        root: The folder of the image that is installed with it.
        lacks: Whether it is certain that the image will not hold a file, by absolute path.
    """

    document: Document
    path: str
    root: str
    lacks: Callable[[str], bool]


class PlatformSet(NamedTuple):
    """The platforms that an image exists for.

    Attributes:
        found: What the image of each platform says of itself, by the platform it stands for.
        repeated: Platforms an index lists more than once.
        unsure: Why what some image says of itself is not known, and taken to be right; empty if it is.
        unbuilt: Platforms that the settings name, and that were not built yet.
    """

    found: Mapping[Platform, Platform]
    repeated: frozenset[Platform] = frozenset()
    unsure: str = ""
    unbuilt: frozenset[Platform] = frozenset()


class WebAnswer(NamedTuple):
    """What an address answered.

    Attributes:
        status: HTTP status after redirects; 0 if there was no answer.
        content_type: Media type without parameters, in lower case.
        content: The first bytes, enough to know a picture's size.
        error: Why there was no answer; empty otherwise.
    """

    status: int
    content_type: str
    content: bytes
    error: str = ""


class Web(Protocol):
    """What rules may ask the network."""

    def get(self, url: str) -> WebAnswer:
        """What an address answers."""

    def platforms(self, reference: str) -> frozenset[Platform] | None:
        """Platforms that an image exists for; None if it does not exist at all."""
