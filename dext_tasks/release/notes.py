"""What is said of a version: in the changelog label of its images, in its git tag, and to other tools."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dext_tasks.errors import ChangelogError, VersionInvalidError
from dext_tasks.extension.version import parse_release
from dext_tasks.formats import changelog
from dext_tasks.formats.markdown import is_control, to_html
from dext_tasks.limits import LARGEST_DOCUMENT, LONGEST_LABEL
from dext_tasks.project_files import read_inside
from dext_tasks.wording import excerpt

if TYPE_CHECKING:
    from datetime import date
    from pathlib import Path

    from semver import Version

    from dext_tasks.formats.changelog import ChangelogEntry
    from dext_tasks.release.observe import World
    from dext_tasks.release.state import Intent


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


def announcement(world: World, intent: Intent, commits: str = "") -> str:
    """What other tools tell of a version, in Markdown: what changed, and how it is installed.

    Args:
        world: Where answers come from.
        intent: Of the release.
        commits: The commits that the version follows from, told where the changelog has no entry of it.
    """
    told = notes_of(world, intent.version, intent.commit) or commits
    return "\n\n".join([*([told] if told else []), f"`docker extension install {intent.target}`"]) + "\n"


def version_of_changelog(world: World, commit: str) -> Version:
    """The version of the topmost entry of a commit's changelog.

    Raises:
        ChangelogError: There is no changelog, no entry, or the topmost is not one of a version that can be released.
    """
    entry = newest_entry(world, commit)
    try:
        return parse_release(entry.version)
    except VersionInvalidError as error:
        name = world.project.settings.release_changelog
        raise ChangelogError(
            f"the topmost entry of {name} (line {entry.line}): {error.message}", remedy=f"{error.remedy}, and commit it"
        ) from error


def newest_entry(world: World, commit: str) -> ChangelogEntry:
    """The topmost entry of a commit's changelog, which is one of a version.

    Raises:
        ChangelogError: There is no changelog, no entry, or the topmost is not one of a version, or says nothing.
    """
    name = world.project.settings.release_changelog
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


def with_heading(world: World, version: Version, day: date) -> tuple[Path, str]:
    """The changelog of the working tree, in which what is Unreleased has become a version's.

    Raises:
        ChangelogError: There is none, nothing is Unreleased, or the version has an entry already.
    """
    settings = world.project.settings
    file = world.project.root / settings.release_changelog
    if not settings.release_changelog or not file.is_file():
        raise ChangelogError(
            f"there is no {settings.release_changelog or 'changelog'} to write to",
            remedy="write one, or name another file by release.changelog",
        )
    # As they are: universal newlines would change every line.
    text = read_inside(world.project.root, file, LARGEST_DOCUMENT).decode(errors="surrogateescape")
    if changelog.entry_of(str(version), changelog.entries(text)):
        raise ChangelogError(
            f"{settings.release_changelog}: there is an entry for {version} already",
            remedy="commit it, then inv release --from-changelog",
        )
    try:
        return file, changelog.released(text, str(version), day.isoformat(), settings.release_tag_prefix)
    except ValueError as error:
        raise ChangelogError(
            f"{settings.release_changelog}: {error}", remedy="write what changed under a heading `## [Unreleased]`"
        ) from None


def require_text(notes: str) -> None:
    """Require that what is said of a version can be said by a label, a git tag and a terminal.

    Raises:
        ChangelogError: It has control characters, such as NUL.
    """
    for line in notes.splitlines():
        if any(map(is_control, line)):
            raise ChangelogError(
                f"the changelog's entry has a control character in the line {excerpt(line)}",
                remedy="remove it, and commit that",
            )


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
