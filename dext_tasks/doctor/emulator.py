"""Running a platform's program in the engine."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from dext_tasks.doctor.probe_program import NAME, archive, is_known
from dext_tasks.engine.faults import no_emulator
from dext_tasks.errors import EmulatorMissingError, EngineCommandError

if TYPE_CHECKING:
    from dext_tasks.engine.client import Client
    from dext_tasks.formats.oci.platform import Platform

_SECONDS = 60.0


def require_runs(client: Client, platform: Platform) -> None:
    """Require that the engine runs programs of a platform.

    Raises:
        EmulatorMissingError: It does not.
    """
    if not is_known(platform):
        raise EmulatorMissingError(
            f"there is no probe program for {platform}", remedy="name another platform, or build for it by hand"
        )
    reference = f"dext-build/emulator-probe:{platform.slug}"
    with TemporaryDirectory(prefix=client.folder_prefix) as folder:
        file = Path(folder) / "probe.tar"
        file.write_bytes(archive(platform))
        client.run("import", "--platform", str(platform), str(file), reference, what="docker import", seconds=_SECONDS)
    try:
        client.run(
            *("run", "--rm", "--pull", "never", "--network", "none", "--platform", str(platform), reference),
            f"/{NAME}",
            what=f"running a {platform} program",
            seconds=_SECONDS,
        )
    except EngineCommandError as error:
        raise no_emulator(error.detail, f"the engine cannot run {platform} programs") from None
    finally:
        with client.cancellation.shielded():
            client.run("image", "rm", "--force", reference, what="docker image rm", seconds=_SECONDS)
