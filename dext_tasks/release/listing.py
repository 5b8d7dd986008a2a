"""Every version of an extension that is published, tagged or begun, and how far it is."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from dext_tasks.extension.tags import described, is_ignored, some_of, strays, uncounted, version_of, versions_of
from dext_tasks.extension.version import as_version
from dext_tasks.formats.oci.reference import short
from dext_tasks.release.published import day_of, published_as, published_if_listed
from dext_tasks.release.state import Published, listed
from dext_tasks.runtime.parallel import Begun, ask_each

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from dext_tasks.formats.oci.platform import Platform
    from dext_tasks.release.journal import Journal
    from dext_tasks.release.observe import World

NEWEST: Final = 20
"""How many versions are asked for unless all are wanted. Each costs a manifest, and one more a platform."""
_AT_ONCE = 8


class VersionStatus(StrEnum):
    """How far a version is."""

    COMPLETE = "complete"
    BROKEN = "broken"
    PARTIAL = "partial"
    CLAIMED = "claimed"
    UNTAGGED = "untagged"
    MISTAGGED = "mistagged"
    BEGUN = "begun"
    TAG_ONLY = "tag-only"


@dataclass(frozen=True)
class Known:
    """What is known of a version.

    Attributes:
        version: It.
        published: What the registry has; None if nothing.
        git_tag: What its git tag is called, or would be.
        here: Commit of that tag in this repository; empty if it is not there.
        there: Its commit on the remote.
        remote: Name of the git remote; empty if no such remote is configured.
        is_claimed: Whether a release holds it on the remote.
        journal: What was written down here of its release.
    """

    version: str
    published: Published | None
    git_tag: str
    here: str
    there: str
    remote: str
    is_claimed: bool
    journal: Journal | None

    @property
    def digest(self) -> str:
        """Of what is published; empty if nothing is."""
        return self.published.digest if self.published else ""

    @property
    def manifests(self) -> Mapping[Platform, str]:
        """Digest of each platform's manifest that is published."""
        return self.published.manifests if self.published else {}

    @property
    def tagged(self) -> str:
        """Commit of the git tag, the remote's if both have one; empty if none has."""
        return self.there or self.here


@dataclass(frozen=True)
class Entry:
    """One version.

    Attributes:
        known: What is known of it.
        status: How far it is.
        why: In words; empty if there is nothing to say.
        date: Day of the commit that its images name, or of the images; YYYY-MM-DD, empty if nobody says.
    """

    known: Known
    status: VersionStatus
    why: str
    date: str


@dataclass(frozen=True)
class Listing:
    """The versions of an extension.

    Attributes:
        image: Its name.
        entries: Newest first.
        older: How many are left out.
        notes: What people should know of the rest.
    """

    image: str
    entries: tuple[Entry, ...]
    older: int
    notes: tuple[str, ...]


def list_versions(world: World, most: int | None = NEWEST) -> Listing:
    """The greatest versions that the registry, git or a journal knows; changes nothing.

    Args:
        world: Where answers come from.
        most: How many; None for all.

    Raises:
        DextError: Registry or git remote could not be asked; that is not the same as nothing being there.
    """
    # Both may be far away.
    asked = Begun(world.repository.tags, world.cancellation)
    here, refs = world.git.tags(), world.remote_refs
    journals = {each.version: each for each in world.journals.every() if each.image == world.project.image.name}
    tags, prefix = asked.answer(), world.project.settings.release_tag_prefix
    named = [tag.removeprefix(prefix) for tag in (*here, *refs.tags, *refs.claims) if tag.startswith(prefix)]
    ignored = world.project.settings.release_ignore_tags
    found = versions_of([*tags, *named, *journals], ignored)
    shown = [str(each) for each in sorted(found, reverse=True)[:most]]
    published = ask_each(shown, lambda tag: _published(world, tag, tags), world.cancellation, at_once=_AT_ONCE)
    remote = world.project.settings.release_remote if refs.is_configured else ""
    known = [
        Known(
            version=version,
            published=published[version],
            git_tag=f"{prefix}{version}",
            here=here.get(f"{prefix}{version}", ""),
            there=refs.tags.get(f"{prefix}{version}", ""),
            remote=remote,
            is_claimed=f"{prefix}{version}" in refs.claims,
            journal=journals.get(version),
        )
        for version in shown
    ]
    dates = _dates(world, known)
    entries = tuple(Entry(each, *_status(world, each), dates[each.version]) for each in known)
    return Listing(world.project.image.name, entries, len(found) - len(shown), tuple(_notes(world, tags, remote)))


def _published(world: World, tag: str, tags: frozenset[str]) -> Published | None:
    """What a version's tag points at, asked also where the list does not have it, as lists may lag behind."""
    lost = Published("", {}, "", "", ("the registry lists it, and has no manifest of it",)) if tag in tags else None
    return published_as(world.repository, tag) or published_if_listed(world.repository, tag, tags) or lost


def _dates(world: World, known: Sequence[Known]) -> Mapping[str, str]:
    """The day of each version: by git, which has the commits here, and otherwise by what an image says of itself."""
    commits = {each.version: _commit(each) for each in known}
    days = world.git.days(commits.values())
    dates = {version: days.get(commit, "") for version, commit in commits.items()}
    undated = {each.version: each.published for each in known if each.published and not dates[each.version]}

    def ask(version: str) -> str:
        return day_of(world.repository, undated[version])

    return dates | ask_each(undated, ask, world.cancellation, at_once=_AT_ONCE)


def _commit(known: Known) -> str:
    """What a version was made from, as far as anybody says; only its images know for sure."""
    if known.published:
        return known.published.revision
    return known.tagged or (known.journal.commit if known.journal else "")


def _status(world: World, known: Known) -> tuple[VersionStatus, str]:
    published = known.published
    if published is None:
        return _unpublished(known)
    if published.faults or not published.manifests:
        return VersionStatus.BROKEN, "; ".join(published.faults) or "it holds no image"
    if known.is_claimed:
        return VersionStatus.CLAIMED, f"it is published, and its release still has the claim on {known.remote}"
    missing = [each for each in world.project.settings.platforms if each not in published.manifests]
    if missing:
        return VersionStatus.PARTIAL, f"it has no image for {listed(missing)}"
    return _tagged(known, published.revision)


def _tagged(known: Known, revision: str) -> tuple[VersionStatus, str]:
    """What a version is whose images are all there, by its git tag."""
    tag = f"git tag {known.git_tag}"
    if not known.tagged:
        return VersionStatus.UNTAGGED, f"there is no {tag}"
    if known.remote and not known.there:
        return VersionStatus.UNTAGGED, f"{tag} is not on {known.remote}"
    if known.here and known.there and known.here != known.there:
        where = f"at {short(known.here)} here and at {short(known.there)} on {known.remote}"
        return VersionStatus.MISTAGGED, f"{tag} is {where}"
    if not revision:
        return VersionStatus.COMPLETE, f"its images do not name one commit that {tag} could be compared with"
    if known.tagged != revision:
        return VersionStatus.MISTAGGED, f"{tag} is at {short(known.tagged)}, and its images are from {short(revision)}"
    return VersionStatus.COMPLETE, ""


def _unpublished(known: Known) -> tuple[VersionStatus, str]:
    if known.is_claimed:
        return VersionStatus.CLAIMED, f"a release has the claim on {known.remote}, and nothing is published yet"
    if known.journal is None:
        return VersionStatus.TAG_ONLY, f"there is git tag {known.git_tag}, and nothing is published"
    if known.journal.index:
        return (
            VersionStatus.BROKEN,
            f"it was published as {known.journal.index}, and the registry does not have it any more",
        )
    return VersionStatus.BEGUN, f"a release from {short(known.journal.commit)} was begun here; nothing is published yet"


def _notes(world: World, tags: frozenset[str], remote: str) -> Iterator[str]:
    settings = world.project.settings
    ignored = sorted(tag for tag in tags if as_version(tag) and is_ignored(tag, settings.release_ignore_tags))
    if ignored:
        yield f"not listed, as release.ignore-tags says: {some_of(ignored)}"
    if found := strays(tags, settings.release_ignore_tags):
        yield described(found)
    if left_out := uncounted(tags, settings.release_ignore_tags):
        yield left_out
    if lenient := sorted(tag for tag in tags if version_of(tag) and not as_version(tag)):
        yield f"not listed, as they are not strict versions: {some_of(lenient)}"
    if not remote:
        yield f"there is no git remote {settings.release_remote}, so only the tags of this clone were looked at"
