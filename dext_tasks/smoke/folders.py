"""Temporary folders that tell whose they are, so that a killed run's are found by the next one."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from dext_tasks.engine.lease import is_free
from dext_tasks.temporary import bases

# As ``Client.folder_prefix`` begins, and ``tempfile`` goes on.
_NAME = re.compile(r"dext-([0-9a-f]{8})-\w+")


def sweep_folders() -> None:
    """Remove the folders of dead runs; those of others cannot be, and stay."""
    for folder in (found for base in bases() for found in Path(base).glob("dext-*")):
        named = _NAME.fullmatch(folder.name)
        if named and is_free(named[1]):
            shutil.rmtree(folder, ignore_errors=True)
