"""Platforms that no desktop asks for, under whatever emulators there are."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from dext_tasks.doctor.emulator import program
from dext_tasks.formats.oci.platform import Platform

from .build_context import LINUX, BuildContext
from .checked_images import CheckedImages
from .docker import Docker
from .requirement import missing
from .smoked import PASSED, smoke

if TYPE_CHECKING:
    from .program import Program
    from .sandbox import Sandbox

BINFMT = Path("/proc/sys/fs/binfmt_misc")
EXTRA = {"linux/arm/v7": "arm", "linux/ppc64le": "ppc64le", "linux/riscv64": "riscv64", "linux/s390x": "s390x"}


@pytest.fixture
def platforms() -> tuple[str, ...]:
    """Those that the kernel has an emulator for; BuildKit does not list every one of them."""
    found = tuple(platform for platform, cpu in EXTRA.items() if (BINFMT / f"qemu-{cpu}").exists())
    return found or missing("there is no emulator but for amd64 and arm64", "scripts/bootstrap-engine")


def test_they_work_where_an_emulator_is_there(
    platforms: tuple[str, ...], dext: Program, sandbox: Sandbox, tmp_path: Path
) -> None:
    if not Docker().has_containerd_store():
        missing("the engine keeps one platform a tag", "use its containerd image store")
    context = BuildContext()
    context.metadata = {"icon": "icon.svg", "host": {"binaries": [{"linux": [{"path": LINUX}]}]}}
    # It ends well whatever it is asked, which is all that is asked here.
    parsed = [Platform.parse(platform) for platform in platforms]
    context.binaries = {each.architecture: {LINUX: program(each)} for each in parsed}
    reference = f"dext-build/{sandbox.slug}:1.0.0"
    CheckedImages(Docker(), tmp_path).build({reference: context}, platforms)

    flags = [flag for platform in platforms for flag in ("--platform", platform)]
    smoked = smoke(dext, "--image", reference, *flags)
    assert smoked.done.code == PASSED, smoked.done
    for platform in map(str, parsed):
        probes = smoked.probes(platform)
        assert probes["architecture"].detail == f"{platform}, emulated"
        assert probes["binaries"].outcome == "passed"
