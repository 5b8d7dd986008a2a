"""Probes of the image's files: is it what it says, and is there what it names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dext_tasks.extension.programs import foreign
from dext_tasks.smoke.probe import ProbeFailedError, Seen

if TYPE_CHECKING:
    from dext_tasks.extension.metadata import Metadata
    from dext_tasks.smoke.trial import Trial


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
    metadata, facts = trial.metadata, trial.candidate.snapshot.facts
    if not metadata.icon:
        # Rancher Desktop refuses it, and Docker Desktop wants it in the image:
        # https://github.com/docker/extensions-sdk/issues/154
        raise ProbeFailedError("metadata.json names no icon")
    absent = [path for path in _named(metadata) if path not in facts]
    if absent:
        raise ProbeFailedError(f"not in the image: {', '.join(absent)}")
    return Seen(f"{len(facts)} paths")


def _named(metadata: Metadata) -> list[str]:
    paths = [metadata.icon, *(binary.path for binary in metadata.binaries)]
    if metadata.ui:
        paths += [metadata.ui.root, metadata.ui.entry]
    if metadata.vm:
        paths.append(metadata.vm.composefile)
    return [path for path in dict.fromkeys(paths) if path]
