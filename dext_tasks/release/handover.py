"""What a job that prepares some platforms hands over to the one that publishes all of them.

The images wait in the registry. The file says which they are, and its digest covers all that it says: a file that was
changed or cut off on the way is told from one that is whole. Who can write the file and its digest can hand over
something else, as who can push can; what is in the registry is held against the commit and the version all the same.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from dext_tasks.errors import HandoverError, UnknownPlatformError, file_access
from dext_tasks.formats.oci.manifest import digest_of
from dext_tasks.formats.oci.platform import Platform
from dext_tasks.formats.oci.reference import is_digest, short
from dext_tasks.project_files import DENIED, HANDOVER, open_file, why_unreadable
from dext_tasks.release.journal import IMAGE_SETTINGS, Journal, Journals, Tested, image_fingerprint
from dext_tasks.release.record import Smoked
from dext_tasks.release.state import listed

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from dext_tasks.project import Project
    from dext_tasks.release.observe import World
    from dext_tasks.release.state import Intent, State

_FORMAT: Final = 1
_AGAIN: Final = "run the jobs with --prepare again, all from this commit and with the same flags"
# A file has about 300 bytes a platform.
_MOST: Final = 1024 * 1024
# Characters of a word; no name of an image is longer:
# https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pulling-manifests
_LONGEST: Final = 255


@dataclass(frozen=True)
class Handover:
    """What was prepared.

    Attributes:
        image: What it is published as, without tag.
        version: To be published.
        commit: It was built from.
        build: Fingerprint of the settings that it was built with.
        tested: Each platform's image, in the registry.
    """

    image: str
    version: str
    commit: str
    build: str
    tested: Mapping[Platform, Tested]

    @classmethod
    def of(cls, intent: Intent, state: State, project: Project) -> Handover:
        """What the platforms of an intent are in the registry, now that they are prepared or even published."""
        journal, published = state.journal, state.published
        tested = journal.tested if journal else {}
        if published:
            # Its own digest names an image as well as the engine's id; the journal may be lost.
            there = {platform: Tested(digest, digest) for platform, digest in published.manifests.items()}
            tested = {**there, **{each: known for each, known in tested.items() if known.manifest}}
        build = journal.build if journal and journal.build else image_fingerprint(project)
        kept = {platform: tested[platform] for platform in intent.platforms}
        return cls(intent.image.name, str(intent.version), intent.commit, build, kept)

    @property
    def text(self) -> str:
        """As a file."""
        said = _content(self)
        document = {"made_by": HANDOVER, "format": _FORMAT, "digest": _digest(said), "content": said}
        return json.dumps(document, indent=2) + "\n"

    @property
    def journal(self) -> Journal:
        """What a run that had done all of it would have written down, but for the checks that compare platforms."""
        return Journal(self.version, self.image, self.commit, self.tested, build=self.build, is_apart=True)


def _content(handover: Handover) -> dict[str, object]:
    tested = {str(platform): asdict(each) for platform, each in sorted(handover.tested.items())}
    return {**asdict(replace(handover, tested={})), "tested": tested}


def _digest(said: object) -> str:
    return digest_of(json.dumps(said, sort_keys=True, separators=(",", ":")).encode())


def read(file: Path) -> Handover:
    """What a file hands over.

    Raises:
        HandoverError: It was changed after it was written, or --prepare did not write it.
        FileAccessError: It cannot be read.
    """
    if (why := why_unreadable(file)) and not why.startswith(DENIED):
        raise _refused(f"{file} {why}", "name the file that --prepare wrote")
    try:
        with open_file(file) as opened:
            document = json.loads(opened.read(_MOST))
    except OSError as error:
        told = file_access(error)
        raise told or _refused(
            f"{file} cannot be read: {error.strerror}", "name the file that --prepare wrote"
        ) from None
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict) or document.get("made_by") != HANDOVER:
        raise _refused(f"{file} is not a file that --prepare wrote", "name the files that --prepare wrote")
    if document.get("format") != _FORMAT:
        raise _refused(
            f"{file} is from another release of dext-tasks", f"install the same one in all jobs, and {_AGAIN}"
        )
    content = document.get("content")
    if _digest(content) != document.get("digest"):
        raise _refused(f"{file} was changed after it was written: its digest is of another content", _AGAIN)
    try:
        return _parsed(content)
    except (KeyError, TypeError, ValueError, AttributeError, UnknownPlatformError):
        raise _refused(f"{file} does not say what --prepare says", _AGAIN) from None


def _parsed(content: Any) -> Handover:  # noqa: ANN401 - whatever the file holds
    words = {name: content[name] for name in ("image", "version", "commit", "build")}
    tested = {Platform.parse(name): _tested(each) for name, each in content["tested"].items()}
    if not tested or not all(isinstance(word, str) and len(word) <= _LONGEST for word in words.values()):
        raise ValueError
    return Handover(**words, tested=tested)


def _tested(said: Mapping[str, Any]) -> Tested:
    if not (is_digest(said["image"]) and is_digest(said["manifest"])):
        raise ValueError
    return Tested(said["image"], said["manifest"], Smoked(said["smoke"]))


def files_in(names: Iterable[str]) -> list[Path]:
    """The files that were named; a folder stands for the JSON files in it.

    Raises:
        HandoverError: There is none in a folder.
    """
    found: list[Path] = []
    for path in map(Path, names):
        files = sorted(path.glob("*.json")) if path.is_dir() else [path]
        if not files:
            raise _refused(f"there is no handover file in {path}", "name the files that --prepare wrote")
        found += files
    return found


def together(handovers: Sequence[tuple[Path, Handover]], project: Project, commit: str) -> Handover:
    """What all files hand over, which has to be one release of this project, and the whole of it.

    Raises:
        HandoverError: They are of different releases, of another one, or lack a platform.
    """
    first_file, first = handovers[0]
    for file, each in handovers:
        _require_ours(file, each, project, commit)
        if each.version != first.version:
            raise _refused(
                f"{file} is of version {each.version}, and {first_file} of {first.version}",
                "give all jobs with --prepare the same --version",
            )
    tested = _tested_of_all(handovers)
    wanted = set(project.settings.platforms)
    if missing := wanted - set(tested):
        raise _refused(
            f"{listed(missing)} was not prepared: the files are of {listed(tested)}",
            f"add the file of a job with --prepare and {' '.join(f'--platform {each}' for each in sorted(missing))}",
        )
    if more := set(tested) - wanted:
        raise _refused(f"the files are of {listed(more)}, too, which this project is not configured for", _AGAIN)
    return replace(first, tested=tested)


def _require_ours(file: Path, found: Handover, project: Project, commit: str) -> None:
    if found.image != project.image.name:
        raise _refused(f"{file} is of {found.image}, not of {project.image.name}", "name the files of this extension")
    if found.commit != commit:
        raise _refused(
            f"{file} was prepared from commit {short(found.commit)}, and this is {short(commit) or 'no commit'}",
            "check out that commit, or prepare this one",
        )
    if found.build != image_fingerprint(project):
        raise _refused(
            f"{file} was prepared with other settings of the build ({IMAGE_SETTINGS}) than this job has",
            "give all jobs the same settings and flags, and prepare again",
        )


def _tested_of_all(handovers: Sequence[tuple[Path, Handover]]) -> dict[Platform, Tested]:
    tested: dict[Platform, Tested] = {}
    origin: dict[Platform, Path] = {}
    for file, each in handovers:
        for platform, image in each.tested.items():
            known = tested.setdefault(platform, image)
            if known.manifest != image.manifest:
                raise _refused(
                    f"{origin[platform]} and {file} hand over different images for {platform}",
                    "name the file of one of both jobs",
                )
            origin.setdefault(platform, file)
    return tested


@dataclass(frozen=True)
class HandedOver(Journals):
    """The journals of a project, as if a run here had done what was handed over.

    Attributes:
        handed: What that run would have written down.
    """

    handed: Journal

    def read(self, version: str) -> Journal | None:
        """See Journals; what a run here wrote down of the same images says more."""
        found = super().read(version)
        if version != self.handed.version:
            return found
        is_same = found is not None and (found.commit, _manifests(found)) == (
            self.handed.commit,
            _manifests(self.handed),
        )
        return found if is_same else self.handed


def handed_over(world: World, names: Iterable[str], commit: str) -> tuple[World, Handover]:
    """The world as if all that was prepared elsewhere had been done here, and what that is.

    Args:
        world: Of this run.
        names: Files that other runs wrote, and folders of them.
        commit: What is to be released.

    Raises:
        HandoverError: The files are not of this release, or not all of it.
        FileAccessError: One cannot be read.
    """
    handovers = [(file, read(file)) for file in files_in(names)]
    handover = together(handovers, world.project, commit)
    return replace(world, journals=HandedOver(world.journals.folder, handover.journal)), handover


def _manifests(journal: Journal) -> dict[Platform, str]:
    return {platform: each.manifest for platform, each in journal.tested.items()}


def require_staged(intent: Intent, state: State) -> None:
    """Require that every image that was handed over is in the registry still, or published.

    Raises:
        HandoverError: One is not.
    """
    handed = _manifests(state.journal) if state.journal else {}
    lost = [platform for platform in intent.platforms if state.staged.get(platform) != handed.get(platform, "")]
    if lost and state.published is None:
        raise HandoverError(
            f"the image for {listed(lost)} that was handed over is not in {intent.image.name}, or is another one",
            remedy="keep clean-up jobs of the registry from tags that begin with staging-, and run its job with "
            "--prepare again",
        )


def _refused(what: str, remedy: str) -> HandoverError:
    return HandoverError(what, remedy=remedy)
