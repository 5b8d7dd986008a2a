from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

import pytest

from dext_tasks.engine.sweep import is_dead, orphans, sweep
from dext_tasks.runtime.lease import Lease, this_machine

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.unit.engine.conftest import FakeDocker

pytestmark = pytest.mark.allow_processes


@pytest.fixture
def living() -> Iterator[str]:
    """The label of a run that lives."""
    lease = Lease(identity := uuid.uuid4().hex[:8])
    assert lease.take()
    yield f"{this_machine()}/{identity}"
    lease.give_back()


@pytest.fixture
def dead() -> str:
    return f"{this_machine()}/{uuid.uuid4().hex[:8]}"


def test_what_dead_runs_left_is_removed_containers_first(docker: FakeDocker, living: str, dead: str) -> None:
    docker.answer("ps", out=f"c1 {dead}\nc2 {living}\nc3 other-machine/0123abcd\n")
    docker.answer("network", "ls", out=f"n1 {dead}\n")
    docker.answer("volume", "ls", out=f"data {dead}\n")
    docker.answer("rm")
    assert sweep(docker.client()) == ["container c1", "network n1", "volume data"]
    assert [call for call in docker.calls if "rm" in call] == [
        ["rm", "--force", "--volumes", "c1"],
        ["network", "rm", "n1"],
        ["volume", "rm", "--force", "data"],
    ]


def test_what_cannot_be_removed_is_left_to_the_next_run(docker: FakeDocker, dead: str) -> None:
    docker.answer("ps", out=f"c1 {dead}\n")
    docker.answer("ls")
    docker.answer("rm", err="removal of container c1 is already in progress", code=1)
    assert sweep(docker.client()) == []


@pytest.mark.parametrize("label", ["", "/", "nothing", "elsewhere/0123abcd", "/0123abcd"])
def test_a_label_that_is_not_of_this_machine_says_nothing(label: str) -> None:
    assert not is_dead(label)


def test_a_run_knows_itself_to_live(docker: FakeDocker) -> None:
    client = docker.client()
    assert not is_dead(client.mark)
    assert client.mark == client.mark


def test_orphans_are_named_before_anything_is_removed(docker: FakeDocker, dead: str) -> None:
    docker.answer("ps", out=f"c1 {dead}\n")
    docker.answer("ls")
    (orphan,) = orphans(docker.client())
    assert (orphan.kind, orphan.identity) == ("container", "c1")
    assert not [call for call in docker.calls if "rm" in call]
    docker.answer("rm")
    orphan.remove(docker.client())
    assert docker.calls[-1] == ["rm", "--force", "--volumes", "c1"]
