"""Whether a host binary runs on the machines that get an image.

A desktop on a machine of some architecture takes the image of that architecture, and metadata.json lists binaries by
operating system only: https://docs.docker.com/extensions/extensions-sdk/extensions/multi-arch/
"""

from __future__ import annotations

import re
from enum import Enum, auto
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final, NamedTuple

from dext_tasks.architectures import ARCHITECTURES
from dext_tasks.formats.executable.binary import HostOS
from dext_tasks.regex import regex

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from dext_tasks.extension.metadata import HostBinary
    from dext_tasks.formats.executable import Binary


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


# Endings and parts of names that differ for what is the same program.
_SUFFIXES = frozenset({".exe", ".cmd", ".bat", ".ps1", ".com", ".sh"})
_OF_A_SYSTEM = regex(
    r"[-_.]?(?<![a-z0-9])(?:darwin|macos|mac|osx|linux|windows|win(?:32|64)?|unix|universal"
    rf"|amd|{'|'.join(re.escape(name) for each in ARCHITECTURES.values() for name in sorted(each.names))})(?![a-z0-9])"
)


class MissingBinary(NamedTuple):
    """A binary that some system lacks.

    Attributes:
        name: Without what is the system's.
        there: The systems it is listed for.
        lacking: The one it is not listed for, though other binaries are.
    """

    name: str
    there: tuple[HostOS, ...]
    lacking: HostOS


def gaps(binaries: Sequence[HostBinary]) -> Iterator[MissingBinary]:
    """Binaries that are there for two systems and not for the third; what one system alone has may be its helper."""
    names = {os: {_name(each.path) for each in binaries if each.os is os} for os in HostOS}
    listed = [os for os in HostOS if names[os]]
    for name in sorted(set().union(*names.values())):
        there = tuple(os for os in listed if name in names[os])
        lacking = [os for os in listed if name not in names[os]]
        if lacking and len(there) > 1:
            yield MissingBinary(name, there, lacking[0])


def _name(path: str) -> str:
    file = PurePosixPath(path)
    name = (file.stem if file.suffix.lower() in _SUFFIXES else file.name).casefold()
    return _OF_A_SYSTEM.sub("", name) or name


# Those of every macOS (https://support.apple.com/en-us/102360), and of every Linux that Docker Desktop is for
# (https://docs.docker.com/desktop/setup/install/linux/), where /bin is /usr/bin:
# https://systemd.io/THE_CASE_FOR_THE_USR_MERGE/
_SHELLS = {
    HostOS.DARWIN: frozenset({"/bin/sh", "/bin/bash", "/bin/zsh", "/usr/bin/osascript"}),
    HostOS.LINUX: frozenset({"/bin/sh", "/bin/bash", "/usr/bin/sh", "/usr/bin/bash"}),
}
_ENV = {HostOS.DARWIN: frozenset({"/usr/bin/env"}), HostOS.LINUX: frozenset({"/usr/bin/env", "/bin/env"})}
_NAMES = {os: frozenset(path.rpartition("/")[2] for path in paths) for os, paths in _SHELLS.items()}


def is_there(os: HostOS, script: Binary) -> bool:
    """Whether every system of that kind has a script's interpreter where the script says; no Windows has any."""
    if os not in _SHELLS:
        return False
    if script.launcher == script.interpreter:
        return script.interpreter in _SHELLS[os]
    return script.launcher in _ENV[os] and script.interpreter in _SHELLS[os] | _NAMES[os]


def is_env(os: HostOS, launcher: str) -> bool:
    """Whether that is where such a system has ``env``."""
    return launcher in _ENV.get(os, ())
