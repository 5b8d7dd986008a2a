"""Real repositories, and remotes that are folders beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.unit.real_git import commit, git, isolate

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def _isolated(monkeypatch: pytest.MonkeyPatch) -> None:
    isolate(monkeypatch)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A repository with one commit and the remote ``origin``."""
    git(tmp_path, "init", "--quiet", "--bare", "remote.git")
    git(tmp_path, "init", "--quiet", "work")
    work = tmp_path / "work"
    git(work, "remote", "add", "origin", str(tmp_path / "remote.git"))
    commit(work)
    return work


@pytest.fixture
def nowhere(tmp_path: Path) -> Path:
    """A folder in no repository."""
    folder = tmp_path / "nowhere"
    folder.mkdir()
    return folder
