"""Broken extensions: each has an outcome of its own that says what is wrong, on both platforms."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import pytest

from .broken import BROKEN
from .checked_images import CheckedImages
from .docker import Docker
from .extension import PLATFORMS
from .requirement import missing, require_browser
from .smoked import FAILED, Probe, smoke

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from .broken import Broken
    from .extension import Extension
    from .program import Program
    from .sandbox import Sandbox

AMD64, ARM64 = PLATFORMS


@pytest.fixture(scope="module")
def taken() -> Iterator[int]:
    """A port of this machine on which somebody listens."""
    with socket.create_server(("", 0)) as server:
        yield server.getsockname()[1]


@pytest.fixture(scope="module")
def images(
    shared_sandbox: Sandbox, taken: int, tmp_path_factory: pytest.TempPathFactory, _base_images: None
) -> Mapping[str, str]:
    if not Docker().has_containerd_store():
        missing("the engine keeps one platform a tag", "use its containerd image store")
    made = {name: f"dext-build/{shared_sandbox.slug}-{name}:1.0.0" for name in BROKEN}
    contexts = {made[name]: broken.context(taken) for name, broken in BROKEN.items()}
    CheckedImages(Docker(), tmp_path_factory.mktemp("broken")).build(contexts)
    return made


@pytest.fixture
def native() -> str:
    return Docker().run("version", "--format", "{{.Server.Os}}/{{.Server.Arch}}").strip()


def _require_found(broken: Broken, probes: Mapping[str, Probe], says: tuple[str, ...]) -> None:
    found = probes[broken.probe]
    assert found.outcome == "failed"
    assert [name for name in broken.passed if probes[name].outcome != "passed"] == []
    assert [text for text in says if text not in found.detail] == [], found.detail
    assert [text for text in broken.evidence if text not in found.evidence] == [], found.evidence
    others = {probe.outcome for name, probe in probes.items() if name not in {broken.probe, *broken.passed}}
    # What needs what failed is not run, and nothing else fails for it.
    assert others <= {"passed", "skipped", "aborted"}
    assert probes["uninstall"].outcome == ("passed" if probes["start"].outcome in {"passed", "failed"} else "skipped")


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_extension_is_told_on_both_platforms(
    name: str, images: Mapping[str, str], dext: Program, native: str, taken: int
) -> None:
    broken = BROKEN[name]
    if broken.probe == "ui":
        require_browser()
    smoked = smoke(dext, "--image", images[name], **broken.env)
    assert smoked.done.code == FAILED, smoked.done
    says = tuple(text.replace("{port}", str(taken)) for text in broken.says)
    for platform in PLATFORMS:
        if broken.only_native and platform != native:
            assert set(smoked.outcomes(platform).values()) <= {"passed", "skipped"}, smoked.done
        else:
            _require_found(broken, smoked.probes(platform), says)


def test_an_image_that_says_it_is_for_another_platform_is_told_on_both(extension: Extension) -> None:
    extension.use_busybox("sleep 600")
    extension.commit("Build in no time")
    assert extension.dext("build").code == 0
    amd64, arm64 = extension.builds[AMD64], extension.builds[ARM64]
    aside = f"{amd64}-aside"
    for image, name in ((amd64, aside), (arm64, amd64), (aside, arm64)):
        extension.docker.run("tag", image, name)
    smoked = smoke(extension.dext, "--no-build")
    assert smoked.done.code == FAILED, smoked.done
    for platform, other in ((AMD64, ARM64), (ARM64, AMD64)):
        probe = smoked.probes(platform)["architecture"]
        assert (probe.outcome, f"says it is for {other}" in probe.detail) == ("failed", True), smoked.done
        assert smoked.outcomes(platform)["start"] == "aborted"
