"""Releases whose platforms are on engines of their own."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from dext_tasks.engine.client import Client
from dext_tasks.engine.engines import Engines
from dext_tasks.engine.private_names import private_name
from dext_tasks.errors import (
    DextError,
    EngineTimeoutError,
    EngineTooOldError,
    EngineUnreachableError,
    NotConvergedError,
    RegistryUnreachableError,
)
from dext_tasks.formats.oci.platform import REQUIRED
from dext_tasks.release.run import carry_out, look
from dext_tasks.release.version import choose_version
from tests.unit.engine_api import FakeApi
from tests.unit.release.conftest import HEAD, FakeEngine, Local, StoppedError

if TYPE_CHECKING:
    from collections.abc import Callable

    from dext_tasks.engine.build_request import BuildRequest
    from dext_tasks.engine.engine import Listed
    from dext_tasks.engine.facts import ImageFacts
    from dext_tasks.formats.oci.platform import Platform
    from dext_tasks.release.observe import World
    from tests.unit.release.conftest import Machine, Silent

AMD64, ARM64 = REQUIRED
VERSION = "0.1.0"
GONE = EngineUnreachableError("docker image inspect in context far: no Docker engine answers", remedy="start it")
TOO_OLD = EngineTooOldError("Docker 20.10.24 in context far has API version 1.41", remedy="update it")


class OwnEngine(FakeEngine):
    """An engine that is native to one platform, and has nothing to do with any other."""

    def __init__(self, machine: Machine, platform: Platform, failure: DextError | None = None) -> None:
        super().__init__(machine)
        self.platform = platform
        self.failure = failure
        self.does_push = True
        self.refusal: DextError | None = None
        self.before_build: Callable[[], object] = lambda: None
        self.facts = replace(self.facts, platform=platform)

    def require_buildx(self) -> None:
        if self.failure:
            raise self.failure

    def build(self, request: BuildRequest, on_line: Callable[[str], None]) -> ImageFacts:
        assert request.platform == self.platform
        self.before_build()
        return super().build(request, on_line)

    def image(self, reference: str) -> ImageFacts:
        if self.failure:
            raise self.failure
        found = super().image(reference)
        assert found.platform == self.platform
        return found

    def tag(self, source: str, target: str) -> None:
        assert self.image(source).platform == self.platform
        super().tag(source, target)

    def push(self, reference: str, on_line: Callable[[str], None]) -> None:
        if self.refusal:
            raise self.refusal
        if self.does_push:
            super().push(reference, on_line)


def parted(machine: Machine, failure: DextError | None = None) -> tuple[World, OwnEngine]:
    """The world of one run, and its engine for arm64."""
    far = OwnEngine(machine, ARM64, failure)
    vars(far)["address"] = "tcp://far:2376"
    vars(far.client)["context"] = "far"
    near = OwnEngine(machine, AMD64)
    far.client.cancellation = near.client.cancellation
    return replace(machine.world(), engines=Engines(near, {ARM64: far})), far


def release(machine: Machine, world: World) -> Silent:
    told = machine.silent()
    carry_out(world, look(world, choose_version(world, HEAD, explicit=VERSION, bump=None), HEAD), told)
    return told


def test_each_platform_is_native_on_its_engine(machine: Machine) -> None:
    told = release(machine, parted(machine)[0])
    assert [(each.platform, each.emulated) for each in told.smoke_results] == [(AMD64, False), (ARM64, False)]
    machine.require_rules(VERSION)
    assert set(machine.platforms_of(VERSION)) == {"linux/amd64", "linux/arm64"}


def test_the_plan_says_where_what_is_done(machine: Machine) -> None:
    machine.configure(contexts=((ARM64, "far"),))
    _, planned = machine.look()
    told = {(step.title, step.platform): step.reason for step in planned.plan.todo if step.platform}
    assert told == {
        ("build", AMD64): "build and load",
        ("build", ARM64): "build and load in context far",
        ("smoke", AMD64): "install, probe, uninstall",
        ("smoke", ARM64): "install, probe, uninstall in context far",
        ("push", AMD64): "push under a staging tag",
        ("push", ARM64): "push under a staging tag in context far",
    }


@pytest.mark.parametrize("failure", [GONE, TOO_OLD], ids=["gone", "too-old"])
def test_an_engine_that_is_of_no_use_ends_it_before_anything_is_done(machine: Machine, failure: DextError) -> None:
    with pytest.raises(type(failure), match="in context far"):
        release(machine, parted(machine, failure)[0])
    assert machine.events == []
    assert machine.images == {}


def test_an_engine_that_freezes_in_the_smoke_test_hides_no_other_platform_s(machine: Machine) -> None:
    world, far = parted(machine)
    frozen = EngineTimeoutError("docker ps in context far did not end within 60 s", remedy="look there")

    def freeze() -> None:
        FakeApi(frozen).use(far.client)
        raise frozen

    machine.hooks[f"before smoke {ARM64}"] = freeze
    told = machine.silent()
    with pytest.raises(EngineTimeoutError):
        carry_out(world, look(world, choose_version(world, HEAD, explicit=VERSION, bump=None), HEAD), told)
    assert [each.platform for each in told.smoke_results] == [AMD64]
    assert machine.count("push") == 0
    # Only the engine that answers is asked to give up the name that this run gave.
    assert [name.partition("-run-")[0] for name in machine.images if "-run-" in name] == [
        machine.project.local_tag(ARM64)
    ]


def test_an_engine_that_vanishes_in_a_build_keeps_no_name_on_the_other(machine: Machine) -> None:
    world, far = parted(machine)
    built = threading.Event()
    machine.hooks[f"after build {AMD64}"] = built.set

    def vanish() -> None:
        built.wait(10)
        FakeApi(GONE).use(far.client)
        raise GONE

    far.before_build = vanish
    with pytest.raises(EngineUnreachableError, match="in context far"):
        release(machine, world)
    assert world.cancellation.was_asked
    assert f"build {AMD64}" in machine.events
    assert [name for name in machine.images if "-run-" in name] == []


def test_what_killed_runs_left_goes_from_an_engine_beside_one_that_cannot_be_asked(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    world, far = parted(machine)
    killed = Client()
    left = private_name(killed, machine.project.local_repository, AMD64)
    killed.close()
    machine.images[left] = Local.made(AMD64, {}, "left")

    def unlisted(_: object) -> list[Listed]:
        raise GONE

    monkeypatch.setattr(far, "listed", unlisted)
    release(machine, world)
    assert left not in machine.images


def test_what_the_registry_has_is_published_without_the_engine_that_made_it(machine: Machine) -> None:
    machine.stop_at(f"before index {VERSION}")
    with pytest.raises(StoppedError):
        release(machine, parted(machine)[0])
    made = [event for event in machine.events if event.startswith(("build", "smoke", "push"))]
    release(machine, parted(machine, GONE)[0])
    machine.require_rules(VERSION)
    assert [event for event in machine.events if event.startswith(("build", "smoke", "push"))] == made


def test_an_engine_that_vanished_with_its_image_is_not_taken_for_one_without_it(machine: Machine) -> None:
    machine.stop_at("after journal tested")
    with pytest.raises(StoppedError):
        release(machine, parted(machine)[0])
    before = list(machine.events)
    with pytest.raises(EngineUnreachableError, match="in context far"):
        release(machine, parted(machine, GONE)[0])
    assert machine.events == before
    release(machine, parted(machine)[0])
    machine.require_rules(VERSION)
    assert machine.count("build") == len(REQUIRED)


def test_an_image_that_its_engine_lost_is_made_anew_with_all_others(machine: Machine) -> None:
    machine.stop_at("after journal tested")
    with pytest.raises(StoppedError):
        release(machine, parted(machine)[0])
    del machine.images[machine.project.local_tag(ARM64)]
    release(machine, parted(machine)[0])
    machine.require_rules(VERSION)
    assert machine.count("build") == machine.count("smoke") == 2 * len(REQUIRED)


class TestLoopback:
    """To an engine on another machine, localhost:5000 is that machine."""

    def test_that_has_a_registry_of_its_own_is_told_after_the_push(self, machine: Machine) -> None:
        world, far = parted(machine)
        far.does_push = False
        with pytest.raises(NotConvergedError, match="was pushed in context far and is not there") as caught:
            release(machine, world)
        assert "localhost:5000 is a registry of the machine of the engine, at tcp://far:2376" in caught.value.remedy
        assert VERSION not in machine.tags

    def test_that_has_none_is_told_as_well(self, machine: Machine) -> None:
        world, far = parted(machine)
        far.refusal = RegistryUnreachableError("docker push: connection refused", remedy="check the network")
        with pytest.raises(RegistryUnreachableError) as caught:
            release(machine, world)
        assert "at tcp://far:2376" in caught.value.remedy

    def test_of_this_machine_is_the_registry(self, machine: Machine) -> None:
        world, far = parted(machine)
        vars(far)["address"] = "unix:///run/far.sock"
        far.refusal = RegistryUnreachableError("docker push: connection refused", remedy="check the network")
        with pytest.raises(RegistryUnreachableError) as caught:
            release(machine, world)
        assert caught.value is far.refusal


@pytest.mark.parametrize("boundary", ["", f"before build {AMD64}", f"before smoke {ARM64}"])
def test_what_killed_runs_left_goes_whatever_becomes_of_the_release(machine: Machine, boundary: str) -> None:
    killed = Client()
    left = private_name(killed, machine.project.local_repository, AMD64)
    killed.close()
    machine.images[left] = Local.made(AMD64, {}, "left")
    if boundary:
        machine.stop_at(boundary)
        with pytest.raises(StoppedError):
            machine.release()
    else:
        machine.release()
    assert left not in machine.images
    assert machine.swept == 1
