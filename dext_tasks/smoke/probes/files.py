"""Probes of the image's files: is it what it says, and is there what it names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dext_tasks.errors import MetadataInvalidError
from dext_tasks.extension.desktops import Desktop
from dext_tasks.extension.metadata import parse
from dext_tasks.extension.programs import foreign
from dext_tasks.smoke.outcome import ProbeFailedError, Seen

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dext_tasks.extension.metadata import Metadata
    from dext_tasks.smoke.installation import Trial


def architecture(trial: Trial) -> Seen:
    """The image and its programs are for the platform it was built for; with binfmt any other would run, too."""
    candidate = trial.candidate
    said = candidate.image.platform
    if said != candidate.platform:
        raise ProbeFailedError(f"the image built for {candidate.platform} says it is for {said}")
    wrong = [what for _, what in foreign(candidate.snapshot.programs, candidate.platform.architecture)]
    if wrong:
        raise ProbeFailedError(f"the image says it is for {said}, but {', '.join(wrong)}")
    return Seen(f"{said}, {'emulated' if candidate.emulated else 'native'}")


def extract(trial: Trial) -> Seen:
    """Metadata, icon, UI, compose file and host binaries come out of the image as a desktop takes them."""
    candidate = trial.candidate
    metadata = _metadata(candidate.snapshot.metadata)
    if absent := candidate.absent(_named(metadata)):
        raise ProbeFailedError("; ".join((f"not in the image: {', '.join(absent)}", *_refusals(metadata))))
    return Seen(f"{len(candidate.snapshot.facts)} paths", warnings=tuple(_refusals(metadata)))


def _metadata(content: bytes | None) -> Metadata:
    if content is None:
        raise ProbeFailedError("there is no /metadata.json in the image")
    try:
        return parse(content)
    except MetadataInvalidError as error:
        raise ProbeFailedError(error.message) from error


def _refusals(metadata: Metadata) -> Iterator[str]:
    """What a single desktop refuses; samples that others install have it."""
    if not metadata.icon:
        # https://github.com/rancher-sandbox/rancher-desktop/blob/main/pkg/rancher-desktop/main/extensions/extensions.ts
        yield f"{Desktop.RANCHER_DESKTOP.title} refuses it: metadata.json names no icon"


def _named(metadata: Metadata) -> list[str]:
    paths = [metadata.icon, *(binary.path for binary in metadata.binaries)]
    if metadata.ui:
        paths += [metadata.ui.root, metadata.ui.entry]
    if metadata.vm:
        paths.append(metadata.vm.composefile)
    return paths
