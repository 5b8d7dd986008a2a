"""Rules on the programs that the image starts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dext_tasks.checks.documentation import MULTI_ARCH_DOCS
from dext_tasks.checks.evidence import at, metadata_documents, services
from dext_tasks.checks.rule import EVERY_DESKTOP, Bearing, Problem, Severity, rule
from dext_tasks.extension.programs import foreign
from dext_tasks.formats.compose.variables import names_plugin_image
from dext_tasks.sources.facts import Place
from dext_tasks.sources.origin import OriginKind
from dext_tasks.sources.source import NotOfferedError, Source
from dext_tasks.wording import excerpt

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dext_tasks.sources.facts import Start

_SOURCE = "https://docs.docker.com/reference/dockerfile/#cmd"
_FIX = "COPY the program to the path that is started, or correct the path; an image without /bin/sh needs the JSON form"


def _started(source: Source, *, is_backend: bool) -> Iterator[Problem]:
    """Programs that the image starts and does not have, by whether a backend is made of it."""
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
                    yield found._replace(place=found.place._replace(platform=found.place.platform or each.platform))


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


@rule(
    code="program-nowhere",
    title="the build puts the program that the backend starts into the image",
    severity=Severity.ERROR,
    why="the backend cannot be started: no such file or directory, or no command specified",
    fix=_FIX,
    source=_SOURCE,
    desktops=EVERY_DESKTOP,
    bearing=Bearing.REFUTES,
)
def _nowhere(source: Source) -> Iterator[Problem]:
    return _started(source, is_backend=True)


@rule(
    code="program-nowhere-unused",
    title="an image that no backend is made of starts a program that it has, or none",
    severity=Severity.WARNING,
    why="no desktop starts it, and it could not be started; it may be left from a sample",
    fix="remove the CMD or ENTRYPOINT, or COPY the program to its path",
    source=_SOURCE,
)
def _nowhere_unused(source: Source) -> Iterator[Problem]:
    return _started(source, is_backend=False)


@rule(
    code="program-wrong-architecture",
    title="what an image runs, and its shell, are for its platform",
    severity=Severity.ERROR,
    why="BuildKit writes the target's architecture into the configuration whatever the programs are, and with "
    "binfmt they run here all the same",
    fix="build them for TARGETARCH, and let the final stage follow the target: no --platform=$BUILDPLATFORM",
    source=MULTI_ARCH_DOCS,
    desktops=EVERY_DESKTOP,
)
def _wrong_architecture(source: Source) -> Iterator[Problem]:
    for files in source.files:
        if files.programs is None:
            raise NotOfferedError("what the image runs is not read from a registry")
        machine = files.platform.architecture
        for path, what in foreign(files.programs, machine):
            yield Problem(f"{what} in the image for {machine}", Place(path=path, platform=files.platform))
