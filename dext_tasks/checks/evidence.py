"""What several modules of rules read out of a source's documents and files."""

from __future__ import annotations

from functools import cache, lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

from dext_tasks.checks.rule import Problem
from dext_tasks.extension import api_calls
from dext_tasks.extension.api_calls import defines
from dext_tasks.extension.metadata import Metadata, load_or_empty, read_or_none
from dext_tasks.extension.metadata_keys import Key, unknown_keys
from dext_tasks.formats.executable import HEAD, BinaryFormat, identify
from dext_tasks.formats.executable.binary import HostOS
from dext_tasks.formats.json_places import line as line_of_path
from dext_tasks.sources.facts import FileKind, Place
from dext_tasks.sources.source import NotOfferedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from dext_tasks.extension.grants.kinds import Asked
    from dext_tasks.extension.metadata import HostBinary
    from dext_tasks.formats.compose.model import Compose, Service
    from dext_tasks.formats.executable import Binary
    from dext_tasks.sources.facts import Document, FileSet
    from dext_tasks.sources.source import Source

UI_ROOT: Final = ("ui", "dashboard-tab", "root")


def metadata_documents(source: Source) -> Iterator[tuple[Document, Metadata]]:
    """Every metadata.json that can be read, with what it names; others are findings of their own rules."""
    for document in source.documents:
        metadata = read_or_none(document.content)
        if metadata:
            yield document, metadata


def file_sets(source: Source) -> Iterator[tuple[FileSet, Metadata]]:
    """Every platform's files whose metadata.json can be read, with what it names."""
    for files in source.files:
        metadata = read_or_none(files.metadata)
        if metadata:
            yield files, metadata


class HostScript(NamedTuple):
    """A host binary that an interpreter reads, listed for a system that starts it by its first line.

    Attributes:
        listed: As metadata.json lists it.
        facts: What its first line says.
        place: Where it is.
    """

    listed: HostBinary
    facts: Binary
    place: Place


def host_scripts(source: Source) -> Iterator[HostScript]:
    """The scripts among the files of an image, or of a source tree where the build certainly copies them as they are.

    Raises:
        NotOfferedError: Nothing is known of any host binary.
    """
    for listed, head, place in _host_files(source):
        facts = identify(head)
        if facts.format is BinaryFormat.SCRIPT and listed.os is not HostOS.WINDOWS:
            yield HostScript(listed, facts, place)


def _host_files(source: Source) -> Iterator[tuple[HostBinary, bytes, Place]]:
    try:
        known = list(file_sets(source))
    except NotOfferedError as silence:
        yield from _host_files_of_tree(source, silence)
        return
    for files, metadata in known:
        for listed in dict.fromkeys(metadata.binaries):
            fact = files.facts.get(listed.path)
            if fact and fact.kind is FileKind.FILE:
                yield listed, files.read(listed.path, HEAD), Place(path=listed.path, platform=files.platform)


def _host_files_of_tree(source: Source, silence: NotOfferedError) -> Iterator[tuple[HostBinary, bytes, Place]]:
    is_known = False
    for _, metadata in metadata_documents(source):
        for listed in dict.fromkeys(metadata.binaries):
            try:
                document = source.document(listed.path)
                is_file = all(each.origin.file for each in source.origins(listed.path))
            except NotOfferedError:
                continue
            is_known = True
            if is_file and document.content is not None:
                yield listed, document.content[:HEAD], document.place._replace(line=1)
    if not is_known:
        raise silence.with_traceback(None)


def host_modes(source: Source) -> Iterator[tuple[str, int, Place]]:
    """The path of each host binary that a system runs by its permission bits, these, and where they are set.

    Raises:
        NotOfferedError: Nothing is known of any host binary.
    """
    try:
        known = list(file_sets(source))
    except NotOfferedError as silence:
        yield from _host_modes_of_tree(source, silence)
        return
    for files, metadata in known:
        for path in _run_by_mode(metadata):
            fact = files.facts.get(path)
            if fact and fact.kind is FileKind.FILE:
                yield path, fact.mode, Place(path=path, platform=files.platform)


def _host_modes_of_tree(source: Source, silence: NotOfferedError) -> Iterator[tuple[str, int, Place]]:
    is_known = False
    for _, metadata in metadata_documents(source):
        for path in _run_by_mode(metadata):
            try:
                mode = source.mode(path)
            except NotOfferedError:
                continue
            is_known = True
            if mode:
                yield path, mode.bits, mode.place
    if not is_known:
        raise silence.with_traceback(None)


def _run_by_mode(metadata: Metadata) -> list[str]:
    # Windows recognises programs by the endings of their names.
    return list(dict.fromkeys(each.path for each in metadata.binaries if each.os is not HostOS.WINDOWS))


def compose_documents(source: Source) -> Iterator[tuple[Document, Compose]]:
    """Every compose file that is there, with its facts."""
    for document in source.compose:
        if document.content is not None:
            # Many extensions have no such file, and need nothing that reads one.
            from dext_tasks.formats.compose.reading import parse

            yield document, parse(document.content)


def services(source: Source) -> Iterator[tuple[Document, Service]]:
    """Every service of every compose file."""
    for document, compose in compose_documents(source):
        for service in compose.services:
            yield document, service


def asked(source: Source) -> Iterator[tuple[Document, Asked, int]]:
    """Everything that the compose files ask of a user's machine, each with its line."""
    for document in source.compose:
        # As above.
        from dext_tasks.extension.grants.written import as_written

        for found, line in as_written(document.content or b""):
            yield document, found, line


def client_scripts(source: Source) -> list[Document]:
    """All scripts if one of them has to do with the API: bundlers split them so that only one names it."""
    scripts = list(source.scripts)
    return scripts if any(api_calls.uses_client(script.content or b"") for script in scripts) else []


def own_functions(scripts: Iterable[Document]) -> Callable[[bytes], bool]:
    """Whether the UI has a function of a name itself, wherever it is; looked for when it is asked."""

    @cache
    def is_own(name: bytes) -> bool:
        return any(defines(script.content or b"", name) for script in scripts)

    return is_own


def in_script(script: Document, line: int) -> Place:
    """A line of a script, where it is one that people wrote."""
    return script.place._replace(line=line) if script.place.file else script.place


def at(document: Document, line: int, what: str, fix: str = "") -> Problem:
    """A problem at a line of a document: in the place if that has a file, in the text otherwise."""
    if document.place.file:
        return Problem(what, document.place._replace(line=line), fix=fix)
    return Problem(f"line {line}: {what}" if line else what, document.place, fix=fix)


def at_key(document: Document, path: Sequence[str | int], what: str) -> Problem:
    """A problem of metadata.json at what is at a path of keys, or at what would hold it."""
    return Problem(what, document.place._replace(line=line_of_path(document.content or b"", path)))


# One rule after another asks the same.
@lru_cache(maxsize=4)
def keys_unknown(content: bytes) -> tuple[Key, ...]:
    """The keys of a metadata.json that mean nothing; none if it cannot be read."""
    return unknown_keys(load_or_empty(content))


def fix_of_root(content: bytes | None) -> str:
    """What to do about a key that the UI's folder was written under; empty if there is none."""
    return next((key.fix for key in keys_unknown(content or b"") if key.place_meant == UI_ROOT), "")
