"""Whether a host binary runs on the machines that get an image.

A desktop on a machine of some architecture takes the image of that architecture, and metadata.json lists binaries by
operating system only: https://docs.docker.com/extensions/extensions-sdk/extensions/multi-arch/
"""

from __future__ import annotations

from enum import Enum, auto
from typing import TYPE_CHECKING, Final

from dext_tasks.formats.executable.binary import HostOS

if TYPE_CHECKING:
    from collections.abc import Iterable


class Fit(Enum):
    """How well a binary's architecture fits a machine."""

    RUNS = auto()
    EMULATED = auto()
    FAILS = auto()


# (system, machine, binary). Everything else that differs fails.
_FITS: Final = {
    # Rosetta: https://support.apple.com/en-us/102527
    (HostOS.DARWIN, "arm64", "amd64"): Fit.EMULATED,
    # https://learn.microsoft.com/en-us/windows/arm/apps-on-arm-x86-emulation
    (HostOS.WINDOWS, "arm64", "amd64"): Fit.EMULATED,
    (HostOS.WINDOWS, "arm64", "386"): Fit.EMULATED,
    # https://learn.microsoft.com/en-us/windows/win32/winprog64/running-32-bit-applications
    (HostOS.WINDOWS, "amd64", "386"): Fit.RUNS,
    # CONFIG_IA32_EMULATION: the processor runs it itself, and most kernels let it.
    (HostOS.LINUX, "amd64", "386"): Fit.RUNS,
    # CONFIG_COMPAT: newer processors have no 32-bit mode.
    (HostOS.LINUX, "arm64", "arm"): Fit.EMULATED,
}
_ORDER = (Fit.RUNS, Fit.EMULATED, Fit.FAILS)


def fit(os: HostOS, machine: str, architectures: Iterable[str]) -> Fit:
    """How well a binary fits; of a universal one the part that fits best counts.

    Args:
        os: The system it is listed under.
        machine: Architecture of the image, in Go's names.
        architectures: Of the binary; none at all are taken to run.
    """
    found = [Fit.RUNS if each == machine else _FITS.get((os, machine, each), Fit.FAILS) for each in architectures]
    return min(found, key=_ORDER.index, default=Fit.RUNS)
