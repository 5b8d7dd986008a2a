"""The sessions of the example, and the unit tests of dext-tasks on every supported Python of this machine."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import nox

from dext_tasks.sessions import register

ROOT = Path(__file__).parent
sys.path.insert(0, str(ROOT / "scripts" / "lib"))

from pythons import SUPPORTED, found  # noqa: E402 - scripts/test has it from there, too

nox.options.default_venv_backend = "none"
nox.options.sessions = ["unit"]

register(prefix="example-", path=ROOT / "examples" / "hello")


@nox.session
@nox.parametrize("version", SUPPORTED, ids=SUPPORTED)
def unit(session: nox.Session, version: str) -> None:
    """Unit tests, each Python in the environment that scripts/test uses."""
    python = found(os.environ).get(version)
    if python is None:
        session.skip(f"there is no Python {version} on PATH or among pyenv's versions")
    session.run("scripts/venv", "--test", str(python), external=True)
    session.run(
        f".venv-{version}/bin/pytest", "tests/unit", "--numprocesses", "2", "--quiet", *session.posargs, external=True
    )
