"""The extensions of a repository: Dockerfiles whose image gets a metadata.json, or labels of an extension."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
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
    from collections.abc import Iterable, Mapping, Sequence

    from dext_tasks.formats.dockerfile.document import Dockerfile
    from dext_tasks.scaffold.adoption.evidence import Evidence
    from dext_tasks.scaffold.adoption.listing import RepositoryFiles

_MOST_DOCKERFILES: Final = 300
_MOST_CONTEXTS: Final = 12
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
        arguments: Its ARG instructions, with their defaults.
    """

    name: str
    root: str
    metadata: str
    line: int
    has_labels: bool
    arguments: Mapping[str, str | None]


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
        for dockerfile, context in each.places():
            found[dockerfile] = tuple(dict.fromkeys((*found.get(dockerfile, ()), context)))
    return found


def _build_file(files: RepositoryFiles, name: str, contexts: Sequence[str]) -> BuildFile | None:
    content = files.read(name)
    if not any(sign in content for sign in _SIGN):
        return None
    around = contexts[0] if contexts else dirname(name)
    try:
        document = parse(content)
    except DextError:
        # What BuildKit refuses is an extension's by its text; what is wrong with it is for `dext check` to say.
        is_one = any(label.encode() in content for label in _LABELS)
        return BuildFile(name, around, _beside(files, around), 0, is_one, {}) if is_one else None
    has_labels = any(key.startswith(_LABELS) for key in document.labels())
    made = BuildFile(name, around, "", _copying(document), has_labels, _arguments(document))
    for root in islice(dict.fromkeys((*contexts, *parents(dirname(name)))), _MOST_CONTEXTS):
        if metadata := _metadata(files, name, document, root):
            return made._replace(root=root, metadata=metadata)
    return made._replace(metadata=_beside(files, around)) if has_labels else None


def _metadata(files: RepositoryFiles, name: str, document: Dockerfile, root: str) -> str:
    """The file that is the metadata.json of the image if it is built with a context; empty if there is none."""
    try:
        file = Origins(Context(files.top / root, files.top / name), document, "").of(FILE).file
    except (DextError, OSError):
        return ""
    return file.relative_to(files.top).as_posix() if file is not None and file.is_relative_to(files.top) else ""


def _copying(document: Dockerfile) -> int:
    """The line on which metadata.json is copied by its name; 0 if none does."""
    lines = [each.line for each in document.instructions if each.keyword in {"COPY", "ADD"} and _METADATA in each.text]
    return lines[-1] if lines else 0


def _arguments(document: Dockerfile) -> dict[str, str | None]:
    declared = [pair for each in document.instructions if each.keyword == "ARG" for pair in each.pairs]
    # What stands before the first FROM has the default of an ARG that repeats it.
    found: dict[str, str | None] = {}
    for pair in declared:
        found[pair.key] = pair.value if pair.value is not None else found.get(pair.key)
    return found


def _beside(files: RepositoryFiles, root: str) -> str:
    """The metadata.json below a folder that is nearest to it; empty if there is none."""
    prefix = f"{root}/" if root else ""
    return next((name for name in files.names if name.startswith(prefix) and basename(name) == _METADATA), "")
