from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

import dext_tasks
from dext_tasks.scaffold.answers import derive
from dext_tasks.scaffold.render import copy_template
from dext_tasks.scaffold.templates import frozen_template

if TYPE_CHECKING:
    from pathlib import Path

    from .program import Program

_SECONDS = 200


@pytest.fixture
def installed(repository: Path, tmp_path: Path) -> Path:
    """The bin folder of a fresh environment with the wheel in it."""
    python = tmp_path / "venv" / "bin" / "python"
    _run(sys.executable, "-m", "venv", "--without-pip", str(tmp_path / "venv"))
    _run(sys.executable, "-m", "build", "--wheel", "--outdir", str(tmp_path), str(repository))
    (wheel,) = tmp_path.glob("*.whl")
    _run(sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", str(wheel))
    return python.parent


def _run(*args: str) -> None:
    done = subprocess.run(args, capture_output=True, text=True, timeout=_SECONDS, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_wheel_has_all_it_takes_to_scaffold(installed: Path, dext: Program, repository: Path) -> None:
    dext = replace(dext, name=str(installed / "dext"))
    version = dext("--version")
    assert version.out.strip().endswith(dext_tasks.__version__), version
    done = dext("new", "my-tool", "--image", "localhost:5000/dext-tests/my-tool", "--yes")
    assert done.code == 0, done
    made = dext.folder / "my-tool"
    assert done.out.strip() == str(made)
    assert {"Dockerfile", "metadata.json", "tasks.py", "noxfile.py", ".git"} <= {path.name for path in made.iterdir()}
    for page in ("settings", "index", "rules/labels"):
        manual = dext("manual", page)
        assert manual.out == (repository / f"docs/{page}.md").read_text(encoding="utf-8"), manual
    _is_upgraded(dext)
    checked = dext("check", "--path", str(made), DOCKER_HOST="unix:///nonexistent/docker.sock")
    assert checked.code == 0, checked


def _is_upgraded(dext: Program) -> None:
    """Bring what the first release made to the template in the wheel."""
    root = dext.folder / "old"
    copy_template(frozen_template("0.1.0"), root, derive("old", image="acme/old"), "0.1.0")
    git = replace(dext, name="git", folder=root)
    git("init", "--quiet")
    _commit(git)
    upgraded = dext("upgrade", "--path", str(root), "--json")
    assert upgraded.code == 0, upgraded
    assert (upgraded.json["from"], upgraded.json["to"]) == ("0.1.0", dext_tasks.__version__)
    assert upgraded.json["files"], upgraded
    assert upgraded.json["conflicts"] == [], upgraded
    _commit(git)
    again = dext("upgrade", "--path", str(root), "--json")
    assert again.code == 0, again
    assert (again.json["available"], again.json["files"]) == (False, []), again


def _commit(git: Program) -> None:
    git("add", "--all")
    committed = git("commit", "--quiet", "--message", "all of it")
    assert committed.code == 0, committed
