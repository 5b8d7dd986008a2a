from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dext_tasks.engine.client import Client
from dext_tasks.engine.engine import Engine
from dext_tasks.engine.engines import Engines
from dext_tasks.errors import EngineTooOldError, EngineUnreachableError
from dext_tasks.formats.oci.platform import REQUIRED, Platform
from tests.unit.engine_api import FakeApi

if TYPE_CHECKING:
    from tests.unit.engine.conftest import FakeDocker

AMD64, ARM64 = REQUIRED
S390X = Platform("linux", "s390x")
INFO = {"OSType": "linux", "Architecture": "x86_64"}
CLIENT = {"Plugins": [{"Name": "buildx", "Version": "v0.29"}]}


def test_a_platform_without_a_context_is_on_the_current_engine() -> None:
    here, far = Engine(Client()), Engine(Client(context="far"))
    engines = Engines(here, {ARM64: far})
    assert [engines.of(platform) for platform in (AMD64, ARM64, S390X)] == [here, far, here]


def test_platforms_of_one_engine_are_together() -> None:
    here, far = Engine(Client()), Engine(Client(context="far"))
    engines = Engines(here, {ARM64: far, S390X: far})
    assert engines.each_of((ARM64, AMD64, S390X)) == {far: (ARM64, S390X), here: (AMD64,)}
    assert engines.each_of((AMD64,)) == {here: (AMD64,)}


@pytest.mark.allow_processes
def test_one_of_two_that_is_too_old_is_named_and_the_other_is_only_looked_at(docker: FakeDocker) -> None:
    docker.engine_says({"Version": "29.0.1", "ApiVersion": "1.52"}, INFO, CLIENT)
    far = Client(context="far")
    old = FakeApi(EngineTooOldError("Docker 20.10.24 in context far has API version 1.41", remedy="update it"))
    old.use(far)
    with pytest.raises(EngineTooOldError, match="in context far"):
        Engines(docker.engine(), {ARM64: Engine(far)}).require_able(REQUIRED)
    assert {each.partition(" ")[0] for each in (*docker.api.asked, *old.asked)} == {"GET"}


@pytest.mark.allow_processes
def test_one_that_two_platforms_share_is_asked_once_and_fails_once(docker: FakeDocker) -> None:
    docker.engine_says({"Version": "29.0.1", "ApiVersion": "1.52"}, INFO, CLIENT)
    docker.answer("--context", "far", "info", err="Cannot connect to the Docker daemon at tcp://far:2376.", code=1)
    far = docker.engine(context="far")
    with pytest.raises(EngineUnreachableError, match="in context far"):
        Engines(Engine(Client(("no-docker-here",))), {ARM64: far, S390X: far}).require_able([ARM64, S390X])
    assert len(docker.called("--context", "far", "info")) == 1
