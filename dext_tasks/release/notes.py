"""What is said of a version: in the changelog label of its images, in its git tag, and to other tools."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dext_tasks.errors import ChangelogError
from dext_tasks.formats import changelog
from dext_tasks.formats.markdown import to_html
from dext_tasks.limits import LONGEST_LABEL
from dext_tasks.wording import excerpt

if TYPE_CHECKING:
    from semver import Version

    from dext_tasks.formats.changelog import ChangelogEntry
    from dext_tasks.release.observe import World


def notes_of(world: World, version: Version, commit: str) -> str:
    """The changelog's entry of a version in a commit, in Markdown; empty if it has none.

    A pre-release without an entry of its own is told by that of the version it prepares, or by Unreleased.
    """
    names = [str(version)]
    if version.prerelease:
        names += [str(version.finalize_version()), changelog.UNRELEASED]
    entries = changelog.entries(_text(world, commit) or "") if commit else ()
    found = [entry.body for name in names if (entry := changelog.entry_of(name, entries))]
    return found[0] if found else ""


def newest_entry(world: World) -> ChangelogEntry:
    """The topmost entry of the changelog of the commit that is checked out, which is a version.

    Raises:
        ChangelogError: There is no changelog, no entry, or the topmost is not one of a version, or says nothing.
    """
    name, commit = world.project.settings.release_changelog, world.git.head()
    if not name:
        raise ChangelogError(
            "release.changelog is empty, so that no version can be read", remedy="set it to the path of the changelog"
        )
    text = _text(world, commit) if commit else None
    if text is None:
        raise ChangelogError(
            f"{name} is not in the commit that is released",
            remedy="write and commit it, or name another file by release.changelog",
        )
    entry = changelog.topmost(changelog.entries(text))
    if entry is None:
        raise ChangelogError(
            f"{name} has no entry", remedy="begin one with a heading such as `## [1.0.0] - 2026-01-31`"
        )
    if entry.version == changelog.UNRELEASED:
        raise ChangelogError(
            f"the topmost entry of {name} (line {entry.line}) is not of a version, but {excerpt(entry.heading, 60)}",
            remedy="write the version into its heading and commit that; "
            "inv release --write-changelog with --bump or --version writes it",
        )
    return entry


def label_of(notes: str) -> str:
    """The changelog label's HTML; empty if there is nothing to say.

    Raises:
        ChangelogError: It is longer than a label can be.
    """
    made = to_html(notes[:LONGEST_LABEL])
    if len(notes) > LONGEST_LABEL or len(made.encode()) > LONGEST_LABEL:
        raise ChangelogError(
            f"the changelog's entry has more than {LONGEST_LABEL} bytes of HTML, more than a label can have",
            remedy="shorten it, and link to the rest; or set release.changelog to nothing",
        )
    return made


def _text(world: World, commit: str) -> str | None:
    name = world.project.settings.release_changelog
    return world.git.content(commit, name) if name else None
