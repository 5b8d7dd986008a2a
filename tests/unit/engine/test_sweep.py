from __future__ import annotations

import socket
import time
import uuid
from typing import TYPE_CHECKING

import pytest

from dext_tasks.engine.client import RUN_LABEL
from dext_tasks.engine.labelled import Labelled, containers, volumes
from dext_tasks.engine.sweep import is_dead, is_used_elsewhere, orphans, sweep
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


def thing(run: str, age: float = 0.0) -> Labelled:
    return Labelled("c1", {RUN_LABEL: run}, time.time() - age)


HOUR = 3600.0


@pytest.mark.parametrize("label", ["", "/", "nothing", "/0123abcd"])
def test_a_label_that_names_no_run_says_nothing(label: str) -> None:
    assert not is_dead(thing(label, 999 * HOUR))


@pytest.mark.parametrize("machine", ["elsewhere.0123456789ab", socket.gethostname()])
def test_what_another_machine_made_is_let_alone_for_a_day(machine: str, dead: str) -> None:
    """One with this machine's host name, too, of which earlier versions of this program said no more."""
    assert is_dead(thing(dead))
    run = dead.replace(this_machine(), machine)
    assert [is_dead(thing(run, age)) for age in (0, 23 * HOUR, 25 * HOUR)] == [False, False, True]
    assert not is_dead(Labelled("c1", {RUN_LABEL: run}))


def test_what_a_run_of_this_machine_made_is_not_judged_by_its_age(living: str, dead: str) -> None:
    assert [is_dead(thing(run, 99 * HOUR)) for run in (living, dead)] == [False, True]


def test_only_a_recent_thing_of_another_machine_is_used_elsewhere(living: str, dead: str) -> None:
    assert not is_used_elsewhere([thing(living), thing(dead), thing("", HOUR)], 2 * HOUR)
    assert is_used_elsewhere([thing(dead), thing("elsewhere/0123abcd", HOUR)], 2 * HOUR)
    assert not is_used_elsewhere([thing("elsewhere/0123abcd", HOUR)], HOUR / 2)


@pytest.mark.parametrize(
    ("said", "created"),
    [
        (1732752000, 1732752000.0),
        ("2024-11-28T00:00:00Z", 1732752000.0),
        ("2024-11-28T01:00:00.123456789+01:00", 1732752000.123456),
        ("soon", 0.0),
        (None, 0.0),
    ],
)
def test_when_a_thing_was_made(said: object, created: float, docker: FakeDocker) -> None:
    docker.api.reply("GET /containers/json", out=[{"Id": "c1", "Created": said}])
    docker.api.reply("GET /volumes", out={"Volumes": [{"Name": "v1", "CreatedAt": said}]})
    api = docker.client().api
    assert [each.created for each in (*containers(api, "x"), *volumes(api, "x"))] == [created, created]


def test_a_run_knows_itself_to_live(docker: FakeDocker) -> None:
    client = docker.client()
    assert not is_dead(thing(client.mark))
    assert client.mark == client.mark


def test_orphans_are_named_before_anything_is_removed(docker: FakeDocker, dead: str) -> None:
    alone(docker, dead)
    (orphan,) = orphans(docker.client())
    assert (orphan.kind, orphan.identity) == ("container", "c1")
    assert not [each for each in docker.api.asked if each.startswith("DELETE")]
    docker.api.reply("DELETE")
    orphan.remove(docker.client())
    assert docker.api.asked[-1] == "DELETE /containers/c1?force=1&v=1"
