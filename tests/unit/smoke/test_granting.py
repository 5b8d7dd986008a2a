from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dext_tasks.smoke.granting import Granting
from dext_tasks.smoke.outcome import ProbeWithheldError

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


def test_no_grant_is_advised_for_a_folder_of_this_one_run(gate: Granting, project: Path) -> None:
    (project / "conf").mkdir()
    (project / "conf" / "a.txt").touch()
    writable = {"type": "bind", "source": str(project / "conf"), "target": "/d"}
    file = {"type": "bind", "source": str(project / "conf" / "a.txt"), "target": "/f", "read_only": True}
    other = {"type": "bind", "source": "/srv/x", "target": "/x"}
    with pytest.raises(ProbeWithheldError) as raised:
        gate.require(gate.asked({"services": {"side": {"volumes": [writable, file, other]}}}))
    said = str(raised.value)
    assert "--allow host-mount:/srv/x" in said
    assert "; not started: conf/a.txt, in a folder beside the compose file that a container may write to" in said
    assert "mount that folder read-only" in said
    assert str(project) not in said
    gate.require(gate.asked({"services": {"side": {"volumes": [{**writable, "read_only": True}, file]}}}))
