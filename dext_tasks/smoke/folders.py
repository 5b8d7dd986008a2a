"""Temporary folders that tell whose they are, so that a killed run's are found by the next one."""

from __future__ import annotations

import re
from pathlib import Path

from dext_tasks.runtime.lease import is_free
from dext_tasks.runtime.temporary import bases, remove_folder

# As ``Client.folder_prefix`` begins, and ``tempfile`` goes on.
_NAME = re.compile(r"dext-([0-9a-f]{8})-\w+")


def dead_folders() -> list[Path]:
    """Every temporary folder of a run that has ended."""
    found = sorted(folder for base in bases() for folder in Path(base).glob("dext-*"))
    return [folder for folder in found if (named := _NAME.fullmatch(folder.name)) and is_free(named[1])]


def sweep_folders() -> None:
    """Remove the folders of dead runs; those of others cannot be, and stay."""
    for folder in dead_folders():
        remove_folder(folder, ignore_errors=True)
