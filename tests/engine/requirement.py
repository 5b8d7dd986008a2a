"""What the machine must have for these tests."""

from __future__ import annotations

import os
import shutil
from typing import NoReturn

import pytest

from dext_tasks.ui.browser import NAMES


def missing(what: str, remedy: str) -> NoReturn:
    """Skip where a developer may lack something; fail where CI says that everything is set up.

    A skip in CI looks like success, and nobody notices that nothing is tested any more.
    """
    text = f"{what}; {remedy}"
    if os.environ.get("CI"):
        pytest.fail(text, pytrace=False)
    pytest.skip(text)


def require_programs(*names: str) -> None:
    absent = [name for name in names if shutil.which(name) is None]
    if absent:
        missing(f"not on PATH: {', '.join(absent)}", "install them (scripts/bootstrap-engine installs most)")


def require_browser() -> None:
    if not any(map(shutil.which, NAMES)):
        missing("there is no Chromium", "scripts/bootstrap-browser")
