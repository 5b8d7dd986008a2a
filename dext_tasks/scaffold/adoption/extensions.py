"""The extensions of a repository: Dockerfiles whose image gets a metadata.json, or labels of an extension."""

from __future__ import annotations

from dataclasses import dataclass
from posixpath import basename, dirname
from typing import TYPE_CHECKING, Final, NamedTuple

from dext_tasks.errors import DextError
from dext_tasks.extension.metadata import FILE
from dext_tasks.formats.dockerfile.document import parse
from dext_tasks.regex import regex
from dext_tasks.scaffold.adoption.listing import parents
from dext_tasks.sources.context import Context
from dext_tasks.sources.origins import Origins

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from dext_tasks.scaffold.adoption.evidence import Evidence
    from dext_tasks.scaffold.adoption.listing import RepositoryFiles

_MOST_DOCKERFILES: Final = 300
_NAME = regex(r"(?:Dockerfile|dockerfile)(?:[._-][\w.-]+)?|[\w.-]+\.[Dd]ockerfile|Containerfile")
_IGNORE: Final = ".dockerignore"
_SIGN: Final = (b"com.docker.extension.", b"com.docker.desktop.extension", b"metadata.json")
_LABELS: Final = ("com.docker.desktop.extension.", "com.docker.extension.")
_METADATA: Final = FILE.lstrip("/")


class BuildFile(NamedTuple):
    """A Dockerfile of an extension.

    Attributes:
        name: Path from the top.
        root: Folder of the build context, from the top.
        metadata: Path of metadata.json from the top; empty if the Dockerfile does not show it.
        line: Of the instruction that copies metadata.json; 0 if none is known.
        has_labels: Whether it sets labels of an extension.
        is_used: Whether something in the repository builds it.
    """

    name: str
    root: str
    metadata: str
    line: int
    has_labels: bool
    is_used: bool


@dataclass(frozen=True)
class FoundExtension:
    """One extension.

    Attributes:
        root: Its folder, from the top.
        files: Its Dockerfiles, at least one.
    """

    root: str
    files: tuple[BuildFile, ...]


def dockerfiles(files: RepositoryFiles) -> tuple[str, ...]:
    """All Dockerfiles of the repository by their names, the least deep first."""
    return files.matching(lambda name: bool(_NAME.fullmatch(name)) and not name.endswith(_IGNORE), _MOST_DOCKERFILES)


def extensions(files: RepositoryFiles, evidence: Sequence[Evidence]) -> tuple[FoundExtension, ...]:
    """The extensions of a repository, the least deep first."""
    contexts = _contexts(evidence)
    found = [made for name in dockerfiles(files) if (made := _build_file(files, name, contexts.get(name, ())))]
    roots = dict.fromkeys(each.root for each in found)
    return tuple(FoundExtension(root, tuple(each for each in found if each.root == root)) for root in roots)


def _contexts(evidence: Iterable[Evidence]) -> dict[str, tuple[str, ...]]:
    """The contexts that each Dockerfile is built with."""
    found: dict[str, tuple[str, ...]] = {}
    for each in evidence:
        for dockerfile, context in each.dockerfiles():
            found[dockerfile] = tuple(dict.fromkeys((*found.get(dockerfile, ()), context)))
    return found


def _build_file(files: RepositoryFiles, name: str, contexts: Sequence[str]) -> BuildFile | None:
    content = files.read(name)
    if not any(sign in content for sign in _SIGN):
        return None
    try:
        document = parse(content)
        labels = document.labels()
    except DextError:
        return _unread(files, name, content, contexts)
    has_labels = any(key.startswith(_LABELS) for key in labels)
    for root in dict.fromkeys((*contexts, *parents(dirname(name)))):
        context = Context(files.top / root, files.top / name)
        origins = Origins(context, document, "")
        origin = origins.of(FILE)
        if origin.file is not None and origin.file.is_relative_to(files.top):
            metadata = origin.file.relative_to(files.top).as_posix()
            return BuildFile(name, root, metadata, 0, has_labels, bool(contexts))
    if not has_labels:
        return None
    root = contexts[0] if contexts else dirname(name)
    return BuildFile(name, root, _beside(files, root), 0, has_labels, bool(contexts))


def _unread(files: RepositoryFiles, name: str, content: bytes, contexts: Sequence[str]) -> BuildFile | None:
    """A Dockerfile that BuildKit refuses: what it says of an extension is looked for in its text."""
    if b"com.docker.desktop.extension" not in content and b"com.docker.extension." not in content:
        return None
    root = contexts[0] if contexts else dirname(name)
    return BuildFile(name, root, _beside(files, root), 0, has_labels=True, is_used=bool(contexts))


def _beside(files: RepositoryFiles, root: str) -> str:
    """The metadata.json below a folder that is nearest to it; empty if there is none."""
    prefix = f"{root}/" if root else ""
    return next((name for name in files.names if name.startswith(prefix) and basename(name) == _METADATA), "")
