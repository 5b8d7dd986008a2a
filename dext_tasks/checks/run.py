"""A check as it was asked for: which sources, which rules, and what came of it."""

from __future__ import annotations

import logging
import posixpath
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from dext_tasks import calls
from dext_tasks.checks.catalogue import PORTABILITY, RULES
from dext_tasks.checks.report import Report, check
from dext_tasks.checks.rules.api import desktop_rules, sdk_rules
from dext_tasks.checks.selection import Selection
from dext_tasks.checks.summary import Summary, summarise
from dext_tasks.errors import UsageError
from dext_tasks.extension.desktops import Desktop
from dext_tasks.runtime.temporary import temporary_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from dext_tasks.checks.rule import Rule
    from dext_tasks.config import Settings
    from dext_tasks.engine.engines import Engines
    from dext_tasks.extension.tags import Resolution
    from dext_tasks.project import Project
    from dext_tasks.registry.access import Access
    from dext_tasks.sources.facts import Place, SourceScope
    from dext_tasks.sources.source import Source

_LOG = logging.getLogger(__name__)
# The rules on one are the same for all.
_SOME_DESKTOP = "4.40"


class CheckRequest(NamedTuple):
    """What to check, and against what.

    Attributes:
        image: An image in the engine; empty for none.
        remote: An image in a registry; empty for none. Without either, the project is checked.
        deep: Whether layers of a registry's image may be read.
        sdk: An extension API version it must be compatible with; empty for none.
        desktop: A Docker Desktop version that it must be compatible with; empty for none.
    """

    image: str = ""
    remote: str = ""
    deep: bool = False
    sdk: str = ""
    desktop: str = ""

    def require_sane(self) -> None:
        """Require that the flags go together.

        Raises:
            UsageError: They do not.
        """
        if self.image and self.remote:
            raise UsageError("--image and --remote cannot be combined", remedy="check one of them at a time")
        if self.deep and not self.remote:
            raise UsageError("--deep reads images in a registry only", remedy="add --remote REF")


@dataclass(frozen=True)
class CheckPlace:
    """Where a check runs.

    Attributes:
        project: The project; only asked for when it is what is checked.
        engines: Of each platform, and the current one for a single image; only asked for when an image is in one.
        settings: Effective settings.
        access: The way to registries and to the web; only asked for when one is needed.
        workspace: Folder that whoever reads documents of a check knows files from.
        remote: The image in a registry; None where none is checked.
    """

    project: Callable[[], Project]
    engines: Callable[[], Engines]
    settings: Settings
    access: Callable[[], Access]
    workspace: Path = Path()
    remote: Source | None = None


@dataclass(frozen=True)
class Checked:
    """What a check found, and what else it has to report.

    Attributes:
        report: What the rules found.
        summary: What users of the extension would want to know.
        notes: How sources were found, where that is not plain.
        resolution: How the tag was found; None where one was named, or none is looked for.
        reference: Of the image that was checked, or that the project is published as; empty if it has no name.
        folder: Of the project, from the workspace.
        strict: Whether warnings count as errors.
        scopes: What exactly was looked at, by the name of each source that was there.
    """

    report: Report
    summary: Summary
    notes: tuple[str, ...] = ()
    resolution: Resolution | None = None
    reference: str = ""
    folder: str = ""
    strict: bool = False
    scopes: Mapping[str, SourceScope] = field(default_factory=dict)

    @property
    def said(self) -> list[str]:
        """What exactly was looked at, a sentence each."""
        return [f"{name} {scope}" for name, scope in self.scopes.items()]

    def file(self, place: Place) -> str:
        """The file of a place, from the workspace."""
        return posixpath.normpath(posixpath.join(self.folder, place.file)) if place.file else ""


def run(request: CheckRequest, place: CheckPlace) -> Checked:
    """Check what was asked for.

    Raises:
        UsageError: Flags that contradict each other, or a rule or runtime that does not exist.
        DextError: The source could not be asked.
    """
    request.require_sane()
    settings = place.settings
    rules, selection = chosen(request, settings)
    with _sources(request, place) as sources:
        asked = _online(sources, place) if settings.check_online else sources
        report = check(asked, rules, selection)
        notes = tuple(source.note for source in sources if source.note)
        resolution = next((source.resolution for source in sources if source.resolution), None)
        reference, folder = _about(request, place, sources)
        scopes = {source.name: scope for source in sources if (scope := source.scope).where}
        for source in sources:
            calls.decided(_LOG, "the %s to check: %s", source.name, scopes.get(source.name, "nothing is there"))
        return Checked(
            report,
            summarise(sources),
            notes,
            resolution,
            reference,
            folder,
            strict=settings.check_strict,
            scopes=scopes,
        )


def check_tree(project: Project) -> Report:
    """Ask the rules of the source tree alone, without any engine.

    Raises:
        UsageError: The settings name a rule that does not exist.
    """
    from dext_tasks.sources.tree import TreeSource

    rules, selection = chosen(CheckRequest(), project.settings)
    return check([TreeSource(project)], rules, selection)


def _about(request: CheckRequest, place: CheckPlace, sources: Sequence[Source]) -> tuple[str, str]:
    """The reference of what was checked, and the project's folder."""
    if request.image or request.remote:
        # A registry's source knows which tag it found.
        return str(getattr(sources[0], "reference", request.image)), ""
    root = place.project().root.absolute()
    # Elsewhere a path from the workspace helps nobody.
    inside = root.is_relative_to(place.workspace.absolute())
    folder = root.relative_to(place.workspace.absolute()).as_posix() if inside else ""
    return place.settings.image or root.name, folder


def chosen(request: CheckRequest, settings: Settings) -> tuple[tuple[Rule, ...], Selection]:
    """The rules that may be asked, and what the settings say of them.

    Raises:
        UsageError: A rule or a runtime that does not exist.
        VersionInvalidError: An API or Docker Desktop version that is not valid.
    """
    rules = (*RULES, *extra_rules(request, settings))
    selection = Selection(settings.check_select, dict(settings.check_ignore))
    selection.require_known((*rules, *optional_rules()))
    return rules, selection


def optional_rules() -> tuple[Rule, ...]:
    """Rules that are asked only on request: known to settings and to ``--explain`` all the same."""
    portability = [rule for rules in PORTABILITY.values() for rule in rules]
    return (*portability, *desktop_rules(_SOME_DESKTOP))


def extra_rules(request: CheckRequest, settings: Settings) -> tuple[Rule, ...]:
    """Rules that are only asked where somebody wants to know.

    Raises:
        UsageError: A runtime that does not exist.
        VersionInvalidError: An API or Docker Desktop version that is not valid.
    """
    rules = [rule for name in settings.check_runtimes for rule in PORTABILITY[_runtime(name)]]
    if request.sdk:
        rules += sdk_rules(request.sdk)
    if request.desktop:
        rules += desktop_rules(request.desktop)
    # Two runtimes can share a rule.
    return tuple(dict.fromkeys(rules))


def _runtime(name: str) -> Desktop:
    try:
        return Desktop(name)
    except ValueError as error:
        raise UsageError(
            f"there is no desktop {name!r}",
            remedy=f"give --runtime one of {', '.join(Desktop)}; --desktop takes a version",
        ) from error


@contextmanager
def _sources(request: CheckRequest, place: CheckPlace) -> Iterator[Sequence[Source]]:
    # Each is slow to load, and one of them is needed.
    if place.remote and not request.image:
        yield [place.remote]
        return
    engines = place.engines()
    with temporary_folder(engines.current.client.folder_prefix) as folder:
        if request.image:
            from dext_tasks.sources.engine_image import engine_image

            yield [engine_image(engines.current, request.image, Path(folder))]
        else:
            from dext_tasks.checks.project import project_sources

            yield project_sources(engines, place.project(), Path(folder))


def _online(sources: Sequence[Source], place: CheckPlace) -> list[Source]:
    from dext_tasks.online.client import Network, with_web

    web = Network(place.access(), allow_private=place.settings.check_private_addresses)
    return [with_web(source, web) for source in sources]
