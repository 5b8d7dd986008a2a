"""Extensions with one deliberate fault per rule, built for both platforms: exactly these are found.

Faults that have nothing to do with each other are in one extension, so that few have to be built.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from dext_tasks.checks import catalogue
from dext_tasks.checks.catalogue import RULES
from dext_tasks.checks.run import optional_rules
from dext_tasks.checks.selection import Selection
from dext_tasks.config import Settings
from dext_tasks.formats.oci.platform import Platform
from dext_tasks.project import Project

from .build_context import DARWIN, LINUX, METADATA, WINDOWS, BuildContext
from .checked_images import CheckedImages, found
from .docker import Docker
from .extension import PLATFORMS
from .fault import flawed, tag_of, together
from .host_programs import elf
from .image_faults import FAULTS
from .optional_faults import OPTIONAL_FAULTS

if TYPE_CHECKING:
    from pathlib import Path

    from dext_tasks.checks.report import Report

    from .sandbox import Sandbox

ONLINE = Selection(
    (
        "*-not-served",
        "*-not-picture",
        "screenshot-small",
        "link-broken",
        "address-*",
        "compose-image-absent",
        "compose-image-platform-missing",
        "compose-image-unanswered",
    )
).chosen(catalogue.RULES)
EXTENSIONS = {f"extension-{number}": faults for number, faults in enumerate(together(FAULTS))}
OPTIONAL = {f"optional-{number}": faults for number, faults in enumerate(together(OPTIONAL_FAULTS))}
EXTENSION_OF = {code: name for each in (EXTENSIONS, OPTIONAL) for name, faults in each.items() for code in faults}
AMD64, ARM64 = PLATFORMS
LICENSES = "org.opencontainers.image.licenses"

_NO_DOCKERFILE = "an image does not tell which instruction a label comes from"
UNANSWERED = {
    "dockerfile-invalid": "there is no image of a Dockerfile that BuildKit refuses",
    "label-duplicate": _NO_DOCKERFILE,
    "label-in-other-stage": _NO_DOCKERFILE,
    "changelog-differs": "CHANGELOG.md is not in the image",
    **dict.fromkeys(
        (
            *("build-file-unreadable", "argument-not-repeated"),
            *("copy-source-absent", "dockerignore-invalid", "icon-nowhere", "ui-root-nowhere", "ui-entry-nowhere"),
            *("composefile-nowhere", "binary-nowhere", "program-nowhere", "program-nowhere-unused"),
            *("final-stage-platform", "final-stage-platform-scratch"),
            *("platform-argument-fixed", "platform-argument-emptied"),
        ),
        "what a build would copy, and for which platform, is in the Dockerfile",
    ),
    "tag-not-greatest": "the other tags are in a registry",
    **{rule.code: "the network is asked" for rule in ONLINE},
}
NEVER_BROKEN = {
    "platform-repeated": "an engine keeps one image per platform; an index in a registry may list two",
    "compose-side-file-absent": "what a build would copy is in the Dockerfile; without such files there is no question",
}
# These have tests of their own: most take the Dockerfile, or images of one platform each.
OF_DOCKERFILES = {
    "docker-desktop-socket-unexposed",
    "rancher-desktop-socket-unexposed",
    "docker-desktop-user",
    # The same label is missing for Docker's validator, label-missing.
    "docker-desktop-api-version-missing",
    "rancher-desktop-user",
}
OF_PROJECTS = {"label-inherited", "platform-missing", "platform-mismatch"}


@pytest.fixture(scope="module")
def images(
    request: pytest.FixtureRequest, shared_sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory
) -> CheckedImages:
    """In an engine that keeps all platforms of a tag."""
    docker = Docker()
    if not docker.has_containerd_store():
        docker = request.getfixturevalue("other_engine")
        shared_sandbox.engines.append(docker)
    return CheckedImages(docker, tmp_path_factory.mktemp("images"))


@pytest.fixture(scope="module")
def references(images: CheckedImages, shared_sandbox: Sandbox) -> dict[str, str]:
    """The image of each extension, and of one without any fault."""
    extensions = {**EXTENSIONS, **OPTIONAL, "flawless": {}}
    made = {
        # Sandboxes know the images of builds by their names.
        name: f"dext-build/{shared_sandbox.slug}-{name}:{tag_of(faults.values())}"
        for name, faults in extensions.items()
    }
    images.build({made[name]: flawed(faults.values()) for name, faults in extensions.items()})
    return made


@pytest.mark.parametrize("optional", [False, True])
def test_nothing_is_found_without_a_fault(
    optional: bool,  # noqa: FBT001 - a parameter of the test
    images: CheckedImages,
    references: dict[str, str],
) -> None:
    assert found(images.report(references["flawless"], optional=optional)) == Counter()


@pytest.mark.parametrize("code", [*FAULTS, *OPTIONAL_FAULTS])
def test_a_fault_is_found(code: str, images: CheckedImages, references: dict[str, str]) -> None:
    fault = {**FAULTS, **OPTIONAL_FAULTS}[code]
    report = images.report(references[EXTENSION_OF[code]], optional=code in OPTIONAL_FAULTS)
    findings = [each for each in report.findings if each.rule.code == code]
    expected = [each for each in fault.findings(code) if each[0] == code]
    places = [(code, str(each.place.platform or ""), each.place.label or each.place.path) for each in findings]
    assert sorted(places) == sorted(expected)
    assert [each.what for each in findings if fault.says not in each.what] == []


@pytest.mark.parametrize("name", [*EXTENSIONS, *OPTIONAL])
def test_nothing_but_the_faults_is_found(name: str, images: CheckedImages, references: dict[str, str]) -> None:
    faults = {**EXTENSIONS, **OPTIONAL}[name]
    expected = Counter(each for code, fault in faults.items() for each in fault.findings(code))
    assert found(images.report(references[name], optional=name in OPTIONAL)) == expected


def test_there_is_a_fault_for_each_rule() -> None:
    tested = [*FAULTS, *OF_PROJECTS, *UNANSWERED, *NEVER_BROKEN]
    assert sorted(tested) == sorted(rule.code for rule in RULES)


def test_there_is_a_fault_for_each_rule_that_is_asked_on_request() -> None:
    broken = {code for first, fault in OPTIONAL_FAULTS.items() for code in (first, *(also for also, _ in fault.also))}
    assert broken - {rule.code for rule in RULES} | OF_DOCKERFILES == {rule.code for rule in optional_rules()}


def test_rules_without_a_fault_are_not_answered(images: CheckedImages, references: dict[str, str]) -> None:
    not_run = {each.rule.code for each in images.report(references["flawless"]).not_run}
    assert not_run - OF_PROJECTS == set(UNANSWERED)


def test_a_binary_of_the_other_architecture_is_found_where_it_does_not_run(
    images: CheckedImages, shared_sandbox: Sandbox
) -> None:
    # https://github.com/docker/extensions-sdk/tree/main/samples/kubernetes-sample-extension
    context = BuildContext()
    context.binaries["arm64"][LINUX] = elf("amd64")
    reference = f"dext-build/{shared_sandbox.slug}-sample:1.0.0"
    images.build({reference: context})
    assert found(images.report(reference)) == Counter([("binary-wrong-architecture", ARM64, LINUX)])


@pytest.fixture
def project(shared_sandbox: Sandbox, tmp_path: Path) -> Project:
    image = f"{shared_sandbox.slug}/{tmp_path.name}"
    return Project(tmp_path / "project", Settings(image=image, metadata=f"common{METADATA}"))


@pytest.fixture
def builds(project: Project, tmp_path: Path) -> CheckedImages:
    """What the project is built from; each platform has a tag of its own, which any image store keeps."""
    # A service that runs the image starts what the image says.
    BuildContext(entrypoint=LINUX).write(project.root)
    (tmp_path / "images").mkdir()
    return CheckedImages(Docker(), tmp_path / "images")


def _build(builds: CheckedImages, project: Project, context: BuildContext, *platforms: str) -> None:
    for platform in platforms:
        builds.build({project.local_tag(Platform.parse(platform)): context}, (platform,))


def test_nothing_is_found_in_a_project_without_a_fault(builds: CheckedImages, project: Project) -> None:
    _build(builds, project, BuildContext(), *PLATFORMS)
    assert found(builds.report_on_project(project)) == Counter()


def test_a_platform_that_is_not_built_yet_is_no_fault(builds: CheckedImages, project: Project) -> None:
    _build(builds, project, BuildContext(), AMD64)
    report = builds.report_on_project(project)
    assert found(report) == Counter()
    assert "linux/arm64 was not built yet" in {each.reason for each in report.not_run}


def test_a_platform_that_nobody_builds_is_found(builds: CheckedImages, project: Project) -> None:
    _build(builds, project, BuildContext(), AMD64)
    alone = replace(project, settings=replace(project.settings, platforms=(Platform.parse(AMD64),)))
    assert found(builds.report_on_project(alone)) == Counter([("platform-missing", ARM64, "")])


def test_an_image_of_another_platform_is_found(builds: CheckedImages, project: Project) -> None:
    _build(builds, project, BuildContext(), AMD64)
    amd64, arm64 = (project.local_tag(Platform.parse(platform)) for platform in PLATFORMS)
    Docker().run("tag", amd64, arm64)
    # Its binaries are for that platform, too, and systems emulate it where they can.
    also = [("binary-wrong-architecture", LINUX), ("binary-emulated", DARWIN), ("binary-emulated", WINDOWS)]
    expected = [("platform-mismatch", ""), *also]
    assert found(builds.report_on_project(project)) == Counter((code, ARM64, where) for code, where in expected)


def test_what_desktops_cannot_do_with_a_dockerfile_is_found(builds: CheckedImages, project: Project) -> None:
    _append(project, "USER app\n")
    report = builds.report_on_project(project, optional=True)
    assert _of_dockerfile(report) == Counter([("docker-desktop-user", "", ""), ("rancher-desktop-user", "", "")])


def test_a_socket_that_the_dockerfile_names_and_nothing_exposes_is_found(
    builds: CheckedImages, project: Project
) -> None:
    context = BuildContext()
    del context.metadata["vm"]["exposes"]
    context.write(project.root)
    _append(project, 'CMD ["/server", "/run/guest-services/demo.sock"]\n')
    codes = ("docker-desktop-socket-unexposed", "rancher-desktop-socket-unexposed")
    report = builds.report_on_project(project, optional=True)
    assert _of_dockerfile(report) == Counter((code, "", "") for code in codes)


def _append(project: Project, instruction: str) -> None:
    with project.dockerfile.open("a", encoding="utf-8") as file:
        file.write(instruction)


def _of_dockerfile(report: Report) -> Counter[tuple[str, str, str]]:
    return Counter({each: count for each, count in found(report).items() if each[0] in OF_DOCKERFILES})


def test_a_label_of_the_base_image_is_found(builds: CheckedImages, project: Project, shared_sandbox: Sandbox) -> None:
    base = f"dext-build/{shared_sandbox.slug}-base"
    licensed = BuildContext(labels={LICENSES: "MIT"})
    own = BuildContext(base=f"{base}:$TARGETARCH")
    own.write(project.root)
    for platform in PLATFORMS:
        builds.build({f"{base}:{platform.rpartition('/')[2]}": licensed}, (platform,))
    _build(builds, project, own, *PLATFORMS)
    expected = Counter(("label-inherited", platform, LICENSES) for platform in PLATFORMS)
    assert found(builds.report_on_project(project)) == expected
