"""Health checks that pass, pass late, pass sometimes, and never."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from dext_tasks.engine.facts import ContainerFacts, Health, HealthStatus
from dext_tasks.smoke.health import Watch, wait_for_health
from dext_tasks.smoke.outcome import ProbeFailedError

if TYPE_CHECKING:
    from collections.abc import Callable

    from dext_tasks.engine.client import Client
    from tests.unit.smoke.conftest import MakeServices, World

    MakeWatch = Callable[..., Watch]

MAIN = "main"
STARTING = Health(HealthStatus.STARTING, command=("curl", "-f", "localhost"), timeout=5.0)
HEALTHY = replace(STARTING, status=HealthStatus.HEALTHY, said="exit code 0: ok", has_passed=True)
UNHEALTHY = replace(STARTING, status=HealthStatus.UNHEALTHY, said="exit code 7: connection refused")
FLAPPING = replace(UNHEALTHY, has_passed=True)


def running(health: Health, name: str = MAIN) -> ContainerFacts:
    return ContainerFacts(name, "running", 0, 0, health=health)


@pytest.fixture
def watch(client: Client, world: World, make_services: MakeServices) -> Watch:
    world.there = True
    return Watch(make_services(client, "project"), MAIN, emulated=False)


@pytest.mark.parametrize("health", [Health(), HEALTHY])
def test_what_has_no_check_or_is_healthy_is_not_waited_for(health: Health, watch: Watch, world: World) -> None:
    world.running = [[running(health)]]
    assert wait_for_health(watch, 30.0, 1.0) == ()
    assert (world.now, world.check_seconds) == (0.0, [])


def test_what_the_engine_has_not_asked_yet_is_asked_here(watch: Watch, world: World) -> None:
    world.running, world.checks = [[running(STARTING)]], [True]
    assert wait_for_health(watch, 30.0, 1.0) == ()
    assert (world.now, world.check_seconds) == (0.0, [5.0])


def test_under_emulation_a_check_may_take_longer(watch: Watch, world: World) -> None:
    world.running, world.checks = [[running(STARTING)]], [True]
    wait_for_health(watch, 30.0, 4.0)
    assert world.check_seconds == [20.0]


def test_what_takes_a_while_to_become_healthy_is_well(watch: Watch, world: World) -> None:
    world.running = [[running(STARTING)], [running(STARTING)], [running(HEALTHY)]]
    assert wait_for_health(watch, 30.0, 1.0) == ()
    assert world.now == pytest.approx(2.0)


def test_one_that_never_passes_fails_and_names_who_refuses_it(watch: Watch, world: World) -> None:
    world.running = [[running(UNHEALTHY)]]
    with pytest.raises(ProbeFailedError) as raised:
        wait_for_health(watch, 30.0, 1.0)
    assert str(raised.value) == (
        "the health check of main never passed: exit code 7: connection refused; "
        "Rancher Desktop refuses it, Docker Desktop does not ask"
    )
    assert "main is running, exit code 0, restarted 0 times, unhealthy (exit code 7: connection refused)" in (
        raised.value.evidence
    )
    assert 30.0 <= world.now < 32.0


def test_one_that_the_engine_is_still_at_fails_too(watch: Watch, world: World) -> None:
    world.running = [[running(STARTING)]]
    with pytest.raises(ProbeFailedError, match="the health check of main never passed; Rancher Desktop"):
        wait_for_health(watch, 3.0, 1.0)


def test_a_check_that_cannot_be_run_here_is_left_to_the_engine(watch: Watch, world: World) -> None:
    world.running = [[running(replace(STARTING, command=()))], [running(HEALTHY)]]
    assert wait_for_health(watch, 3.0, 1.0) == ()
    assert world.check_seconds == []


@pytest.mark.parametrize(
    "states",
    [
        [[running(UNHEALTHY)], [running(HEALTHY)]],
        [[running(FLAPPING)]],
        [[running(STARTING)], [running(UNHEALTHY)], [running(HEALTHY)]],
    ],
    ids=["late", "passed before", "in between"],
)
def test_one_that_passes_at_times_is_a_warning(states: list[list[ContainerFacts]], watch: Watch, world: World) -> None:
    world.running = states
    (warning,) = wait_for_health(watch, 30.0, 1.0)
    assert warning == (
        "main was unhealthy (exit code 7: connection refused) and passes at other times; "
        "Rancher Desktop refuses what is unhealthy"
    )


def test_every_container_counts(watch: Watch, world: World) -> None:
    world.running = [[running(HEALTHY), running(UNHEALTHY, "cache"), running(UNHEALTHY, "store")]]
    with pytest.raises(ProbeFailedError, match=r"health check of cache never.*health check of store never"):
        wait_for_health(watch, 1.0, 1.0)


def test_what_does_not_run_has_no_health(watch: Watch, world: World) -> None:
    world.running = [[ContainerFacts("helper", "exited", 0, 0, health=UNHEALTHY)]]
    assert wait_for_health(watch, 1.0, 1.0) == ()


def test_a_container_that_breaks_meanwhile_is_not_waited_for(watch: Watch, world: World) -> None:
    world.running = [[running(STARTING)], [replace(running(STARTING), status="exited", exit_code=1)]]
    with pytest.raises(ProbeFailedError, match="main is exited"):
        wait_for_health(watch, 30.0, 1.0)
    assert world.now < 3.0
