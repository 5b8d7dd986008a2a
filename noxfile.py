"""The sessions of the example, and the tests of dext-tasks against other Pythons and the oldest dependencies."""

from __future__ import annotations

import os
from pathlib import Path

import nox

from dext_tasks.sessions import register

ROOT = Path(__file__).parent
PYTHONS = ("3.11", "3.12", "3.13")

nox.options.default_venv_backend = "venv"
nox.options.error_on_missing_interpreters = "CI" in os.environ
nox.options.sessions = ["unit"]

register(prefix="example-", path=ROOT / "examples" / "hello")


@nox.session(python=PYTHONS)
def unit(session: nox.Session) -> None:
    """Unit tests on every supported Python."""
    session.install("--editable", ".", "--group", "dev")
    session.run("pytest", "tests/unit", "--numprocesses", "2", "--quiet", *session.posargs)
