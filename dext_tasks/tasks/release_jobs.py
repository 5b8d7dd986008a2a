"""--prepare and --finish: a release in several jobs, of which one publishes what the others prepared."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from dext_tasks.console.result_file import ResultFile
from dext_tasks.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dext_tasks.release.handover import Handover
    from dext_tasks.release.observe import World
    from dext_tasks.release.run import PlannedRelease
    from dext_tasks.tasks.question import Wanted


@dataclass(frozen=True)
class ReleaseJob:
    """Which part of a release this job does; all of it, if neither is given.

    Attributes:
        prepare: File to hand over what is prepared; empty if it is not only prepared.
        finish: Files and folders with what other jobs prepared.
    """

    prepare: str = ""
    finish: Sequence[str] = ()

    def require_sane(self, wanted: Wanted) -> None:
        """Require that the flags go together, and that the file can be written.

        Raises:
            UsageError: They do not.
            FileAccessError: It cannot.
        """
        if self.prepare and self.finish:
            raise UsageError(
                "--prepare and --finish cannot be combined", remedy="prepare in some jobs, and finish in a last one"
            )
        if self.finish and (wanted.bump or wanted.pre):
            raise UsageError(
                "--finish publishes the version that was prepared, and takes neither --bump nor --pre",
                remedy="leave them out; --version is compared with what was prepared",
            )
        if self.prepare:
            ResultFile(Path(self.prepare)).require()

    def joined(self, world: World, wanted: Wanted) -> tuple[World, Wanted]:
        """World and version of this job: as if all that was prepared elsewhere had been done here.

        Raises:
            HandoverError: The files are not of this release, or not all of it.
        """
        if not self.finish:
            return world, wanted
        from dext_tasks.errors import HandoverError
        from dext_tasks.release.handover import handed_over

        joined, handover = handed_over(world, self.finish, wanted.commit)
        if wanted.version not in ("", handover.version):
            raise HandoverError(
                f"version {handover.version} was prepared, and --version is {wanted.version}",
                remedy=f"leave --version out, or prepare {wanted.version}",
            )
        return joined, replace(wanted, version=handover.version)

    def require_staged(self, planned: PlannedRelease) -> None:
        """Require that what was handed over is there, so that nothing would be built here."""
        if self.finish:
            from dext_tasks.release.handover import require_staged

            require_staged(planned.intent, planned.state)

    def write(self, handover: Handover) -> None:
        """Write the file.

        Raises:
            FileAccessError: It cannot be written.
        """
        ResultFile(Path(self.prepare)).write(handover.text)
