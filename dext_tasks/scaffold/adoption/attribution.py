"""Which of a repository's commands are about which of its extensions."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from dext_tasks.formats.docker_command import DockerVerb
from dext_tasks.scaffold.adoption.image import ImageNames
from dext_tasks.scaffold.adoption.listing import GITHUB_FOLDER, GITLAB_FILE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dext_tasks.scaffold.adoption.evidence import Evidence
    from dext_tasks.scaffold.adoption.extensions import FoundExtension
    from dext_tasks.scaffold.adoption.found import ValueOrigin
    from dext_tasks.scaffold.adoption.listing import RepositoryFiles


@dataclass(frozen=True)
class Attribution:
    """The evidence of a repository, and its extensions.

    Attributes:
        files: Of the repository.
        evidence: All of it.
        every: All extensions.
    """

    files: RepositoryFiles
    evidence: Sequence[Evidence]
    every: Sequence[FoundExtension]

    @property
    def is_alone(self) -> bool:
        """Whether there is one extension only."""
        return len(self.every) == 1

    def dockerfile(self, build: Evidence) -> str:
        """The Dockerfile that a command builds, from the top; empty if it is none of the repository's."""
        return next((name for name, _ in build.places() if name in self.files.known), "")

    def builds(self, extension: FoundExtension) -> tuple[Evidence, ...]:
        """The commands that build an extension."""
        names = {each.name for each in extension.files}
        return tuple(each for each in self._builds if self.dockerfile(each) in names or self._may_build(each))

    @cached_property
    def _builds(self) -> tuple[Evidence, ...]:
        return tuple(each for each in self.evidence if each.command.verb is DockerVerb.BUILD)

    def _may_build(self, build: Evidence) -> bool:
        """Whether a command whose Dockerfile or context is not known may build the only extension."""
        paths = (build.command.folder, build.command.context, build.command.dockerfile)
        return self.is_alone and any(map(build.gaps.reasons, paths))

    def publishing(self, extension: FoundExtension) -> tuple[ValueOrigin, ...]:
        """Where pipelines of the repository push an extension, each file once."""
        builds = self.builds(extension)
        built = {image.name for each in builds for image in each.images()}
        pushes = [each for each in builds if each.command.is_pushed]
        pushes += [
            each
            for each in self.evidence
            if each.command.verb is DockerVerb.PUSH and any(image.name in built for image in each.images())
        ]
        found: dict[str, ValueOrigin] = {}
        for each in pushes:
            if each.origin.file == GITLAB_FILE or each.origin.file.startswith(f"{GITHUB_FOLDER}/"):
                found.setdefault(each.origin.file, each.origin)
        return tuple(found.values())

    def images(self, extension: FoundExtension) -> ImageNames:
        """The images that are named for an extension."""
        builds = self.builds(extension)
        own = {image.name for each in builds for image in each.images() if not image.reasons}
        mine = set(map(id, builds))
        others = [each for each in self._builds if id(each) not in mine]
        foreign = {image.name for each in others for image in each.images() if not image.reasons}
        return ImageNames(builds, self._named(extension), frozenset(foreign - own))

    def _named(self, extension: FoundExtension) -> Iterator[Evidence]:
        """What names an image in files that are the extension's own, or the repository's where it is the only one."""
        for each in self.evidence:
            if each.command.verb is not DockerVerb.BUILD and (self.is_alone or self._owner(each) == extension.root):
                yield each

    def _owner(self, evidence: Evidence) -> str | None:
        """The folder of the extension that a file is in; None if it is in none."""
        roots = [
            each.root for each in self.every if each.root and f"{evidence.origin.file}/".startswith(f"{each.root}/")
        ]
        return max(roots, key=len, default=None)
