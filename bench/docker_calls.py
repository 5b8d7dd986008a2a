"""Counting the docker processes that one side of a benchmark starts."""

from __future__ import annotations

import os
import shlex
import shutil
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@contextmanager
def counted(env: dict[str, str]) -> Iterator[Callable[[], int]]:
    """How many docker processes were started in the block; those that plugins of docker start are none of them.

    Args:
        env: Variables of what is started; in the block, its PATH begins with a program that notes its calls.
    """
    real = shutil.which("docker", path=env["PATH"])
    with TemporaryDirectory(prefix="dext-bench-") as folder:
        calls, program = Path(folder) / "calls", Path(folder) / "docker"
        calls.touch()
        program.write_text(f'#!/bin/sh\necho >>{shlex.quote(str(calls))}\nexec {shlex.quote(str(real))} "$@"\n')
        program.chmod(0o755)
        before = env["PATH"]
        env["PATH"] = f"{folder}{os.pathsep}{before}"
        try:
            yield lambda: calls.stat().st_size
        finally:
            env["PATH"] = before
