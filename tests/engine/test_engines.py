"""Platforms on engines of their own: the arm64 half of everything is done in another docker context."""

from __future__ import annotations

import os
import signal
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from dext_tasks.errors import EngineContextError, EngineUnreachableError

from .buildkit_node import buildkit_node
from .docker import Docker
from .extension import PLATFORMS, REGISTRY, Extension
from .second_engine import second_engine

if TYPE_CHECKING:
    from collections.abc import Callable

    from .far_engine import FarEngine
    from .registry import Registry
    from .sandbox import Sandbox

AMD64, ARM64 = PLATFORMS
_PROXY = "alpine/socat:1.8.0.3"
_HERE = "unix:///var/run/docker.sock"


@dataclass(frozen=True)
class Parted:
    """An extension whose arm64 half is in a docker context of its own.

    Attributes:
        extension: The extension; its docker is the engine of the rest.
        other: That of the context.
        context: The name of the context.
    """

    extension: Extension
    other: Docker
    context: str

    @property
    def runs(self) -> dict[str, tuple[str, str]]:
        """How each platform is run, and in which context; the kernel is the same, so arm64 is emulated there, too."""
        return {AMD64: ("native", ""), ARM64: ("emulated", self.context)}


@pytest.fixture(params=["beside", "far"])
def parted(request: pytest.FixtureRequest, registry: Registry, tmp_path: Path) -> Parted:
    """On an engine with the other image store; or on one that shares nothing with this machine, over TLS."""
    assert registry.answers()
    fixture = request.getfixturevalue
    # What DOCKER_HOST says is for the other platforms alone.
    config = {"DOCKER_CONFIG": str(tmp_path / "config"), "DOCKER_CONTEXT": "", "DOCKER_HOST": _HERE}
    if request.param == "beside":
        other: Docker = fixture("other_engine")
        Docker(settings=config).run("context", "create", "arm-box", "--docker", f"host={other.host}")
        made = _parted(request, Docker(settings=config), other, "arm-box")
    else:
        engine: FarEngine = fixture("far_engines")("containerd")
        fixture("_base_images")
        engine.load(Docker(), _PROXY)
        other, config = engine.docker, {**engine.docker.settings, "DOCKER_CONTEXT": ""}
        made = _parted(request, Docker(settings=config), other, engine.docker.settings["DOCKER_CONTEXT"])
    return made


def _parted(request: pytest.FixtureRequest, docker: Docker, other: Docker, context: str) -> Parted:
    sandbox: Sandbox = request.getfixturevalue("sandbox")
    sandbox.engines.append(other)
    folder: Path = request.getfixturevalue("tmp_path") / "extension"
    made = Extension.copy(request.getfixturevalue("scaffold"), sandbox, folder, docker)
    made.use_backends(request.getfixturevalue("backends"))
    made.edit("invoke.yaml", "dext:\n", f"dext:\n  contexts: {{{ARM64}: {context}}}\n")
    made.commit("Build arm64 elsewhere")
    return Parted(made, other, context)


def test_a_release_is_put_together_from_both(parted: Parted, registry: Registry) -> None:
    extension = parted.extension
    done = extension.release("--json")
    assert done.code == 0, done
    name = extension.repository
    platforms = registry.platforms(name, "0.1.0")
    assert done.json["platforms"] == platforms
    assert set(platforms) == set(PLATFORMS)
    for platform, docker, other in ((AMD64, Docker(), parted.other), (ARM64, parted.other, Docker())):
        image = docker.image(extension.builds[platform])
        assert f"{image['Os']}/{image['Architecture']}" == platform
        digest = platforms[platform]
        # The classic store names an image by its configuration.
        assert image["Id"] in {digest, registry.manifest(name, digest)["config"]["digest"]}
        assert extension.builds[platform] not in other.references()
    assert registry.digest(name, "latest") == registry.digest(name, "0.1.0") == done.json["digest"]

    # Whoever has nothing of it, as both engines once these are gone, gets each half where it belongs.
    for docker in (Docker(), parted.other):
        docker.run("image", "rm", "--force", *extension.built(docker))
    smoked = extension.dext("smoke", "--image", f"{extension.image}:0.1.0", "--json", "--smoke-settle", "0.2")
    assert smoked.code == 0, smoked
    assert {each["platform"]: (each["runs"], each["context"]) for each in smoked.json["platforms"]} == parted.runs

    again = extension.release("--json")
    assert again.code == 0, again
    assert {step["status"] for step in again.json["steps"]} <= {"done", "skipped"}


def test_each_half_is_built_checked_and_tested_on_its_engine(parted: Parted) -> None:
    extension = parted.extension
    built = extension.dext("build", "--json")
    assert built.code == 0, built
    assert {each["platform"]: (each["runs"], each["context"]) for each in built.json["images"]} == parted.runs
    checked = extension.dext("check", "--json")
    assert (checked.code, checked.json["findings"]) == (0, []), checked
    assert "platform" not in {each["rule"] for each in checked.json["not_run"]}
    smoked = extension.dext("smoke", "--no-build", "--json", "--smoke-settle", "0.2")
    assert smoked.code == 0, smoked
    assert {each["platform"]: (each["runs"], each["context"]) for each in smoked.json["platforms"]} == parted.runs
    assert {each["outcome"] for each in smoked.probes if each["name"] in ("start", "answer")} == {"passed"}

    cleaned = extension.dext("clean", "--json")
    assert cleaned.code == 0, cleaned
    gone = {each["name"]: each["context"] for each in cleaned.json["removed"] if each["kind"] == "build"}
    assert gone == {extension.builds[AMD64]: "", extension.builds[ARM64]: parted.context}
    for docker in (Docker(), parted.other):
        assert not extension.built(docker)


@pytest.mark.parametrize("parted", ["beside"], indirect=True)
def test_an_engine_that_is_not_there_is_named_before_anything_is_built(parted: Parted) -> None:
    extension = parted.extension
    extension.docker.run("context", "update", parted.context, "--docker", f"host=unix://{extension.folder}/nobody.sock")
    absent = ("--platform-context", f"{ARM64}=absent")
    for flags, context, error in (((), parted.context, EngineUnreachableError), (absent, "absent", EngineContextError)):
        built = extension.dext("build", *flags)
        assert (built.code, f"in context {context}" in built.err) == (error.exit_code, True), built
    assert not extension.built(Docker())
    cleaned = extension.dext("clean")
    assert (cleaned.code, f"in context {parted.context}" in cleaned.err) == (20, True), cleaned


def test_the_doctor_asks_both(parted: Parted) -> None:
    extension = parted.extension
    lines = {each["name"]: each for each in extension.dext("doctor", "--json").json["lines"]}
    for name in (
        "engine",
        f"engine in context {parted.context}",
        f"runs {AMD64}",
        f"runs {ARM64} in context {parted.context}",
    ):
        assert lines[name]["status"] == "OK", lines
    assert f"runs {ARM64}" not in lines


@pytest.mark.parametrize("parted", ["far"], indirect=True)
def test_a_builder_of_several_nodes_loads_into_the_engine_of_the_platform(
    parted: Parted, far_engines: Callable[[str], FarEngine], sandbox: Sandbox
) -> None:
    extension, builder = parted.extension, f"{sandbox.slug}-nodes"
    far = far_engines("containerd").socket
    with (
        buildkit_node(sandbox.folder, "here", _HERE.removeprefix("unix://")) as here,
        buildkit_node(sandbox.folder, "far", far.removeprefix("unix://")) as there,
    ):
        nodes = ((AMD64, here, ()), (ARM64, there, ("--append",)))
        for platform, node, more in nodes:
            make = ("buildx", "create", "--name", builder, "--driver", "remote", "--platform", platform, *more)
            extension.docker.run(*make, node.socket)
        # buildx looks at each when it is added.
        here.connections.clear()
        there.connections.clear()
        try:
            only = extension.dext("build", "--platform", ARM64, "--build-builder", builder)
            assert only.code == 0, only
            assert (bool(here.connections), bool(there.connections)) == (False, True)
            both = extension.dext("build", "--build-builder", builder)
            assert both.code == 0, both
            assert here.connections
        finally:
            extension.docker.run("buildx", "rm", builder)
    assert extension.built(Docker()) == {extension.builds[AMD64]}
    assert extension.built(parted.other) == {extension.builds[ARM64]}


@pytest.mark.parametrize("verb", ["build", "smoke", "release"])
def test_an_engine_that_vanishes_keeps_no_other_from_being_cleaned(
    request: pytest.FixtureRequest, sandbox: Sandbox, registry: Registry, tmp_path: Path, verb: str
) -> None:
    config = {"DOCKER_CONFIG": str(tmp_path / "config"), "DOCKER_CONTEXT": "", "DOCKER_HOST": _HERE}
    with second_engine(containerd=True, port=int(REGISTRY.partition(":")[2])) as other:
        docker = Docker(settings=config)
        docker.run("context", "create", "arm-box", "--docker", f"host={other.host}")
        parted = _parted(request, docker, other, "arm-box")
        # One that has vanished cannot be asked what is left on it.
        sandbox.engines.remove(other)
        extension, pid = parted.extension, Path(other.host.removeprefix("unix://")).with_name("dockerd.pid")
        if verb == "build":
            _have_busybox(other, tmp_path / "images.tar")
            extension.use_busybox("sleep 900")
            extension.edit("Dockerfile", "CMD", 'ARG TARGETARCH\nRUN [ "$TARGETARCH" = amd64 ] || sleep 900\nCMD')
        # The other platform is tested to its end.
        flags = {"build": (), "smoke": ("--smoke-settle", "20"), "release": ("--yes", "--smoke-settle", "20")}[verb]
        with extension.dext.start(verb, *flags) as running:
            running.wait_for("|| sleep 900" if verb == "build" else f"{ARM64} | ui: skipped")
            os.kill(int(pid.read_text(encoding="utf-8")), signal.SIGKILL)
            done = running.end(120)
    assert done.code == EngineUnreachableError.exit_code, done
    assert "in context arm-box" in done.err, done
    assert registry.tags(extension.repository) == set()


def _have_busybox(engine: Docker, archive: Path) -> None:
    Docker().run("save", "--output", str(archive), "busybox:1.37")
    engine.run("load", "--input", str(archive))
