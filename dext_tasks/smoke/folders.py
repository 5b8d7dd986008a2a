"""Temporary folders that tell whose they are, so that a killed run's are found by the next one."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from dext_tasks.engine.lease import is_free
from dext_tasks.temporary import bases

if TYPE_CHECKING:
    from dext_tasks.engine.client import Client

_NAME = re.compile(r"dext-([0-9a-f]{8})-\w+")


def prefix(client: Client) -> str:
    """What the names of a run's folders begin with."""
    return f"dext-{client.run_id}-"


def sweep_folders() -> None:
    """Remove the folders of dead runs; those of others cannot be, and stay."""
    for folder in (found for base in bases() for found in Path(base).glob("dext-*")):
        named = _NAME.fullmatch(folder.name)
        if named and is_free(named[1]):
            shutil.rmtree(folder, ignore_errors=True)
