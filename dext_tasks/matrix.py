"""The sessions of an extension: one plan, from which nox registers them and a CI system takes its jobs.

Runners: https://docs.github.com/actions/reference/runners/github-hosted-runners
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dext_tasks.architectures import ARCHITECTURES
from dext_tasks.config.kind import When
from dext_tasks.config.runners import Runner
from dext_tasks.errors import UsageError
from dext_tasks.formats.oci.platform import Platform

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import PurePath

    from dext_tasks.config import Settings

_HOSTED = Runner(("ubuntu-24.04",))
COMMON = "amd64"
"""Architecture of a CI system's machines that do not say theirs, and that emulate what has no machine of its own."""

_SMOKE = "Build for one platform, install, probe and uninstall."
_UI = "The same, and open the UI in a browser."


@dataclass(frozen=True)
class Planned:
    """One session.

    Attributes:
        name: Of the nox session, without its platform.
        args: The verb and its arguments.
        summary: What it does, in one line.
        platform: What it is for; None if it is for all of them.
        runner: The machine that CI runs it on.
        emulated: Whether that machine needs an emulator for it.
        context: Docker context that the platform is on; empty for the engine of that machine.
    """

    name: str
    args: tuple[str, ...]
    summary: str
    platform: Platform | None = None
    runner: Runner = _HOSTED
    emulated: bool = False
    context: str = ""

    @property
    def session(self) -> str:
        """As nox calls it: ``smoke(linux/arm64)``."""
        return f"{self.name}({self.platform})" if self.platform else self.name


def planned(settings: Settings, prefix: str = "") -> tuple[Planned, ...]:
    """Every session, each platform's UI in one of its own: it needs a browser, the rest does not.

    Args:
        settings: Of the extension.
        prefix: Before each session's name.
    """
    check = Planned(
        f"{prefix}check",
        ("check",),
        "Check the source tree and the built images.",
        runner=settings.matrix_runs_on.default or _HOSTED,
    )
    smoke = [_smoke(f"{prefix}smoke", When.NEVER, _SMOKE, each, settings) for each in settings.platforms]
    ui = [_smoke(f"{prefix}ui", When.ALWAYS, _UI, each, settings) for each in settings.platforms]
    return (check, *smoke, *ui)


def _smoke(name: str, ui: When, summary: str, platform: Platform, settings: Settings) -> Planned:
    args = ("smoke", "--platform", str(platform), "--ui", ui.value)
    context = dict(settings.contexts).get(platform, "")
    runner = _runner(settings, platform, context)
    # What runs on another machine's engine needs no emulator on this one.
    emulated = not context and _is_emulated(settings, platform, runner)
    return Planned(name, args, summary, platform, runner, emulated, context)


def _runner(settings: Settings, platform: Platform, context: str) -> Runner:
    runners = settings.matrix_runs_on
    # With a context of its own, the platform asks nothing of the job's machine.
    return runners.of_platform(platform) or runners.default or (_HOSTED if context else _hosted(platform))


def _hosted(platform: Platform) -> Runner:
    """GitHub's own runner with such a processor, if there is one."""
    suffix = ARCHITECTURES[platform.architecture].hosted_suffix or ""
    return Runner(tuple(f"{label}{suffix}" for label in _HOSTED.labels))


def _is_emulated(settings: Settings, platform: Platform, runner: Runner) -> bool:
    """By what the labels say; one that says nothing is native to the platform it is named for, and else amd64."""
    if not runner.architecture and settings.matrix_runs_on.of_platform(platform):
        return False
    return not platform.is_native_on(Platform("linux", runner.architecture or COMMON))


@dataclass(frozen=True)
class Part:
    """One extension of a repository, in a matrix of several.

    Attributes:
        settings: Of the extension.
        prefix: Before each of its sessions' names.
        path: Its folder, as it was named; empty for the only one.
    """

    settings: Settings
    prefix: str = ""
    path: str = ""


def own_names(folders: Sequence[PurePath]) -> tuple[str, ...]:
    """A name for each extension of a repository that no other one has: its folder's, as long as that is enough.

    Where folders are called the same, as many of those above are put in front as tell them apart: ``x/ext`` and
    ``y/ext`` are ``x-ext`` and ``y-ext``. Where the repository itself is does not matter.

    Args:
        folders: All different, and seen from the same place.
    """
    above = len(os.path.commonprefix([each.parent.parts for each in folders]))  # noqa: RUF071 - of tuples, by part
    paths = [each.parts[above:] for each in folders]
    return tuple(_numbered(["-".join(_end(each, paths)) for each in paths]))


def _end(path: tuple[str, ...], paths: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    """As much of the end of a path as no other one has; all of it, where another one ends so."""
    ends = (path[-length:] for length in range(1, len(path)))
    return next((end for end in ends if [each[-len(end) :] for each in paths].count(end) == 1), path)


def _numbered(names: Sequence[str]) -> Iterator[str]:
    """The names, with a number where one is there already: ``x/ext`` may be beside ``x-ext``."""
    taken = {*names}
    for position, name in enumerate(names):
        number = names[:position].count(name) + 1
        while number > 1 and f"{name}-{number}" in taken:
            number += 1
        own = f"{name}-{number}" if number > 1 else name
        taken.add(own)
        yield own


KINDS = ("check", "smoke", "ui")
"""What sessions there are."""


def matrix_data(parts: Sequence[Part], only: str = "") -> dict[str, object]:
    """A job a session, as ``strategy.matrix`` of GitHub Actions takes it.

    Args:
        parts: Each extension.
        only: The one of ``KINDS`` to list; empty for all.

    Raises:
        UsageError: Two extensions have sessions of the same name, or there are no such sessions.
    """
    if only and only not in KINDS:
        raise UsageError(f"there are no sessions {only!r}", remedy=f"use one of {', '.join(KINDS)}")
    jobs = [(part, each) for part in parts for each in planned(part.settings, part.prefix)]
    jobs = [(part, each) for part, each in jobs if each.name == f"{part.prefix}{only}" or not only]
    _require_different([each.session for _, each in jobs])
    return {"include": [_job(part, each) for part, each in jobs]}


def _job(part: Part, each: Planned) -> dict[str, object]:
    job = {
        "session": each.session,
        "platform": str(each.platform or ""),
        "runs-on": each.runner.data,
        "emulated": each.emulated,
        **({"context": each.context} if each.context else {}),
    }
    return {**job, "path": part.path} if part.path else job


def _require_different(names: Iterable[str]) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise UsageError(
                f"two extensions have a session {name}",
                remedy="give each a prefix, as in the noxfile: --extension PREFIX=FOLDER",
            )
        seen.add(name)
