"""Rules on the image that metadata.json names as the backend, the short form of a compose file with one service."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dext_tasks.checks.backend_images import floating, hardcoded, of_metadata
from dext_tasks.checks.documentation import METADATA_DOCS
from dext_tasks.checks.rule import DockerStep, Problem, Repair, Severity, rule
from dext_tasks.formats.compose import PLUGIN_IMAGE, images
from dext_tasks.regex import regex
from dext_tasks.wording import excerpt

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dext_tasks.sources.source import Source

_VARIABLE = regex(r"\$(?:[A-Za-z_]\w*|\{[^{}]*\})")


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
    for image in of_metadata(source):
        if images.unset_variables(image.name):
            # What Compose makes of a variable that nobody sets.
            left = _VARIABLE.sub("", image.name)
            if not left or images.is_invalid(left):
                what = f"is {excerpt(image.name)}, whose variable nobody sets on a user's machine"
                yield image.problem(f"{what}; the extension's own image is {PLUGIN_IMAGE}")
        elif images.is_invalid(image.name):
            yield image.problem(f"is not a reference: {excerpt(image.name)!r}")


@rule(
    code="backend-image-hardcoded",
    title="the backend's image is not the extension's own by repository and tag",
    severity=Severity.WARNING,
    why="after an update the backend is still the old version, and local builds are never run",
    fix=f"write {PLUGIN_IMAGE}",
    source=METADATA_DOCS,
    repair=Repair.SURE,
)
def _image_hardcoded(source: Source) -> Iterator[Problem]:
    return hardcoded(source, of_metadata(source))


@rule(
    code="backend-image-floating",
    title="the backend's image has a version tag or a digest",
    severity=Severity.WARNING,
    why="users get whatever that tag means on the day they install, which nobody has tested",
    fix="name a version, better a digest",
    source=METADATA_DOCS,
)
def _image_floating(source: Source) -> Iterator[Problem]:
    return floating(of_metadata(source))
