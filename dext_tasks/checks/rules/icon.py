"""Rules on the icon: the one in the image, and the one that a label links to."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dext_tasks.checks.addresses import GUARDED_PICTURE, SHOWN, icons, not_picture, not_served
from dext_tasks.checks.documentation import LABEL_DOCS, METADATA_DOCS
from dext_tasks.checks.evidence import file_sets
from dext_tasks.checks.label_lookup import values_of
from dext_tasks.checks.named_paths import COPY, absent, nowhere
from dext_tasks.checks.named_paths import ICON as ICON_PATH
from dext_tasks.checks.rule import DockerStep, Problem, Severity, rule
from dext_tasks.extension.labels import ICON
from dext_tasks.formats import pictures
from dext_tasks.formats.addresses import IMAGE_SUFFIXES, suffix, web_fault
from dext_tasks.sources.facts import FileKind, Place
from dext_tasks.wording import excerpt

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dext_tasks.sources.source import Source


@rule(
    code="icon-label-invalid",
    title="the icon label is one http or https address",
    severity=Severity.ERROR,
    why="the marketplace loads the icon before the image is there: a path in the image shows nothing",
    fix="publish the icon and write its whole address; metadata.json is where the path in the image belongs",
    source=LABEL_DOCS,
)
def _label_invalid(source: Source) -> Iterator[Problem]:
    for _, value, place in values_of(source, [ICON]):
        if fault := web_fault(value):
            yield Problem(f"{excerpt(value, SHOWN)}: {fault}", place)


@rule(
    code="icon-label-format",
    title="the icon is an svg, png or jpg",
    severity=Severity.WARNING,
    why="these are the formats Docker documents; others may be blurred or not show",
    fix="convert the icon, best to svg",
    source=LABEL_DOCS,
)
def _label_format(source: Source) -> Iterator[Problem]:
    for _, value, place in values_of(source, [ICON]):
        found = suffix(value)
        # Many addresses of images have no ending at all; what they answer shows the format then.
        if re.fullmatch(r"\.[a-z]{2,5}", found) and found not in IMAGE_SUFFIXES and not web_fault(value):
            yield Problem(f"{excerpt(value, SHOWN)} is a {found} file", place)


@rule(
    code="icon-format",
    title="the icon is SVG or PNG, and called so",
    severity=Severity.WARNING,
    why="the dashboard shows a picture by its name and kind; a wrong one is an empty square",
    fix="COPY an SVG, and give the file the ending of its kind",
    source=METADATA_DOCS,
)
def _format(source: Source) -> Iterator[Problem]:
    for files, metadata in file_sets(source):
        fact = files.facts.get(metadata.icon)
        head = files.read(metadata.icon, pictures.HEAD) if metadata.icon else b""
        is_empty = fact is not None and fact.kind is FileKind.FILE and not fact.size
        wrong = "is empty" if is_empty else _wrong_picture(metadata.icon, head) if head else ""
        if wrong:
            what = f"{excerpt(metadata.icon)} {wrong}"
            yield Problem(what, Place(path=metadata.icon, platform=files.platform))


def _wrong_picture(path: str, head: bytes) -> str:
    content, name = pictures.format_of(head), pictures.claimed_format(path)
    if content not in {pictures.PictureFormat.SVG, pictures.PictureFormat.PNG}:
        return f"is {content} by its content, neither SVG nor PNG"
    return f"is {content} by its content, {name} by its name" if content is not name else ""


@rule(
    code="icon-absent",
    title="the icon is in the image",
    severity=Severity.ERROR,
    step=DockerStep.INSTALLATION,
    why="installation fails half way, and the extension can then neither be updated nor removed",
    fix=COPY,
    source="https://github.com/docker/extensions-sdk/issues/230",
)
def _absent(source: Source) -> Iterator[Problem]:
    return absent(source, ICON_PATH)


@rule(
    code="icon-nowhere",
    title="the icon is something that the build has, and puts into the image",
    severity=Severity.ERROR,
    step=DockerStep.INSTALLATION,
    why="installation fails half way, and the extension can then neither be updated nor removed",
    fix="add the file and COPY it into the final stage, or correct the path in metadata.json",
    source="https://github.com/docker/extensions-sdk/issues/230",
    twin="icon-absent",
)
def _nowhere(source: Source) -> Iterator[Problem]:
    return nowhere(source, ICON_PATH)


@rule(
    code="icon-not-served",
    title="the icon's address answers",
    severity=Severity.ERROR,
    why="the marketplace and the dashboard show a broken picture; Docker's validator does not look",
    fix="put the icon where it stays, and give that address",
    source="https://github.com/docker/extensions-submissions/issues/172",
)
def _not_served(source: Source) -> Iterator[Problem]:
    return not_served(source, icons, GUARDED_PICTURE)


@rule(
    code="icon-not-picture",
    title="the icon's address answers with a picture",
    severity=Severity.WARNING,
    why="browsers show nothing for an address that answers with a page or plain text",
    fix="give the address of the file itself (https://raw.githubusercontent.com/...), not of a page about it",
    source=LABEL_DOCS,
)
def _not_picture(source: Source) -> Iterator[Problem]:
    return not_picture(source, icons)
