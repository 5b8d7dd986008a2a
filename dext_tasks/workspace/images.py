"""What is done with the images of an extension before they are released: built, checked and smoke-tested."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from dext_tasks.workspace.base import WorkspaceBase

if TYPE_CHECKING:
    import os

    from dext_tasks.checks.run import Checked
    from dext_tasks.engine.build import BuildListener, Built
    from dext_tasks.formats.oci.platform import Platform
    from dext_tasks.smoke.result import SmokeResult
    from dext_tasks.smoke.run import SmokeListener
    from dext_tasks.sources.registry_image import RemoteSource


@dataclass(frozen=True, kw_only=True)
class ImageWork(WorkspaceBase):
    """Builds, checks and smoke tests."""

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
