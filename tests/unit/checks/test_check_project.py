from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dext_tasks.checks.project import check_project
from dext_tasks.engine.engine import Engine
from dext_tasks.errors import DextError, DockerfileMissingError, EngineUnreachableError
from dext_tasks.sources.snapshot import Snapshot

if TYPE_CHECKING:
    from pathlib import Path

    from dext_tasks.engine.client import Client
    from dext_tasks.engine.facts import ImageFacts
    from dext_tasks.extension.platform import Platform
    from dext_tasks.project import Project
    from tests.unit.conftest import MakeImage, MakeProject

FILES = {"Dockerfile": "FROM scratch\n", "metadata.json": "{}"}


class FakeEngine(Engine):
    """An engine with these images, or none that answers."""

    def __init__(self, images: list[ImageFacts], failure: DextError | None = None) -> None:
        super().__init__()
        self._images = {image.reference: image for image in images}
        self._failure = failure

    def tagged(self, repository: str) -> frozenset[str]:
        if self._failure:
            raise self._failure
        return frozenset(each for each in self._images if each.startswith(f"{repository}:"))

    def image(self, reference: str) -> ImageFacts:
        return self._images[reference]


@pytest.fixture
def taken(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The folders into which files of images were copied."""
    folders: list[Path] = []

    def take(_client: Client, _reference: str, platform: Platform, folder: Path) -> Snapshot:
        assert folder.is_dir()
        folders.append(folder)
        return Snapshot(platform, folder, {}, b"{}")

    monkeypatch.setattr("dext_tasks.checks.project.take", take)
    return folders


@pytest.fixture
def project(make_project: MakeProject) -> Project:
    return make_project(FILES, image="acme/demo")


def reasons(engine: Engine, project: Project) -> set[str]:
    return {each.reason for each in check_project(engine, project).not_run if each.subject == "built images"}


def test_tree_and_images_are_asked(project: Project, make_image: MakeImage, taken: list[Path]) -> None:
    report = check_project(FakeEngine([make_image("linux/amd64"), make_image("linux/arm64")]), project)
    assert {finding.subject for finding in report.findings} == {"source tree", "built images"}
    assert {str(finding.place) for finding in report.findings if finding.rule.code == "label-missing"} == {
        "Dockerfile:1",
        "linux/amd64",
        "linux/arm64",
    }
    assert len(taken) == 2


def test_nothing_is_left_on_disk(project: Project, make_image: MakeImage, taken: list[Path]) -> None:
    check_project(FakeEngine([make_image("linux/amd64")]), project)
    assert [folder.exists() for folder in taken] == [False]


def test_a_platform_that_was_not_built_is_a_finding(project: Project, make_image: MakeImage, taken: list[Path]) -> None:
    report = check_project(FakeEngine([make_image("linux/amd64")]), project)
    missing = [finding for finding in report.findings if finding.rule.code == "platform-missing"]
    assert [str(finding.place) for finding in missing] == ["linux/arm64"]
    assert len(taken) == 1


def test_without_images_the_tree_is_checked_and_the_report_says_so(project: Project) -> None:
    engine = FakeEngine([])
    assert reasons(engine, project) == {"nothing is built yet; run `inv build` first"}
    assert check_project(engine, project).answered > 0


def test_without_engine_the_tree_is_checked_and_the_report_says_so(project: Project) -> None:
    assert reasons(FakeEngine([], EngineUnreachableError("no engine answers", remedy="start one")), project) == {
        "no engine answers"
    }


def test_without_dockerfile_there_is_nothing_to_check(make_project: MakeProject) -> None:
    with pytest.raises(DockerfileMissingError):
        check_project(FakeEngine([]), make_project({"metadata.json": "{}"}))
