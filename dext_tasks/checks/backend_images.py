"""Images that the backend is run from: those of services, and the one that metadata.json names in their place."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from dext_tasks.checks.evidence import at, compose_documents, metadata_documents
from dext_tasks.checks.rule import Problem
from dext_tasks.formats.compose import images
from dext_tasks.formats.json_places import line
from dext_tasks.sources.source import NotOfferedError
from dext_tasks.wording import excerpt

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dext_tasks.formats.compose.model import Service
    from dext_tasks.formats.oci.reference import Reference
    from dext_tasks.sources.facts import Document
    from dext_tasks.sources.source import Source


class BackendImage(NamedTuple):
    """An image that the backend is run from.

    Attributes:
        name: As it is written.
        document: What names it.
        service: The service that runs it; None for vm.image of metadata.json.
        may_be_own: Whether nothing else there is the extension's own image.
    """

    name: str
    document: Document
    service: Service | None = None
    may_be_own: bool = True

    @property
    def reference(self) -> Reference | None:
        """What it refers to; None if that is not known, or it is the variable of the extension's own image."""
        return images.reference(self.name)

    def problem(self, what: str) -> Problem:
        """What is wrong with it."""
        if self.service:
            named = self.service.image or self.service
            return at(self.document, named.line, f"service {excerpt(self.service.name)} {what}")
        place = self.document.place._replace(line=line(self.document.content or b"", ("vm", "image")))
        return Problem(f"metadata.json: vm.image {what}", place)

    def runs(self, what: str) -> Problem:
        """What is wrong with what it is."""
        return self.problem(f"{'runs' if self.service else 'is'} {what}")


def of_services(source: Source) -> Iterator[BackendImage]:
    """The image of every service that has one."""
    for document, compose in compose_documents(source):
        for service in compose.services:
            if service.image:
                yield BackendImage(service.image.value, document, service, not compose.plugin_image_uses)


def of_metadata(source: Source) -> Iterator[BackendImage]:
    """The image that metadata.json names as the backend, where it names one."""
    for document, metadata in metadata_documents(source):
        if metadata.vm and metadata.vm.image:
            yield BackendImage(metadata.vm.image, document)


def hardcoded(source: Source, found: Iterable[BackendImage]) -> Iterator[Problem]:
    """Images that are the extension's own by repository and tag."""
    try:
        own = source.own_image
    except NotOfferedError:
        own = None
    for image in found:
        reference = image.reference
        if reference and own and reference.name == own.name:
            yield image.runs(f"{reference}, the extension's own image")
        elif reference and image.may_be_own and images.is_extension_like(reference):
            yield image.runs(f"{reference}, which looks like the extension's own image")


def floating(found: Iterable[BackendImage]) -> Iterator[Problem]:
    """Images by a tag that moves, or by none."""
    for image in found:
        reference = image.reference
        if reference and images.is_floating(reference):
            tag = f"the moving tag {reference.tag}" if reference.tag else "no tag, which means latest"
            yield image.runs(f"{reference.name} with {tag}")
