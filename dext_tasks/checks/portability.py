"""Questions about what works in one desktop and fails in another; which desktop fails is said by the rules."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import TYPE_CHECKING

from dext_tasks.checks.evidence import at, at_key, compose_documents, file_sets, metadata_documents, services
from dext_tasks.checks.label_lookup import require_known
from dext_tasks.checks.label_rules import EMPTY, MISSING
from dext_tasks.checks.rule import Problem
from dext_tasks.extension import labels
from dext_tasks.extension.grants.machine import GUEST_SERVICES
from dext_tasks.formats import pictures
from dext_tasks.formats.compose import PLUGIN_IMAGE, Restart, Service
from dext_tasks.formats.compose.variables import names_plugin_image
from dext_tasks.formats.dockerfile import DockerfileRefusedError
from dext_tasks.formats.excerpt import excerpt
from dext_tasks.sources.source import Place, Source

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dext_tasks.formats.dockerfile.instructions import Instruction
    from dext_tasks.sources.source import DockerfileFacet, LabelSet

_NEEDED_BY_PODMAN = (labels.TITLE, labels.DESCRIPTION, labels.VENDOR)
_API_VERSIONS = (labels.API_VERSION, "io.podman-desktop.api.version")
_STARTING = frozenset({"CMD", "ENTRYPOINT"})
_IMAGE = ("vm", "image")
_ROOT = frozenset({"root", "0"})
# What a service says of its user goes before what the image says.
# What keeps a container going that has nothing to do.
_FOR_EVER = re.compile(r"\bsleep (?:inf|infinity)\b|\btail -[fF]\b")
_RUN_BY_ROOT = re.compile(rb"""^\s+["']?user["']?\s*:\s*["']?(?:root|0)\b""", re.MULTILINE)


def no_icon(source: Source) -> Iterator[Problem]:
    """metadata.json names no icon."""
    for document, metadata in metadata_documents(source):
        if not metadata.icon:
            yield at_key(document, [], "metadata.json: there is no icon")


def other_image(source: Source) -> Iterator[Problem]:
    """The backend is an image other than the extension's own."""
    for document, metadata in metadata_documents(source):
        image = metadata.vm.image if metadata.vm else ""
        if image and not names_plugin_image(image):
            yield at_key(document, _IMAGE, f"metadata.json: vm.image is {excerpt(image)}")


def only_image(source: Source) -> Iterator[Problem]:
    """The backend is an image, without a compose file."""
    for document, metadata in metadata_documents(source):
        if metadata.vm and metadata.vm.image and not metadata.vm.composefile:
            yield at_key(document, _IMAGE, f"metadata.json: vm.image is {excerpt(metadata.vm.image)}")


def nested_root(source: Source) -> Iterator[Problem]:
    """The UI's folder is not directly below the image's root."""
    for document, metadata in metadata_documents(source):
        if metadata.ui and (metadata.ui.root == "/" or metadata.ui.root.count("/") > 1):
            what = f"metadata.json: ui.dashboard-tab.root is {excerpt(metadata.ui.root)}"
            yield at_key(document, ["ui", "dashboard-tab", "root"], what)


def compose_at_root(source: Source) -> Iterator[Problem]:
    """The compose file is in the image's root."""
    for document, metadata in metadata_documents(source):
        if metadata.vm and metadata.vm.composefile.count("/") == 1:
            what = f"metadata.json: vm.composefile is {excerpt(metadata.vm.composefile)}"
            yield at_key(document, ["vm", "composefile"], what)


def no_ui(source: Source) -> Iterator[Problem]:
    """There is no UI."""
    for document, metadata in metadata_documents(source):
        if not metadata.ui:
            yield at_key(document, [], "metadata.json: there is no ui")


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
    # A target that BuildKit would refuse is told where labels are read.
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


def own_mount(source: Source) -> Iterator[Problem]:
    """A service mounts the folder of backend sockets itself, in the short form."""
    for document, service in services(source):
        for mount in service.mounts:
            if mount.is_short and mount.target.rstrip("/") == GUEST_SERVICES:
                what = f"service {excerpt(service.name)} mounts {excerpt(mount.source)} at {GUEST_SERVICES}"
                yield at(document, mount.line, what)


def one_shot(source: Source) -> Iterator[Problem]:
    """A service is meant to end, as far as its file shows, and no other one waits for that."""
    for document, service in services(source):
        is_meant_to_end = service.is_active and service.restart is Restart.NEVER and not _stays(service)
        if is_meant_to_end and not service.completes_for:
            what = f'service {excerpt(service.name)} has restart: "no", and no other one waits until it has completed'
            yield at(document, service.line, what)


def _stays(service: Service) -> bool:
    return _FOR_EVER.search(" ".join(text.value for text in service.starting)) is not None


def awaited_completion(source: Source) -> Iterator[Problem]:
    """A service has to complete before another one is started."""
    for document, service in services(source):
        if service.completes_for and service.restart is not Restart.ALWAYS:
            what = f"service {excerpt(service.completes_for)} waits until {excerpt(service.name)} has completed"
            yield at(document, service.line, what)


def inexact_placeholder(source: Source) -> Iterator[Problem]:
    """The variable of the extension's own image is used for more than a service's whole image."""
    for document, compose in compose_documents(source):
        images = {(service.image.value, service.image.line) for service in compose.services if service.image}
        for text in compose.plugin_image_uses:
            if text.value != PLUGIN_IMAGE or (text.value, text.line) not in images:
                yield at(document, text.line, f"{excerpt(text.value)} is more than image: {PLUGIN_IMAGE}")


def side_files(source: Source) -> Iterator[Problem]:
    """The compose file needs other files."""
    for document, compose in compose_documents(source):
        for text in compose.side_files:
            yield at(document, text.line, f"{excerpt(text.value)} is a file that the compose file needs")
        for service in compose.services:
            mounts = [(mount.source, mount.line) for mount in service.mounts if mount.is_relative]
            for name, line in [*((text.value, text.line) for text in service.side_files), *mounts]:
                yield at(document, line, f"service {excerpt(service.name)} needs the file {excerpt(name)}")


def raw_socket(source: Source) -> Iterator[Problem]:
    """A service mounts Docker Desktop's own engine socket."""
    for document, service in services(source):
        for mount in service.mounts:
            if mount.source.endswith("/docker.sock.raw"):
                yield at(document, mount.line, f"service {excerpt(service.name)} mounts {excerpt(mount.source)}")


def missing_labels(source: Source) -> Iterator[Problem]:
    """A label that Podman Desktop needs is missing."""
    for found in source.labels:
        for key in _NEEDED_BY_PODMAN:
            if not found.values.get(key) and key not in found.unknown:
                yield _lacking(found, key)
        if not any(found.values.get(key) or key in found.unknown for key in _API_VERSIONS):
            yield _lacking(found, labels.API_VERSION)
    require_known(source.labels, (*_NEEDED_BY_PODMAN, *_API_VERSIONS))


def _lacking(found: LabelSet, key: str) -> Problem:
    """The problem of a label that one desktop needs; where Docker's validator does, too, it is one fault with that."""
    twin = (EMPTY if key in found.values else MISSING) if key in labels.REQUIRED else ""
    return Problem(f"label {key} is missing or empty", found.place_of(key), about=key, twin=twin)


def no_api_version(source: Source) -> Iterator[Problem]:
    """The label by which Docker Desktop tells an extension from another image is missing."""
    for found in source.labels:
        if not found.values.get(labels.API_VERSION, "").strip() and labels.API_VERSION not in found.unknown:
            yield _lacking(found, labels.API_VERSION)
    require_known(source.labels, [labels.API_VERSION])


def icon_not_svg(source: Source) -> Iterator[Problem]:
    """The icon is no SVG."""
    for files, metadata in file_sets(source):
        head = files.read(metadata.icon, pictures.HEAD) if metadata.icon else b""
        if head and pictures.format_of(head) is not pictures.PictureFormat.SVG:
            what = f"{excerpt(metadata.icon)} is {pictures.format_of(head)}"
            yield Problem(what, Place(path=metadata.icon, platform=files.platform))
