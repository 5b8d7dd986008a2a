"""Where a release's version is read, and where is written what changed: flags of inv release."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from dext_tasks.console.result_file import ResultFile
from dext_tasks.tasks.question import FROM_CHANGELOG, FROM_COMMITS

if TYPE_CHECKING:
    from semver import Version

    from dext_tasks.release.observe import World
    from dext_tasks.release.run import PlannedRelease
    from dext_tasks.tasks.question import Wanted
    from dext_tasks.tasks.run import Run


def sources(*, from_changelog: bool, from_commits: bool) -> list[str]:
    """The flags that say where the version is read."""
    return [*([FROM_CHANGELOG] if from_changelog else []), *([FROM_COMMITS] if from_commits else [])]


def with_notes(wanted: Wanted, notes: str) -> Wanted:
    """What is wanted, and in which file is told what changed.

    Raises:
        UsageError: It cannot be written, as it is named.
        FileAccessError: It may not be written, or there is no room; minutes before there is anything to write.
    """
    if notes:
        ResultFile(Path(notes)).require()
    return replace(wanted, notes=notes)


def read(world: World, wanted: Wanted) -> Wanted:
    """What is wanted, once the changelog was read, or with what reads the commits.

    Raises:
        ChangelogError: The changelog has no version to be released.
    """
    if wanted.source == FROM_CHANGELOG:
        from dext_tasks.release.notes import version_of_changelog

        return replace(wanted, version=str(version_of_changelog(world, wanted.commit)))
    if wanted.source == FROM_COMMITS:
        from dext_tasks.release.commits import CommitsSince

        asked = CommitsSince(world, wanted.commit)
        return replace(wanted, ask=asked, reasons=asked.reasons)
    return wanted


def chosen(world: World, wanted: Wanted) -> Version:
    """The version that is wanted.

    Raises:
        DextError: As ``choose_version``.
    """
    from dext_tasks.release.version import choose_version

    return choose_version(
        world, wanted.commit, explicit=wanted.version, bump=wanted.bump, ask=wanted.ask, pre=wanted.pre
    )


def obstructed(world: World, planned: PlannedRelease, wanted: Wanted) -> PlannedRelease:
    """A plan whose obstacles say what to do where the version was read in the changelog."""
    if wanted.source != FROM_CHANGELOG:
        return planned
    from dext_tasks.release.version_sources import in_changelog

    return in_changelog(planned, world)


def write_changelog(run: Run, world: World, wanted: Wanted) -> None:
    """Write the version into the changelog. The commit is left to whoever reviews it.

    Raises:
        ChangelogError: There is no place for it.
        FileAccessError: The file cannot be written.
    """
    from dext_tasks.release.notes import with_heading

    version = chosen(world, wanted)
    file, text = with_heading(world, version, datetime.now(UTC).date())
    name = run.project.settings.release_changelog
    for reason in wanted.reasons:
        run.output.say(reason)
    if run.dry_run:
        run.output.say(f"Would write {version} into {name}", result=True)
    else:
        ResultFile(file).write_bytes(text.encode(errors="surrogateescape"))
        run.output.say(f"{name}: what was Unreleased is {version}; nothing was released. Look at it, commit it, then:")
        run.output.say(f"inv release {FROM_CHANGELOG}")
    run.output.data({"version": str(version), "changelog": str(file), "dry_run": run.dry_run})


def write_notes(world: World, planned: PlannedRelease, wanted: Wanted) -> None:
    """Write the changelog's entry, or the commits that the version follows from, and the image, where it is wanted.

    Raises:
        FileAccessError: It cannot be written.
    """
    if not wanted.notes:
        return
    from dext_tasks.release.commits import CommitsSince
    from dext_tasks.release.notes import announcement

    commits = wanted.ask.notes if isinstance(wanted.ask, CommitsSince) else ""
    ResultFile(Path(wanted.notes)).write(announcement(world, planned.intent, commits))
