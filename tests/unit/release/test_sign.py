"""Signing, by a stand-in for cosign that only writes down how it was called."""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING

import pytest

from dext_tasks.errors import PreflightError, SigningError

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.release.conftest import Machine

pytestmark = pytest.mark.allow_processes

VERSION = "0.1.0"
_STAND_IN = """#!{python} -IS
import json, os, sys
folder = os.path.dirname(os.path.abspath(__file__))
with open(folder + "/calls.jsonl", "a") as calls:
    calls.write(json.dumps(sys.argv[1:]) + "\\n")
if os.path.exists(folder + "/refuses"):
    sys.exit("getting key: password is wrong at https://user:sesame@keys.example.org")
"""


class Cosign:
    """Where the stand-in is, and what it was asked."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        program = folder / "cosign"
        program.write_text(_STAND_IN.format(python=sys.executable), encoding="utf-8")
        program.chmod(0o755)

    def refuse(self, *, does: bool) -> None:
        marker = self.folder / "refuses"
        marker.touch() if does else marker.unlink()

    @property
    def calls(self) -> list[list[str]]:
        file = self.folder / "calls.jsonl"
        return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()] if file.is_file() else []


@pytest.fixture
def cosign(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cosign:
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    return Cosign(folder)


def signed(machine: Machine) -> str:
    return f"localhost:5000/acme/demo@{machine.tags[VERSION]}"


def test_nothing_is_signed_unless_it_is_asked_for(machine: Machine, cosign: Cosign) -> None:
    machine.release()
    assert cosign.calls == []
    assert "sign" not in [step.title for step in machine.look()[1].plan.steps]


def test_what_was_read_back_is_signed_by_its_digest_before_the_git_tag(machine: Machine, cosign: Cosign) -> None:
    machine.configure(release_sign=True)
    seen: list[int] = []
    machine.hooks[f"before git tag v{VERSION}"] = lambda: seen.append(len(cosign.calls))
    machine.release()
    assert cosign.calls == [["sign", "--yes", signed(machine)]]
    assert seen == [1]
    machine.release()
    assert len(cosign.calls) == 1


def test_the_key_is_handed_on_by_its_name(machine: Machine, cosign: Cosign) -> None:
    machine.configure(release_sign=True, release_sign_key="env://COSIGN_PRIVATE_KEY")
    machine.release()
    assert cosign.calls == [["sign", "--yes", "--key", "env://COSIGN_PRIVATE_KEY", signed(machine)]]


def test_what_cannot_be_signed_is_told_and_goes_on_from_there(machine: Machine, cosign: Cosign) -> None:
    machine.configure(release_sign=True)
    cosign.refuse(does=True)
    with pytest.raises(SigningError, match="is published, and not signed") as caught:
        machine.release()
    assert "password is wrong" in caught.value.detail
    assert "sesame" not in caught.value.detail
    assert machine.git_tags == {}
    cosign.refuse(does=False)
    machine.release()
    assert machine.git_tags
    assert machine.count("build") == 2


def test_a_signature_that_the_registry_has_is_enough_where_the_journal_is_lost(
    machine: Machine, cosign: Cosign
) -> None:
    machine.configure(release_sign=True)
    machine.release()
    machine.tags[f"{machine.tags[VERSION].replace(':', '-')}.sig"] = machine.tags[VERSION]
    (machine.journals.folder / f"{VERSION}.json").unlink()
    machine.release()
    assert len(cosign.calls) == 1


def test_without_the_program_nothing_is_built(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    machine.configure(release_sign=True)
    with pytest.raises(PreflightError, match="cosign is not on PATH"):
        machine.release()
    assert machine.events == []
