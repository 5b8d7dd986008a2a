"""What registry, git, engine and journal say of a release, at one moment."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dext_tasks.extension.tags import is_ignored, version_of, versions_of
from dext_tasks.extension.version import greatest
from dext_tasks.formats.oci.reference import short

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from semver import Version

    from dext_tasks.extension.version_line import Floating, VersionLine
    from dext_tasks.formats.oci.platform import Platform
    from dext_tasks.formats.oci.reference import Reference
    from dext_tasks.release.claim import SeenClaim
    from dext_tasks.release.journal import Journal

LATEST = "latest"


@dataclass(frozen=True)
class Intent:
    """What is to be true in the end.

    Attributes:
        image: Where to publish, without tag.
        version: What to publish.
        commit: What it is made from, whatever is checked out meanwhile; empty if there is no commit.
        platforms: What the index must hold, no less and no more; of a part, what is prepared.
        git_tag: Name of the git tag.
        remote: Git remote the tag goes to.
        move_latest: Whether ``latest`` follows the greatest stable version.
        contexts: Docker contexts of platforms that are not worked on in the current one.
        line: What the version is compared with and has to be of; None for all versions.
        ignored: Patterns of tags that are no versions of the extension.
        floating: What tags of lines follow their greatest stable versions.
        signs: Whether the published index is signed.
        unasked: Rules that ``check.select`` leaves out, by code or by the pattern of a whole family.
        is_part: Whether only images are prepared here, up to the registry, which another run publishes with others.
    """

    image: Reference
    version: Version
    commit: str
    platforms: tuple[Platform, ...]
    git_tag: str
    remote: str
    move_latest: bool
    contexts: Mapping[Platform, str] = field(default_factory=dict)
    line: VersionLine | None = None
    ignored: tuple[str, ...] = ()
    floating: tuple[Floating, ...] = ()
    unasked: tuple[str, ...] = ()
    is_part: bool = False
    signs: bool = False

    @property
    def moving(self) -> Mapping[str, VersionLine | None]:
        """Every tag that is to be at the greatest stable version, with the line of versions that it follows."""
        latest = {LATEST: None} if self.move_latest else {}
        return {**latest, **{each.tag(self.version): each.line(self.version) for each in self.floating}}

    @property
    def target(self) -> Reference:
        """The version's reference."""
        return self.image.with_tag(str(self.version))

    def versions(self, tags: Iterable[str]) -> frozenset[Version]:
        """The versions among tags."""
        return versions_of(tags, self.ignored)

    def followed(self, tag: str, tags: Iterable[str]) -> Version:
        """The greatest stable version of this one and all that a tag follows, whatever line is released.

        Args:
            tag: Of ``moving``.
            tags: Among which the versions are.
        """
        line = self.moving[tag]
        found = (version for version in self.versions(tags) if line is None or version in line)
        return greatest({self.version, *found}, stable=True) or self.version

    def compared(self, tags: Iterable[str]) -> frozenset[str]:
        """The tags that the version is to be compared with: not what is ignored, nor a version of another line."""
        return frozenset(tag for tag in tags if not is_ignored(tag, self.ignored) and self._is_of_line(tag))

    def _is_of_line(self, tag: str) -> bool:
        version = version_of(tag)
        return self.line is None or version is None or version in self.line

    def located(self, what: str, platform: Platform) -> str:
        """What is done for a platform, with the docker context that it is done in, if one is named."""
        context = self.contexts.get(platform)
        return f"{what} in context {context}" if context else what


@dataclass(frozen=True)
class Published:
    """What the version's tag points at in the registry.

    Attributes:
        digest: Of the index, or of a single manifest.
        manifests: Digest of each platform's manifest.
        revision: The commit every platform's image names as its own; empty if they name none or differ.
        version: The version they name; empty if they name none.
        faults: Why some platform cannot be pulled, or nothing of it; empty if all of it is there.
    """

    digest: str
    manifests: Mapping[Platform, str]
    revision: str
    version: str
    faults: tuple[str, ...] = ()


@dataclass(frozen=True)
class GitState:
    """The working tree and its tags.

    Attributes:
        changes: What is not committed, one line each.
        tags: The commit of every local tag.
        tag_commit: Commit of the release's local tag; empty if it is not there.
        has_remote: Whether the configured remote exists.
        remote_tag_commit: Commit of the release's tag on the remote; empty if it is not there.
        remote_tags: The commit of every tag on the remote.
        claim: The release's on the remote; None if it is not there.
        is_lightweight: Whether the release's local tag is only a name for a commit.
        is_lightweight_there: Whether its tag on the remote is.
        claim_refusal: Why the remote takes no claim from this login, where that is known already; empty otherwise.
    """

    changes: tuple[str, ...]
    tags: Mapping[str, str]
    tag_commit: str
    has_remote: bool
    remote_tag_commit: str
    remote_tags: Mapping[str, str] = field(default_factory=dict)
    claim: SeenClaim | None = None
    is_lightweight: bool = False
    is_lightweight_there: bool = False
    claim_refusal: str = ""


@dataclass(frozen=True)
class State:
    """Everything a plan is made from.

    Attributes:
        tags: All tags of the repository in the registry; of a finished release only its own.
        published: What the version's tag points at; None if it is not there.
        moving: Digest of each of ``Intent.moving``, empty if it is not there; none before the version is published.
        git: The working tree.
        journal: What an earlier run wrote down for this version and commit; None if nothing.
        built: Platforms whose tested image is not in the registry yet, and is still in its engine.
        staged: Manifest digest of each tested image that is in the registry already.
        newest: The greatest version in the registry apart from this release's own; None if there is none.
        newest_faults: Why that one cannot be pulled; empty if it can, or was not looked at.
        latest_is_kept: Whether the registry says that ``latest``, which is to be moved, cannot be.
        recorded: Digest that journal or git tag say the version was published as, where the registry says that there
            is none; empty if they do not.
        build_changed: Whether the settings of the build are not those that the journal's images were built with.
        hidden: Files that differ from the commit, and that git was told not to look at; not asked of what is published.
        overtaken: The greater version that is published, by each tag that follows it and is at this one all the same.
    """

    tags: frozenset[str]
    published: Published | None
    moving: Mapping[str, str]
    git: GitState
    journal: Journal | None
    built: frozenset[Platform]
    staged: Mapping[Platform, str]
    newest: Version | None = None
    newest_faults: tuple[str, ...] = ()
    latest_is_kept: bool = False
    build_changed: bool = False
    recorded: str = ""
    hidden: tuple[str, ...] = ()
    overtaken: Mapping[str, Version] = field(default_factory=dict)

    def named(self, tag_prefix: str) -> frozenset[str]:
        """The tags of the registry, and those of git that have the prefix, without it."""
        git_tags = {*self.git.tags, *self.git.remote_tags}
        return self.tags | {tag.removeprefix(tag_prefix) for tag in git_tags if tag.startswith(tag_prefix)}


@dataclass(frozen=True)
class Outlook:
    """An intent and a state, and what both say of the steps in between.

    Attributes:
        intent: What is to be true.
        state: What is true.
        has_tried: Whether a run has just tried all of it, so that what it was refused is not to be tried again.
    """

    intent: Intent
    state: State
    has_tried: bool = False

    @property
    def begun(self) -> bool:
        """Whether the commit is released as this version already, or was begun to be."""
        commit, state = self.intent.commit, self.state
        revision = state.published.revision if state.published else ""
        known = (state.git.tag_commit, state.git.remote_tag_commit, revision)
        return bool(commit) and (state.journal is not None or commit in known)

    @property
    def ours(self) -> Published | None:
        """What is published, if it is what this release would publish.

        It is if it holds exactly the manifests the journal names; or, where the journal was lost, if every image
        in it names this version and this commit, which only a release that tested them writes into them. Of a part,
        the other platforms may be whatever they are.
        """
        published, journal = self.state.published, self.state.journal
        if published is None:
            return None
        held = {
            platform: digest
            for platform, digest in published.manifests.items()
            if platform in self.intent.platforms or not self.intent.is_part
        }
        if set(held) != set(self.intent.platforms):
            return None
        if journal and journal.tested and all(tested.manifest for tested in journal.tested.values()):
            is_ours = held == {platform: each.manifest for platform, each in journal.tested.items()}
        else:
            is_ours = bool(self.intent.commit) and self.is_of_commit(published)
        return published if is_ours else None

    def is_of_commit(self, published: Published) -> bool:
        """Whether all that is published names this version and this commit."""
        return (published.revision, published.version) == (self.intent.commit, str(self.intent.version))

    @property
    def promoted(self) -> str:
        """The greatest pre-release of this version that is tagged as the same commit; empty if there is none."""
        intent, git = self.intent, self.state.git
        prefix = intent.git_tag.removesuffix(str(intent.version))
        tags = {**git.tags, **git.remote_tags}
        own = [name.removeprefix(prefix) for name in tags if name.startswith(prefix) and tags[name] == intent.commit]
        found = [each for each in intent.versions(own) if each.prerelease and each.finalize_version() == intent.version]
        return str(max(found)) if found else ""

    @property
    def kept(self) -> Mapping[Platform, str]:
        """Id of each platform's image, if all were tested and none is lost; otherwise all are made anew."""
        journal, platforms = self.state.journal, self.intent.platforms
        if journal is None or set(journal.tested) != set(platforms):
            return {}
        if not all(platform in self.state.built or platform in self.state.staged for platform in platforms):
            return {}
        return {platform: tested.image for platform, tested in journal.tested.items()}

    def why_tested(self, platform: Platform) -> str:
        """Why a platform has neither to be built nor to be tested any more; empty if it has."""
        if self.ours:
            return "published"
        return f"{short(self.kept[platform])} was tested" if self.kept else ""


def listed(platforms: Iterable[Platform]) -> str:
    """Their names."""
    return ", ".join(map(str, sorted(platforms))) or "no platform"
