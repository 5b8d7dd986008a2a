from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dext_tasks.smoke.granting import Granting

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.smoke.conftest import MakeTools


@pytest.fixture(params=["unix:///run/docker.sock", "tcp://192.0.2.1:2376"])
def gate(
    request: pytest.FixtureRequest, make_tools: MakeTools, project: Path, monkeypatch: pytest.MonkeyPatch
) -> Granting:
    """The gate for a folder, with an engine here or elsewhere."""
    monkeypatch.setattr("dext_tasks.engine.api.endpoint", lambda _client: request.param)
    return Granting.of(make_tools(), project)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    return folder


def test_a_link_out_of_the_project_is_not_its_own_wherever_the_engine_is(
    gate: Granting, project: Path, tmp_path: Path
) -> None:
    """Compose reads what variables are in here, whatever engine it talks to."""
    (tmp_path / "secret.env").touch()
    (project / "own.env").touch()
    (project / "link.env").symlink_to("../secret.env")
    assert gate.machine.is_own(str(project / "own.env"))
    assert not gate.machine.is_own(str(project / "link.env"))
    assert not gate.machine.is_own(str(project / ".." / "secret.env"))
