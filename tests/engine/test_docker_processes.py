"""How many docker processes a verb starts, each of which takes 30 to 60 ms of a processor."""

from __future__ import annotations

import os
import shutil
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from .extension import Extension

# Two each of build, up, down and push; what compose makes of the compose file; the client's context, and its plugins.
_RELEASE = 11
# Up and down, what compose makes of the compose file, the client's context, and its plugins.
_SMOKE_TEST = 5


class CountedDocker:
    """A program named docker that notes its calls; docker-compose's own children are none of them.

    Args:
        folder: Of the program.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self.folder = folder
        self._calls = folder / "calls"
        program = folder / "docker"
        program.write_text(
            f'#!/bin/sh\nprintf "%s\\n" "$1 $2" >>"{self._calls}"\nexec "{shutil.which("docker")}" "$@"\n',
            encoding="utf-8",
        )
        program.chmod(0o755)

    def taken(self) -> list[str]:
        """The first two words of each call since the last time."""
        calls = self._calls.read_text(encoding="utf-8").splitlines() if self._calls.exists() else []
        self._calls.unlink(missing_ok=True)
        return calls


@pytest.mark.usefixtures("registry")
def test_a_release_and_a_smoke_test_start_few(
    extension: Extension, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    docker = CountedDocker(tmp_path / "counted")
    path = f"{docker.folder}{os.pathsep}{extension.dext.env['PATH']}"
    released = extension.release(PATH=path)
    assert released.code == 0, released
    release = docker.taken()
    again = extension.release(PATH=path)
    assert (again.code, docker.taken()) == (0, []), again
    smoked = extension.dext(
        "smoke", "--no-build", "--platform", "linux/amd64", "--json", PATH=path, DEXT_SMOKE_SETTLE="0.2"
    )
    assert smoked.code == 0, smoked
    smoke_test = docker.taken()
    with capsys.disabled():
        sys.stdout.write(f"\ndocker processes: {len(release)} in a release, {len(smoke_test)} in a smoke test\n")
    assert len(release) <= _RELEASE, release
    assert len(smoke_test) <= _SMOKE_TEST, smoke_test
