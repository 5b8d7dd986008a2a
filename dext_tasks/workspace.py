"""An extension with all that it is worked on with: its settings, the engine, registries and git.

The verbs and Python programs work through this one class: a verb adds flags, a console and a dry run.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from dext_tasks.errors import ProjectNotFoundError
from dext_tasks.runtime.cancellation import Cancellation
from dext_tasks.runtime.signals import Signals

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from dext_tasks.checks.run import Checked
    from dext_tasks.config import Resolved, Settings
    from dext_tasks.config.resolve import NamedFile
    from dext_tasks.config.stray import Stray
    from dext_tasks.engine.build import BuildListener, Built
    from dext_tasks.engine.engine import Engine
    from dext_tasks.engine.engines import Engines
    from dext_tasks.extension.version import Bump
    from dext_tasks.formats.oci.platform import Platform
    from dext_tasks.git import WorkTree
    from dext_tasks.project import Project
    from dext_tasks.registry.access import Access
    from dext_tasks.release.abort import LeftBehind, Removal
    from dext_tasks.release.handover import Handover
    from dext_tasks.release.listing import Listing
    from dext_tasks.release.observe import World
    from dext_tasks.release.proof import Proven
    from dext_tasks.release.run import PlannedRelease, Released
    from dext_tasks.release.steps.step import ReleaseObserver
    from dext_tasks.smoke.result import SmokeResult
    from dext_tasks.smoke.run import SmokeListener
    from dext_tasks.sources.registry_image import RemoteSource

_NOTHING: Mapping[str, object] = MappingProxyType({})
_NO_VARIABLES: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, kw_only=True)
class Workspace:
    """An extension, and the way to the engine, to registries and to git; ``load`` makes one.

    Attributes:
        folder: Its folder, or one in it.
        is_named: Whether somebody named it, so that it is the project's root and nothing above it is.
        environment: Variables that settings, logins and proxies are read from.
        flags: Options given as flags, by name.
        named: A file of settings that was named besides those of the project.
        strays: Settings that were found where they are not read.
        cancellation: Of everything that is under way.
    """

    folder: Path
    is_named: bool = False
    environment: Mapping[str, str] = field(default_factory=dict)
    flags: Mapping[str, object] = field(default_factory=dict)
    named: NamedFile | None = None
    strays: Sequence[Stray] = ()
    cancellation: Cancellation = field(default_factory=Cancellation)

    @cached_property
    def root(self) -> Path:
        """Folder of the project."""
        from dext_tasks.project import find_root, named_root

        return named_root(self.folder) if self.is_named else find_root(self.folder)

    @cached_property
    def resolved(self) -> Resolved:
        """Effective settings of the project, and where each came from."""
        return self.of_folder(self.folder) if self.is_named else self._resolved(self.root)

    def of_folder(self, folder: Path) -> Resolved:
        """Effective settings of the extension in a folder that was named.

        Raises:
            ProjectNotFoundError: There is none.
        """
        from dext_tasks.project import named_root, require_extension

        root = named_root(folder)
        resolved = self._resolved(root)
        require_extension(root, resolved.settings)
        return resolved

    def _resolved(self, root: Path) -> Resolved:
        from dext_tasks.config import Layers, resolve

        return resolve(Layers(root, self.environment, self.flags, self.named, self.strays))

    @property
    def settings(self) -> Settings:
        """Effective settings of the project."""
        return self.resolved.settings

    @property
    def settings_anywhere(self) -> Settings:
        """Effective settings, also outside of a project."""
        try:
            return self.settings
        except ProjectNotFoundError:
            return self._resolved(self.folder).settings

    @cached_property
    def project(self) -> Project:
        """The source tree with its settings."""
        from dext_tasks.project import Project

        settings = self.settings
        return Project(self.root, settings)

    @cached_property
    def engine(self) -> Engine:
        """The engine of the docker client's current context."""
        return self._engine_in("")

    @cached_property
    def engines(self) -> Engines:
        """The engine of each platform: the settings may name a docker context for it."""
        from dext_tasks.engine.engines import Engines

        contexts = self.settings_anywhere.contexts
        made = {name: self._engine_in(name) for name in {name for _, name in contexts}}
        return Engines(self.engine, {platform: made[name] for platform, name in contexts})

    def _engine_in(self, context: str) -> Engine:
        from dext_tasks.engine.build_history import Builds
        from dext_tasks.engine.client import Client
        from dext_tasks.engine.engine import Engine

        client = Client(cancellation=self.cancellation, secrets=self._secrets(), context=context)
        return Engine(client, Builds(self._state_folder / "builds"))

    def _secrets(self) -> list[str]:
        from dext_tasks.config.settings import OPTIONS
        from dext_tasks.redaction import secret_values

        try:
            settings = self.settings
        except ProjectNotFoundError:
            return []
        pairs = [pair for option in OPTIONS if option.is_secret for pair in getattr(settings, option.name)]
        return list(secret_values(pairs))

    @property
    def _home(self) -> Path:
        """The home folder, or the root of all folders where this user has none."""
        if named := self.environment.get("HOME"):
            return Path(named)
        try:
            return Path.home()
        except RuntimeError:
            return Path("/")

    @property
    def _state_folder(self) -> Path:
        """Where this program keeps what it remembers for a person, between projects.

        https://specifications.freedesktop.org/basedir-spec/latest/#variables
        """
        named = Path(self.environment.get("XDG_STATE_HOME", ""))
        return (named if named.is_absolute() else self._home / ".local" / "state") / "dext-tasks"

    @property
    def docker_config(self) -> Path:
        """Docker's configuration folder."""
        return Path(self.environment.get("DOCKER_CONFIG") or self._home / ".docker")

    @cached_property
    def access(self) -> Access:
        """The way to registries and to the web."""
        from dext_tasks.registry.access import Access
        from dext_tasks.registry.endpoint import Insecure

        return Access.of(
            self.docker_config,
            self.environment,
            self._home,
            lambda: Insecure.of(self.engines.of(self.settings_anywhere.platforms[0]).registry_configuration()),
        )

    def require_buildable(self) -> WorkTree:
        """Require that the project can be built as it is, and say what its files are, compared with git's.

        Raises:
            DockerfileMissingError: It has no Dockerfile.
            MetadataMissingError: It has no metadata.json.
            DirtyTreeError: Something is not committed, and the setting ``allow-dirty`` is false.
        """
        from dext_tasks.git import Git
        from dext_tasks.sources.tree import require_sources

        require_sources(self.project)
        git = Git(self.project.root)
        if not self.settings.allow_dirty:
            git.require_committed()
        return git.work_tree()

    def build(self, listener: BuildListener | None = None) -> dict[Platform, Built]:
        """Build every platform, all at once, and load each under a local tag.

        Args:
            listener: Told of what goes on, from several threads; nobody if None.

        Raises:
            DockerfileMissingError: It has no Dockerfile.
            DirtyTreeError: Something is not committed, and the setting ``allow-dirty`` is false.
            BuildFailedError: A step failed; it names every platform that failed.
            EngineUnreachableError: An engine does not answer; nothing was built on any.
        """
        self.require_buildable()
        return self.build_required(listener)

    def build_required(self, listener: BuildListener | None = None) -> dict[Platform, Built]:
        """The same for who has called ``require_buildable``."""
        from dext_tasks.engine.build import SilentBuild, build_all
        from dext_tasks.sources.build_state import state_of

        return build_all(self.engines, self.project, listener or SilentBuild(), state_of(self.project))

    def check(  # noqa: PLR0913 - as the flags of the verb
        self,
        *,
        image: str = "",
        remote: str = "",
        deep: bool = False,
        sdk: str = "",
        desktop: str = "",
        relative_to: str | os.PathLike[str] = ".",
    ) -> Checked:
        """Apply the rules to the source tree and to what was built of it, or to any other image.

        Args:
            image: An image in the engine to check instead.
            remote: An image in a registry to check instead; nothing is pulled.
            deep: With ``remote``, read the layers that hold what metadata.json names.
            sdk: Also check that it can be installed with this extension API version.
            desktop: Also check that it can be installed on this Docker Desktop, such as 4.40.
            relative_to: Folder that the paths of findings start at.

        Raises:
            UsageError: Two of these contradict each other, or a rule of the settings does not exist.
            DextError: What is to be checked could not be asked.
        """
        # While the registry answers, the rules are loaded.
        source = self._begun(remote, deep=deep) if remote and not image else None
        from dext_tasks.checks.run import CheckPlace, CheckRequest, run

        request = CheckRequest(image, remote, deep, sdk, desktop)
        place = CheckPlace(
            project=lambda: self.project,
            engines=lambda: self.engines,
            settings=self.settings_anywhere,
            access=lambda: self.access,
            workspace=Path(relative_to),
            remote=source,
        )
        return run(request, place)

    def _begun(self, remote: str, *, deep: bool) -> RemoteSource:
        """An image in a registry, already being asked for."""
        from dext_tasks.sources.registry_image import RemoteSource

        source = RemoteSource.open(remote, self.access, self.cancellation, deep=deep)
        source.begin()
        return source

    def smoke(self, listener: SmokeListener | None = None, *, keep: bool = False) -> list[SmokeResult]:
        """Install, probe and uninstall what the last build loaded, on every platform at once.

        Args:
            listener: Told of each probe, from several threads; nobody if None.
            keep: Leave what failed installed, to be looked at.

        Returns:
            A result per platform, failed ones included: see ``SmokeResult.passed``.

        Raises:
            ImageNotFoundError: A platform was not built.
            ComposeMissingError: The docker client cannot start services.
            BrowserMissingError: The settings ask for a browser, and there is none.
        """
        from dext_tasks.smoke.installation import Tools
        from dext_tasks.smoke.run import SilentSmoke, smoke_project

        tools = Tools(self.engine, self.settings, self.project.root, keep=keep)
        return smoke_project(tools, self.project, self.engines, listener or SilentSmoke())

    def plan_release(self, *, version: str = "", bump: Bump | None = None, pre: str = "") -> PlannedRelease:
        """What a release would do, and what is done already; changes nothing.

        Args:
            version: The version to release; empty for the one that this commit was begun as, or the next one.
            bump: What is raised of the last version, if there is one.
            pre: What a pre-release is called, such as ``rc``, of which the next one is planned; empty for a release.

        Raises:
            VersionInvalidError: No version or pre-release is called so.
            UsageError: Something is released already, and the next version is not given.
            ConfirmationNeededError: The last version looks like no version of an extension, such as a date.
            DextError: Registry, git or engine could not be asked.
        """
        from dext_tasks.extension.version import parse_pre
        from dext_tasks.release.run import look
        from dext_tasks.release.version import choose_version

        world = self.world(push=False)
        commit = world.git.head()
        chosen = choose_version(world, commit, explicit=version, bump=bump, pre=parse_pre(pre) if pre else "")
        return look(world, chosen, commit)

    def plan_from_changelog(self) -> PlannedRelease:
        """The same for the version of the topmost entry of the changelog, as it is committed; changes nothing.

        Raises:
            ChangelogError: There is no changelog, or its topmost entry is not one of a version.
            DextError: Registry, git or engine could not be asked.
        """
        from dext_tasks.release.version_sources import plan_from_changelog

        world = self.world(push=False)
        return plan_from_changelog(world, world.git.head())

    def plan_from_commits(self, *, pre: str = "") -> PlannedRelease:
        """The same for what follows from the Conventional Commits since the last version; changes nothing.

        ``PlannedRelease.reasons`` says why; it is empty for what was begun, and for a first version.

        Args:
            pre: What a pre-release is called, such as ``rc``, of which the next one is planned; empty for a release.

        Raises:
            HistoryMissingError: The commits are not in this clone.
            NothingToReleaseError: None of them is a reason for a release.
            VersionInvalidError: No pre-release is called so.
            DextError: Registry, git or engine could not be asked.
        """
        from dext_tasks.extension.version import parse_pre
        from dext_tasks.release.version_sources import plan_from_commits

        world = self.world(push=False)
        return plan_from_commits(world, world.git.head(), parse_pre(pre) if pre else "")

    def begun_release(self) -> PlannedRelease:
        """What is left of the release of this commit that was begun, as ``inv release.resume`` has it; changes nothing.

        Raises:
            UsageError: None was begun, or several, or it is one of another commit that is not done.
            DextError: Registry, git or engine could not be asked.
        """
        from dext_tasks.release.resume import begun

        world = self.world(push=False)
        return begun(world, world.git.head())

    def list_releases(self, *, all: bool = False) -> Listing:  # noqa: A002 - the flag's name
        """The versions that are published, tagged or begun, greatest first, and how far each is; changes nothing.

        Args:
            all: Whether every one is listed, and not only the 20 greatest.

        Raises:
            DextError: Registry or git could not be asked.
        """
        from dext_tasks.release.listing import NEWEST, list_versions

        return list_versions(self.world(push=False), None if all else NEWEST)

    def release(self, planned: PlannedRelease, observer: ReleaseObserver | None = None) -> Released:
        """Carry out a plan: build, check, smoke-test and publish exactly the digests that were tested.

        What was done since the plan was made is not done again. Called again after an interruption, it goes on.

        Args:
            planned: From ``plan_release`` or the like.
            observer: Told of what goes on, from several threads; nobody if None.

        Raises:
            ChecksFailedError: A check found errors.
            SmokeFailedError: A platform failed its smoke test.
            PreflightError: A later step would fail because something is missing; nothing was changed.
            ReleaseRacedError: Another release of the same version came first.
            NotConvergedError: Everything ran, and something is still not as planned.
            DextError: An obstacle of the plan, or a step that failed.
        """
        from dext_tasks.release.run import carry_out, look, turn
        from dext_tasks.release.steps.step import SilentRelease

        self.require_buildable()
        world = self.world(push=True)
        intent = planned.intent
        with turn(world, lambda: None):
            return carry_out(world, look(world, intent.version, intent.commit), observer or SilentRelease())

    def prepare_release(self, planned: PlannedRelease, observer: ReleaseObserver | None = None) -> Handover:
        """Build, check, smoke-test and push to staging the platforms of the settings, and publish nothing.

        Write ``Handover.text`` to a file for ``finish_release``, which another machine may call.

        Args:
            planned: From ``plan_release`` or the like.
            observer: Told of what goes on, from several threads; nobody if None.

        Raises:
            ChecksFailedError: A check found errors.
            SmokeFailedError: A platform failed its smoke test.
            PreflightError: A later step would fail because something is missing; nothing was changed.
            NotConvergedError: Everything ran, and something is still not as planned.
            DextError: An obstacle of the plan, or a step that failed.
        """
        from dext_tasks.release.run import look, prepare, turn
        from dext_tasks.release.steps.step import SilentRelease

        self.require_buildable()
        world = self.world(push=True)
        intent = planned.intent
        with turn(world, lambda: None):
            part = look(world, intent.version, intent.commit, is_part=True)
            return prepare(world, part, observer or SilentRelease())

    def finish_release(
        self, handovers: Iterable[str | os.PathLike[str]], observer: ReleaseObserver | None = None
    ) -> Released:
        """Publish what others prepared of the commit that is checked out; nothing is built or tested.

        Args:
            handovers: Files with what ``prepare_release`` or ``inv release --prepare`` handed over, or folders of them.
            observer: Told of what goes on, from several threads; nobody if None.

        Raises:
            HandoverError: The files are not of this release or not all of it, or an image is no longer in the registry.
            FileAccessError: A file cannot be read.
            ReleaseRacedError: Another release of the same version came first.
            NotConvergedError: Everything ran, and something is still not as planned.
            DextError: An obstacle of the plan, or a step that failed.
        """
        from dext_tasks.extension.version import parse_release
        from dext_tasks.release.handover import handed_over, require_staged
        from dext_tasks.release.run import carry_out, look, turn
        from dext_tasks.release.steps.step import SilentRelease

        self.require_buildable()
        asked = self.world(push=True)
        commit = asked.git.head()
        world, handover = handed_over(asked, [os.fspath(each) for each in handovers], commit)
        with turn(world, lambda: None):
            planned = look(world, parse_release(handover.version), commit)
            require_staged(planned.intent, planned.state)
            return carry_out(world, planned, observer or SilentRelease())

    def release_notes(self, planned: PlannedRelease) -> str:
        """What changed in a version, in Markdown, and how it is installed; for a release of GitHub or GitLab.

        It is the entry of the changelog, or else the commits that ``plan_from_commits`` has found.

        Raises:
            GitError: The changelog of the commit could not be read.
        """
        from dext_tasks.release.notes import announcement

        return announcement(self.world(push=False), planned.intent, planned.commits)

    def left_behind(self, version: str) -> LeftBehind:
        """What a release that is not to go on has left: claim, staging tags, journal; changes nothing.

        Args:
            version: Of that release.

        Raises:
            VersionInvalidError: No version is called so.
            DextError: Registry or git remote could not be asked.
        """
        from dext_tasks.extension.version import parse_release
        from dext_tasks.release.abort import left_behind

        return left_behind(self.world(push=False), parse_release(version))

    def abort_release(self, left: LeftBehind) -> tuple[Removal, ...]:
        """Take away what a release has left. Nothing of what is published is touched.

        Args:
            left: From ``left_behind``.

        Returns:
            What was to be taken away; staging tags that the registry keeps included, see ``Removal.refused``.

        Raises:
            ReleaseRacedError: A release of it is running on this machine, or has published the version meanwhile.
            GitError: The git remote could not be asked, or keeps the claim.
        """
        from dext_tasks.release.abort import abort, require_unclaimed

        removed = abort(self.world(push=True), left)
        require_unclaimed(removed)
        return removed

    def verify_release(self, reference: str) -> Proven:
        """Prove of a published release, anybody's, that it is exactly the images that were tested; changes nothing.

        Args:
            reference: A published image, such as ``acme/demo:1.2.0``, or a version of this extension.

        Returns:
            What was proven, and what is not so: see ``Proven.require_whole``.

        Raises:
            UsageError: No version is named.
            ReferenceInvalidError: No image is called so.
            ImageNotFoundError: There is no such image.
            DextError: Registry or git remote could not be asked.
        """
        from dext_tasks.release.verification import verify

        return verify(reference, lambda: self.project, self.access, self.cancellation)

    def world(self, *, push: bool) -> World:
        """Where a release asks, and where its steps take effect.

        Args:
            push: Whether the registry is asked with the right to push.
        """
        from dext_tasks.git import Git
        from dext_tasks.monorepo import require_own_versions
        from dext_tasks.registry.repository import Repository
        from dext_tasks.release.journal import Journals
        from dext_tasks.release.observe import World

        git = Git(self.project.root)
        repository = Repository.open(self.project.image, self.access, push=push)
        require_own_versions(self.project, git)
        return World(self.project, self.engines, repository, git, Journals.of(self.project))

    def cancel(self) -> None:
        """End what is under way, from any thread: it cleans up, and raises InterruptedError where it was called."""
        from dext_tasks.runtime.parallel import stop

        stop(self.cancellation)

    def close(self) -> None:
        """Give back what marks everything temporary as this run's."""
        made = vars(self)
        engines = {made.get("engine"), *(made["engines"].in_contexts.values() if "engines" in made else ())}
        for engine in engines - {None}:
            engine.client.close()


@contextmanager
def load(
    path: str | os.PathLike[str] = ".",
    *,
    environment: Mapping[str, str] = _NO_VARIABLES,
    settings: Mapping[str, object] = _NOTHING,
) -> Iterator[Workspace]:
    """Load the extension in a folder, and work on it inside of the block.

    While the block runs, the first Ctrl-C or SIGTERM ends what is under way, which cleans up, and raises
    KeyboardInterrupt, or InterruptedError from the function that was under way. Python allows that in the main thread
    only; elsewhere, call ``Workspace.cancel``.

    Args:
        path: The folder of the extension.
        environment: Variables that settings (``DEXT_*``), logins (``DOCKER_CONFIG``, ``DOCKER_AUTH_CONFIG``), proxies
            and the home folder are read from; give ``os.environ`` for what the verbs do. Programs that are started
            (docker, git, a browser) get the variables of this process in any case.
        settings: Values that go before those of files and variables, by key: ``{"smoke.timeout": 60}``.

    Raises:
        ProjectNotFoundError: No extension is in that folder.
        ConfigError: Its settings are wrong; the detail lists every problem.
    """
    import psutil

    from dext_tasks.config.resolve import NamedFile

    named = NamedFile("settings", dict(settings)) if settings else None
    cancellation = Cancellation(bystanders=psutil.Process().children())
    made = Workspace(
        folder=Path(path), is_named=True, environment=dict(environment), named=named, cancellation=cancellation
    )
    with Signals(cancellation):
        try:
            # What is wrong with it is said now.
            _ = made.project
            yield made
        finally:
            made.close()
