"""Asking registry, git, engine and journal."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

from dext_tasks.extension.version import greatest
from dext_tasks.extension.version_line import VersionLine
from dext_tasks.formats.oci.manifest import Index, Manifest
from dext_tasks.formats.oci.reference import is_digest
from dext_tasks.release.claim import seen_claim
from dext_tasks.release.journal import image_fingerprint
from dext_tasks.release.published import confirmed, place_of, published_as
from dext_tasks.release.staging import staging_reference
from dext_tasks.release.state import LATEST, GitState, Intent, Published, State
from dext_tasks.runtime.parallel import Begun

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from semver import Version

    from dext_tasks.config import Settings
    from dext_tasks.engine.engine import Engine
    from dext_tasks.engine.engines import Engines
    from dext_tasks.formats.oci.platform import Platform
    from dext_tasks.git import Git, RemoteRefs
    from dext_tasks.project import Project
    from dext_tasks.registry.repository import Repository
    from dext_tasks.release.journal import Journal, Journals
    from dext_tasks.runtime.cancellation import Cancellation
    from dext_tasks.smoke.installation import Tools


_T = TypeVar("_T")


@dataclass(frozen=True)
class World:
    """Where answers come from, and where steps take effect.

    Attributes:
        project: The source tree.
        engines: Of each platform.
        repository: The repository in the registry.
        git: The git repository.
        journals: What earlier runs wrote down.
        refs: What the git remotes said in this look, by name.
        require_source: Raises FileAccessError if the files of the commit are not as they were written.
    """

    project: Project
    engines: Engines
    repository: Repository
    git: Git
    journals: Journals
    refs: dict[str, RemoteRefs] = field(default_factory=dict)
    require_source: Callable[[], None] = lambda: None

    @property
    def any_engine(self) -> Engine:
        """The first platform's, where each would do."""
        return self.engines.of(self.project.settings.platforms[0])

    @cached_property
    def tools(self) -> Tools:
        """What smoke tests work with, and what looks at grants before them."""
        # Not what a finished release loads.
        from dext_tasks.smoke.installation import Tools

        return Tools(self.any_engine, self.project.settings, self.project.root)

    def once_more(self, ask: Callable[[], _T]) -> _T:
        """What comes of asking again, in a moment, for what was refused.

        A rule says it each time, unlike a login server, a git host or a proxy with a bad moment.
        """
        self.cancellation.sleep(self.repository.limits.pause(0))
        return ask()

    @property
    def remote_refs(self) -> RemoteRefs:
        """What the git remote has, asked once in a look; nothing where no such remote is configured.

        Raises:
            GitError: It could not be asked; that is not the same as nothing.
        """
        remote = self.project.settings.release_remote
        if remote not in self.refs:
            self.refs[remote] = self.git.remote_refs(remote)
        return self.refs[remote]

    @property
    def released_tags(self) -> Mapping[str, str]:
        """The commit of every git tag, here or on the remote; the remote's counts where they differ."""
        return {**self.git.tags(), **self.remote_refs.tags}

    @property
    def cancellation(self) -> Cancellation:
        """Of the run."""
        return self.engines.current.client.cancellation


def intend(world: World, version: Version, commit: str, *, is_part: bool = False) -> Intent:
    """The intent to release a commit as a version, or to prepare a part of that, with the project's settings."""
    settings = world.project.settings
    return Intent(
        image=world.project.image,
        version=version,
        commit=commit,
        platforms=settings.platforms,
        git_tag=f"{settings.release_tag_prefix}{version}",
        remote=settings.release_remote,
        move_latest=settings.release_latest,
        contexts=dict(settings.contexts),
        line=line_of(settings),
        ignored=settings.release_ignore_tags,
        floating=settings.release_floating,
        unasked=_unasked(settings),
        is_part=is_part,
        signs=settings.release_sign,
    )


def _unasked(settings: Settings) -> tuple[str, ...]:
    if not settings.check_select:
        return ()
    # Not what a finished release loads: every rule.
    from dext_tasks.checks.run import CheckRequest, chosen

    rules, selection = chosen(CheckRequest(), settings)
    return selection.left_out(rules)


def line_of(settings: Settings) -> VersionLine | None:
    """What versions a release is compared with; None for all."""
    return VersionLine.parse(settings.release_line) if settings.release_line else None


def observe(world: World, intent: Intent, *, judges_last: bool = True) -> State:
    """Everything a plan needs, asked now.

    Args:
        world: Where answers come from.
        intent: What is to be released.
        judges_last: Whether the last version is looked at, too; what is wrong with it stops no release.

    Raises:
        DextError: Somebody could not be asked; nothing is assumed in that case.
    """
    # Both may be far away.
    registry = Begun(lambda: _of_registry(world.repository, intent), world.cancellation)
    git = _git_state(world, intent)
    journal = world.journals.read(str(intent.version))
    if journal and (journal.commit, journal.image) != (intent.commit, intent.image.name):
        journal = None
    published, tags, moving = registry.answer()
    if not published:
        git = replace(git, claim_refusal=_claim_refusal(world, intent, git))
    build_changed = journal is not None and _is_of_another_build(journal, world.project)
    pending = None if published or build_changed else journal
    # Only a version that is still to come can take the place of a broken one.
    newest = None if published else greatest(intent.versions(tags))
    staged = _staged(world.repository, intent, pending)
    recorded = "" if published else _recorded(world, intent, git, journal)
    seen = State(
        tags=tags,
        published=published,
        moving=moving,
        git=git,
        journal=journal,
        built=_built(world, pending, staged),
        staged=staged,
        newest=newest,
        newest_faults=_faults(world.repository, newest) if newest and judges_last else (),
        latest_is_kept=_is_elsewhere(LATEST, intent, published, tags, moving) and world.repository.keeps(LATEST),
        build_changed=build_changed,
        recorded=recorded,
        hidden=world.git.hidden_changes() if intent.commit and not published else (),
    )
    overtaken = _overtaken(world, intent, seen)
    is_kept = seen.latest_is_kept or (LATEST in overtaken and world.repository.keeps(LATEST))
    return replace(seen, overtaken=overtaken, latest_is_kept=is_kept)


def _overtaken(world: World, intent: Intent, seen: State) -> dict[str, Version]:
    """The greater version of each tag that was moved backwards to this one; see ``State``.

    A request of a run that was killed may take effect after that of a greater version. The registry is asked for this
    only where git names a greater version, or an earlier run could not move the tag on.
    """
    published, known = seen.published, seen.named(world.project.settings.release_tag_prefix)
    if published is None or intent.version.prerelease:
        return {}
    refused = seen.journal.refused if seen.journal else {}
    at_this = [tag for tag, digest in seen.moving.items() if digest == published.digest]
    suspects = [tag for tag in at_this if tag in refused or intent.followed(tag, known) > intent.version]
    listed = world.repository.tags() if suspects else frozenset()
    found = {tag: intent.followed(tag, listed) for tag in suspects}
    # What is listed may be gone, or be a second name of this version.
    others = {version: world.repository.digest(str(version)) for version in {*found.values()} - {intent.version}}
    return {tag: each for tag, each in found.items() if others.get(each) not in (None, published.digest)}


def _recorded(world: World, intent: Intent, git: GitState, journal: Journal | None) -> str:
    """The digest that a version was published as, by what a release writes down once it has read it back.

    A registry of several servers may not know for a while what was just published there.
    """
    if journal and journal.index:
        return journal.index
    text = ""
    if git.tag_commit == intent.commit:
        text = world.git.text_of(intent.git_tag)
    elif git.remote_tag_commit == intent.commit:
        text = world.git.remote_text_of(intent.remote, intent.git_tag)
    # As the step that makes the tag writes it.
    name, _, digest = text.rpartition("\n")[2].strip().rpartition("@")
    return digest if name == str(intent.target) and is_digest(digest) else ""


def _of_registry(repository: Repository, intent: Intent) -> tuple[Published | None, frozenset[str], Mapping[str, str]]:
    """What the version's tag points at, all tags, and what those that move point at; empty where one is not there.

    Tags are not listed where nothing depends on them any more, and those that move not asked for before something does.
    """
    published = published_as(repository, intent.target.tag)
    moving = _moving(repository, intent) if published else {}
    if published and set(moving.values()) <= {published.digest}:
        return published, frozenset({intent.target.tag, *moving}), moving
    found, tags = confirmed(repository, intent.target, published, repository.listed_tags())
    if found and not published:
        moving = _moving(repository, intent)
    others = [tag for tag, digest in moving.items() if found and digest not in ("", found.digest)]
    return found, tags.union(*(place_of(repository, tag, tags).version for tag in others)), moving


def _moving(repository: Repository, intent: Intent) -> dict[str, str]:
    return {tag: repository.digest(tag) or "" for tag in intent.moving}


def _is_elsewhere(
    tag: str, intent: Intent, published: Published | None, tags: frozenset[str], moving: Mapping[str, str]
) -> bool:
    """Whether a tag that is to be moved is there, and not at the version."""
    if published:
        return moving.get(tag, "") not in ("", published.digest)
    return tag in intent.moving and tag in tags


def _claim_refusal(world: World, intent: Intent, git: GitState) -> str:
    """Why the remote takes no claim from this login.

    Asked only where the tag is there already, as in a pipeline that starts on it: otherwise the preflight asks whether
    this login may push the tag.
    """
    if intent.is_part or git.claim or not intent.commit or git.remote_tag_commit != intent.commit:
        return ""
    return world.git.claim_refusal(intent.remote, intent.git_tag, intent.commit)


def _is_of_another_build(journal: Journal, project: Project) -> bool:
    """Whether what was tested is not what would be built now; with other build arguments it is another image."""
    return journal.build not in ("", image_fingerprint(project))


def _faults(repository: Repository, version: Version) -> tuple[str, ...]:
    published = published_as(repository, str(version))
    return published.faults if published else ()


def _git_state(world: World, intent: Intent) -> GitState:
    git = world.git
    if not intent.commit:
        return GitState((), {}, "", has_remote=False, remote_tag_commit="")
    tags, refs = git.tags(), world.remote_refs
    return GitState(
        changes=git.changes(),
        tags=tags,
        tag_commit=tags.get(intent.git_tag, ""),
        has_remote=refs.is_configured,
        remote_tag_commit=refs.tags.get(intent.git_tag, ""),
        remote_tags=refs.tags,
        claim=seen_claim(git, intent.remote, intent.git_tag, refs.claims.get(intent.git_tag, "")),
        is_lightweight=intent.git_tag in tags and git.is_lightweight(intent.git_tag),
        is_lightweight_there=intent.git_tag in refs.lightweight,
    )


def _built(world: World, journal: Journal | None, staged: Collection[Platform]) -> frozenset[Platform]:
    """Of what the registry has already no engine needs to be asked, or even to be there."""
    return frozenset(
        platform
        for platform, tested in (journal.tested if journal else {}).items()
        # By its id: others may have given the name of the build to another image since.
        if platform not in staged and world.engines.of(platform).find(tested.image)
    )


def _staged(repository: Repository, intent: Intent, journal: Journal | None) -> dict[Platform, str]:
    found = {}
    for platform, tested in (journal.tested if journal else {}).items():
        staged = staged_image(repository, staging_reference(intent.image, tested.image).tag, platform)
        # A tag can be moved by anybody who may push.
        if staged and staged.is_known_as(tested.image):
            found[platform] = staged.manifest
    return found


@dataclass(frozen=True)
class StagedImage:
    """What is under a staging tag for a platform, by one answer: between two, somebody may move the tag.

    Attributes:
        manifest: Digest of its manifest.
        names: Digests by which an engine may know it; none if the registry does not have the manifest any more. The
            containerd store names an image by its manifest or index, the classic one by its configuration.
    """

    manifest: str
    names: frozenset[str]

    def is_known_as(self, image_id: str) -> bool:
        """Whether it is the image that an engine knows by an id."""
        return image_id in self.names


def staged_image(repository: Repository, tag: str, platform: Platform) -> StagedImage | None:
    """What is under a staging tag; None if it is not there, or there for other platforms only."""
    found = repository.get(tag)
    digest = found.platforms.get(platform, "") if isinstance(found, Index) else found.digest if found else ""
    if found is None or not digest:
        return None
    # An index can outlive the manifests that it names.
    image = found if isinstance(found, Manifest) else repository.get(digest)
    names = {found.digest, digest, image.config} if isinstance(image, Manifest) else ()
    return StagedImage(digest, frozenset(names))
