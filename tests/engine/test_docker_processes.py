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

# Two each of build, up, down and push; what compose makes of the compose file; the client's context.
_RELEASE = 10
# Up and down, what compose makes of the compose file, and the client's context; of both platforms, up and down twice.
_SMOKE_TEST = {("linux/amd64",): 4, ("linux/amd64", "linux/arm64"): 6}


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
    assert len(release) <= _RELEASE, release
    smoke_tests = {}
    for platforms in _SMOKE_TEST:
        named = [word for platform in platforms for word in ("--platform", platform)]
        smoked = extension.dext("smoke", "--no-build", *named, "--json", PATH=path, DEXT_SMOKE_SETTLE="0.2")
        assert smoked.code == 0, smoked
        smoke_tests[platforms] = docker.taken()
    counts = ", ".join(f"{len(calls)} in a smoke test of {len(each)}" for each, calls in smoke_tests.items())
    with capsys.disabled():
        sys.stdout.write(f"\ndocker processes: {len(release)} in a release, {counts}\n")
    for platforms, most in _SMOKE_TEST.items():
        assert len(smoke_tests[platforms]) <= most, smoke_tests[platforms]
