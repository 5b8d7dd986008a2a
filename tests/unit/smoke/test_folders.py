from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from dext_tasks.runtime import temporary
from dext_tasks.runtime.lease import Lease
from dext_tasks.runtime.temporary import sweep_folders

if TYPE_CHECKING:
    from dext_tasks.engine.client import Client


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder for temporary files."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(temporary, "_SHORT", str(tmp_path))
    return tmp_path


def test_those_of_dead_runs_go_and_others_stay(here: Path, client: Client) -> None:
    own = Path(tempfile.mkdtemp(prefix=client.folder_prefix))
    lease = Lease("0badcafe")
    assert lease.take()
    for name in ("dext-0000dead-abc_1", "dext-0badcafe-abcdefg", "dext-files-abcdefg", "other-0000dead-x"):
        (here / name / "guest").mkdir(parents=True)
    sweep_folders()
    lease.give_back()
    assert {each.name for each in here.iterdir()} == {
        own.name,
        "dext-0badcafe-abcdefg",
        "dext-files-abcdefg",
        "other-0000dead-x",
    }


def test_a_name_that_is_too_long_for_sockets_is_not_used(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(temporary, "_LONGEST", len(str(here)))
    assert temporary.base() == str(here)
    monkeypatch.setattr(tempfile, "tempdir", str(here / "below"))
    assert temporary.base() == str(here)
    monkeypatch.setattr(temporary, "_SHORT", str(here / "absent"))
    assert temporary.base() == str(here / "below")
