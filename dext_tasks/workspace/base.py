"""Where an extension is, its settings, the engines and registries that are asked, and how all of it ends."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from dext_tasks.errors import ProjectNotFoundError
from dext_tasks.runtime.cancellation import Cancellation

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dext_tasks.config import Settings
    from dext_tasks.config.resolve import NamedFile, Resolved
    from dext_tasks.config.stray import Stray
    from dext_tasks.engine.engine import Engine
    from dext_tasks.engine.engines import Engines
    from dext_tasks.git import WorkTree
    from dext_tasks.project import Project
    from dext_tasks.registry.access import Access


@dataclass(frozen=True, kw_only=True)
class WorkspaceBase:
    """An extension with its settings, and the way to the engine, to registries and to the web.

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
        from dext_tasks.config.resolve import Layers, resolve

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
