"""Running a platform's program in the engine."""

from __future__ import annotations

import io
import struct
import tarfile
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from dext_tasks.architectures import ARCHITECTURES
from dext_tasks.engine.faults import no_emulator
from dext_tasks.errors import EmulatorMissingError, EngineCommandError
from dext_tasks.limits import EMULATOR_PROBE
from dext_tasks.runtime.parallel import to_its_end

if TYPE_CHECKING:
    from dext_tasks.architectures import ElfMachine
    from dext_tasks.engine.client import Client
    from dext_tasks.formats.oci.platform import Platform


NAME = "probe"
_BASE = 0x400000


def is_known(platform: Platform) -> bool:
    """Whether there is a program for the platform."""
    return platform.architecture in ARCHITECTURES


def program(platform: Platform) -> bytes:
    """An executable that ends with status 0."""
    known = ARCHITECTURES[platform.architecture]
    header, segment = _headers(known.elf, len(known.exits))
    return header + segment + known.exits


def archive(platform: Platform) -> bytes:
    """A file system with nothing but that program, as ``docker import`` takes it."""
    content = program(platform)
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        member = tarfile.TarInfo(NAME)
        member.size, member.mode = len(content), 0o755
        tar.addfile(member, io.BytesIO(content))
    return out.getvalue()


def _headers(machine: ElfMachine, code_size: int) -> tuple[bytes, bytes]:
    wide, order = machine.bits == 64, "<" if machine.order == "little" else ">"  # noqa: PLR2004 - bits of a word
    header_size, segment_size = (64, 56) if wide else (52, 32)
    entry = _BASE + header_size + segment_size
    total = header_size + segment_size + code_size
    identity = b"\x7fELF" + bytes((2 if wide else 1, 1 if machine.order == "little" else 2, 1)) + bytes(9)
    header = struct.pack(
        f"{order}HHI{'QQQ' if wide else 'III'}IHHHHHH",
        *(2, machine.number, 1, entry, header_size, 0, machine.flags, header_size, segment_size, 1, 0, 0, 0),
    )
    if wide:
        segment = struct.pack(f"{order}IIQQQQQQ", 1, 5, 0, _BASE, _BASE, total, total, 0x1000)
    else:
        segment = struct.pack(f"{order}IIIIIIII", 1, 0, _BASE, _BASE, total, total, 5, 0x1000)
    return identity + header, segment


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
        client.run(
            "import", "--platform", str(platform), str(file), reference, what="docker import", seconds=EMULATOR_PROBE
        )
    try:
        client.run(
            *("run", "--rm", "--pull", "never", "--network", "none", "--platform", str(platform), reference),
            f"/{NAME}",
            what=f"running a {platform} program",
            seconds=EMULATOR_PROBE,
        )
    except EngineCommandError as error:
        raise no_emulator(error.detail, f"the engine cannot run {platform} programs") from None
    finally:
        remove = ("image", "rm", "--force", reference)
        to_its_end(lambda: client.run(*remove, what="docker image rm", seconds=EMULATOR_PROBE), client.cancellation)
