from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from dext_tasks.engine import locality
from dext_tasks.engine.facts import EngineFacts, Store
from dext_tasks.engine.locality import is_here
from dext_tasks.formats.oci.platform import REQUIRED

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere an engine is never taken to be here")

ADDRESS = "unix:///run/docker.sock"


@pytest.fixture
def facts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> EngineFacts:
    """Of an engine that this process listens for, in a folder of this process's."""
    monkeypatch.setattr(locality, "_listener", lambda _path: os.getpid())
    (tmp_path / "engine-id").write_text("an-id\n", encoding="utf-8")
    plain = EngineFacts("26.1", "1.45", REQUIRED[0], Store.CONTAINERD)
    return replace(plain, identity="an-id", folder=str(tmp_path))


def test_an_engine_among_this_machine_s_processes_and_files(facts: EngineFacts) -> None:
    assert is_here(ADDRESS, facts)


@pytest.mark.parametrize("address", ["tcp://192.0.2.1:2375", "ssh://somewhere", "npipe:////./pipe/docker_engine", ""])
def test_an_address_that_leads_elsewhere(address: str, facts: EngineFacts) -> None:
    assert not is_here(address, facts)


def test_nobody_listens(facts: EngineFacts, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: str) -> int:
        raise ConnectionRefusedError(path)

    monkeypatch.setattr(locality, "_listener", refuse)
    assert not is_here(ADDRESS, facts)


@pytest.mark.parametrize(("identity", "folder"), [("another-id", ""), ("", ""), ("an-id", "/nonexistent")])
def test_a_listener_that_only_forwards(identity: str, folder: str, facts: EngineFacts) -> None:
    """As ssh does, and the proxy of a desktop: the process is here, the engine is not."""
    assert not is_here(ADDRESS, replace(facts, identity=identity, folder=folder or facts.folder))


def test_an_engine_that_does_not_say_where_it_is(facts: EngineFacts) -> None:
    assert not is_here(ADDRESS, replace(facts, folder=""))


def test_a_listener_outside_of_this_container(facts: EngineFacts, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(locality, "_listener", lambda _path: 0)
    assert not is_here(ADDRESS, facts)


def test_a_listener_with_other_mounts(facts: EngineFacts, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "readlink", lambda path: Path("mnt:[1]" if path.parts[2] == "self" else "mnt:[2]"))
    assert not is_here(ADDRESS, facts)


def test_a_listener_that_may_not_be_looked_at(facts: EngineFacts, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path) -> Path:
        raise PermissionError(path)

    monkeypatch.setattr(Path, "readlink", refuse)
    assert not is_here(ADDRESS, facts)
