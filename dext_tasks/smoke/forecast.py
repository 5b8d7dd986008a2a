"""What a smoke test of a source tree will not be granted, known before anything is built."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from posixpath import basename, dirname, join, relpath
from typing import TYPE_CHECKING

from dext_tasks.engine.services import Services
from dext_tasks.errors import MetadataInvalidError
from dext_tasks.extension.metadata import FILE, parse
from dext_tasks.runtime.parallel import for_each
from dext_tasks.runtime.temporary import base, temporary_folder
from dext_tasks.smoke.granting import Granting
from dext_tasks.smoke.outcome import ProbeFailedError, ProbeWithheldError
from dext_tasks.smoke.run import not_granted
from dext_tasks.sources.source import NotOfferedError
from dext_tasks.sources.tree import TreeSource

if TYPE_CHECKING:
    from dext_tasks.extension.metadata import VM
    from dext_tasks.formats.oci.platform import Platform
    from dext_tasks.project import Project
    from dext_tasks.smoke.installation import Tools

_ROOT = "/"
# Nothing that is asked for depends on either; what a release builds goes by an id like this one.
_PROJECT = "forecast"
_IMAGE = f"sha256:{'0' * 64}"


def require_grants(tools: Tools, project: Project) -> None:
    """Require that the backend will be started, by what the source tree shows that it asks for.

    What depends on the build is left to the smoke test itself.

    Raises:
        GrantMissingError: It asks for what is not granted.
        EngineUnreachableError: It is not known where the engine is.
    """
    if project.settings.smoke_start_optional:
        return
    # For each, compose reads the compose file as that platform's image will have it.
    lacking = for_each(
        project.settings.platforms,
        lambda platform: _lacking(tools, project, platform),
        tools.engine.client.cancellation,
    )
    if any(lacking.values()):
        raise not_granted("would not be started", lacking)


def _lacking(tools: Tools, project: Project, platform: Platform) -> tuple[str, ...]:
    """Names of what the backend asks for on a platform and is not granted."""
    source = TreeSource(project, platform=platform)
    try:
        vm = parse(source.document(FILE).content or b"{}").vm
        if vm and vm.is_run:
            with temporary_folder(tools.engine.client.folder_prefix, base()) as top:
                copy = _Copy(source, vm.composefile, Path(top) / "project")
                _judge(copy, vm, tools)
    except ProbeWithheldError as error:
        return error.grants
    except (NotOfferedError, MetadataInvalidError, ProbeFailedError):
        # The build, the checks or the smoke test will show it.
        pass
    return ()


def _judge(copy: _Copy, vm: VM, tools: Tools) -> None:
    """Do what the probe ``start`` does before it starts anything.

    Raises:
        ProbeWithheldError: It asks for what is not granted.
        ProbeFailedError: It cannot be judged.
        NotOfferedError: A part of it is made by the build.
    """
    gate = Granting.of(tools, copy.folder, copy.read)
    if vm.image:
        _, found = gate.of_image(vm.image, _IMAGE)
    else:
        copy.folder.mkdir()
        file = copy.folder / basename(vm.composefile)
        if copy.read(str(file)) is None:
            return
        # Compose reads it, whatever the compose file says.
        copy.read(str(copy.folder / ".env"))
        _, found = gate.resolved(file, _IMAGE, Services(tools.engine.client, _PROJECT))
    gate.require(found)


@dataclass(frozen=True)
class _Copy:
    """The folder of a compose file in the image to be, each file of it made as it is read.

    Attributes:
        source: The source tree.
        composefile: Its path in the image.
        folder: The copy.
    """

    source: TreeSource
    composefile: str
    folder: Path

    def read(self, path: str) -> bytes | None:
        """The content of a file of the copy; None if the image will not hold it.

        Raises:
            NotOfferedError: It is not known.
        """
        place = join(dirname(self.composefile), relpath(path, self.folder))
        if dirname(self.composefile) == _ROOT and place != self.composefile:
            # See project_copy.
            return None
        content = self.source.document(place).content
        if content is not None:
            file = Path(path)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
        return content
