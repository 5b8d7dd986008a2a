"""What host binaries are called, whatever the system: an extension calls each by one name on all of them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from dext_tasks.formats.executable.binary import HostOS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dext_tasks.extension.metadata import HostBinary

# Endings and parts of names that differ for what is the same program.
_SUFFIXES = frozenset({".exe", ".cmd", ".bat", ".ps1", ".com", ".sh"})
_OF_A_SYSTEM = re.compile(
    r"[-_.]?(?<![a-z0-9])(?:darwin|macos|mac|osx|linux|windows|win(?:32|64)?|unix"
    r"|amd(?:64)?|x86_64|x64|arm(?:64)?|aarch64|universal)(?![a-z0-9])"
)


@dataclass(frozen=True)
class Gap:
    """A binary that some system lacks.

    Attributes:
        name: Without what is the system's.
        there: The systems it is listed for.
        lacking: The one it is not listed for, though other binaries are.
    """

    name: str
    there: tuple[HostOS, ...]
    lacking: HostOS


def gaps(binaries: Sequence[HostBinary]) -> Iterator[Gap]:
    """Binaries that are there for two systems and not for the third; what one system alone has may be its helper."""
    names = {os: {_name(each.path) for each in binaries if each.os is os} for os in HostOS}
    listed = [os for os in HostOS if names[os]]
    for name in sorted(set().union(*names.values())):
        there = tuple(os for os in listed if name in names[os])
        lacking = [os for os in listed if name not in names[os]]
        if lacking and len(there) > 1:
            yield Gap(name, there, lacking[0])


def _name(path: str) -> str:
    file = PurePosixPath(path)
    name = (file.stem if file.suffix.lower() in _SUFFIXES else file.name).casefold()
    return _OF_A_SYSTEM.sub("", name) or name
