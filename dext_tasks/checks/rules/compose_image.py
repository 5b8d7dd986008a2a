"""Rules on the images that the services of a compose file run."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from dext_tasks.checks.addresses import AT_ONCE
from dext_tasks.checks.backend_images import floating, hardcoded, of_services
from dext_tasks.checks.documentation import METADATA_DOCS, MULTI_ARCH_DOCS, SERVICE_DOCS
from dext_tasks.checks.evidence import at, compose_documents, services
from dext_tasks.checks.rule import DockerStep, Problem, Repair, Severity, rule
from dext_tasks.errors import DextError, NotAnImageError
from dext_tasks.formats.compose import PLUGIN_IMAGE, images
from dext_tasks.formats.compose.variables import is_resolved, names_plugin_image, with_defaults
from dext_tasks.formats.oci.platform import REQUIRED
from dext_tasks.runtime.cancellation import Cancellation
from dext_tasks.runtime.parallel import ask_each
from dext_tasks.wording import excerpt

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dext_tasks.formats.oci.platform import Platform
    from dext_tasks.sources.facts import Place
    from dext_tasks.sources.source import Source

_UNPUBLISHED = "https://github.com/layer5io/kanvas-docker-extension/issues/45"
_MOST_IMAGES = 50


class _Image(NamedTuple):
    """An image that a compose file runs, and what came of asking for it.

    Attributes:
        name: Its reference.
        place: Where it is named.
        platforms: What it is there for; None if it is not there, or that is not known.
        error: Why that is not known; empty if it is.
        other: What is there in its place, where that is not an image.
    """

    name: str
    place: Place
    platforms: frozenset[Platform] | None = None
    error: str = ""
    other: str = ""


@rule(
    code="compose-build",
    title="no service has to be built",
    severity=Severity.ERROR,
    step=DockerStep.INSTALLATION,
    why="the sources are not on the user's machine: unable to prepare context, path not found",
    fix=f"replace build: by image:, {PLUGIN_IMAGE} for the extension's own",
    source=_UNPUBLISHED,
    repair=Repair.SURE,
)
def _build(source: Source) -> Iterator[Problem]:
    for document, service in services(source):
        if service.build and not service.image:
            yield at(document, service.build.line, f"service {excerpt(service.name)} is built on the user's machine")


@rule(
    code="compose-build-leftover",
    title="no service has build: beside its image",
    severity=Severity.WARNING,
    why="when the image cannot be pulled, users see a confusing failure to build it instead of the reason",
    fix="keep build: in a compose file of your own for development",
    source=_UNPUBLISHED,
    repair=Repair.SURE,
)
def _build_leftover(source: Source) -> Iterator[Problem]:
    for document, service in services(source):
        if service.build and service.image:
            yield at(document, service.build.line, f"service {excerpt(service.name)} has build: beside its image")


@rule(
    code="compose-own-image-unused",
    title=f"a service runs {PLUGIN_IMAGE}",
    severity=Severity.NOTE,
    why="the backend is not of the version that is installed, unless it is made of other people's images only",
    fix=f"write image: {PLUGIN_IMAGE} for the service that runs the extension's own code",
    source=METADATA_DOCS,
)
def _own_image_unused(source: Source) -> Iterator[Problem]:
    for document, compose in compose_documents(source):
        if compose.services and not compose.plugin_image_uses:
            yield at(document, compose.services[0].line, f"no service runs {PLUGIN_IMAGE}")


@rule(
    code="compose-own-image-hardcoded",
    title="the extension's own image is not named by repository and tag",
    severity=Severity.WARNING,
    why="after an update the backend is still the old version, and local builds are never run",
    fix=f"write image: {PLUGIN_IMAGE}",
    source=METADATA_DOCS,
    repair=Repair.SURE,
)
def _own_image_hardcoded(source: Source) -> Iterator[Problem]:
    return hardcoded(source, of_services(source))


@rule(
    code="compose-image-floating",
    title="images of others have a version tag or a digest",
    severity=Severity.WARNING,
    why="users get whatever that tag means on the day they install, which nobody has tested",
    fix="name a version, better a digest",
    source=f"{SERVICE_DOCS}#image",
)
def _image_floating(source: Source) -> Iterator[Problem]:
    return floating(of_services(source))


@rule(
    code="compose-image-invalid",
    title="every image is a reference",
    severity=Severity.ERROR,
    step=DockerStep.INSTALLATION,
    why="the engine refuses it as an invalid reference format, so that the extension cannot be installed",
    fix="write it as ORG/NAME:TAG or HOST/ORG/NAME:TAG, in lower case",
    source="https://github.com/distribution/reference/blob/main/reference.go",
)
def _image_invalid(source: Source) -> Iterator[Problem]:
    for image in of_services(source):
        if images.is_invalid(image.name):
            yield image.problem(f"has an image that is not a reference: {excerpt(image.name)!r}")


@rule(
    code="compose-image-variable",
    title="no image depends on a variable without default",
    severity=Severity.WARNING,
    why="nobody sets the variable on a user's machine, and an unset variable is an empty text",
    fix="write the value, or a default: ${NAME:-value}",
    source="https://github.com/compose-spec/compose-spec/blob/main/12-interpolation.md",
)
def _image_variable(source: Source) -> Iterator[Problem]:
    for image in of_services(source):
        if images.unset_variables(image.name):
            yield image.problem(f"has a variable in its image: {excerpt(image.name)}")


def _images(source: Source) -> list[_Image]:
    web = source.web

    def asked(image: _Image) -> _Image:
        try:
            return image._replace(platforms=web.platforms(image.name))
        except NotAnImageError as error:
            return image._replace(other=error.message)
        except DextError as error:
            return image._replace(error=error.message)

    images = list(islice(_named(source), _MOST_IMAGES))
    return list(ask_each(images, asked, Cancellation(), at_once=AT_ONCE).values())


def _named(source: Source) -> Iterator[_Image]:
    for document, service in services(source):
        image = service.image
        if image is None or service.build or names_plugin_image(image.value):
            continue
        name = with_defaults(image.value).strip()
        if name and is_resolved(name):
            yield _Image(name, document.place._replace(line=image.line))


@rule(
    code="compose-image-absent",
    title="images of the compose file are in their registries",
    severity=Severity.ERROR,
    why="the extension cannot be installed where the image is not there already, which is everywhere but here",
    fix="push the image, or name a tag that exists",
    source="https://github.com/docker/extensions-submissions/issues/60",
)
def _image_absent(source: Source) -> Iterator[Problem]:
    for image in _images(source):
        if image.other:
            yield Problem(f"image {image.name} is not one: {image.other}", image.place)
        elif image.platforms is None and not image.error:
            yield Problem(f"image {image.name} is not in its registry", image.place)


@rule(
    code="compose-image-platform-missing",
    title="images of the compose file are there for amd64 and arm64",
    severity=Severity.WARNING,
    why="on the other architecture the service does not start, or runs slowly under emulation",
    fix="choose an image or a tag that is built for both",
    source=MULTI_ARCH_DOCS,
)
def _image_platform_missing(source: Source) -> Iterator[Problem]:
    for image in _images(source):
        missing = [str(each) for each in REQUIRED if image.platforms is not None and each not in image.platforms]
        if missing:
            yield Problem(f"image {image.name} is not there for {' and '.join(missing)}", image.place)


@rule(
    code="compose-image-unanswered",
    title="registries say whether the images of the compose file exist",
    severity=Severity.WARNING,
    why="users have no login for a private image, and a registry that does not answer serves no one",
    fix="make the image public, or look at it by hand",
    source=METADATA_DOCS,
)
def _image_unanswered(source: Source) -> Iterator[Problem]:
    for image in _images(source):
        if image.error:
            yield Problem(f"image {image.name}: {image.error}", image.place)
