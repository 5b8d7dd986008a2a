"""Rules on compose files: whether Compose takes them, which images they run, what collides on a user's machine."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from dext_tasks.checks.evidence import at, compose_documents, own_image, services
from dext_tasks.checks.rule import Problem, Rule, Severity
from dext_tasks.formats.compose import PLUGIN_IMAGE, ComposeFaultKind, Restart, images
from dext_tasks.formats.excerpt import excerpt

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dext_tasks.formats.compose import Compose, Service
    from dext_tasks.formats.oci.reference import Reference
    from dext_tasks.sources.source import Document, Source

_METADATA = "https://docs.docker.com/extensions/extensions-sdk/architecture/metadata/"
_SERVICES = "https://github.com/compose-spec/compose-spec/blob/main/05-services.md"
_FIXES = {
    "secret": "let the UI ask for what is secret; Compose does not support external secrets",
    "config": "COPY the file into the image; Compose does not support external configs",
    "container": "make it a service of this file, and join that: service:NAME; volumes_from takes NAME alone",
}
_UNPUBLISHED = "https://github.com/layer5io/kanvas-docker-extension/issues/45"


def _faults(kind: ComposeFaultKind, source: Source) -> Iterator[Problem]:
    for document, compose in compose_documents(source):
        for fault in compose.faults:
            if fault.kind is kind:
                yield at(document, fault.line or 1, fault.what)


def _built(source: Source) -> Iterator[Problem]:
    for document, service in services(source):
        if service.build and not service.image:
            yield at(document, service.build.line, f"service {excerpt(service.name)} is built on the user's machine")


def _built_besides(source: Source) -> Iterator[Problem]:
    for document, service in services(source):
        if service.build and service.image:
            yield at(document, service.build.line, f"service {excerpt(service.name)} has build: beside its image")


def _own_unused(source: Source) -> Iterator[Problem]:
    for document, compose in compose_documents(source):
        if compose.services and not compose.plugin_image_uses:
            yield at(document, compose.services[0].line, f"no service runs {PLUGIN_IMAGE}")


def _own_hardcoded(source: Source) -> Iterator[Problem]:
    own = own_image(source)
    for document, compose in compose_documents(source):
        for service, reference in _references(compose):
            if own and reference.name == own.name:
                yield _about(document, service, f"runs {reference}, the extension's own image")
            elif not compose.plugin_image_uses and images.is_extension_like(reference):
                yield _about(document, service, f"runs {reference}, which looks like the extension's own image")


def _references(compose: Compose) -> Iterator[tuple[Service, Reference]]:
    for service in compose.services:
        reference = images.reference(service.image.value) if service.image else None
        if reference:
            yield service, reference


def _floating(source: Source) -> Iterator[Problem]:
    for document, compose in compose_documents(source):
        for service, reference in _references(compose):
            if images.is_floating(reference):
                tag = f"the moving tag {reference.tag}" if reference.tag else "no tag, which means latest"
                yield _about(document, service, f"runs {reference.name} with {tag}")


def _invalid(source: Source) -> Iterator[Problem]:
    for document, service in services(source):
        if service.image and images.is_invalid(service.image.value):
            yield _about(document, service, f"has an image that is no reference: {excerpt(service.image.value)!r}")


def _unset(source: Source) -> Iterator[Problem]:
    for document, service in services(source):
        if service.image and images.unset_variables(service.image.value):
            yield _about(document, service, f"has a variable in its image: {excerpt(service.image.value)}")


def _about(document: Document, service: Service, what: str) -> Problem:
    line = service.image.line if service.image else service.line
    return at(document, line, f"service {excerpt(service.name)} {what}")


def _ports(source: Source) -> Iterator[Problem]:
    for document, service in services(source):
        for port in service.ports:
            if port.published:
                where = f" of {excerpt(port.host_ip)}" if port.host_ip else " of every address"
                what = f"service {excerpt(service.name)} takes port {excerpt(port.published)}{where}"
                yield at(document, port.line, what)


def _names(source: Source) -> Iterator[Problem]:
    for document, service in services(source):
        name = service.container_name
        if name:
            yield at(document, name.line, f"service {excerpt(service.name)} has the fixed name {excerpt(name.value)}")


def _external(source: Source) -> Iterator[Problem]:
    for document, compose in compose_documents(source):
        for each in compose.externals:
            yield at(
                document, each.line, f"the {each.kind} {excerpt(each.name)} is external", _FIXES.get(each.kind, "")
            )


def _endless(source: Source) -> Iterator[Problem]:
    for document, service in services(source):
        if service.completes_for and service.restart is Restart.ALWAYS:
            what = f"service {excerpt(service.completes_for)} waits until {excerpt(service.name)} has completed"
            yield at(document, service.line, f"{what}, which is started again whenever it ends")


def _gaps(is_required: bool, source: Source) -> Iterator[Problem]:  # noqa: FBT001 - bound by the rules
    verb = "needs" if is_required else "has"
    for document, compose in compose_documents(source):
        for gap in compose.gaps:
            if gap.is_required is is_required:
                what = f"{excerpt(gap.text)} {verb} {gap.name}, which is not set on {gap.systems}"
                yield at(document, gap.line, what, gap.fix)


RULES = (
    Rule(
        code="compose-syntax",
        title="the compose file is YAML of a sensible size",
        severity=Severity.ERROR,
        docker="Installed extension",
        why="the backend cannot be started, so that the extension cannot be installed",
        fix="correct it at the line and column given; `docker compose config` shows what is read",
        source="https://github.com/compose-spec/compose-spec/blob/main/03-compose-file.md",
        ask=partial(_faults, ComposeFaultKind.SYNTAX),
    ),
    Rule(
        code="compose-schema",
        title="the compose file has the keys and shapes of the compose specification",
        severity=Severity.ERROR,
        docker="Installed extension",
        why="Compose refuses the whole file for one key it does not know, so that the extension cannot be installed",
        fix="correct or remove the key; `docker compose config` says what Compose thinks of it",
        source="https://github.com/compose-spec/compose-spec/blob/main/schema/compose-spec.json",
        ask=partial(_faults, ComposeFaultKind.STRUCTURE),
    ),
    Rule(
        code="compose-build",
        title="no service has to be built",
        severity=Severity.ERROR,
        docker="Installed extension",
        why="the sources are not on the user's machine: unable to prepare context, path not found",
        fix=f"replace build: by image:, {PLUGIN_IMAGE} for the extension's own",
        source=_UNPUBLISHED,
        ask=_built,
    ),
    Rule(
        code="compose-build-leftover",
        title="no service has build: beside its image",
        severity=Severity.WARNING,
        docker="",
        why="when the image cannot be pulled, users see a confusing failure to build it instead of the reason",
        fix="keep build: in a compose file of your own for development",
        source=_UNPUBLISHED,
        ask=_built_besides,
    ),
    Rule(
        code="compose-own-image-unused",
        title=f"a service runs {PLUGIN_IMAGE}",
        severity=Severity.NOTE,
        docker="",
        why="the backend is not of the version that is installed, unless it is made of other people's images only",
        fix=f"write image: {PLUGIN_IMAGE} for the service that runs the extension's own code",
        source=_METADATA,
        ask=_own_unused,
    ),
    Rule(
        code="compose-own-image-hardcoded",
        title="the extension's own image is not named by repository and tag",
        severity=Severity.WARNING,
        docker="",
        why="after an update the backend is still the old version, and local builds are never run",
        fix=f"write image: {PLUGIN_IMAGE}",
        source=_METADATA,
        ask=_own_hardcoded,
    ),
    Rule(
        code="compose-image-floating",
        title="images of others have a version tag or a digest",
        severity=Severity.WARNING,
        docker="",
        why="users get whatever that tag means on the day they install, which nobody has tested",
        fix="name a version, better a digest",
        source=f"{_SERVICES}#image",
        ask=_floating,
    ),
    Rule(
        code="compose-image-invalid",
        title="every image is a reference",
        severity=Severity.ERROR,
        docker="Installed extension",
        why="the engine refuses it as an invalid reference format, so that the extension cannot be installed",
        fix="write it as ORG/NAME:TAG or HOST/ORG/NAME:TAG, in lower case",
        source="https://github.com/distribution/reference/blob/main/reference.go",
        ask=_invalid,
    ),
    Rule(
        code="compose-image-variable",
        title="no image depends on a variable without default",
        severity=Severity.WARNING,
        docker="",
        why="nobody sets the variable on a user's machine, and an unset variable is an empty text",
        fix="write the value, or a default: ${NAME:-value}",
        source="https://github.com/compose-spec/compose-spec/blob/main/12-interpolation.md",
        ask=_unset,
    ),
    Rule(
        code="compose-external",
        title="no service needs what somebody else has to make first",
        severity=Severity.ERROR,
        docker="Installed extension",
        why="nobody has made it on a user's machine, and Compose stops where it is not there: installation fails",
        fix="remove external: and let Compose make it; with name: it is called the same everywhere",
        source="https://github.com/compose-spec/compose-spec/blob/main/07-volumes.md#external",
        ask=_external,
    ),
    Rule(
        code="compose-dependency-endless",
        title="no service waits for the end of one that is always started again",
        severity=Severity.ERROR,
        docker="Installed extension",
        why="it never completes, so that compose up waits for ever, and installation with it",
        fix='write restart: "no" or on-failure for the one that is to complete',
        source="https://github.com/compose-spec/compose-spec/blob/main/05-services.md#restart",
        ask=_endless,
    ),
    Rule(
        code="compose-variable-system",
        title="every variable is set on Windows, macOS and Linux",
        severity=Severity.WARNING,
        docker="",
        why="where it is not set it is empty: a path then begins elsewhere, or a service gets nothing",
        fix="give it a default, as in ${HOME:-${USERPROFILE}}, write ~ in a mount, or use a named volume",
        source="https://github.com/rancher-sandbox/rancher-desktop/issues/4653",
        ask=partial(_gaps, False),  # noqa: FBT003 - as above
    ),
    Rule(
        code="compose-variable-required",
        title="no variable has to be set that a system does not set",
        severity=Severity.ERROR,
        docker="Installed extension",
        why="Compose stops where it is not set, so that the extension cannot be installed there",
        fix="give it a default in place of the message: ${NAME:-value}",
        source="https://github.com/compose-spec/compose-spec/blob/main/12-interpolation.md",
        ask=partial(_gaps, True),  # noqa: FBT003 - as above
    ),
    Rule(
        code="compose-port-published",
        title="no service takes a fixed port of the user's machine",
        severity=Severity.WARNING,
        docker="",
        why="where the port is in use, installation fails and is rolled back; others in the network may reach it",
        fix="serve the UI through a socket under /run/guest-services, or leave the host port out",
        source=f"{_SERVICES}#ports",
        ask=_ports,
    ),
    Rule(
        code="compose-container-name",
        title="no container has a fixed name",
        severity=Severity.WARNING,
        docker="",
        why="where a container of that name exists, installation fails and is rolled back",
        fix="leave container_name out, and find the container by its compose labels",
        source=f"{_SERVICES}#container_name",
        ask=_names,
    ),
)
