from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

import pytest

from dext_tasks.engine.client import RUN_LABEL
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


def labelled(name: str, run: str) -> dict[str, object]:
    return {"Id": name, "Name": name, "Labels": {RUN_LABEL: run}}


def alone(docker: FakeDocker, run: str) -> None:
    """Have one container of a run, and nothing else."""
    docker.api.reply("GET /containers/json", out=[labelled("c1", run)])
    docker.api.reply("GET /networks", out=[])
    docker.api.reply("GET /volumes", out={"Volumes": None})


def test_what_dead_runs_left_is_removed_containers_first(docker: FakeDocker, living: str, dead: str) -> None:
    runs = {"c1": dead, "c2": living, "c3": "other-machine/0123abcd"}
    docker.api.reply("GET /containers/json", "dev.dext-tasks.run", out=[labelled(*each) for each in runs.items()])
    docker.api.reply("GET /networks", out=[labelled("n1", dead)])
    docker.api.reply("GET /volumes", out={"Volumes": [labelled("data", dead)]})
    docker.api.reply("DELETE")
    assert sweep(docker.client()) == ["container c1", "network n1", "volume data"]
    assert [each for each in docker.api.asked if each.startswith("DELETE")] == [
        "DELETE /containers/c1?force=1&v=1",
        "DELETE /networks/n1",
        "DELETE /volumes/data?force=1",
    ]


def test_what_cannot_be_removed_is_left_to_the_next_run(docker: FakeDocker, dead: str) -> None:
    alone(docker, dead)
    docker.api.reply("DELETE", refusal="removal of container c1 is already in progress", status=409)
    assert sweep(docker.client()) == []


@pytest.mark.parametrize("label", ["", "/", "nothing", "elsewhere/0123abcd", "/0123abcd"])
def test_a_label_that_is_not_of_this_machine_says_nothing(label: str) -> None:
    assert not is_dead(label)


def test_a_run_knows_itself_to_live(docker: FakeDocker) -> None:
    client = docker.client()
    assert not is_dead(client.mark)
    assert client.mark == client.mark


def test_orphans_are_named_before_anything_is_removed(docker: FakeDocker, dead: str) -> None:
    alone(docker, dead)
    (orphan,) = orphans(docker.client())
    assert (orphan.kind, orphan.identity) == ("container", "c1")
    assert not [each for each in docker.api.asked if each.startswith("DELETE")]
    docker.api.reply("DELETE")
    orphan.remove(docker.client())
    assert docker.api.asked[-1] == "DELETE /containers/c1?force=1&v=1"
