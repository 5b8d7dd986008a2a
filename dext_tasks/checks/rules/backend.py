"""Rules on the image that metadata.json names as the backend, the short form of a compose file with one service."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from dext_tasks.checks.documentation import METADATA_DOCS
from dext_tasks.checks.evidence import metadata_documents, own_image
from dext_tasks.checks.rule import DockerStep, Problem, Severity, rule
from dext_tasks.formats.compose import PLUGIN_IMAGE, images
from dext_tasks.formats.excerpt import excerpt
from dext_tasks.formats.json_places import line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dext_tasks.formats.oci.reference import Reference
    from dext_tasks.sources.source import Document, Source

_VARIABLE = re.compile(r"\$(?:[A-Za-z_]\w*|\{[^{}]*\})")


def _images(source: Source) -> Iterator[tuple[Document, str]]:
    for document, metadata in metadata_documents(source):
        if metadata.vm and metadata.vm.image:
            yield document, metadata.vm.image


def _references(source: Source) -> Iterator[tuple[Document, Reference]]:
    for document, image in _images(source):
        reference = images.reference(image)
        if reference:
            yield document, reference


@rule(
    code="backend-image-invalid",
    title="the backend's image is a reference, or the variable of the extension's own image",
    severity=Severity.ERROR,
    step=DockerStep.INSTALLATION,
    why="the backend cannot be started, so that the extension cannot be installed",
    fix=f"write {PLUGIN_IMAGE} for the extension's own image, or ORG/NAME:TAG in lower case",
    source=METADATA_DOCS,
)
def _image_invalid(source: Source) -> Iterator[Problem]:
    for document, image in _images(source):
        if images.unset_variables(image):
            # What Compose makes of a variable that nobody sets.
            left = _VARIABLE.sub("", image)
            if not left or images.is_invalid(left):
                what = f"vm.image is {excerpt(image)}, whose variable nobody sets on a user's machine"
                yield _problem(document, f"{what}; the extension's own image is {PLUGIN_IMAGE}")
        elif images.is_invalid(image):
            yield _problem(document, f"vm.image is not a reference: {excerpt(image)!r}")


@rule(
    code="backend-image-hardcoded",
    title="the backend's image is not the extension's own by repository and tag",
    severity=Severity.WARNING,
    why="after an update the backend is still the old version, and local builds are never run",
    fix=f"write {PLUGIN_IMAGE}",
    source=METADATA_DOCS,
)
def _image_hardcoded(source: Source) -> Iterator[Problem]:
    own = own_image(source)
    for document, reference in _references(source):
        if own and reference.name == own.name:
            yield _problem(document, f"vm.image is {reference}, the extension's own image")
        elif images.is_extension_like(reference):
            yield _problem(document, f"vm.image is {reference}, which looks like the extension's own image")


@rule(
    code="backend-image-floating",
    title="the backend's image has a version tag or a digest",
    severity=Severity.WARNING,
    why="users get whatever that tag means on the day they install, which nobody has tested",
    fix="name a version, better a digest",
    source=METADATA_DOCS,
)
def _image_floating(source: Source) -> Iterator[Problem]:
    for document, reference in _references(source):
        if images.is_floating(reference):
            tag = f"the moving tag {reference.tag}" if reference.tag else "no tag, which means latest"
            yield _problem(document, f"vm.image is {reference.name} with {tag}")


def _problem(document: Document, what: str) -> Problem:
    place = replace(document.place, line=line(document.content or b"", ("vm", "image")))
    return Problem(f"metadata.json: {what}", place)
