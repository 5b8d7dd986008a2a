"""The Pythons on this machine that dext-tasks supports, one for each minor version.

usage: python scripts/lib/pythons.py      prints a line for each: its version, a tab, its path

They are looked for on PATH and among pyenv's versions, of which its shims run only those that somebody chose:
https://github.com/pyenv/pyenv#understanding-python-version-selection. The first on PATH is taken, else pyenv's newest.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

SUPPORTED = ("3.11", "3.12", "3.13", "3.14")
"""Minor versions; a unit test requires that pyproject.toml names the same."""

_TIMEOUT = 30.0
# What a shim runs tells where it is itself. Free-threaded builds, other implementations and previews are not supported,
# and Debian leaves ensurepip out of its python3 until python3-venv is there.
_PROBE = """
import sys, sysconfig, venv, ensurepip
if sys.implementation.name == "cpython" and sys.version_info.releaselevel == "final":
    if not sysconfig.get_config_var("Py_GIL_DISABLED"):
        print("%d.%d" % sys.version_info[:2], sys.executable, sep="\\t")
"""


def found(env: Mapping[str, str]) -> dict[str, Path]:
    """The interpreter of each supported version that is there and can make virtual environments.

    Args:
        env: The environment, for PATH, PYENV_ROOT and HOME.
    """
    pythons: dict[str, Path] = {}
    for named, program in _candidates(env):
        version, _, executable = _asked(program).partition("\t") if named not in pythons else ("", "", "")
        if version == named:
            pythons[named] = Path(executable)
    return {version: pythons[version] for version in SUPPORTED if version in pythons}


def _candidates(env: Mapping[str, str]) -> Iterator[tuple[str, Path]]:
    folders = [Path(folder) for folder in env.get("PATH", "").split(os.pathsep) if folder]
    pyenv = Path(env.get("PYENV_ROOT") or Path(env.get("HOME") or "/") / ".pyenv")
    for folder in (*folders, *_newest_first(pyenv / "versions")):
        for version in SUPPORTED:
            program = folder / f"python{version}"
            if os.access(program, os.X_OK):
                yield version, program


def _newest_first(versions: Path) -> list[Path]:
    try:
        names = [folder.name for folder in versions.iterdir()]
    except OSError:
        return []
    released = [name for name in names if re.fullmatch(r"[0-9]+(\.[0-9]+)*", name)]
    return [versions / name / "bin" for name in sorted(released, key=_numbers, reverse=True)]


def _numbers(name: str) -> list[int]:
    return [int(part) for part in name.split(".")]


def _asked(program: Path) -> str:
    """What an interpreter says it is and where; empty if it does not run."""
    try:
        done = subprocess.run(  # noqa: S603 - a list; the program is a Python by its name
            [program, "-I", "-c", _PROBE], capture_output=True, check=False, text=True, timeout=_TIMEOUT
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


if __name__ == "__main__":
    sys.stdout.writelines(f"{version}\t{program}\n" for version, program in found(os.environ).items())
