"""What the test of a stranger's image pulls is removed again, in both image stores; what was there stays."""

from __future__ import annotations

import signal
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from .build_context import OWN_IMAGE, BuildContext
from .docker import Docker
from .extension import PLATFORMS
from .program import Program, environment
from .requirement import missing
from .sandbox import ORGANISATION
from .smoked import PASSED, smoke

if TYPE_CHECKING:
    from pathlib import Path

    from .registry import Registry
    from .sandbox import Sandbox

_NATIVE = PLATFORMS[0]
_INTERRUPTED = 130
_BOUND = 60
# PID 1 gets no signal it has no handler for, and a test need not wait until it is killed.
_IDLE = ["sh", "-c", "trap exit TERM; sleep 600 & wait"]


@dataclass(frozen=True)
class Stranger:
    """An extension that somebody published, and the image that it needs besides.

    Attributes:
        image: Its own.
        helper: Of its second service.
        docker: The engine it is tested in.
        dext: The console script, with that engine.
    """

    image: str
    helper: str
    docker: Docker
    dext: Program

    @property
    def names(self) -> dict[str, str]:
        """The names of the engine that are the extension's, and what they stand for."""
        found = [name for name in self.docker.references() if name in (self.image, self.helper)]
        return {name: self.docker.image(name)["Id"] for name in found}

    @property
    def ids(self) -> set[str]:
        """All images of an engine that nobody else uses meanwhile."""
        if not self.docker.host:
            return set()
        return set(self.docker.run("image", "ls", "--all", "--quiet", "--no-trunc").split())


@pytest.fixture(params=["containerd", "classic"])
def docker(request: pytest.FixtureRequest) -> Docker:
    if not Docker().has_containerd_store():
        missing("the engine keeps one platform a tag", "use its containerd image store")
    if request.param == "containerd":
        return Docker()
    other: Docker = request.getfixturevalue("other_engine")
    sandbox: Sandbox = request.getfixturevalue("sandbox")
    sandbox.engines.append(other)
    return other


@pytest.fixture
def stranger(docker: Docker, sandbox: Sandbox, registry: Registry, tmp_path: Path, _base_images: None) -> Stranger:
    repository = f"{registry.address}/{ORGANISATION}/{sandbox.slug}"
    image, helper = f"{repository}:1.0.0", f"{repository}:helper"
    context = BuildContext(base="busybox:1.37", binaries={"amd64": {}, "arm64": {}})
    context.metadata = {"icon": "icon.svg", "vm": {"composefile": "/compose/compose.yaml"}}
    services = {"main": {"image": OWN_IMAGE, "command": _IDLE}, "helper": {"image": helper, "command": _IDLE}}
    context.compose = {"services": services}
    context.write(tmp_path / "own")
    for architecture in ("amd64", "arm64"):
        (tmp_path / "own" / f"bin-{architecture}").mkdir(exist_ok=True)
    (tmp_path / "helper").mkdir()
    (tmp_path / "helper" / "Dockerfile").write_text(f"FROM busybox:1.37\nLABEL of={sandbox.slug}\n", encoding="utf-8")
    for name, folder in ((image, "own"), (helper, "helper")):
        _publish(name, tmp_path / folder)
    (tmp_path / "empty").mkdir()
    return Stranger(image, helper, docker, Program(tmp_path / "empty", {**environment(sandbox.folder), **docker.env}))


def _publish(name: str, folder: Path) -> None:
    platforms = f"--platform={','.join(PLATFORMS)}"
    Docker().push("buildx", "build", "--provenance=false", platforms, "--push", f"--tag={name}", str(folder))
    if name in Docker().references():
        Docker().run("image", "rm", name)


def test_what_was_not_there_is_gone(stranger: Stranger) -> None:
    before = stranger.ids
    smoked = smoke(stranger.dext, "--image", stranger.image)
    assert smoked.done.code == PASSED, smoked.done
    assert stranger.names == {}
    assert stranger.ids == before


def test_what_was_there_stays_as_it_was(stranger: Stranger) -> None:
    for name in (stranger.image, stranger.helper):
        stranger.docker.run("pull", "--quiet", f"--platform={_NATIVE}", name)
    names, ids = stranger.names, stranger.ids
    assert set(names) == {stranger.image, stranger.helper}
    smoked = smoke(stranger.dext, "--image", stranger.image)
    assert smoked.done.code == PASSED, smoked.done
    assert stranger.names == names
    assert stranger.ids == ids
    # The sandbox takes names that are left for what a verb forgot.
    stranger.docker.run("image", "rm", *names)


@pytest.mark.parametrize("after", ["testing ", "| start: passed"])
def test_it_is_gone_after_ctrl_c(stranger: Stranger, after: str) -> None:
    before = stranger.ids
    with stranger.dext.start("smoke", "--image", stranger.image, DEXT_SMOKE_SETTLE="60") as running:
        running.wait_for(after)
        running.send(signal.SIGINT)
        done = running.end(_BOUND)
    assert done.code == _INTERRUPTED, done
    assert stranger.names == {}
    assert stranger.ids == before
