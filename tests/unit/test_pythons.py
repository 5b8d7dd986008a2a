"""scripts/lib/pythons.py: on which Pythons the unit tests run."""

from __future__ import annotations

import sys
import tomllib
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]


def load() -> Any:  # noqa: ANN401 - a script's module
    spec = spec_from_file_location("pythons", ROOT / "scripts/lib/pythons.py")
    assert spec
    assert spec.loader
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


PYTHONS = load()


def python(folder: Path, name: str, says: str, code: int = 0) -> Path:
    """A program that answers as an interpreter would."""
    folder.mkdir(parents=True, exist_ok=True)
    program = folder / name
    program.write_text(f"#!/bin/sh\nprintf '{says}'\nexit {code}\n")
    program.chmod(0o755)
    return program


def found(tmp_path: Path, *path: Path) -> dict[str, str]:
    env = {"PATH": ":".join(map(str, path)), "PYENV_ROOT": str(tmp_path / "pyenv")}
    return {version: str(program) for version, program in PYTHONS.found(env).items()}


def test_pyproject_names_the_same_versions() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    prefix = "Programming Language :: Python :: "
    classified = [each.removeprefix(prefix) for each in project["classifiers"] if each.startswith(f"{prefix}3.")]
    assert tuple(classified) == PYTHONS.SUPPORTED
    assert project["requires-python"] == f">={PYTHONS.SUPPORTED[0]}"


def test_the_workflow_tests_the_same_versions() -> None:
    workflow = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text(encoding="utf-8"))
    matrix = workflow["jobs"]["unit"]["strategy"]["matrix"]
    assert tuple(matrix["python"]) == PYTHONS.SUPPORTED
    assert {each["system"].split("-")[0] for each in matrix["include"]} == {"macos", "windows"}
    assert {each["python"] for each in matrix["include"]} <= set(PYTHONS.SUPPORTED)


@pytest.mark.allow_processes
def test_a_shim_leads_to_what_it_runs(tmp_path: Path) -> None:
    python(tmp_path / "shims", "python3.12", "3.12\\t/real/python3.12\\n")
    assert found(tmp_path, tmp_path / "shims") == {"3.12": "/real/python3.12"}


@pytest.mark.allow_processes
def test_a_shim_that_runs_nothing_is_passed_over(tmp_path: Path) -> None:
    python(tmp_path / "shims", "python3.13", "pyenv: command not found", code=127)
    python(tmp_path / "later", "python3.13", "3.13\\t/usr/bin/python3.13")
    assert found(tmp_path, tmp_path / "shims", tmp_path / "later") == {"3.13": "/usr/bin/python3.13"}


@pytest.mark.allow_processes
def test_path_comes_before_pyenv_and_its_newest_before_the_others(tmp_path: Path) -> None:
    for version in ("3.12.9", "3.12.10", "3.13.0", "3.13.1rc1", "3.14.0t", "miniconda3-4.7", "3.10.13"):
        minor = ".".join(version.split(".")[:2])
        python(tmp_path / "pyenv/versions" / version / "bin", f"python{minor}", f"{minor}\\t/pyenv/{version}")
    python(tmp_path / "bin", "python3.13", "3.13\\t/usr/bin/python3.13")
    assert found(tmp_path, tmp_path / "bin") == {"3.12": "/pyenv/3.12.10", "3.13": "/usr/bin/python3.13"}


@pytest.mark.allow_processes
@pytest.mark.parametrize("says", ["", "3.11\\t/usr/bin/python3.11", "Python 3.12"])
def test_what_is_not_what_its_name_says_is_passed_over(tmp_path: Path, says: str) -> None:
    python(tmp_path / "bin", "python3.12", says)
    assert found(tmp_path, tmp_path / "bin") == {}


@pytest.mark.allow_processes
def test_what_cannot_be_run_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/python3.12").write_text("not a program")
    (tmp_path / "bin/python3.12").chmod(0o755)
    (tmp_path / "bin/python3.13").mkdir()
    (tmp_path / "bin/python3.11").symlink_to("nowhere")
    assert found(tmp_path, tmp_path / "bin", tmp_path / "missing") == {}


def test_nothing_is_found_in_an_empty_environment() -> None:
    assert PYTHONS.found({}) == {}


@pytest.mark.allow_processes
@pytest.mark.skipif(
    sys.version_info.releaselevel != "final" or find_spec("ensurepip") is None, reason="not what is looked for"
)
def test_an_interpreter_tells_its_version_and_where_it_is() -> None:
    minor = f"{sys.version_info.major}.{sys.version_info.minor}"
    assert PYTHONS._asked(Path(sys.executable)) == f"{minor}\t{sys.executable}"  # noqa: SLF001 - what a script asks
