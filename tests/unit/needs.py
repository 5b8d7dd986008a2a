"""What a unit test needs that not every system has: it is skipped there, and the summary says why."""

from __future__ import annotations

import os
import socket
import sys
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterable

# Rooms of what Windows itself does not run: docs/platforms.md.
_NEED_WSL = frozenset({"cleaning", "doctor", "engine", "release", "runtime", "smoke", "ui"})


def why_not(room: str, needs: Iterable[str], *, processes: bool, system: str = sys.platform) -> str:
    """Why a test is skipped; empty if it is not.

    Args:
        room: Folder of tests/unit that it is in.
        needs: Names such as ``os.mkfifo``, paths such as ``/dev/full``, or systems.
        processes: Whether it starts processes.
        system: As ``sys.platform`` names it.
    """
    if system == "win32" and room in _NEED_WSL:
        return f"Windows itself does not run what is in dext_tasks/{room}"
    if system == "win32" and processes:
        return "programs of the tests are shell scripts, which Windows does not run"
    return next((f"this system lacks {each}" for each in needs if not _has(each, system)), "")


def _has(need: str, system: str) -> bool:
    if need.startswith("/"):
        return Path(need).exists()
    module, dot, name = need.partition(".")
    return hasattr(import_module(module), name) if dot else system == need


def make_pipe(path: Path | str) -> None:
    """Make a named pipe, where there are such things."""
    if sys.platform == "win32":
        pytest.skip("this system lacks os.mkfifo")
    os.mkfifo(path)


def make_socket(path: Path | str) -> None:
    """Make the socket of a server that has gone, where there are such things."""
    if sys.platform == "win32":
        pytest.skip("this system lacks socket.AF_UNIX")
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(str(path))
