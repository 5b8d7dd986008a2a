from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from dext_tasks.checks.online_rules import RULES as ONLINE
from dext_tasks.checks.run import Place, Request, run
from dext_tasks.config import Settings
from dext_tasks.engine.client import Client
from dext_tasks.engine.engine import Engine

from .build_context import LINUX, BuildContext
from .docker import Docker
from .extension import PLATFORMS
from .host_programs import elf
from .image_faults import FAULTS, Fault
from .sandbox import Sandbox

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from dext_tasks.checks.report import Report
    from dext_tasks.project import Project

Found = set[tuple[str, str]]
# Only seen where builds are told from their base image, or platform by platform: in a project, by tests of their own.
OF_PROJECTS = {"label-inherited", "platform-missing", "platform-mismatch"}
_NO_DOCKERFILE = "an image does not tell which instruction set a label"
EXCEPTIONS = {
    "dockerfile-invalid": "there is no image of a Dockerfile that BuildKit refuses",
    "label-duplicate": _NO_DOCKERFILE,
    "label-in-other-stage": _NO_DOCKERFILE,
    "changelog-differs": "CHANGELOG.md is not in the image",
    "tag-not-greatest": "the other tags are in a registry",
    **{rule.code: "asks the network" for rule in ONLINE},
}
# An engine keeps one image a platform; in a registry an index may list it twice.
NEVER_BROKEN = {"platform-repeated"}


def _engine(docker: Docker) -> Engine:
    return Engine(Client(("docker", "--host", docker.host) if docker.host else ("docker",)))


def _no_project() -> Project:
    raise AssertionError("an image was given")


def _found(report: Report, source: str) -> Found:
    return {(each.rule.code, str(each.place.platform or "")) for each in report.findings if each.subject == source}


@pytest.fixture(scope="module")
def sandbox_of_images() -> Iterator[Sandbox]:
    """As the fixture of one test, for all of them; the names of its images are those of builds."""
    made = Sandbox.make()
    try:
        yield made
        left = made.left()
    finally:
        made.clear()
    assert not left, f"left behind: {', '.join(left)}"


@pytest.fixture(scope="module")
def docker(request: pytest.FixtureRequest, sandbox_of_images: Sandbox) -> Docker:
    """An engine that keeps every platform of a tag."""
    usual = Docker()
    if usual.has_containerd_store():
        return usual
    other: Docker = request.getfixturevalue("other_engine")
    sandbox_of_images.engines.append(other)
    return other


def _bake(docker: Docker, folder: Path, faults: Mapping[str, Fault], repository: str) -> dict[str, str]:
    """Build both platforms of every fault's extension, all at once; gives the reference of each."""
    references = {code: f"{repository}/{code}:{fault.tag}" for code, fault in faults.items()}
    for code, fault in faults.items():
        context = BuildContext()
        fault.change(context)
        context.write(folder / code)
    targets = {
        code: {
            "context": str(folder / code),
            "tags": [reference],
            "platforms": PLATFORMS,
            "output": ["type=docker"],
            "attest": ["type=provenance,disabled=true"],
        }
        for code, reference in references.items()
    }
    file = folder / "bake.json"
    file.write_text(json.dumps({"target": targets}), encoding="utf-8")
    docker.run("buildx", "bake", "--file", str(file), *targets)
    return references


def _other_architecture(context: BuildContext) -> None:
    context.binaries["arm64"][LINUX] = elf("amd64")


BUILT = {**FAULTS, "none": Fault(), "sample": Fault(_other_architecture)}


@pytest.fixture(scope="module")
def images(docker: Docker, sandbox_of_images: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """An image for each fault."""
    repository = f"dext-build/{sandbox_of_images.slug}"
    return _bake(docker, tmp_path_factory.mktemp("faults"), BUILT, repository)


def _checked(docker: Docker, reference: str, folder: Path) -> Report:
    return run(Request(image=reference), Place(_no_project, _engine(docker), Settings(), folder)).report


@pytest.mark.parametrize("code", FAULTS)
def test_a_fault_is_found_and_nothing_else(code: str, docker: Docker, images: dict[str, str], tmp_path: Path) -> None:
    assert _found(_checked(docker, images[code], tmp_path), "engine image") == FAULTS[code].expected(code)
