"""Questions that several desktops answer in their own ways, and what rules on them have in common."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from dext_tasks.checks.evidence import at, metadata_documents, services
from dext_tasks.checks.label_lookup import EMPTY, MISSING
from dext_tasks.checks.rule import Problem
from dext_tasks.extension import labels
from dext_tasks.extension.grants.machine import GUEST_SERVICES
from dext_tasks.formats.compose import Restart
from dext_tasks.formats.dockerfile.refusals import DockerfileRefusedError
from dext_tasks.regex import regex
from dext_tasks.sources.facts import Place
from dext_tasks.wording import excerpt

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dext_tasks.formats.dockerfile.instructions import Instruction
    from dext_tasks.sources.facts import DockerfileFacet, LabelSet
    from dext_tasks.sources.source import Source
THEME: Final = "https://www.npmjs.com/package/@docker/docker-mui-theme"
V0_FIX: Final = "use what replaced it, which every desktop has"
SEND_FIX: Final = "give post, put or patch an object, which every desktop sends as JSON"
ENTRYPOINT_FIX: Final = "do its work in the entrypoint of the service that waits for it"
EXPOSE_FIX: Final = 'add "exposes": {"socket": "NAME.sock"} to vm in metadata.json'
_STARTING = frozenset({"CMD", "ENTRYPOINT"})
_ROOT = frozenset({"root", "0"})
# What a service says of its user goes before what the image says.
_RUN_BY_ROOT = regex(rb"""^\s+["']?user["']?\s*:\s*["']?(?:root|0)\b""", re.MULTILINE)


def _exposes_nothing(source: Source) -> bool:
    metadata = [found for _, found in metadata_documents(source)]
    return any(found.vm and not found.vm.socket for found in metadata)


def unexposed_in_compose(source: Source) -> Iterator[Problem]:
    """A service is started on a socket that metadata.json does not expose."""
    for document, service in services(source) if _exposes_nothing(source) else ():
        for text in service.starting:
            if GUEST_SERVICES in text.value:
                what = f"service {excerpt(service.name)} is started with {excerpt(text.value)}"
                yield at(document, text.line, what)


def unexposed_in_dockerfile(source: Source) -> Iterator[Problem]:
    """The image is started on a socket that metadata.json does not expose."""
    if _exposes_nothing(source):
        facet = source.dockerfile
        for instruction in _instructions(facet, _STARTING):
            if GUEST_SERVICES in instruction.text:
                what = f"{instruction.keyword} names {GUEST_SERVICES}, which vm.exposes.socket does not ask for"
                yield Problem(what, Place(file=facet.file, line=instruction.line))


def _instructions(facet: DockerfileFacet, keywords: frozenset[str]) -> Iterator[Instruction]:
    # A target that BuildKit would refuse is reported where labels are read.
    with suppress(DockerfileRefusedError):
        for stage in facet.document.lineage(facet.target or None):
            yield from (each for each in stage.instructions if each.keyword in keywords)


def user_with_socket(source: Source) -> Iterator[Problem]:
    """The backend makes a socket, and is not run by root."""
    if any(found.vm and found.vm.socket for _, found in metadata_documents(source)):
        facet = source.dockerfile
        for instruction in list(_instructions(facet, frozenset({"USER"})))[-1:]:
            name = instruction.text.strip("\"' ").partition(":")[0]
            # Who is meant by a variable is not known.
            if name not in _ROOT and "$" not in name and not _is_run_by_root(source):
                what = f"USER is {excerpt(name)}, who cannot write to {GUEST_SERVICES}"
                yield Problem(what, Place(file=facet.file, line=instruction.line))


def _is_run_by_root(source: Source) -> bool:
    return any(_RUN_BY_ROOT.search(document.content or b"") for document in source.compose)


def awaited_completion(source: Source) -> Iterator[Problem]:
    """A service has to complete before another one is started."""
    for document, service in services(source):
        if service.completes_for and service.restart is not Restart.ALWAYS:
            what = f"service {excerpt(service.completes_for)} waits until {excerpt(service.name)} has completed"
            yield at(document, service.line, what)


def lacking(found: LabelSet, key: str) -> Problem:
    """The problem of a label that one desktop needs; where Docker's validator does, too, it is one fault with that."""
    twin = (EMPTY if key in found.values else MISSING) if key in labels.REQUIRED else ""
    return Problem(f"label {key} is missing or empty", found.place_of(key), about=key, twin=twin)
