"""What is left, by kind, and what of it belongs to whom."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from dext_tasks.engine.private_names import is_of_dead_run, is_private
from dext_tasks.engine.sweep import orphans
from dext_tasks.formats.oci.reference import Reference, short
from dext_tasks.release.staging import is_staging
from dext_tasks.runtime.lease import Usage
from dext_tasks.runtime.temporary import dead_folders

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from dext_tasks.engine.engine import Engine, Listed
    from dext_tasks.engine.sweep import Orphan
    from dext_tasks.project import Project

BUILDS = "dext-build/"
"""What every local repository that builds are loaded into begins with."""

_IN_USE = "a build, smoke test or release is using it"


class LeftoverKind(StrEnum):
    """What a leftover is."""

    RUN = "of a run that ended"
    BUILD = "build"
    STAGING = "staging name"
    REPLACED = "replaced build"


@dataclass(frozen=True)
class Leftover:
    """One thing that can go.

    Attributes:
        kind: What it is.
        name: Of it: a reference, an image id, or an id with its kind.
        image: Id of the image, if it is one or names one.
        orphan: What it is in an engine, if it is of a run.
        folder: The folder, if it is one.
        kept: Why it stays; empty if it may go.
        context: Docker context of the engine that has it; empty for the current one, and for a folder.
    """

    kind: LeftoverKind
    name: str
    image: str = ""
    orphan: Orphan | None = None
    folder: Path | None = None
    kept: str = ""
    context: str = ""


@dataclass(frozen=True)
class CleaningScope:
    """Whose leftovers are looked for; those of runs that ended are everybody's.

    Attributes:
        repository: Local repository of a project's builds; that of every project if empty.
        image: Where that project is published, without tag; empty if it is not.
    """

    repository: str = ""
    image: str = ""

    @classmethod
    def of(cls, project: Project) -> CleaningScope:
        """Those of one project."""
        return cls(project.local_repository, project.image.name if project.settings.image else "")

    def has_build(self, listed: Listed) -> bool:
        """Whether an image is a build of it."""
        return listed.repository == self.repository if self.repository else listed.repository.startswith(BUILDS)

    def has_staging(self, listed: Listed) -> bool:
        """Whether a name is one that a release of it gives to push an image, and then takes away."""
        is_its = listed.repository == self.image if self.repository else True
        return is_its and is_staging(listed.tag)


def find(engine: Engine, scope: CleaningScope) -> list[Leftover]:
    """Everything that is left, in the order in which it can be removed.

    Raises:
        DextError: The engine cannot be asked.
    """
    found = [*_of_runs(engine), *_Images(scope).among(engine.listed())]
    return [*found, *_replaced(engine, scope)]


def _of_runs(engine: Engine) -> Iterator[Leftover]:
    for orphan in orphans(engine.client):
        yield Leftover(LeftoverKind.RUN, f"{orphan.kind} {orphan.identity}", orphan=orphan)
    for folder in dead_folders():
        yield Leftover(LeftoverKind.RUN, f"folder {folder}", folder=folder)


@dataclass
class _Images:
    """Named images; what a living process builds or tests stays."""

    scope: CleaningScope
    used: dict[str, bool] = field(default_factory=dict)

    def among(self, listed: list[Listed]) -> Iterator[Leftover]:
        for each in listed:
            if self.scope.has_build(each):
                yield Leftover(LeftoverKind.BUILD, each.reference, each.image, kept=self._kept_build(each))
            elif self.scope.has_staging(each):
                repository = f"{BUILDS}{Reference.parse(each.repository).extension}"
                yield Leftover(LeftoverKind.STAGING, each.reference, each.image, kept=self._kept(repository))

    def _kept_build(self, listed: Listed) -> str:
        # Of a run on another machine, its name alone shows that it lives.
        is_held = is_private(listed.tag) and not is_of_dead_run(listed.tag)
        return _IN_USE if is_held else self._kept(listed.repository)

    def _kept(self, repository: str) -> str:
        if repository not in self.used:
            self.used[repository] = Usage(f"builds {repository}").is_by_others
        return _IN_USE if self.used[repository] else ""


def _replaced(engine: Engine, scope: CleaningScope) -> Iterator[Leftover]:
    ours = engine.builds.images(scope.repository)
    for image in sorted(ours & engine.nameless()) if ours else ():
        yield Leftover(LeftoverKind.REPLACED, short(image), image)
