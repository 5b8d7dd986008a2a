"""The tools of each language that a template is made in."""

from __future__ import annotations

import os
import shutil
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import pytest

# What the dependency group dev brings; before the guard of unit tests takes the variable away.
_BROUGHT: Final = frozenset({"check-jsonschema", "go", "gofmt", "ruff"})
_IS_CI: Final = bool(os.environ.get("CI"))


def program(name: str, path: str | None = None, *, is_ci: bool = _IS_CI) -> str:
    """Where a program is: beside this Python, then on the machine.

    Where there is none, the test is skipped; in CI it fails, if the development tools have it: a skip there looks like
    success, and nobody notices that nothing is tested any more.

    Args:
        name: Of the program.
        path: Where to look, as PATH.
        is_ci: Whether this is CI.
    """
    found = shutil.which(name, path=_path() if path is None else path)
    if found is None:
        text = f"{name} is not installed; scripts/venv --dev"
        if is_ci and name in _BROUGHT:
            pytest.fail(text, pytrace=False)
        pytest.skip(text)
    return found


def _path() -> str:
    # The wheel of Go has a script for go only, which starts another Python.
    wheel = find_spec("go")
    go = [f"{place}/bin" for place in (wheel.submodule_search_locations if wheel else None) or ()]
    return os.pathsep.join((*go, str(Path(sys.executable).parent), os.environ["PATH"]))
