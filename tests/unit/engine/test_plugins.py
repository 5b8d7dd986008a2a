from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dext_tasks.engine import plugins
from dext_tasks.engine.client import Client
from dext_tasks.engine.plugins import is_at_hand

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The client's own folder, beside which there is no other."""
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    monkeypatch.setattr(plugins, "_OF_SYSTEM", (str(tmp_path / "system"),))
    return tmp_path


def put(file: Path, mode: int = 0o755) -> None:
    file.parent.mkdir(parents=True)
    file.touch(mode=mode)


@pytest.mark.parametrize("folder", ["cli-plugins", "system"])
def test_a_program_in_one_of_the_folders(own: Path, folder: str) -> None:
    put(own / folder / "docker-compose")
    assert is_at_hand("compose")
    assert not is_at_hand("buildx")


def test_no_file_that_cannot_be_run(own: Path) -> None:
    put(own / "cli-plugins" / "docker-compose", mode=0o644)
    assert not is_at_hand("compose")


def test_no_folder(own: Path) -> None:
    (own / "cli-plugins" / "docker-compose").mkdir(parents=True)
    assert not is_at_hand("compose")


def test_in_the_folder_at_home(own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DOCKER_CONFIG")
    monkeypatch.setenv("HOME", str(own))
    put(own / ".docker" / "cli-plugins" / "docker-buildx")
    assert is_at_hand("buildx")


def test_another_client_than_docker_may_look_elsewhere(own: Path) -> None:
    put(own / "system" / "docker-compose")
    assert Client().has_at_hand("compose")
    assert Client(context="far").has_at_hand("compose")
    assert not Client(call=("podman",)).has_at_hand("compose")
