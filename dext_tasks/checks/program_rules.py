"""Rules on the program that the image starts, before anything is built."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from dext_tasks.checks.evidence import at, metadata_documents, services
from dext_tasks.checks.rule import Problem, Rule, Severity
from dext_tasks.formats.compose.variables import names_plugin_image
from dext_tasks.formats.excerpt import excerpt
from dext_tasks.sources.origin import OriginKind
from dext_tasks.sources.source import NotOfferedError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dext_tasks.sources.source import Source, Start

_SOURCE = "https://docs.docker.com/reference/dockerfile/#cmd"
_FIX = "COPY the program to the path that is started, or correct the path; an image without /bin/sh needs the JSON form"


def _nowhere(is_backend: bool, source: Source) -> Iterator[Problem]:  # noqa: FBT001 - bound by the rules
    starts = source.starts
    if is_backend:
        yield from _of_services(source)
    # An image that starts nothing is as it should be where nobody starts it.
    absent = [start for start in starts if start.absence and (start.what or is_backend)]
    doubt = next((start.doubt for start in starts if start.doubt), "")
    if absent and _is_backend(source) is is_backend:
        yield from (_problem(start) for start in absent)
    elif doubt and not absent:
        raise NotOfferedError(doubt)


def _of_services(source: Source) -> Iterator[Problem]:
    """Programs that services have the image start in the place of its own."""
    for document, service in services(source):
        program, image = service.program, service.image
        if program and image and names_plugin_image(image.value):
            for each in source.origins(program.value):
                if each.origin.is_lacking and not each.origin.is_presumed:
                    absence = source.absence(program.value, each, OriginKind.FILE)
                    what = f"service {excerpt(service.name)} starts {excerpt(program.value)}, which {absence}"
                    found = at(document, program.line, what)
                    yield replace(found, place=replace(found.place, platform=found.place.platform or each.platform))


def _problem(start: Start) -> Problem:
    if not start.what:
        return Problem(start.absence, start.place, fix="add CMD with the program of the backend to the final stage")
    return Problem(f"{start.what} {start.absence}", start.place)


def _is_backend(source: Source) -> bool:
    """Whether the image is run as it is: as the backend, or by a service that starts nothing else."""
    vms = [metadata.vm for _, metadata in metadata_documents(source) if metadata.vm]
    if any(names_plugin_image(vm.image) for vm in vms):
        return True
    if not any(vm.composefile for vm in vms):
        return False
    return any(
        service.image is not None and names_plugin_image(service.image.value) and not service.starting
        for _, service in services(source)
    )


RULES = (
    Rule(
        code="program-nowhere",
        title="the build puts the program that the backend starts into the image",
        severity=Severity.ERROR,
        docker="",
        why="the backend cannot be started: no such file or directory, or no command specified",
        fix=_FIX,
        source=_SOURCE,
        ask=partial(_nowhere, True),  # noqa: FBT003 - as above
    ),
    Rule(
        code="program-nowhere-unused",
        title="an image that no backend is made of starts a program that it has, or none",
        severity=Severity.WARNING,
        docker="",
        why="no desktop starts it, but whoever does finds nothing to run; it may be left from a sample",
        fix="remove the CMD or ENTRYPOINT, or COPY the program to its path",
        source=_SOURCE,
        ask=partial(_nowhere, False),  # noqa: FBT003 - as above
    ),
)
